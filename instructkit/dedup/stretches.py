"""By which of its shingles a row is sought.

Two rows are the same only if each guarded field reaches the threshold by itself. A guarded field of fewer than
t / (1 - t) shingles reaches the threshold t only by being equal, so its hash is a salt that both rows must share; the
first guarded field that is larger is sought by alone; where none is, all fields together. Both rows of a pair that
passes choose alike.
"""

from typing import Any

import numpy as np

from instructkit.engine.jit import inner
from instructkit.records.scrambling import mix

_SALT = np.uint64(0x2545F4914F6CDD1D)


def equal_below(threshold: float) -> float:
    """The set size under which two sets reach the threshold t only by being equal: t / (1 - t).

    A set of k that lacks one shingle of the other has at most the similarity k / (k + 1).
    """
    return threshold / (1 - threshold) - 1e-9 if threshold < 1 else 1e18


@inner("Tuple((int64, int64, uint64))(int64, int64, int64, uint64[::1], uint32[:,::1], boolean[::1], float64)")
def sought_by(
    row: int, start: int, end: int, shingles: Any, sizes: Any, guarded: Any, needs_equality: float
) -> Any:  # fmt: skip
    """Where of a row's shingles, from ``start`` to ``end``, those stand that it is sought by, and its salt."""
    at = start
    salt = np.uint64(0)
    chosen_start = chosen_end = np.int64(-1)
    for field in range(sizes.shape[1]):
        size = np.int64(sizes[row, field])
        if guarded[field]:
            if size < needs_equality:
                value = np.uint64(size)
                for place in range(at, at + size):
                    value += mix(shingles[place])  # a set has no order
                salt = mix((salt ^ value) + _SALT)
            elif chosen_start < 0:
                chosen_start, chosen_end = at, at + size
        at += size
    if chosen_start < 0:
        return start, end, salt
    return chosen_start, chosen_end, salt
