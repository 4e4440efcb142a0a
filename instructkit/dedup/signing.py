"""Shingles, exact hashes and MinHash signatures of texts, in compiled loops."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.texts import Field, field_texts
from instructkit.engine.jit import jit
from instructkit.records.tokens import buffers, character_classes, mix, tokenise

U64 = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]

_GROWTH = np.uint64(0x9E3779B97F4A7C15)
_LOW = np.uint64(0xFFFFFFFF)
TABLE = 1 << 16  # slots of the hash set a row's shingles go through
NO_BAND = np.uint64(0)  # the band key of a row without text: it meets nobody


@dataclass
class Signed:
    """What a batch's rows are compared by."""

    exact: U64  # rows x 2: equal for equal texts; 0, 0 for a row without text
    shingles: U64  # each row's sets, field after field
    sizes: U32  # rows x fields: how many shingles each has
    keys: U64  # bands x rows


@dataclass(frozen=True)
class Signer:
    """Signs batches: fields, shingle length, permutations and bands are settled once."""

    settings: DedupSettings
    fields: tuple[Field, ...]

    def __call__(self, batch: pa.RecordBatch) -> Signed:
        """Sign the rows of a batch."""
        rows, fields = batch.num_rows, len(self.fields)
        exact = np.zeros((rows, 2), np.uint64)
        sizes = np.zeros((rows, fields), np.uint32)
        sets = []
        for number, field in enumerate(self.fields):
            data, offsets = buffers(field_texts(batch, field))
            shingles = np.empty(int(offsets[-1] - offsets[0]), np.uint64)
            used = shingle(data, offsets, self.settings.ngram, np.uint64(number + 1), character_classes(),
                           shingles, sizes[:, number], exact)  # fmt: skip
            sets.append(shingles[:used])
        exact[sizes.sum(axis=1) == 0] = 0
        if self.settings.exact:
            return Signed(exact, np.zeros(0, np.uint64), sizes, np.zeros((0, rows), np.uint64))
        guarded = np.array([field.guarded for field in self.fields])
        keys = np.empty((self.settings.bands, rows), np.uint64)
        merged = np.empty(sum(map(len, sets)), np.uint64)
        while len(sets) < 3:
            sets.append(np.zeros(0, np.uint64))
        slopes, shifts = permutations(self.settings.permutations)
        needs_equality = equal_below(self.settings.threshold)
        sign(sets[0], sets[1], sets[2], sizes, guarded, needs_equality, slopes, shifts, self.settings.rows_per_band,
             merged, keys)  # fmt: skip
        return Signed(exact, merged, sizes, keys)


def equal_below(threshold: float) -> float:
    """The set size under which two sets reach the threshold t only by being equal: t / (1 - t).

    A set of k that lacks one shingle of the other has at most the similarity k / (k + 1).
    """
    return threshold / (1 - threshold) - 1e-9 if threshold < 1 else 1e18


def permutations(count: int) -> tuple[U32, U32]:
    """The slopes (odd) and shifts of ``count`` random linear permutations of 32-bit values."""
    random = np.random.Generator(np.random.PCG64(1))  # part of the signature's definition, not of the user's seed
    slopes = random.integers(0, 2**32, count, np.uint32, endpoint=False) | np.uint32(1)
    return slopes, random.integers(0, 2**32, count, np.uint32, endpoint=False)


