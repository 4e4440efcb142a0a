"""MinHash signatures of sets of shingles, and the keys of their bands.

The permutations are those of datasketch 2.0's scheme "affine32" (a * h + b modulo 2^32, a odd, h mixed by MurmurHash3's
finalizer; seed 1), so that a signature is one that datasketch can hold.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.dedup.arrays import U32, U64, Shingled
from instructkit.dedup.lanes import LANES, lowest_values
from instructkit.dedup.partitions import LOW
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.stretches import equal_below, sought_by
from instructkit.dedup.texts import Field, field_texts
from instructkit.engine.jit import jit
from instructkit.records.scrambling import mix

NO_BAND = np.uint64(0)  # the band key of a row without text: it meets nobody


def permutations(count: int) -> tuple[U32, U32]:
    """The slopes (odd) and shifts of ``count`` random linear permutations of 32-bit values."""
    random = np.random.RandomState(1)  # part of the signature's definition, not of the user's seed
    slopes = random.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return slopes, random.randint(0, 1 << 32, count, dtype=np.uint32)


@dataclass(frozen=True)
class Signer:
    """Signs batches for an index."""

    settings: DedupSettings
    fields: tuple[Field, ...]

    def __call__(self, batch: pa.RecordBatch, rows: Shingled) -> tuple[U32, U64]:
        """The signatures of a batch's rows (rows x permutations) and the salt of each."""
        count = self.settings.permutations
        if self.settings.hash == "own":
            ends = np.concatenate([[0], np.cumsum(rows.sizes.sum(axis=1, dtype=np.int64))])
            guarded = np.array([field.guarded for field in self.fields])
            return signatures(rows.shingles, ends, rows.sizes, guarded, equal_below(self.settings.threshold), count)
        from instructkit.dedup.datasketch_hash import signatures_of

        texts = field_texts(batch, self.fields[0])
        scheme = "legacy" if self.settings.hash == "datasketch-legacy" else "affine32"
        return signatures_of(texts, self.settings.ngram, count, scheme), np.zeros(len(texts), np.uint64)


def signatures(
    shingles: U64, ends: Any, sizes: U32, guarded: Any, needs_equality: float, count: int
) -> tuple[U32, U64]:
    """The signatures of rows (rows x permutations) and the salt of each."""
    found = np.empty((len(sizes), count), np.uint32)
    salts = np.zeros(len(sizes), np.uint64)
    sign(shingles, ends, sizes, guarded, needs_equality, *permutations(count), found, salts)
    return found, salts


def band_keys(found: U32, salts: U64, bands: int, rows_per_band: int) -> U64:
    """The keys of signatures: bands x rows; `NO_BAND` where there is no text."""
    keys = np.empty((bands, len(found)), np.uint64)
    key_bands(found, salts, rows_per_band, keys)
    return keys


@jit(
    "void(uint64[::1], int64[::1], uint32[:,::1], boolean[::1], float64, uint32[::1], uint32[::1], uint32[:,::1], "
    "uint64[::1])"
)
def sign(
    shingles: Any, ends: Any, sizes: Any, guarded: Any, needs_equality: float, slopes: Any, shifts: Any,
    found: Any, salts: Any,
) -> None:  # fmt: skip
    """Write the signature and the salt of each row."""
    count = found.shape[1]
    whole = count - count % LANES
    longest = 0
    for row in range(len(found)):
        longest = max(longest, ends[row + 1] - ends[row])
    values = np.empty(longest, np.uint32)
    for row in range(len(found)):
        start, end, salts[row] = sought_by(row, ends[row], ends[row + 1], shingles, sizes, guarded, needs_equality)
        for place in range(start, end):
            value = np.uint32(shingles[place] & LOW)  # MurmurHash3's finalizer (Appleby)
            value = np.uint32((value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
            value = np.uint32((value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
            values[place - start] = np.uint32(value ^ (value >> np.uint32(16)))
        signature = found[row]
        for number in range(0, whole, LANES):
            lowest_values(values.ctypes.data, end - start, slopes[number:].ctypes.data, shifts[number:].ctypes.data,
                          signature[number:].ctypes.data)  # fmt: skip
        for number in range(whole, count):
            lowest = np.uint32(0xFFFFFFFF)
            for place in range(end - start):
                lowest = min(lowest, np.uint32(slopes[number] * values[place] + shifts[number]))
            signature[number] = lowest


@jit("void(uint32[:,::1], uint64[::1], int64, uint64[:,::1])")
def key_bands(found: Any, salts: Any, rows_per_band: int, keys: Any) -> None:
    """Write the keys of the bands of each signature."""
    for row in range(len(found)):
        signature = found[row]
        empty = True
        for value in signature:
            empty = empty and value == np.uint32(0xFFFFFFFF)
        for band in range(keys.shape[0]):
            key = salts[row] ^ np.uint64(band)
            for number in range(band * rows_per_band, (band + 1) * rows_per_band):
                key = mix(key ^ np.uint64(signature[number]))
            keys[band, row] = NO_BAND if empty else max(key, np.uint64(1))
