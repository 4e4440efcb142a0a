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
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.rows import NAMES
from instructkit.dedup.settings import DedupSettings
from instructkit.errors import BadInput, OutputFailed, UsageError

if TYPE_CHECKING:
    from instructkit.dedup.store import RowStore

VERSION = 1
LIST = "index.json"
REMEMBERED = ("threshold", "ngram", "permutations", "on", "hash")
AT_ONCE = 1 << 18  # rows that are copied together
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Segment:
    """The rows that one run added."""

    folder: Path
    rows: int


class Index:
    """The segments of a folder, and the rows among them that new ones may be alike."""

    def __init__(self, path: str, settings: DedupSettings, fields: int) -> None:
        self.path = Path(path)
        self._fields = fields
        self._settings = {name: getattr(settings, name) for name in REMEMBERED}
        self._settings["bands"], self._settings["rows_per_band"] = settings.banding()
        self.segments: list[Segment] = []
        self._read()

    @property
    def rows(self) -> int:
        """How many rows it remembers."""
        return sum(segment.rows for segment in self.segments)

    def _read(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise UsageError(f"--index {self.path} is a file; an index is a folder")
        if not (self.path / LIST).exists():
            if any(entry.name[:8] != "segment-" for entry in self.path.iterdir()):
                raise UsageError(f"--index {self.path} holds other files and is no index; name an empty or new folder")
            return
        try:
            held = json.loads((self.path / LIST).read_text(encoding="utf-8"))
            version, settings = held["version"], held["settings"]
            segments = [(str(entry["name"]), int(entry["rows"]), dict(entry["bytes"])) for entry in held["segments"]]
        except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise BadInput(f"the index {self.path} is damaged ({LIST} can't be read); {_ANEW}") from error
        if version != VERSION:
            raise BadInput(f"the index {self.path} is of version {version}, and this one reads {VERSION}; {_ANEW}")
        for name, value in self._settings.items():
            if settings.get(name) != value:
                raise UsageError(
                    f"the index {self.path} was made with {name} {settings.get(name)}, not {value}; "
                    "give it the same options, or name another folder"
                )
        for name, rows, sizes in segments:
            folder = self.path / Path(name).name
            for file, size in sizes.items():
                found = folder / Path(file).name
                if not found.is_file() or found.stat().st_size != size:
                    raise BadInput(f"the index {self.path} is damaged ({name}/{file} is missing or cut short); {_ANEW}")
            self.segments.append(Segment(folder, rows))

    def meeting(self, store: "RowStore", folder: Path) -> list[Rows]:
        """Of each segment the rows that equal a row of the store, or agree with one in a band (``folder`` has them)."""
        found = [np.zeros(segment.rows, bool) for segment in self.segments]
        if not self.segments:
            return []
        keys = np.unique(store.exact()[:, 1])
        for number, segment in enumerate(self.segments):
            found[number] |= np.isin(np.fromfile(segment.folder / "exact", np.uint64).reshape(-1, 2)[:, 1], keys)
        for band in range(self._settings["bands"]):
            keys = np.unique(np.fromfile(folder / f"band-{band}", np.uint64))
            for number, segment in enumerate(self.segments):
                found[number] |= np.isin(np.fromfile(segment.folder / f"band-{band}", np.uint64), keys)
        return [np.flatnonzero(mask) for mask in found]

    def copy(self, rows: list[Rows], store: "RowStore") -> pa.Table:
        """Append some rows of each segment to a store; gives their ids and sources."""
        names = [NAMES.empty_table()]
        for wanted, segment in zip(rows, self.segments, strict=True):
            for start in range(0, len(wanted), AT_ONCE):
                store.take(segment.folder, segment.rows, wanted[start : start + AT_ONCE])
            with pa.OSFile(str(segment.folder / "names.arrow")) as source:
                names.append(pa.ipc.open_stream(source).read_all().take(pa.array(wanted)))
        return pa.concat_tables(names)

    def stage(self, store: "RowStore", rows: Rows, names: pa.Table) -> "Staged":
        """Write a new segment of some rows of a store; it counts when it is committed."""
        self._sweep()
        folder = self.path / f"segment-{len(self.segments) + 1:06d}"
        from instructkit.dedup.store import RowStore, disk_full

        try:
            folder.mkdir(parents=True)
            with RowStore(folder, self._fields, store.permutations) as segment, disk_full(folder):
                for start in range(0, len(rows), AT_ONCE):
                    segment.take(store.folder, store.rows, rows[start : start + AT_ONCE])
                segment.close()
                for band in range(self._settings["bands"]):
                    keys = np.fromfile(store.folder / f"band-{band}", np.uint64)
                    keys[rows].tofile(folder / f"band-{band}")
            with pa.OSFile(str(folder / "names.arrow"), "wb") as sink, pa.ipc.new_stream(sink, NAMES) as writer:
                writer.write_table(names)
            for file in folder.iterdir():
                _to_disk(file)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise OutputFailed(f"the index {self.path} can't be written ({error.strerror}); it is as it was") from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Staged(self, Segment(folder, len(rows)))

    def _sweep(self) -> None:
        """Remove the segments of runs that were killed."""
        known = {segment.folder.name for segment in self.segments}
        for entry in self.path.glob("segment-*"):
            if entry.name not in known:
                shutil.rmtree(entry, ignore_errors=True)

    def add(self, segment: Segment) -> None:
        """Take a segment into the list."""
        self.segments.append(segment)
        listed = [
            {"name": entry.folder.name, "rows": entry.rows,
             "bytes": {file.name: file.stat().st_size for file in sorted(entry.folder.iterdir())}}
            for entry in self.segments
        ]  # fmt: skip
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

    def discard(self) -> None:
        """Remove it."""
        shutil.rmtree(self.segment.folder, ignore_errors=True)


def minhashes(path: str) -> tuple[list[str], npt.NDArray[np.uint32]]:
    """The ids of an index's rows and their MinHash signatures: uint32, rows x permutations.

    Each is the ``hashvalues`` of a ``datasketch.MinHash``, of scheme "affine32" (or "legacy", where the index was made
    with ``--hash datasketch-legacy``). Raises `BadInput` for what is no index.
    """
    held = json.loads((Path(path) / LIST).read_text(encoding="utf-8")) if (Path(path) / LIST).is_file() else None
    if held is None:
        raise BadInput(f"{path} is no index: it has no {LIST}")
    ids: list[str] = []
    found = [np.zeros((0, held["settings"]["permutations"]), np.uint32)]
    for entry in held["segments"]:
        folder = Path(path) / Path(entry["name"]).name
        with pa.OSFile(str(folder / "names.arrow")) as source:
            ids += pa.ipc.open_stream(source).read_all()["id"].to_pylist()
        found.append(np.fromfile(folder / "signatures", np.uint32).reshape(entry["rows"], -1))
    return ids, np.concatenate(found)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


_ANEW = "remove the folder and run over all rows again"
