"""Finding all pairs that may reach the threshold: prefix filtering, made cheap by what stands only once.

Two sets of similarity t share one of the first n - ceil(t * n) + 1 shingles of each, in any order that is the same for
both (Chaudhuri et al. 2006; Bayardo et al. 2007). With the rarest first, these begin with the shingles that no other
row has. So a row with as many of its own is like no other, and is done; of all others only the rest of the prefix is
kept, as (shingle, row), and rows that meet under a shingle are compared.

Which shingles stand once is counted part by part: all of them are dealt by their first bits into parts whose count fits
a core's cache, for looking 8 bytes up all over the memory costs ten times as much.
"""

import contextlib
import functools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import U64, Mask, Rows
from instructkit.dedup.bitmaps import bit
from instructkit.dedup.meetings import MeetingsWriter, Partitions, bits_for
from instructkit.dedup.settings import ROUNDING
from instructkit.dedup.store import ShingleSets
from instructkit.dedup.stretches import equal_below, sought_by
from instructkit.engine.jit import jit
from instructkit.engine.mapping import map_ordered
from instructkit.engine.spool import disk_full

A_PART = 1 << 19  # shingles whose bitmaps (8 bits or more each) fit a core's cache
MOST_PARTS = 8  # as a power of 2: each is an open file
# the share of all shingles that tells enough rows from all others: some more than their prefix, and for chance
ENOUGH, DEVIATIONS = 1.25, 1.5
MOST_COUNTED = np.uint64((1 << 8) - 1)
# of an entry in the order of all shingles: its row within a part, how often the shingle stands, 36 bits of the shingle
KEY_BITS, ORDER_BITS, ROW_BITS = 36, 44, 20
KEY_MASK = np.uint64((1 << 36) - 1)
_ONE, _LOW = np.uint64(1), np.uint64(0xFFFFFFFF)


