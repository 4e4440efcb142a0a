"""What is kept of each row while duplicates are sought: on disk, but for a few bytes a row."""

from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.signing import U32, U64, Signed
from instructkit.errors import OutputFailed
from instructkit.records.hashing import draw


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

    def append(self, signed: Signed, parents: pa.StringArray) -> None:
        """Add the rows of a batch; raises `OutputFailed` when the temporary folder's disk is full."""
        try:
            self._files["exact"].write(signed.exact.tobytes())
            self._files["shingles"].write(signed.shingles.tobytes())
            self._files["sizes"].write(signed.sizes.tobytes())
            self._files["parents"].write(draw(parents, 0, "parent").tobytes())
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
    """Reads the shingle sets of a few rows at a time; holds eight bytes a row."""

    def __init__(self, folder: Path, rows: int, fields: int) -> None:
        self._shingles = (folder / "shingles").open("rb")
        self._sizes = (folder / "sizes").open("rb")
        self._parents = (folder / "parents").open("rb")
        self._fields = fields
        self.ends: npt.NDArray[np.int64] = np.zeros(rows + 1, np.int64)
        step = 1 << 18
        for start in range(0, rows, step):
            sizes = np.fromfile(self._sizes, np.uint32, min(step, rows - start) * fields).reshape(-1, fields)
            part = self.ends[start + 1 : start + 1 + len(sizes)]
            np.cumsum(sizes.sum(axis=1, dtype=np.int64), out=part)
            part += self.ends[start]

    def load(self, rows: npt.NDArray[np.int64]) -> tuple[U64, npt.NDArray[np.int64], U32, U64]:
        """The shingles of some rows (ascending) one after the other, their ends, their sizes, their parents."""
        ends = np.concatenate([[0], np.cumsum(self.ends[rows + 1] - self.ends[rows])])
        shingles = np.empty(int(ends[-1]), np.uint64)
        sizes = np.empty((len(rows), self._fields), np.uint32)
        parents = np.empty(len(rows), np.uint64)
        for place, row in enumerate(rows.tolist()):
            self._shingles.seek(int(self.ends[row]) * 8)
            self._shingles.readinto(shingles[ends[place] : ends[place + 1]].data)
            self._sizes.seek(row * 4 * self._fields)
            self._sizes.readinto(sizes[place].data)
            self._parents.seek(row * 8)
            self._parents.readinto(parents[place : place + 1].data)
        return shingles, ends, sizes, parents
