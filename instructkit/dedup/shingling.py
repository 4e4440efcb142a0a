"""From texts to sets of shingles and exact hashes, in one compiled loop."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.dedup.arrays import U32, U64, Shingled
from instructkit.dedup.texts import Field, field_texts
from instructkit.engine.jit import inner, jit
from instructkit.records.buffers import buffers
from instructkit.records.characters import characters
from instructkit.records.scrambling import mix
from instructkit.records.tokens import TEXTS, tokenise

WHOLE = 1 << 62  # no set is as large
_GROWTH = np.uint64(0x9E3779B97F4A7C15)
_BASE = np.uint64(0xD1342543DE82EF95)  # of the rolling hash; odd


@dataclass(frozen=True)
class Shingler:
    """Makes the shingle sets of batches."""

    ngram: int  # tokens a shingle
    fields: tuple[Field, ...]
    exact: bool = False  # only the exact hashes are wanted
    sets_below: float = math.inf  # of a set no smaller a shingle may be told more than once: that is faster

    def __call__(self, batch: pa.RecordBatch) -> Shingled:
        """Shingle the rows of a batch."""
        rows, fields = batch.num_rows, len(self.fields)
        exact = np.zeros((rows, 2), np.uint64)
        sizes = np.zeros((rows, fields), np.uint32)
        sets, runs = [], 0
        distinct = WHOLE if self.sets_below >= WHOLE else math.ceil(self.sets_below)
        for number, field in enumerate(self.fields):
            data, offsets = buffers(field_texts(batch, field))
            shingles = np.empty(int(offsets[-1] - offsets[0]), np.uint64)
            used, made = shingle(data, offsets, self.ngram, distinct, np.uint64(number + 1), characters(), shingles,
                                 sizes[:, number], exact)  # fmt: skip
            sets.append(shingles[:used])
            runs += made
        exact[sizes.sum(axis=1) == 0] = 0
        if self.exact:
            return Shingled(exact, np.zeros(0, np.uint64), np.zeros((rows, fields), np.uint32))
        if fields == 1:
            return Shingled(exact, sets[0], sizes, runs)
        merged = np.empty(sum(map(len, sets)), np.uint64)
        starts = (np.cumsum(sizes, dtype=np.int64) - sizes.ravel()).reshape(rows, fields)
        for number, found in enumerate(sets):
            lay(found, sizes[:, number], starts[:, number], merged)
        return Shingled(exact, merged, sizes, runs)


def sets_of(texts: pa.StringArray, ngram: int) -> tuple[U64, U32, U64]:
    """The shingle sets of texts in NFC, one after the other, their sizes, and the first half of each exact hash."""
    data, offsets = buffers(texts)
    sizes, exact = np.zeros(len(texts), np.uint32), np.zeros((len(texts), 2), np.uint64)
    shingles = np.empty(int(offsets[-1] - offsets[0]), np.uint64)
    used, _ = shingle(data, offsets, ngram, WHOLE, np.uint64(1), characters(), shingles, sizes, exact)
    return shingles[:used], sizes, exact[:, 0]


@inner("UniTuple(uint64, 2)(uint64[::1], int64)")
def sequence_hash(tokens: Any, count: int) -> Any:
    """Two hashes of a sequence of tokens: sums, so that no step waits for the one before it."""
    high = low = np.uint64(0)
    for place in range(count):
        value = (tokens[place] ^ (np.uint64(place + 1) * _BASE)) * _GROWTH
        value ^= value >> np.uint64(29)
        high += value
        low += (value ^ (value >> np.uint64(17))) * (value | np.uint64(1))
    return high, low


@inner("uint64(uint64, uint64)")
def shingle_hash(rolling: Any, tag: Any) -> Any:
    """The hash of a run of tokens: never 0, which marks a free slot."""
    value = (rolling ^ (rolling >> np.uint64(32)) ^ tag) * _GROWTH
    value ^= value >> np.uint64(29)
    return value | np.uint64(value == 0)


@jit(f"UniTuple(int64, 2)({TEXTS}, int64, int64, uint64, uint32[::1], uint64[::1], uint32[:], uint64[:,::1])")
def shingle(
    data: Any, offsets: Any, ngram: int, distinct: int, tag: Any, table: Any, out: Any, sizes: Any, exact: Any
) -> Any:  # fmt: skip
    """Write each row's set of shingles to ``out``; gives how many there are in all, and of how many runs of tokens.

    A text of fewer than ``ngram`` tokens is one shingle; a text without tokens has none. Each is written once, until
    there are ``distinct`` of them; of a larger set the others as they come. ``exact`` takes the hash of the whole token
    sequence in; ``tag`` keeps the fields apart.
    """
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    tokens = np.empty(longest + 1, np.uint64)
    slots = np.empty(1 << 12, np.uint64)  # the hash set a row's shingles go through
    used = runs = 0
    for row in range(len(offsets) - 1):
        count = tokenise(data, offsets[row], offsets[row + 1], table, tokens)
        high, low = sequence_hash(tokens, count)
        exact[row, 0] = mix((exact[row, 0] ^ tag) + high)
        exact[row, 1] = mix((exact[row, 1] + np.uint64(count) + low) ^ tag)
        sizes[row] = 0
        if count == 0:
            continue
        start = used
        width = min(ngram, count)
        runs += count - width + 1
        power = np.uint64(1)
        rolling = np.uint64(0)
        for place in range(width):
            power *= _BASE
            rolling = rolling * _BASE + tokens[place]
        mask = 15
        while mask < 4 * min(count, distinct):
            mask = 2 * mask + 1
        if mask >= len(slots):
            slots = np.empty(mask + 1, np.uint64)
        for slot in range(mask + 1):
            slots[slot] = np.uint64(0)
        place = width
        while place <= count and used - start < distinct:
            value = shingle_hash(rolling, tag)
            if place < count:
                rolling = rolling * _BASE + (tokens[place] - tokens[place - width] * power)
            slot = np.int64(value >> np.uint64(20)) & mask
            held = slots[slot]
            while held and held != value:
                slot = (slot + 1) & mask
                held = slots[slot]
            if held != value:
                slots[slot] = value
                out[used] = value
                used += 1
            place += 1
        if place <= count:
            for later in range(place, count):
                out[used] = shingle_hash(rolling, tag)
                used += 1
                rolling = rolling * _BASE + (tokens[later] - tokens[later - width] * power)
            out[used] = shingle_hash(rolling, tag)
            used += 1
        sizes[row] = used - start
    return used, runs


@jit("void(uint64[::1], uint32[:], int64[:], uint64[::1])")
def lay(shingles: Any, sizes: Any, starts: Any, out: Any) -> None:
    """Lay each row's shingles of a field where they start in ``out``."""
    used = 0
    for row in range(len(sizes)):
        for place in range(sizes[row]):
            out[starts[row] + place] = shingles[used + place]
        used += sizes[row]
