"""Finding all pairs that may reach the threshold: prefix filtering, made cheap by what stands only once.

Two sets of similarity t share one of the first n - ceil(t * n) + 1 shingles of each, in any order that is the same for
both (Chaudhuri et al. 2006; Bayardo et al. 2007). With the rarest first, these begin with the shingles that no other
row has. So a row with as many of its own is like no other, and is done; of all others only the rest of the prefix is
kept, as (shingle, row), and rows that meet under a shingle are compared.
"""

import functools
import threading
from pathlib import Path
from typing import Any

import numpy as np

from instructkit.dedup.arrays import U64, Mask, Rows
from instructkit.dedup.dealing import Dealer, bits_of, dealt_stretches, slots_for
from instructkit.dedup.meetings import MeetingsWriter
from instructkit.dedup.partitions import LOW, Partitions, bits_for
from instructkit.dedup.settings import ROUNDING
from instructkit.dedup.sifting import may_be_alike, tally
from instructkit.dedup.store import ShingleSets
from instructkit.engine.jit import inner, jit
from instructkit.engine.mapping import map_ordered

MOST_COUNTED = np.uint64((1 << 8) - 1)
# of an entry in the order of all shingles: its row within a part, how often the shingle stands, 36 bits of the shingle
KEY_BITS, ORDER_BITS, ROW_BITS = 36, 44, 20
KEY_MASK = np.uint64((1 << 36) - 1)


class PrefixJoin:
    """The rows among ``wanted`` that may be alike another, and the shingles under which they meet."""

    def __init__(
        self, sets: ShingleSets, wanted: Mask, threshold: float, guarded: Mask, folder: Path, workers: int | None = None
    ) -> None:
        self._sets = sets
        self._wanted = wanted
        self._threshold = threshold
        self._guarded = guarded
        self._folder = folder
        self._workers = workers
        self._alone = np.zeros(sets.rows, np.uint32)  # of each row's shingles, how many no other row has
        self._size = np.zeros(sets.rows, np.uint32)  # of the shingles it is sought by
        self._lock = threading.Lock()

    def meet(self, writer: MeetingsWriter) -> None:
        """Let the rows meet."""
        rows = self._sets.rows
        bits = bits_of(int(np.diff(self._sets.ends)[self._wanted].sum()))
        with Partitions(self._folder, "dealt", 1 << bits) as dealt:
            self._deal(dealt, bits)
            row_bits = max(bits_for(int(self._size.sum())), (rows - 1 >> ROW_BITS).bit_length())
            down = max(0, (rows - 1).bit_length() - row_bits)  # a part's rows differ in so many bits
            with Partitions(self._folder, "again", 1 << row_bits) as by_row:
                count = functools.partial(self._again, dealt, bits)
                for orders, again in map_ordered(dealt.parts, count, workers=self._workers):
                    inside = (again & ((1 << down) - 1)).astype(np.uint64)
                    by_row.append_mixed(again >> down, (inside << np.uint64(ORDER_BITS)) | orders)
                by_row.close()
                self._meet(by_row, down, writer)

    def _meet(self, by_row: Partitions, down: int, writer: MeetingsWriter) -> None:
        """Let the rows meet under the rest of their prefix."""
        alive = self._wanted & may_be_alike(self._alone, self._size, self._threshold)
        bits = bits_for(by_row.entries // 4)
        with Partitions(self._folder, "prefixes", 1 << bits) as by_key:
            for part in by_row.parts:
                ordered = np.sort(by_row.take(part))  # row after row, the rarest shingles first
                keys, owners = np.empty(len(ordered), np.uint64), np.empty(len(ordered), np.int32)
                used = prefixes(ordered, part << down, alive, self._alone, self._size, self._threshold, keys, owners)
                keys, owners = keys[:used], owners[:used]
                places = (keys >> np.uint64(KEY_BITS - bits)) if bits else np.zeros(used, np.uint64)
                by_key.append_mixed(places, (keys << np.uint64(32)) | owners.astype(np.uint64))
            by_key.close()
            for part in by_key.parts:
                writer.add(by_key.take(part))

    def _deal(self, parts: Partitions, bits: int) -> None:
        """Deal all shingles of the rows wanted."""
        dealer = Dealer(self._guarded, self._threshold, bits, 1 << bits)
        start = 0
        for found in dealt_stretches(self._sets, dealer, self._wanted, self._workers):
            self._size[start : start + len(found.sizes)] = found.sizes
            parts.append(found.entries + np.uint64(start), found.bounds)
            start += len(found.sizes)
        parts.close()

    def _again(self, dealt: Partitions, bits: int, part: int) -> tuple[U64, Rows]:
        """What stands again in a part, with how often it does, and the rows; what stands once is counted."""
        entries = dealt.take(part)
        alone, rows = np.empty(len(entries), np.int32), np.empty(len(entries), np.int32)
        used = part_again(entries, np.empty(slots_for(len(entries)), np.uint64), part, bits, alone, rows)
        with self._lock:
            tally(alone[: len(entries) - used], self._alone)
        return entries[:used], rows[:used]


@inner("int64(uint64[::1], uint64[::1])")
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


@inner("uint64(uint64, uint64[::1], int64)")
def count_of(key: Any, table: Any, mask: int) -> Any:
    """How often a shingle of the table stands."""
    slot = np.int64(key) & mask
    while table[slot] >> np.uint64(32) != key or table[slot] == 0:
        slot = (slot + 1) & mask
    return table[slot] & LOW


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
            alone[number - used] = np.int32(entry & LOW)
        else:
            rows[used] = np.int32(entry & LOW)
            shingle = (np.uint64(part) << np.uint64(KEY_BITS - bits)) | (entry >> np.uint64(64 - KEY_BITS + bits))
            entries[used] = (min(count, MOST_COUNTED) << np.uint64(KEY_BITS)) | shingle
            used += 1
    return used


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
