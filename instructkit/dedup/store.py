"""What is kept of each row while duplicates are sought: on disk, but for a few bytes a row."""

import mmap
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import U32, U64, Shingled
from instructkit.engine.spool import SideFiles, disk_full
from instructkit.errors import BadInput
from instructkit.records.hashing import Hashes

NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)  # in mmap from Python 3.13 on
MOST_ROWS = 2**31 - 1  # they are numbered by 32 bits
STRETCH = 1 << 22  # shingles that are worked through together


class RowStore(SideFiles):
    """Exact hashes, shingle sets and origins of rows, appended batch by batch."""

    def __init__(self, folder: Path, fields: int, permutations: int = 0, threshold: float = 0) -> None:
        self.threshold = threshold  # that the signatures are for
        self.fields = fields
        self.permutations = permutations  # of the signatures that are kept too; 0 for none
        self.rows = 0
        self.runs = 0  # of tokens, in all texts
        names = ["exact", "shingles", "sizes", "origins", *(["signatures", "salts"] if permutations else [])]
        super().__init__(folder, names)

    def append(self, rows: Shingled, origins: Hashes, signed: tuple[U32, U64] | None = None) -> None:
        """Add the rows of a batch; raises `OutputFailed` when the temporary folder's disk is full."""
        self.append_exact(rows)
        self.append_sets(rows, origins, signed)

    def append_exact(self, rows: Shingled) -> None:
        """Add the exact hashes of a batch alone; `append_sets` follows."""
        self.rows += len(rows.exact)
        self.runs += rows.runs
        if self.rows > MOST_ROWS:
            raise BadInput(f"dedup takes {MOST_ROWS:,} rows at most; deduplicate in parts, with --index")
        with disk_full(self.folder):
            self.files["exact"].write(rows.exact.data)

    def append_sets(self, rows: Shingled, origins: Hashes, signed: tuple[U32, U64] | None = None) -> None:
        """Add what else is kept of a batch."""
        with disk_full(self.folder):
            self.files["shingles"].write(rows.shingles.data)
            self.files["sizes"].write(rows.sizes.data)
            self.files["origins"].write(origins.data)
            if signed is not None:
                for name, values in zip(("signatures", "salts"), signed, strict=True):
                    self.files[name].write(np.ascontiguousarray(values).data)

    def take(self, folder: Path, rows: int, wanted: npt.NDArray[np.int64]) -> None:
        """Add some rows (ascending) of the store that a folder with ``rows`` of them holds."""
        held = ShingleSets(folder, rows, self.fields)
        ends = np.cumsum(held.lengths(wanted))
        start = 0
        while start < len(wanted):
            before = ends[start - 1] if start else 0
            end = max(start + 1, int(np.searchsorted(ends, before + STRETCH // 4, "right")))
            self._take(held, folder, wanted[start:end])
            held.release()
            start = end

    def _take(self, held: "ShingleSets", folder: Path, wanted: npt.NDArray[np.int64]) -> None:
        shingles, sizes, origins = held.all()
        lengths = held.lengths(wanted)
        starts = np.repeat(held.ends[wanted] - np.concatenate([[0], np.cumsum(lengths[:-1])]), lengths)
        some = Shingled(
            np.memmap(folder / "exact", np.uint64, "r").reshape(-1, 2)[wanted],
            shingles[starts + np.arange(int(lengths.sum()))],
            sizes[wanted],
            int(lengths.sum()),
        )
        signed = None
        if self.permutations:
            signatures = np.memmap(folder / "signatures", np.uint32, "r", shape=(held.rows, self.permutations))
            signed = (signatures[wanted], np.memmap(folder / "salts", np.uint64, "r")[wanted])
        self.append(some, origins[wanted], signed)

    def extend(self, other: "RowStore") -> None:
        """Add all rows of another store."""
        with disk_full(self.folder):
            for name, file in self.files.items():
                with (other.folder / name).open("rb") as source:
                    shutil.copyfileobj(source, file, 1 << 22)
        self.rows += other.rows
        self.runs += other.runs

    def signed(self, start: int, end: int) -> tuple[U32, U64]:
        """The signatures and salts of the rows of a stretch; they are kept where there are permutations."""
        width = 4 * self.permutations
        signatures = np.fromfile(
            self.folder / "signatures", np.uint32, (end - start) * self.permutations, offset=start * width
        )
        salts = np.fromfile(self.folder / "salts", np.uint64, end - start, offset=8 * start)
        return signatures.reshape(-1, self.permutations), salts

    def exact(self) -> U64:
        """The exact hashes: rows x 2."""
        with disk_full(self.folder):
            if not self.files["exact"].closed:
                self.files["exact"].flush()
        return np.fromfile(self.folder / "exact", np.uint64).reshape(-1, 2)

    def sets(self) -> "ShingleSets":
        """The shingle sets, to be read."""
        return ShingleSets(self.folder, self.rows, self.fields)


class ShingleSets:
    """The shingle sets in the files; holds eight bytes a row."""

    def __init__(self, folder: Path, rows: int, fields: int) -> None:
        self._shingles = _Mapped(folder / "shingles", np.uint64)
        self._sizes = _Mapped(folder / "sizes", np.uint32)
        self._origins = _Mapped(folder / "origins", np.uint64)
        self._fields = fields
        self.rows = rows
        self.ends: npt.NDArray[np.int64] = np.zeros(rows + 1, np.int64)
        step = 1 << 18
        for start in range(0, rows, step):
            sizes = self._sizes.values[start * fields : (start + step) * fields].reshape(-1, fields)
            part = self.ends[start + 1 : start + 1 + len(sizes)]
            np.cumsum(sizes.sum(axis=1, dtype=np.int64), out=part)
            part += self.ends[start]
            self._sizes.release()

    @property
    def shingles(self) -> int:
        """How many there are in all."""
        return int(self.ends[-1])

    def lengths(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """How many shingles some rows have, all fields together."""
        found: npt.NDArray[np.int64] = self.ends[rows + 1] - self.ends[rows]
        return found

    def stretches(self) -> Iterator[tuple[int, int]]:
        """All rows in stretches, first and last, that hold about as many shingles each."""
        start = 0
        while start < self.rows:
            end = int(np.searchsorted(self.ends, self.ends[start] + STRETCH, "right"))
            end = min(max(end - 1, start + 1), self.rows)
            yield start, end
            start = end

    def stretch(self, start: int, end: int) -> tuple[U64, npt.NDArray[np.int64], U32]:
        """The rows of a stretch, not copied: their shingles, ends from 0 and sizes; `release` gives them back."""
        first = self.ends[start]
        return (
            self._shingles.values[first : self.ends[end]],
            self.ends[start : end + 1] - first,
            self._sizes.values[start * self._fields : end * self._fields].reshape(-1, self._fields),
        )

    def release(self) -> None:
        """Give back the pages that were read."""
        self._shingles.release()
        self._sizes.release()
        self._origins.release()

    def all(self) -> tuple[U64, U32, U64]:
        """All shingles, sizes and origins, not copied; `release` gives back what was read."""
        return self._shingles.values, self._sizes.values.reshape(-1, self._fields), self._origins.values


class _Mapped:
    """A file as an array, whose pages are given back after each use so that they do not add up."""

    def __init__(self, path: Path, kind: type[np.generic]) -> None:
        self.values: npt.NDArray[Any] = np.zeros(0, kind)
        self._map: mmap.mmap | None = None
        if path.stat().st_size:
            with path.open("rb") as file:
                # private and writable, so that to compiled loops it is an array like any other; nobody writes, so no
                # memory is set aside for it
                self._map = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE | NO_RESERVE, mmap.PROT_READ | mmap.PROT_WRITE)
            self.values = np.frombuffer(self._map, kind)

    def release(self) -> None:
        """Give the pages back to the system's cache."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
