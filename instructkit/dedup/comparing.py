"""Comparing two rows on their true sets of shingles, in compiled loops."""

from typing import Any

import numpy as np

from instructkit.dedup.settings import ROUNDING
from instructkit.engine.jit import inner


@inner("int64(uint64[::1], uint64[::1], int64, int64)")
def fill(table: Any, shingles: Any, start: int, end: int) -> int:
    """Put a set into the table; gives the mask of the slots that are used."""
    mask = 15
    while mask < 2 * (end - start):
        mask = 2 * mask + 1
    for slot in range(mask + 1):
        table[slot] = np.uint64(0)
    for place in range(start, end):
        value = shingles[place]
        slot = np.int64((value >> np.uint64(20)) & np.uint64(mask))
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot] = value
    return mask


@inner("int64(uint64[::1], int64, uint64[::1], int64, int64, int64)")
def shared(table: Any, mask: int, shingles: Any, start: int, end: int, least: int) -> int:
    """How many of some shingles are in the table; -1 as soon as there can't be ``least``."""
    misses = end - start - least
    found = 0
    for place in range(start, end):
        value = shingles[place]
        slot = np.int64((value >> np.uint64(20)) & np.uint64(mask))
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + 1) & mask
        if table[slot] == value:
            found += 1
        else:
            misses -= 1
            if misses < 0:
                return -1
    return found


@inner("int64(int64, float64)")
def least_shared(total: int, threshold: float) -> int:
    """The shingles that two sets of ``total`` together must share to reach a threshold."""
    return int(np.ceil(threshold * total / (1 + threshold) - ROUNDING))


@inner("float64(uint64[::1], int64, uint64[::1], int64[::1], uint32[:,::1], boolean[::1], float64, int64, int64)")
def jaccard(
    table: Any, mask: int, shingles: Any, ends: Any, sizes: Any, guarded: Any, threshold: float, one: int, other: int
) -> float:
    """Similarity of two rows over all fields, ``other`` being in the table; 0 below the threshold, over all or in a
    guarded field."""
    fields = sizes.shape[1]
    in_one, in_other = ends[one + 1] - ends[one], ends[other + 1] - ends[other]
    least = least_shared(in_one + in_other, threshold)
    if least > min(in_one, in_other):
        return 0.0
    for field in range(fields):
        if guarded[field]:
            smaller = np.int64(min(sizes[one, field], sizes[other, field]))
            larger = np.int64(max(sizes[one, field], sizes[other, field]))
            if smaller < least_shared(smaller + larger, threshold):
                return 0.0
    found = 0
    left = in_one  # shingles that may still be shared
    for turn in range(2):  # guarded fields first, the last (the answer) before all: most pairs differ there, and soon
        for number in range(fields):
            field = fields - 1 - number
            if guarded[field] != (turn == 0):
                continue
            start = ends[one]
            for before in range(field):
                start += sizes[one, before]
            size = np.int64(sizes[one, field])
            here = max(0, least - found - (left - size))  # what this field must give, the others giving all
            if guarded[field]:
                here = max(here, least_shared(size + np.int64(sizes[other, field]), threshold))
            given = shared(table, mask, shingles, start, start + size, here)
            if given < 0:
                return 0.0
            found += given
            left -= size
    if found < least:
        return 0.0
    similarity = found / (in_one + in_other - found)
    return max(similarity, threshold) if similarity >= threshold - ROUNDING else 0.0
