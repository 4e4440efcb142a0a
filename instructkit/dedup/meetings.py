"""Which rows meet: those with a key in common, a rare shingle or a band of their signatures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import U64
from instructkit.dedup.store import disk_full
from instructkit.engine.jit import jit

Rows = npt.NDArray[np.int32]

ROWS_A_SORT = 1 << 20  # entries that are sorted together
READ_AT_ONCE = 1 << 20
_ENTRY = np.dtype([("key", np.uint64), ("row", np.int32)])


@dataclass
class Meetings:
    """The keys of each row that another row has too, numbered from 0."""

    ends: npt.NDArray[np.int64]  # where each row's keys end, from 0
    keys: npt.NDArray[np.int32]
    count: int  # how many keys there are


class MeetingsWriter:
    """Collects entries (key, row) and leaves those whose key has one row alone."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._path = folder / "meetings"
        self._file = self._path.open("wb")
        self._rows = rows
        self.keys = 0
        self.entries = 0
        self.pairs = 0.0  # how often two rows meet at most

    def add(self, keys: U64, rows: Rows, most: int | None = None) -> Rows:
        """Add all entries of some keys; gives the rows of keys with more than ``most``, which are left out."""
        order = np.argsort(keys, kind="stable")
        sorted_keys = keys[order]
        equal = np.concatenate([[False], sorted_keys[1:] == sorted_keys[:-1], [False]])
        order = order[equal[1:] | equal[:-1]]  # nearly all are alone
        sorted_keys = keys[order]
        members = rows[order]
        starts = np.flatnonzero(np.concatenate([[True], sorted_keys[1:] != sorted_keys[:-1]])) if len(order) else order
        sizes = np.diff(np.append(starts, len(members)))
        large = sizes > most if most is not None else np.zeros(len(sizes), bool)
        crowded: Rows = members[np.repeat(large, sizes)]
        if len(crowded):
            members, sizes = members[np.repeat(~large, sizes)], sizes[~large]
        self.pairs += float((sizes.astype(np.float64) * (sizes - 1) / 2).sum())
        entries = np.empty((len(members), 2), np.int32)
        entries[:, 0] = members
        entries[:, 1] = np.repeat(np.arange(self.keys, self.keys + len(sizes), dtype=np.int64), sizes)
        self.keys += len(sizes)
        self.entries += len(members)
        with disk_full(self._path.parent):
            self._file.write(entries.data)
        return crowded

    def finish(self) -> Meetings:
        """The entries, by row."""
        with disk_full(self._path.parent):
            self._file.close()
        ends = np.zeros(self._rows + 1, np.int64)
        for entries in self._read():
            ends[1:] += np.bincount(entries[:, 0], minlength=self._rows)
        np.cumsum(ends, out=ends)
        keys = np.empty(self.entries, np.int32)
        cursor = ends[:-1].copy()
        for entries in self._read():
            deal(entries, cursor, keys)
        self.remove()
        return Meetings(ends, keys, self.keys)

    def remove(self) -> None:
        """Give the disk back."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _read(self) -> Iterator[Rows]:
        with self._path.open("rb") as file:
            while len(entries := np.fromfile(file, np.int32, 2 * READ_AT_ONCE)):
                yield entries.reshape(-1, 2)


@jit("void(int32[:,::1], int64[::1], int32[::1])")
def deal(entries: Any, cursor: Any, keys: Any) -> None:
    """Put each entry's key in its row's next place."""
    for number in range(len(entries)):
        row = entries[number, 0]
        keys[cursor[row]] = entries[number, 1]
        cursor[row] += 1


class Partitions:
    """Entries (key, row) in parts by a number of theirs, so that what is done with a part holds a bounded number."""

    def __init__(self, folder: Path, name: str, entries: int, range_of_numbers: int) -> None:
        bits = min(9, max(0, int(np.ceil(np.log2(max(1, entries) / ROWS_A_SORT)))))
        self._paths = [folder / f"{name}-{part}" for part in range(1 << bits)]
        self._files = [path.open("wb") for path in self._paths]
        self._shift = np.uint64(max(0, (max(1, range_of_numbers) - 1).bit_length() - bits))
        self.entries = 0

    def append(self, keys: U64, rows: Rows, numbers: npt.NDArray[Any]) -> None:
        """Add entries to the parts of their numbers."""
        self.entries += len(keys)
        entries = np.empty(len(keys), _ENTRY)
        entries["key"], entries["row"] = keys, rows
        part = (numbers.astype(np.uint64) >> self._shift).astype(np.int16)
        if len(self._files) > 1:
            order = np.argsort(part, kind="stable")
            part, entries = part[order], entries[order]
        bounds = np.searchsorted(part, np.arange(len(self._files) + 1))
        with disk_full(self._paths[0].parent):
            for number, file in enumerate(self._files):
                file.write(entries[bounds[number] : bounds[number + 1]].data)

    def parts(self) -> Iterator[tuple[U64, Rows]]:
        """The entries of each part; its file goes."""
        for path, file in zip(self._paths, self._files, strict=True):
            with disk_full(path.parent):
                file.close()
            entries = np.fromfile(path, _ENTRY)
            path.unlink()
            if len(entries):
                yield np.ascontiguousarray(entries["key"]), np.ascontiguousarray(entries["row"])


def parts_of(keys: U64) -> Iterator[npt.NDArray[np.int64]]:
    """The rows in parts by the top bits of their keys, so that a sort holds a bounded number; equal keys together."""
    bits = max(0, int(np.ceil(np.log2(max(1, len(keys)) / ROWS_A_SORT))))
    if bits == 0:
        yield np.arange(len(keys))
        return
    for part in range(1 << bits):
        yield np.flatnonzero(keys >> np.uint64(64 - bits) == part)
