"""Which rows meet: those with a key in common, a rare shingle or a band of their signatures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import U64, Rows
from instructkit.dedup.partitions import LOW, with_equals
from instructkit.engine.jit import jit
from instructkit.engine.spool import SideFiles, disk_full
from instructkit.errors import BadInput

MEETINGS = "meetings"  # the file
READ_AT_ONCE = 1 << 20
MOST_ENTRIES = 2**31 - 1  # they are numbered by 32 bits


@dataclass
class Meetings:
    """The keys of each row that another row has too, numbered from 0."""

    ends: npt.NDArray[np.int64]  # where each row's keys end, from 0
    keys: npt.NDArray[np.int32]
    count: int  # how many keys there are


class MeetingsWriter(SideFiles):
    """Collects entries (key, row) and leaves those whose key has one row alone."""

    def __init__(self, folder: Path, rows: int) -> None:
        super().__init__(folder, [MEETINGS], kept=False)
        self._rows = rows
        self.keys = 0
        self.entries = 0
        self.pairs = 0.0  # how often two rows meet at most

    def add(self, entries: U64, most: int | None = None) -> Rows:
        """Add all entries of some keys: 32 bits of the key and, below them, the row.

        Two keys may have the same 32 bits: that two rows meet proves nothing. Gives the rows of keys with more than
        ``most``, which are left out.
        """
        entries = np.sort(entries)
        keys = entries >> np.uint64(32)
        wanted = with_equals(keys)  # nearly all are alone
        keys, members = keys[wanted], (entries[wanted] & LOW).astype(np.int32)
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
        sizes = np.diff(np.append(starts, len(members)))
        large = sizes > most if most is not None else np.zeros(len(sizes), bool)
        crowded: Rows = members[np.repeat(large, sizes)]
        if len(crowded):
            members, sizes = members[np.repeat(~large, sizes)], sizes[~large]
        self.pairs += float((sizes.astype(np.float64) * (sizes - 1) / 2).sum())
        numbered = np.empty((len(members), 2), np.int32)
        numbered[:, 0] = members
        numbered[:, 1] = np.repeat(np.arange(self.keys, self.keys + len(sizes), dtype=np.int64), sizes)
        self.keys += len(sizes)
        self.entries += len(members)
        if self.entries > MOST_ENTRIES:
            raise BadInput(
                f"more than {MOST_ENTRIES:,} times a row meets another under a shingle or a band: raise "
                "--threshold, use --lsh, or deduplicate in parts"
            )
        with disk_full(self.folder):
            self.files[MEETINGS].write(numbered.data)
        return crowded

    def finish(self) -> Meetings:
        """The entries, by row."""
        self.close()
        ends = np.zeros(self._rows + 1, np.int64)
        for entries in self._read():
            ends[1:] += np.bincount(entries[:, 0], minlength=self._rows)
        np.cumsum(ends, out=ends)
        keys = np.empty(self.entries, np.int32)
        cursor = ends[:-1].copy()
        for entries in self._read():
            deal(entries, cursor, keys)
        return Meetings(ends, keys, self.keys)

    def _read(self) -> Iterator[Rows]:
        with (self.folder / MEETINGS).open("rb") as file:
            while len(entries := np.fromfile(file, np.int32, 2 * READ_AT_ONCE)):
                yield entries.reshape(-1, 2)


@jit("void(int32[:,::1], int64[::1], int32[::1])")
def deal(entries: Any, cursor: Any, keys: Any) -> None:
    """Put each entry's key in its row's next place."""
    for number in range(len(entries)):
        row = entries[number, 0]
        keys[cursor[row]] = entries[number, 1]
        cursor[row] += 1
