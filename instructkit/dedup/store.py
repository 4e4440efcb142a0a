"""What is kept of each row while duplicates are sought: on disk, but for a few bytes a row."""

import mmap
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.signing import U32, U64, Signed
from instructkit.engine.jit import jit
from instructkit.errors import OutputFailed
from instructkit.records.hashing import Hashes

MAPPED_ROWS = 128  # rows whose pages are in memory together: the system maps up to some 400 KB around each


class SignatureStore:
    """Exact hashes, shingle sets, band keys and parents of all rows, appended batch by batch."""

    def __init__(self, folder: Path, settings: DedupSettings, fields: int) -> None:
        self.folder = folder
        self.fields = fields
        self.bands = 0 if settings.exact else settings.bands
        self.rows = 0
        names = ["exact", "shingles", "sizes", "parents", *(f"band-{band}" for band in range(self.bands))]
        self._files: dict[str, IO[bytes]] = {name: (folder / name).open("wb") for name in names}

    def __enter__(self) -> "SignatureStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def append(self, signed: Signed, origins: Hashes) -> None:
        """Add the rows of a batch; raises `OutputFailed` when the temporary folder's disk is full."""
        try:
            self._files["exact"].write(signed.exact.tobytes())
            self._files["shingles"].write(signed.shingles.tobytes())
            self._files["sizes"].write(signed.sizes.tobytes())
            self._files["parents"].write(origins.tobytes())
            for band in range(self.bands):
                self._files[f"band-{band}"].write(signed.keys[band].tobytes())
        except OSError as error:
            raise OutputFailed(
                f"the temporary folder {self.folder.parent} can't hold the signatures ({error.strerror}); "
                "free space there or set TMPDIR to a larger disk"
            ) from error
        self.rows += len(signed.exact)

    def close(self) -> None:
        """End the writing."""
        for file in self._files.values():
            file.close()

    def exact(self) -> U64:
        """The exact hashes: rows x 2."""
        return np.fromfile(self.folder / "exact", np.uint64).reshape(-1, 2)

    def keys(self, band: int) -> U64:
        """A band's keys, one a row."""
        return np.fromfile(self.folder / f"band-{band}", np.uint64)

    def sets(self) -> "ShingleSets":
        """The shingle sets, to be read row by row."""
        return ShingleSets(self.folder, self.rows, self.fields)


class ShingleSets:
    """Copies the shingle sets of some rows out of the files; holds eight bytes a row."""

    def __init__(self, folder: Path, rows: int, fields: int) -> None:
        self._shingles = _Mapped(folder / "shingles", np.uint64)
        self._sizes = _Mapped(folder / "sizes", np.uint32)
        self._parents = _Mapped(folder / "parents", np.uint64)
        self._fields = fields
        self.ends: npt.NDArray[np.int64] = np.zeros(rows + 1, np.int64)
        step = 1 << 18
        for start in range(0, rows, step):
            sizes = self._sizes.values[start * fields : (start + step) * fields].reshape(-1, fields)
            part = self.ends[start + 1 : start + 1 + len(sizes)]
            np.cumsum(sizes.sum(axis=1, dtype=np.int64), out=part)
            part += self.ends[start]
            self._sizes.release()

    def load(self, rows: npt.NDArray[np.int64]) -> tuple[U64, npt.NDArray[np.int64], U32, U64]:
        """The shingles of some rows (ascending) one after the other, their ends, their sizes, their parents."""
        starts = self.ends[rows]
        ends = np.concatenate([[0], np.cumsum(self.ends[rows + 1] - starts)])
        shingles = np.empty(int(ends[-1]), np.uint64)
        for first in range(0, len(rows), MAPPED_ROWS):
            part = slice(first, first + MAPPED_ROWS)
            copy_stretches(self._shingles.values, starts[part], ends[first : first + MAPPED_ROWS + 1], shingles)
            self._shingles.release()
        sizes = self._sizes.values.reshape(-1, self._fields)[rows]
        parents = self._parents.values[rows]
        self._sizes.release()
        self._parents.release()
        return shingles, ends, sizes, parents


class _Mapped:
    """A file as an array, whose pages are given back after each use so that they do not add up."""

    def __init__(self, path: Path, kind: type[np.generic]) -> None:
        self.values: npt.NDArray[Any] = np.zeros(0, kind)
        self._map: mmap.mmap | None = None
        if path.stat().st_size:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.values = np.frombuffer(self._map, kind)

    def release(self) -> None:
        """Give the pages back to the system's cache."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


@jit("void(Array(uint64, 1, 'C', readonly=True), int64[::1], int64[::1], uint64[::1])")
def copy_stretches(source: Any, starts: Any, ends: Any, out: Any) -> None:
    """Copy stretches of ``source`` from ``starts`` to lie between ``ends`` in ``out``."""
    for row in range(len(starts)):
        shift = starts[row] - ends[row]
        for place in range(ends[row], ends[row + 1]):
            out[place] = source[place + shift]
