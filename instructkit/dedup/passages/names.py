"""The ids of all rows, on disk: any few of them can be read again."""

import os
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa

from instructkit.dedup.arrays import I64
from instructkit.engine.spool import disk_full
from instructkit.records.buffers import buffers


class Names:
    """The ids of the rows, appended batch by batch."""

    def __init__(self, folder: Path, wanted: bool) -> None:
        self._folder = folder
        self.wanted = wanted
        self._texts, self._ends = ((folder / name).open("w+b", buffering=0) for name in ("ids", "ids-ends"))
        self._bytes = 0
        self._ends.write(bytes(8))

    def __enter__(self) -> "Names":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._texts.close()
        self._ends.close()

    def append(self, ids: pa.StringArray) -> None:
        """Add the ids of a batch; raises `OutputFailed` when the temporary folder's disk is full."""
        if not self.wanted:
            return
        data, offsets = buffers(ids)
        first, last = int(offsets[0]), int(offsets[-1])
        with disk_full(self._folder):
            self._texts.write(data[first:last].data)
            self._ends.write((offsets[1:].astype(np.int64) - first + self._bytes).data)
        self._bytes += last - first

    def of(self, rows: I64) -> list[str]:
        """The ids of some rows, of all; "" where none were wanted."""
        if not self.wanted:
            return [""] * len(rows)
        unique, places = np.unique(rows, return_inverse=True)
        names = list(map(self._name, unique.tolist()))
        return [names[place] for place in places.tolist()]

    def _name(self, row: int) -> str:
        start, end = np.frombuffer(os.pread(self._ends.fileno(), 16, 8 * row), np.int64).tolist()
        return os.pread(self._texts.fileno(), end - start, start).decode()
