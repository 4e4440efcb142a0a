"""Keys as they are written: by their first bits, so that a part of them can be read alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from instructkit.dedup.arrays import I64, U64
from instructkit.engine.jit import jit

PART_BITS = 8
PARTS = 1 << PART_BITS
CHECK_BITS = 24  # of a second hash beside a key's 64: of 10^10 keys two differ unseen once in 10^7 runs
CHECK = np.uint64((1 << CHECK_BITS) - 1)
SHIFT = np.uint64(CHECK_BITS)
ENTRY_BYTES = 16


@dataclass(frozen=True)
class Keys:
    """What may repeat in some rows: two hashes of each, row by row."""

    keys: U64
    checks: U64
    counts: I64  # one a row


@dataclass(frozen=True)
class Entries:
    """Keys as they are written: part by part, each with its check and its place among those of the batch."""

    values: U64  # keys x 2: the key; place and check
    bounds: I64  # parts + 1
    counts: I64

    @classmethod
    def of(cls, keys: Keys) -> "Entries":
        """Sort keys into the parts."""
        values = np.empty((len(keys.keys), 2), np.uint64)
        bounds = np.zeros(PARTS + 1, np.int64)
        scatter(keys.keys, keys.checks, bounds, values)
        return cls(values, bounds, keys.counts)


@jit("void(uint64[::1], uint64[::1], int64[::1], uint64[:,::1])")
def scatter(keys: Any, checks: Any, bounds: Any, values: Any) -> None:
    """Write the keys part by part, in their order; ``bounds`` takes where each part ends."""
    part = np.uint64(64 - PART_BITS)
    for place in range(len(keys)):
        bounds[np.int64(keys[place] >> part) + 1] += 1
    for number in range(1, PARTS):
        bounds[number + 1] += bounds[number]
    for place in range(len(keys) - 1, -1, -1):  # from the end, so that each part's bound ends where the part begins
        number = np.int64(keys[place] >> part) + 1
        bounds[number] -= 1
        values[bounds[number], 0] = keys[place]
        values[bounds[number], 1] = (np.uint64(place) << SHIFT) | (checks[place] >> np.uint64(64 - CHECK_BITS))
    for number in range(PARTS):
        bounds[number] = bounds[number + 1]
    bounds[PARTS] = len(keys)
