"""A folder that remembers the rows of earlier runs, so that new ones are compared with them unread.

Each run that adds rows writes a segment of its own and then, in one rename, the list of segments: whatever kills it
leaves the index as it was before or as it is after. Of each row that stayed a segment keeps what it is found by (exact
hash, band keys), what it is compared by (its shingles), its signature, its id and its source.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.arrays import band_file
from instructkit.dedup.rows import NAMES
from instructkit.dedup.settings import DedupSettings
from instructkit.errors import BadInput, OutputFailed, UsageError
from instructkit.records.hashing import file_hash

if TYPE_CHECKING:
    from instructkit.dedup.store import RowStore

VERSION = 1
LIST, LOCK = "index.json", ".lock"
REMEMBERED = ("threshold", "ngram", "permutations", "on", "hash")
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Segment:
    """The rows that one run added."""

    folder: Path
    rows: int
    hashes: dict[str, str]  # of its files


class Index:
    """The segments of a folder, and the rows among them that new ones may be alike.

    Locked, it keeps other runs from the folder until its new segment is added, or nobody holds it any more.
    """

    def __init__(self, path: str, settings: DedupSettings, fields: int, *, locked: bool = False) -> None:
        self.path = Path(path)
        self._fields = fields
        self._settings = {name: getattr(settings, name) for name in REMEMBERED}
        self._settings["bands"], self._settings["rows_per_band"] = settings.banding()
        self.segments: list[Segment] = []
        self._lock: IO[str] | None = None
        if locked:
            self._take_lock()
        self._read()
        if locked:
            if not (self.path / LIST).exists():
                self._write_list()  # from now on segments without a list are a damaged index
            for segment in self.segments:
                self._check(segment)

    def _take_lock(self) -> None:
        """Raise `UsageError` where another run has the folder."""
        if self.path.is_file():
            return  # which `_read` refuses
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / LOCK).open("w")
        try:
            import fcntl

            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            return  # no such locks on this system
        except OSError as error:
            raise UsageError(
                f"another run is using the index {self.path}; wait for it, or name another folder"
            ) from error

    def _read(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise UsageError(f"--index {self.path} is a file; an index is a folder")
        if not (self.path / LIST).exists():
            others = [entry.name for entry in self.path.iterdir() if entry.name not in (LOCK, f".{LIST}.part")]
            if any(name.startswith("segment-") for name in others):
                raise BadInput(f"the index {self.path} is damaged ({LIST} is missing); restore it, or {_ANEW}")
            if others:
                raise UsageError(f"--index {self.path} holds other files and is no index; name an empty or new folder")
            return
        try:
            held = json.loads((self.path / LIST).read_text(encoding="utf-8"))
            version, settings = held["version"], held["settings"]
            segments = [
                (str(entry["name"]), int(entry["rows"]), int(entry["shingles"]), dict(entry["xxh3_128"]))
                for entry in held["segments"]
            ]
            known = {name: settings.get(name) for name in self._settings}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"the index {self.path} is damaged ({LIST} can't be read); {_ANEW}") from error
        if version != VERSION:
            raise BadInput(f"the index {self.path} is of version {version}, and this one reads {VERSION}; {_ANEW}")
        for name, value in self._settings.items():
            if known[name] != value:
                raise UsageError(
                    f"the index {self.path} was made with {name} {known[name]}, not {value}; "
                    "give it the same options, or name another folder"
                )
        for name, rows, shingles, hashes in segments:
            segment = Segment(self.path / Path(name).name, rows, hashes)
            for file, size in self._sizes(rows, shingles).items():
                found = segment.folder / file
                if not found.is_file() or found.stat().st_size != size:
                    raise BadInput(f"the index {self.path} is damaged ({name}/{file} is missing or cut short); {_ANEW}")
            self.segments.append(segment)

    def _sizes(self, rows: int, shingles: int) -> dict[str, int]:
        """The bytes of each file of a segment."""
        width = 4 * int(self._settings["permutations"])
        sizes = {"exact": 16 * rows, "shingles": 8 * shingles, "sizes": 4 * rows * self._fields, "origins": 8 * rows,
                 "signatures": width * rows, "salts": 8 * rows}  # fmt: skip
        return sizes | {band_file(band): 8 * rows for band in range(self._settings["bands"])}

    def meeting(self, store: "RowStore", folder: Path) -> list[Rows]:
        """Of each segment the rows that equal a row of the store, or agree with one in a band (``folder`` has them)."""
        found = [np.zeros(segment.rows, bool) for segment in self.segments]
        if not self.segments:
            return []
        keys = np.unique(store.exact()[:, 1])
        for number, segment in enumerate(self.segments):
            found[number] |= np.isin(np.fromfile(segment.folder / "exact", np.uint64).reshape(-1, 2)[:, 1], keys)
        for band in range(self._settings["bands"]):
            keys = np.unique(np.fromfile(folder / band_file(band), np.uint64))
            for number, segment in enumerate(self.segments):
                found[number] |= np.isin(np.fromfile(segment.folder / band_file(band), np.uint64), keys)
        return [np.flatnonzero(mask) for mask in found]

    def copy(self, rows: list[Rows], store: "RowStore") -> pa.Table:
        """Append some rows of each segment to a store; gives their ids and sources."""
        names = [NAMES.empty_table()]
        for wanted, segment in zip(rows, self.segments, strict=True):
            store.take(segment.folder, segment.rows, wanted)
            names.append(_names(segment).take(pa.array(wanted)))
        return pa.concat_tables(names)

    def stage(self, store: "RowStore", rows: Rows, names: pa.Table) -> "Staged":
        """Write a new segment of some rows of a store; it counts when it is committed."""
        from instructkit.dedup.store import RowStore
        from instructkit.engine.spool import disk_full

        self._sweep()
        folder = self.path / f"segment-{len(self.segments) + 1:06d}"
        try:
            folder.mkdir()
        except OSError as error:
            raise OutputFailed(f"the index {self.path} can't be written ({error.strerror}); it is as it was") from error
        try:
            with RowStore(folder, self._fields, store.permutations) as segment, disk_full(folder):
                segment.take(store.folder, store.rows, rows)
                segment.close()
                for band in range(self._settings["bands"]):
                    keys = np.fromfile(store.folder / band_file(band), np.uint64)
                    keys[rows].tofile(folder / band_file(band))
            with pa.OSFile(str(folder / "names.arrow"), "wb") as sink, pa.ipc.new_stream(sink, NAMES) as writer:
                writer.write_table(names)
            for file in folder.iterdir():
                _to_disk(file)
        except (OSError, OutputFailed) as error:
            shutil.rmtree(folder, ignore_errors=True)
            why = error.strerror if isinstance(error, OSError) else "its disk is full"
            raise OutputFailed(f"the index {self.path} can't be written ({why}); it is as it was") from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        hashes = {file.name: file_hash(str(file)) for file in sorted(folder.iterdir())}
        return Staged(self, Segment(folder, len(rows), hashes))

    def _sweep(self) -> None:
        """Remove the segments of runs that were killed."""
        known = {segment.folder.name for segment in self.segments}
        for entry in self.path.glob("segment-*"):
            if entry.name not in known:
                shutil.rmtree(entry, ignore_errors=True)

    def _check(self, segment: Segment) -> None:
        """Raise `BadInput` where a file of a segment holds other bytes than were written, or sizes that don't fit."""
        shingles = (segment.folder / "shingles").stat().st_size // 8
        if int(np.fromfile(segment.folder / "sizes", np.uint32).sum(dtype=np.int64)) != shingles:
            raise BadInput(
                f"the index {self.path} is damaged ({segment.folder.name}/sizes tells of other shingles); {_ANEW}"
            )
        for file, expected in segment.hashes.items():
            if file_hash(str(segment.folder / Path(file).name)) != expected:
                raise BadInput(
                    f"the index {self.path} is damaged ({segment.folder.name}/{file} holds other bytes than were "
                    f"written); {_ANEW}"
                )

    def add(self, segment: Segment) -> None:
        """Take a segment into the list, and let other runs have the folder."""
        self.segments.append(segment)
        self._write_list()
        if self._lock is not None:
            self._lock.close()

    def _write_list(self) -> None:
        listed = [
            {
                "name": entry.folder.name,
                "rows": entry.rows,
                "shingles": (entry.folder / "shingles").stat().st_size // 8,
                "xxh3_128": entry.hashes,
            }
            for entry in self.segments
        ]
        part = self.path / f".{LIST}.part"
        text = json.dumps({"version": VERSION, "settings": self._settings, "segments": listed}, indent=1)
        try:
            part.write_text(text + "\n", encoding="utf-8")
            _to_disk(part)
            os.replace(part, self.path / LIST)
        except OSError as error:
            raise OutputFailed(f"the index {self.path} can't be written ({error.strerror}); it is as it was") from error


