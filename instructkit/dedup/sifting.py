"""Telling rows that are like no other by a share of their shingles, so that no more need be kept of them.

A row of n shingles, more than n - ceil(t * n) of which no other row has, shares too few with any to reach the
similarity t: what prefix filtering says (see `joining`) of an order that begins with what stands once. It need not be
known of all shingles which stand once: those of some parts (see `dealing`) are enough for most rows. Repeats within a
row do no harm: they seem to stand again, and the row larger, so that it stays.
"""

import math
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from instructkit.dedup.arrays import U32, Mask, Shingled
from instructkit.dedup.bitmaps import bit
from instructkit.dedup.dealing import MOST_BITS, Dealer, Dealt, dealt_stretches, slots_for
from instructkit.dedup.partitions import LOW, Partitions
from instructkit.dedup.settings import ROUNDING
from instructkit.dedup.store import ShingleSets
from instructkit.engine.jit import jit
from instructkit.engine.mapping import map_ordered

# the share of all shingles that tells enough rows from all others: some more than their prefix, and for chance
ENOUGH, DEVIATIONS = 1.25, 1.5


def share_for(threshold: float, mean: float) -> float:
    """The share of all shingles by which rows of ``mean`` shingles are told; 1 where sifting tells nothing."""
    return min(1.0, ENOUGH * (1 - threshold) + DEVIATIONS / math.sqrt(max(mean, 1.0)))


class Sift:
    """Tells the rows that may be alike another at a threshold."""

    def __init__(self, folder: Path, guarded: Mask, threshold: float, share: float) -> None:
        parts = int(np.ceil(share * (1 << MOST_BITS)))
        self._parts = Partitions(folder, "sifted", parts)
        self._sizes: list[U32] = []
        self._rows = 0
        self._lock = threading.Lock()
        self.threshold = threshold
        self.dealer = Dealer(guarded, threshold, MOST_BITS, parts)

    def __enter__(self) -> "Sift":
        self._parts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.__exit__(kind, error, trace)

    def of(self, rows: Shingled) -> Dealt:
        """The shingles of some rows, numbered from 0."""
        return self.dealer(rows)

    def append(self, dealt: Dealt) -> None:
        """Add the shingles of the next rows."""
        dealt.entries += np.uint64(self._rows)
        self._parts.append(dealt.entries, dealt.bounds)
        self._sizes.append(dealt.sizes)
        self._rows += len(dealt.sizes)

    def alive(self, wanted: Mask, workers: int | None) -> Mask:
        """Those of the rows ``wanted`` that may be alike another of them."""
        self._parts.close()
        sizes = np.concatenate([*self._sizes, np.zeros(0, np.uint32)])
        self._sizes.clear()
        alone = np.zeros(len(sizes), np.uint32)
        wanted = wanted & (sizes > 0)

        def count(part: int) -> None:
            entries = self._parts.take(part)
            rows = np.empty(len(entries), np.int32)
            words = slots_for(len(entries)) // 16
            used = part_once(entries, wanted, np.zeros(words, np.uint64), np.zeros(words, np.uint64), rows)
            with self._lock:
                tally(rows[:used], alone)

        for _ in map_ordered(self._parts.parts, count, workers=workers):
            pass
        return wanted & may_be_alike(alone, sizes, self.threshold)


def sifted(
    sets: ShingleSets, wanted: Mask, threshold: float, guarded: Mask, folder: Path, workers: int | None
) -> Mask:  # fmt: skip
    """Those of some rows that may be alike another of them."""
    lengths = np.diff(sets.ends)[wanted]
    share = share_for(threshold, float(lengths.mean())) if len(lengths) else 1.0
    if share == 1:
        return wanted
    with Sift(folder, guarded, threshold, share) as sift:
        for found in dealt_stretches(sets, sift.dealer, wanted, workers):
            sift.append(found)
        return sift.alive(wanted, workers)


def may_be_alike(alone: U32, sizes: U32, threshold: float) -> Mask:
    """The rows of which not so many shingles stand alone that they are like no other."""
    size = sizes.astype(np.int64)
    prefix: Mask = alone < size - np.ceil(threshold * size - ROUNDING).astype(np.int64) + 1
    return prefix


@jit("int64(uint64[::1], boolean[::1], uint64[::1], uint64[::1], int32[::1])")
def part_once(entries: Any, wanted: Any, once: Any, twice: Any, alone: Any) -> int:
    """Write the rows of what stands once among the rows wanted; gives how many there are.

    Two bitmaps tell what was seen, and seen again; where two shingles share a bit, both seem to stand again.
    """
    bits = np.uint64(64 * len(once) - 1)
    for entry in entries:  # without branches: which way they went could not be foreseen
        slot = entry >> np.uint64(32) & bits
        word, mark = slot >> np.uint64(6), np.uint64(wanted[np.int64(entry & LOW)]) << (slot & np.uint64(63))
        seen = once[word]
        twice[word] |= seen & mark
        once[word] = seen | mark
    used = 0
    for entry in entries:
        row = np.int32(entry & LOW)
        alone[used] = row
        used += np.int64(wanted[row] & (bit(twice, entry >> np.uint64(32)) == 0))
    return used


@jit("void(int32[::1], uint32[::1])")
def tally(rows: Any, counts: Any) -> None:
    """Count rows."""
    for row in rows:
        counts[row] += np.uint32(1)