class PrefixJoin:
    """The rows among ``wanted`` that may be alike another, and the shingles under which they meet."""

    def __init__(
        self, sets: ShingleSets, wanted: Mask, threshold: float, guarded: Mask, folder: Path, workers: int | None = None
    ) -> None:
        self._sets = sets
        self._wanted = wanted
        self._threshold = threshold
        self._given = (guarded, equal_below(threshold))
        self._folder = folder
        self._workers = workers
        self._alone = np.zeros(sets.rows, np.uint32)  # of each row's shingles, how many no other row has
        self._size = np.zeros(sets.rows, np.uint32)  # of the shingles it is sought by
        self._lock = threading.Lock()

    def meet(self, writer: MeetingsWriter) -> None:
        """Let the rows meet."""
        alive = self._sift()
        self._alone[:] = 0
        bits = self._deal(alive, 1.0)
        parts = range(1 << bits)
        row_bits = max(bits_for(int(self._size[alive].sum())), (self._sets.rows - 1 >> ROW_BITS).bit_length())
        down = max(0, (self._sets.rows - 1).bit_length() - row_bits)  # a part's rows differ in so many bits
        by_row = Partitions(self._folder, "again", row_bits)
        for orders, rows in self._map(parts, functools.partial(self._again, bits)):
            inside = (rows & ((1 << down) - 1)).astype(np.uint64)
            by_row.append(rows >> down, (inside << np.uint64(ORDER_BITS)) | orders)
        alive &= self._may_be_alike()
        by_key = Partitions(self._folder, "prefixes", bits_for(by_row.entries // 4))
        for part, entries in by_row.parts():
            ordered = np.sort(entries)  # row after row, the rarest shingles first
            keys, rows = np.empty(len(ordered), np.uint64), np.empty(len(ordered), np.int32)
            used = prefixes(ordered, part << down, alive, self._alone, self._size, self._threshold, keys, rows)
            keys, rows = keys[:used], rows[:used]
            places = (keys >> np.uint64(KEY_BITS - by_key.bits)) if by_key.bits else np.zeros(used, np.uint64)
            by_key.append(places.astype(np.int16), (keys << np.uint64(32)) | rows.astype(np.uint64))
        for _, entries in by_key.parts():
            writer.add(entries)

    def _sift(self) -> Mask:
        """The rows that may be alike another: all but those with so many shingles of their own among some of them."""
        wanted = self._wanted
        mean = float(np.diff(self._sets.ends)[wanted].mean()) if wanted.any() else 1.0
        share = ENOUGH * (1 - self._threshold) + DEVIATIONS / mean**0.5
        if share >= 1:
            every: Mask = wanted.copy()
            return every
        bits = self._deal(wanted, share)
        for _ in self._map(range(_used(bits, share)), self._once):
            pass
        alive: Mask = wanted & self._may_be_alike()
        return alive

    def _may_be_alike(self) -> Mask:
        """The rows of which not so many shingles stand alone that they are like no other."""
        size = self._size.astype(np.int64)
        prefix: Mask = self._alone < size - np.ceil(self._threshold * size - ROUNDING).astype(np.int64) + 1
        return prefix

    def _map(self, items: Any, function: Any) -> Iterator[Any]:
        return map_ordered(items, function, workers=self._workers)

    def _deal(self, rows: Mask, share: float) -> int:
        """Write a share of the shingles of some rows into parts by their first bits; gives how many bits."""
        shingles = int(np.diff(self._sets.ends)[rows].sum())
        bits = min(MOST_PARTS, max(2, int(np.ceil(np.log2(max(1, shingles) / A_PART)))))
        with contextlib.ExitStack() as stack, disk_full(self._folder):
            parts = range(_used(bits, share))
            files = [stack.enter_context(self._path(part).open("wb")) for part in parts]
            for entries, bounds in self._map(
                self._sets.stretches(), functools.partial(self._dealt, rows, bits, len(parts))
            ):
                for part, file in enumerate(files):
                    file.write(entries[bounds[part] : bounds[part + 1]].data)
        return bits

    def _dealt(self, rows: Mask, bits: int, parts: int, stretch: tuple[int, int]) -> tuple[U64, npt.NDArray[np.int64]]:
        start, end = stretch
        bounds = np.zeros(parts + 1, np.int64)
        if not rows[start:end].any():
            return np.zeros(0, np.uint64), bounds
        shingles, ends, sizes = self._sets.stretch(start, end)
        entries = np.empty(len(shingles), np.uint64)
        deal_shingles(shingles, ends, sizes, *self._given, rows[start:end], start, bits, self._size[start:end], bounds,
                      entries)  # fmt: skip
        self._sets.release()
        return entries, bounds

    def _path(self, part: int) -> Path:
        return self._folder / f"dealt-{part}"

    def _entries(self, part: int) -> U64:
        path = self._path(part)
        entries = np.fromfile(path, np.uint64)
        path.unlink()
        return entries

    def _once(self, part: int) -> None:
        """Count what stands once in a part, for each row."""
        entries = self._entries(part)
        alone = np.empty(len(entries), np.int32)
        words = _slots(len(entries)) // 16
        used = part_once(entries, np.zeros(words, np.uint64), np.zeros(words, np.uint64), alone)
        with self._lock:
            tally(alone[:used], self._alone)

    def _again(self, bits: int, part: int) -> tuple[U64, Rows]:
        """What stands again in a part, with how often it does, and the rows; what stands once is counted."""
        entries = self._entries(part)
        alone, rows = np.empty(len(entries), np.int32), np.empty(len(entries), np.int32)
        used = part_again(entries, np.empty(_slots(len(entries)), np.uint64), part, bits, alone, rows)
        with self._lock:
            tally(alone[: len(entries) - used], self._alone)
        return entries[:used], rows[:used]


def _used(bits: int, share: float) -> int:
    """How many of the parts make a share of all."""
    return min(1 << bits, int(np.ceil(share * (1 << bits))))


def _slots(entries: int) -> int:
    """The slots of a part's table."""
    return 1 << max(4, int(np.ceil(np.log2(2 * entries + 1))))


@jit(
    "void(uint64[::1], int64[::1], uint32[:,::1], boolean[::1], float64, boolean[::1], int64, int64, uint32[::1], "
    "int64[::1], uint64[::1])"
)
def deal_shingles(
    shingles: Any, ends: Any, sizes: Any, guarded: Any, needs_equality: float, wanted: Any, first: int, bits: int,
    counts: Any, bounds: Any, out: Any,
) -> None:  # fmt: skip
    """Write shingles of the rows wanted part by part: 32 bits of each after the first ``bits``, and its row.

    Those of the parts beyond ``bounds`` are left out.
    """
    down = np.uint64(64 - bits)
    parts = np.uint64(len(bounds) - 1)
    cursor = np.zeros(len(bounds), np.int64)
    for row in range(len(wanted)):
        if wanted[row]:
            start, end, salt = sought_by(row, shingles, ends, sizes, guarded, needs_equality)
            counts[row] = end - start
            for place in range(start, end):
                part = (shingles[place] ^ salt) >> down
                if part < parts:
                    cursor[part + np.uint64(1)] += 1
    for part in range(1, len(bounds)):
        cursor[part] += cursor[part - 1]
        bounds[part] = cursor[part]
    for row in range(len(wanted)):
        if wanted[row]:
            start, end, salt = sought_by(row, shingles, ends, sizes, guarded, needs_equality)
            for place in range(start, end):
                value = shingles[place] ^ salt
                part = value >> down
                if part < parts:
                    out[cursor[part]] = (value << np.uint64(bits) & ~_LOW) | np.uint64(first + row)
                    cursor[part] += 1


@jit("int64(uint64[::1], uint64[::1])")
def count_all(entries: Any, table: Any) -> int:
    """Count each shingle of a part in a table: its 32 bits and, below them, how often; gives the table's mask."""
    mask = len(table) - 1
    for slot in range(len(table)):
        table[slot] = np.uint64(0)
    for entry in entries:
        key = entry >> np.uint64(32)
        slot = np.int64(key) & mask
        while table[slot] != 0 and table[slot] >> np.uint64(32) != key:
            slot = (slot + 1) & mask
        table[slot] = (table[slot] + np.uint64(1)) | (key << np.uint64(32))
    return mask


@jit("uint64(uint64, uint64[::1], int64)")
def count_of(key: Any, table: Any, mask: int) -> Any:
    """How often a shingle of the table stands."""
    slot = np.int64(key) & mask
    while table[slot] >> np.uint64(32) != key or table[slot] == 0:
        slot = (slot + 1) & mask
    return table[slot] & _LOW


@jit("int64(uint64[::1], uint64[::1], uint64[::1], int32[::1])")
def part_once(entries: Any, once: Any, twice: Any, alone: Any) -> int:
    """Write the rows of what stands once; gives how many there are.

    Two bitmaps tell what was seen, and seen again; where two shingles share a bit, both seem to stand again.
    """
    bits = np.uint64(64 * len(once) - 1)
    for entry in entries:  # without branches: which way they went could not be foreseen
        slot = entry >> np.uint64(32) & bits
        word, mark = slot >> np.uint64(6), _ONE << (slot & np.uint64(63))
        seen = once[word]
        twice[word] |= seen & mark
        once[word] = seen | mark
    used = 0
    for entry in entries:
        alone[used] = np.int32(entry & _LOW)
        used += 1 - np.int64(bit(twice, entry >> np.uint64(32)))
    return used


@jit("int64(uint64[::1], uint64[::1], int64, int64, int32[::1], int32[::1])")
def part_again(entries: Any, table: Any, part: int, bits: int, alone: Any, rows: Any) -> int:
    """Move what stands again to the front, and write the rows of what stands once; gives how many do again.

    An entry becomes the shingle's place in the order of all: how often it stands (8 bits), and its first 36 bits.
    """
    mask = count_all(entries, table)
    used = 0
    for number in range(len(entries)):
        entry = entries[number]
        count = count_of(entry >> np.uint64(32), table, mask)
        if count == 1:
            alone[number - used] = np.int32(entry & _LOW)
        else:
            rows[used] = np.int32(entry & _LOW)
            shingle = (np.uint64(part) << np.uint64(KEY_BITS - bits)) | (entry >> np.uint64(64 - KEY_BITS + bits))
            entries[used] = (min(count, MOST_COUNTED) << np.uint64(KEY_BITS)) | shingle
            used += 1
    return used


@jit("void(int32[::1], uint32[::1])")
def tally(rows: Any, counts: Any) -> None:
    """Count rows."""
    for row in rows:
        counts[row] += np.uint32(1)


@jit("int64(uint64[::1], int64, boolean[::1], uint32[::1], uint32[::1], float64, uint64[::1], int32[::1])")
def prefixes(
    ordered: Any, first: int, alive: Any, alone: Any, sizes: Any, threshold: float, keys: Any, rows: Any
) -> int:  # fmt: skip
    """Write of each row's shingles the rest of its prefix, with the row; gives how many there are in all."""
    used = 0
    before = np.int64(-1)
    left = np.int64(0)
    for entry in ordered:
        row = first + np.int64(entry >> np.uint64(ORDER_BITS))
        if row != before:
            before = row
            size = np.int64(sizes[row])
            left = size - np.int64(np.ceil(threshold * size - ROUNDING)) + 1 - np.int64(alone[row])
            if not alive[row]:
                left = 0
        if left > 0:
            left -= 1
            keys[used] = entry & KEY_MASK
            rows[used] = row
            used += 1
    return used