@jit("int64(uint8[::1], int32[::1], int64, uint64, uint8[::1], uint64[::1], uint32[:], uint64[:,::1])")
def shingle(data: Any, offsets: Any, ngram: int, tag: Any, classes: Any, out: Any, sizes: Any, exact: Any) -> int:
    """Write each row's set of shingles to ``out``, each once; gives how many there are in all.

    A text of fewer than ``ngram`` tokens is one shingle; a text without tokens has none. ``exact`` takes the
    hash of the whole token sequence in; ``tag`` keeps the fields apart.
    """
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    tokens = np.empty(longest + 1, np.uint64)
    table = np.empty(TABLE, np.uint64)  # the set of the row's shingles; a slot counts where its stamp is the row's
    stamps = np.zeros(TABLE, np.uint32)
    stamp = np.uint32(0)
    used = 0
    for row in range(len(offsets) - 1):
        count = tokenise(data, offsets[row], offsets[row + 1], classes, tokens)
        high, low = exact[row, 0] ^ tag, exact[row, 1] + tag
        for place in range(count):
            high = mix(high ^ tokens[place])
            low = (low ^ tokens[place]) * _GROWTH
            low ^= low >> np.uint64(29)
        exact[row, 0], exact[row, 1] = mix(high + np.uint64(count)), mix(low)
        sizes[row] = 0
        if count == 0:
            continue
        start = used
        width = min(ngram, count)
        mask = 0
        if count <= TABLE // 2:
            stamp += np.uint32(1)
            mask = 15
            while mask < 2 * count:
                mask = 2 * mask + 1
        for place in range(count - width + 1):
            value = tag
            for step in range(width):
                value = (value ^ tokens[place + step]) * _GROWTH
                value ^= value >> np.uint64(32)
            if mask:
                slot = np.int64((value >> np.uint64(20)) & np.uint64(mask))
                while stamps[slot] == stamp and table[slot] != value:
                    slot = (slot + 1) & mask
                if stamps[slot] == stamp:
                    continue
                stamps[slot] = stamp
                table[slot] = value
            out[used] = value
            used += 1
        if not mask:  # a text of a book's length: its set is found by sorting
            part = out[start:used]
            part.sort()
            kept = start + 1
            for place in range(start + 1, used):
                if out[place] != out[kept - 1]:
                    out[kept] = out[place]
                    kept += 1
            used = kept
        sizes[row] = used - start
    return used


@jit(
    "void(uint64[::1], uint64[::1], uint64[::1], uint32[:,::1], boolean[::1], float64, uint32[::1], uint32[::1], "
    "int64, uint64[::1], uint64[:,::1])"
)
def sign(
    first: Any, second: Any, third: Any, sizes: Any, guarded: Any, needs_equality: float, slopes: Any, shifts: Any,
    rows_per_band: int, merged: Any, keys: Any,
) -> None:  # fmt: skip
    """Lay the fields' shingles row by row into ``merged`` and write the band keys of each row.

    Only what two rows must have alike to pass is signed: a guarded field of fewer than t / (1 - t) shingles
    reaches the threshold t only by being equal, so its hash goes into the key; the first guarded field that is
    larger is signed alone; where none is, all fields together. Both rows of a pair that passes choose alike.
    """
    permutations_count = len(slopes)
    bands = permutations_count // rows_per_band
    signature = np.empty(permutations_count, np.uint32)
    fields = sizes.shape[1]
    starts = np.zeros(3, np.int64)
    out = 0
    for row in range(sizes.shape[0]):
        begin = out
        chosen_start = chosen_end = -1
        equal = np.uint64(0x2545F4914F6CDD1D)
        for number in range(fields):
            source = first if number == 0 else (second if number == 1 else third)
            size = sizes[row, number]
            for place in range(size):
                merged[out + place] = source[starts[number] + place]
            if guarded[number]:
                if size < needs_equality:
                    value = np.uint64(size)
                    for place in range(size):
                        value = mix(value ^ merged[out + place])
                    equal = mix(equal ^ value)
                elif chosen_start < 0:
                    chosen_start, chosen_end = out, out + size
            starts[number] += size
            out += size
        if out == begin:
            for band in range(bands):
                keys[band, row] = NO_BAND
            continue
        if chosen_start < 0:
            chosen_start, chosen_end = begin, out
        for number in range(permutations_count):
            signature[number] = np.uint32(0xFFFFFFFF)
        for place in range(chosen_start, chosen_end):
            value = np.uint32(merged[place] & _LOW)
            for number in range(permutations_count):
                signature[number] = min(signature[number], np.uint32(slopes[number] * value + shifts[number]))
        for band in range(bands):
            key = equal ^ np.uint64(band)
            for number in range(band * rows_per_band, (band + 1) * rows_per_band):
                key = mix(key ^ np.uint64(signature[number]))
            keys[band, row] = key if key != NO_BAND else np.uint64(1)
