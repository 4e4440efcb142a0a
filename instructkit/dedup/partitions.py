"""Entries in parts, so that what is sorted or counted together is bounded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import I64, U64
from instructkit.engine.spool import SideFiles, disk_full

ROWS_A_SORT = 1 << 20  # entries that are sorted together
MOST_PARTS = 7  # as a power of 2
LOW = np.uint64(0xFFFFFFFF)


class Partitions(SideFiles):
    """Entries on disk, to be taken part by part.

    They lie in one file as they came, for a process may have but a few hundred files open.
    """

    def __init__(self, folder: Path, name: str, parts: int) -> None:
        super().__init__(folder, [name], kept=False)
        self.parts = range(parts)
        self.entries = 0
        self._name = name
        self._bounds: list[I64] = []  # of each piece: where its parts begin

    def append(self, entries: U64, bounds: I64) -> None:
        """Add entries that stand part by part; ``bounds`` (parts + 1) tell where each begins, from 0 to their end."""
        with disk_full(self.folder):
            self.files[self._name].write(entries.data)
        self._bounds.append(bounds + self.entries)
        self.entries += len(entries)

    def append_mixed(self, parts: npt.NDArray[np.integer[Any]], entries: U64) -> None:
        """Add entries, each with the number of its part."""
        if len(self.parts) > 1:
            order = np.argsort(parts.astype(np.int16), kind="stable")  # of 16 bits: a radix sort
            parts, entries = parts[order], entries[order]
        self.append(np.ascontiguousarray(entries), np.searchsorted(parts, np.arange(len(self.parts) + 1)))

    def take(self, part: int) -> U64:
        """The entries of a part, when all are written."""
        places = [(int(bounds[part]), int(bounds[part + 1])) for bounds in self._bounds]
        found = np.empty(sum(end - start for start, end in places), np.uint64)
        used = 0
        with (self.folder / self._name).open("rb", buffering=0) as file:
            for start, end in places:
                if end > start:
                    file.seek(8 * start)
                    file.readinto(found[used : used + end - start].data)
                    used += end - start
        return found


def bits_for(entries: int) -> int:
    """Into how many parts, as a power of 2, entries go; 128 at most."""
    return min(MOST_PARTS, max(0, int(np.ceil(np.log2(max(1, entries) / ROWS_A_SORT)))))


def parts_of(keys: U64) -> Iterator[npt.NDArray[np.int64]]:
    """The rows in parts by the top bits of their keys, so that a sort holds a bounded number; equal keys together."""
    bits = bits_for(len(keys))
    if bits == 0:
        yield np.arange(len(keys))
        return
    places = (keys >> np.uint64(64 - bits)).astype(np.uint8)
    order = np.argsort(places, kind="stable")  # of 8 bits: a radix sort
    ends = np.cumsum(np.bincount(places, minlength=1 << bits))
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        yield order[start:end]


def entries_of(keys: U64, rows: npt.NDArray[np.integer[Any]]) -> U64:
    """Entries of keys that lie in one part: the 32 bits after those that tell the part, and the row."""
    entries: U64 = (keys << np.uint64(MOST_PARTS)) & ~LOW | rows.astype(np.uint64)
    return entries


def with_equals(keys: U64) -> npt.NDArray[np.bool_]:
    """Which of some sorted keys stand more than once."""
    again = np.concatenate([np.zeros(1, bool), keys[1:] == keys[:-1], np.zeros(1, bool)])
    found: npt.NDArray[np.bool_] = (again[1:] | again[:-1])[: len(keys)]
    return found