@dataclass
class Staged:
    """A segment that is written and not yet listed."""

    index: Index
    segment: Segment

    def commit(self) -> None:
        """Make it part of the index."""
        self.index.add(self.segment)


def minhashes(path: str) -> tuple[list[str], npt.NDArray[np.uint32]]:
    """The ids of an index's rows and their MinHash signatures: uint32, rows x permutations.

    Each is the ``hashvalues`` of a ``datasketch.MinHash``, of scheme "affine32" (or "legacy", where the index was made
    with ``--hash datasketch-legacy``). Raises `BadInput` for what is no index.
    """
    try:
        held = json.loads((Path(path) / LIST).read_text(encoding="utf-8"))
        width = int(held["settings"]["permutations"])
        segments = [
            Segment(Path(path) / Path(entry["name"]).name, int(entry["rows"]), {}) for entry in held["segments"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is no index, or a damaged one: its {LIST} can't be read") from error
    ids: list[str] = []
    found = [np.zeros((0, width), np.uint32)]
    for segment in segments:
        ids += _names(segment)["id"].to_pylist()
        found.append(np.fromfile(segment.folder / "signatures", np.uint32).reshape(segment.rows, width))
    return ids, np.concatenate(found)


def _names(segment: Segment) -> pa.Table:
    """The ids and sources of a segment's rows."""
    try:
        with pa.OSFile(str(segment.folder / "names.arrow")) as source:
            names = pa.ipc.open_stream(source).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(f"the index is damaged ({segment.folder}/names.arrow can't be read); {_ANEW}") from error
    if names.schema != NAMES or names.num_rows != segment.rows:
        raise BadInput(f"the index is damaged ({segment.folder}/names.arrow holds other rows); {_ANEW}")
    return names


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


_ANEW = "remove the folder and run over all rows again"
