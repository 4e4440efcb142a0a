"""Shingles, each with its row, dealt by their first bits into parts that are counted one by one.

Where the count of a part fits a core's cache, looking a shingle up costs a tenth of what it costs all over the memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from instructkit.dedup.arrays import I64, U32, U64, Mask, Shingled
from instructkit.dedup.partitions import LOW
from instructkit.dedup.store import ShingleSets
from instructkit.dedup.stretches import equal_below, sought_by
from instructkit.engine.jit import jit
from instructkit.engine.mapping import map_ordered

A_PART = 1 << 19  # shingles whose bitmaps (8 bits or more each) fit a core's cache
MOST_BITS = 8  # the part of an entry is a byte


def bits_of(shingles: int) -> int:
    """Into how many parts, as a power of 2, shingles are dealt."""
    return min(MOST_BITS, max(2, int(np.ceil(np.log2(max(1, shingles) / A_PART)))))


@dataclass
class Dealt:
    """The shingles that some rows, numbered from 0, are sought by, part by part."""

    entries: U64  # 32 bits of the shingle after those that tell the part, and the row
    bounds: I64  # parts + 1
    sizes: U32  # of each row: by how many shingles it is sought


@dataclass(frozen=True)
class Dealer:
    """Deals the shingles of rows into 2 to the power of ``bits`` parts, of which the first ``parts`` are wanted."""

    guarded: Mask  # of each field
    threshold: float
    bits: int
    parts: int

    def __call__(self, rows: Shingled, wanted: Mask | None = None) -> Dealt:
        """Deal the shingles of the rows ``wanted``."""
        count = len(rows.sizes)
        wanted = np.ones(count, bool) if wanted is None else wanted
        sizes = np.zeros(count, np.uint32)
        entries, places = np.empty(len(rows.shingles), np.uint64), np.empty(len(rows.shingles), np.uint8)
        used = choose(rows.shingles, rows.sizes, self.guarded, equal_below(self.threshold), wanted, self.bits,
                      self.parts, sizes, entries, places)  # fmt: skip
        bounds, dealt = np.zeros(self.parts + 1, np.int64), np.empty(used, np.uint64)
        lay_out(entries[:used], places[:used], bounds, dealt)
        return Dealt(dealt, bounds, sizes)


def dealt_stretches(
    sets: ShingleSets, dealer: Dealer, wanted: Mask, workers: int | None
) -> Iterator[Dealt]:  # fmt: skip
    """The shingles of all rows wanted, stretch by stretch."""

    def deal(stretch: tuple[int, int]) -> Dealt:
        start, end = stretch
        if not wanted[start:end].any():
            none = np.zeros(0, np.uint64)
            return Dealt(none, np.zeros(dealer.parts + 1, np.int64), np.zeros(end - start, np.uint32))
        shingles, _, sizes = sets.stretch(start, end)
        found = dealer(Shingled.sets(shingles, sizes), wanted[start:end])
        sets.release()
        return found

    yield from map_ordered(sets.stretches(), deal, workers=workers)


def slots_for(entries: int) -> int:
    """The slots of a table of so many entries."""
    return 1 << max(4, int(np.ceil(np.log2(2 * entries + 1))))


@jit(
    "int64(uint64[::1], uint32[:,::1], boolean[::1], float64, boolean[::1], int64, int64, uint32[::1], "
    "uint64[::1], uint8[::1])"
)
def choose(
    shingles: Any, sizes: Any, guarded: Any, needs_equality: float, wanted: Any, bits: int, parts: int,
    counts: Any, entries: Any, places: Any,
) -> int:  # fmt: skip
    """Write the shingles of the rows wanted that are of the first parts, each as an entry; gives how many there are.

    An entry is 32 bits of the shingle after the first ``bits``, and its row; ``places`` has the part of each.
    """
    down = np.uint64(64 - bits)
    used = 0
    end = np.int64(0)
    for row in range(len(wanted)):
        start = end
        for field in range(sizes.shape[1]):
            end += np.int64(sizes[row, field])
        if not wanted[row]:
            continue
        begin, stop, salt = sought_by(row, start, end, shingles, sizes, guarded, needs_equality)
        counts[row] = stop - begin
        for place in range(begin, stop):  # without branches: which way they went could not be foreseen
            value = shingles[place] ^ salt
            part = value >> down
            entries[used] = (value << np.uint64(bits) & ~LOW) | np.uint64(row)
            places[used] = np.uint8(part)
            used += np.int64(part < np.uint64(parts))
    return used


@jit("void(uint64[::1], uint8[::1], int64[::1], uint64[::1])")
def lay_out(entries: Any, places: Any, bounds: Any, out: Any) -> None:
    """Write the entries part by part, and where each part begins."""
    cursor = np.zeros(len(bounds), np.int64)
    for place in places:
        cursor[np.int64(place) + 1] += 1
    for part in range(1, len(bounds)):
        cursor[part] += cursor[part - 1]
        bounds[part] = cursor[part]
    for number in range(len(entries)):
        place = np.int64(places[number])
        out[cursor[place]] = entries[number]
        cursor[place] += 1
