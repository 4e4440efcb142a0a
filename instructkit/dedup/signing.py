"""MinHash signatures of sets of shingles, and the keys of their bands."""

from typing import Any

import numpy as np

from instructkit.dedup.shingling import U32, U64
from instructkit.dedup.stretches import sought_by
from instructkit.engine.jit import jit
from instructkit.records.tokens import mix

NO_BAND = np.uint64(0)  # the band key of a row without text: it meets nobody
_LOW = np.uint64(0xFFFFFFFF)


def permutations(count: int) -> tuple[U32, U32]:
    """The slopes (odd) and shifts of ``count`` random linear permutations of 32-bit values."""
    random = np.random.Generator(np.random.PCG64(1))  # part of the signature's definition, not of the user's seed
    slopes = random.integers(0, 2**32, count, np.uint32, endpoint=False) | np.uint32(1)
    return slopes, random.integers(0, 2**32, count, np.uint32, endpoint=False)


def band_keys(
    shingles: U64,
    ends: Any,
    sizes: U32,
    guarded: Any,
    needs_equality: float,
    count: int,
    bands: int,
    rows_per_band: int,
) -> U64:
    """The keys of the rows of a stretch: bands x rows."""
    keys = np.empty((bands, len(sizes)), np.uint64)
    slopes, shifts = permutations(count)
    sign(shingles, ends, sizes, guarded, needs_equality, slopes, shifts, rows_per_band, keys)
    return keys


@jit(
    "void(uint64[::1], int64[::1], uint32[:,::1], boolean[::1], float64, uint32[::1], uint32[::1], int64, "
    "uint64[:,::1])"
)
def sign(
    shingles: Any, ends: Any, sizes: Any, guarded: Any, needs_equality: float, slopes: Any, shifts: Any,
    rows_per_band: int, keys: Any,
) -> None:  # fmt: skip
    """Write the band keys of each row."""
    bands = keys.shape[0]
    used = bands * rows_per_band
    signature = np.empty(used, np.uint32)
    for row in range(keys.shape[1]):
        if ends[row] == ends[row + 1]:
            for band in range(bands):
                keys[band, row] = NO_BAND
            continue
        start, end, salt = sought_by(row, shingles, ends, sizes, guarded, needs_equality)
        for number in range(used):
            signature[number] = np.uint32(0xFFFFFFFF)
        for place in range(start, end):
            value = np.uint32(shingles[place] & _LOW)
            for number in range(used):
                signature[number] = min(signature[number], np.uint32(slopes[number] * value + shifts[number]))
        for band in range(bands):
            key = salt ^ np.uint64(band)
            for number in range(band * rows_per_band, (band + 1) * rows_per_band):
                key = mix(key ^ np.uint64(signature[number]))
            keys[band, row] = key if key != NO_BAND else np.uint64(1)
