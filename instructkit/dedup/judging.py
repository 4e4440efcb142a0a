"""Comparing the rows of a bucket on their true sets of shingles, in compiled loops."""

from typing import Any

import numpy as np

from instructkit.engine.jit import jit

ROUNDING = 1e-9  # 55 of 100 are 0.55, though 0.55 * 100 is a little more to a float
FIRST = 8  # of the rows met, how many are compared in the order of how often they were met


@jit()
def fill(table: Any, shingles: Any, start: int, end: int) -> int:
    """Put a set into the table; gives the mask of the slots that are used."""
    mask = 15
    while mask < 2 * (end - start):
        mask = 2 * mask + 1
    table[: mask + 1] = np.uint64(0)
    for place in range(start, end):
        value = shingles[place]
        slot = np.int64((value >> np.uint64(20)) & np.uint64(mask))
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot] = value
    return mask


@jit()
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


@jit()
def least_shared(total: int, threshold: float) -> int:
    """The shingles that two sets of ``total`` together must share to reach a threshold."""
    return int(np.ceil(threshold * total / (1 + threshold) - ROUNDING))


@jit()
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


@jit(
    "void(int32[::1], int64, int64[::1], int32[::1], int32[::1], int32[::1], int32[::1], uint64[::1], int64[::1], "
    "uint32[:,::1], uint64[::1], boolean[::1], float64, uint64[::1], int32[::1], uint16[::1], boolean[::1], "
    "int32[::1], float32[::1])"
)
def judge(
    order: Any, fixed: int, key_ends: Any, keys: Any, last: Any, before: Any, owners: Any, shingles: Any, ends: Any,
    sizes: Any, origins: Any, guarded: Any, threshold: float, table: Any, candidates: Any, met: Any, stays: Any,
    kept: Any, similarity: Any,
) -> None:  # fmt: skip
    """Take some rows in their order: each leaves for a row before it that it is alike, or stays and can be met.

    The rows that stay stand under their keys: ``last`` is the latest entry of a key, ``before`` the one before an
    entry, ``owners`` whose an entry is. Those met most often are compared first. Rows below ``fixed`` stay in any case.
    ``met`` is 0 for all rows when it begins and when it ends.
    """
    for row in order:
        first, end = key_ends[row], key_ends[row + 1]
        if not stays[row] or first == end:
            continue
        count = 0
        if row >= fixed:
            in_row = ends[row + 1] - ends[row]
            for place in range(first, end):
                entry = last[keys[place]]
                while entry >= 0:
                    other = owners[entry]
                    entry = before[entry]
                    if met[other]:
                        met[other] += np.uint16(met[other] < 0xFFFF)
                        continue
                    in_other = ends[other + 1] - ends[other]
                    if least_shared(in_row + in_other, threshold) > min(in_row, in_other):
                        continue
                    if origins[row] != 0 and origins[other] == origins[row]:
                        continue  # the phrasings of one raw row are meant to be alike
                    met[other] = 1
                    candidates[count] = other
                    count += 1
            if count:
                mask = fill(table, shingles, ends[row], ends[row + 1])
                for turn in range(count):
                    best = turn
                    for number in range(turn + 1, count if turn < FIRST else 0):
                        if met[candidates[number]] > met[candidates[best]]:
                            best = number
                    other = candidates[best]
                    candidates[best] = candidates[turn]
                    candidates[turn] = other
                    alike = jaccard(table, mask, shingles, ends, sizes, guarded, threshold, other, row)
                    if alike > 0:
                        stays[row] = False
                        kept[row] = other
                        similarity[row] = alike
                        break
                for number in range(count):
                    met[candidates[number]] = 0
        if stays[row]:
            for place in range(first, end):
                before[place] = last[keys[place]]
                last[keys[place]] = place
                owners[place] = row


@jit("void(int64[::1], int64[::1], uint64[::1], int64[::1], uint32[:,::1], uint64[::1], float64[:,::1])")
def by_field(ones: Any, others: Any, shingles: Any, ends: Any, sizes: Any, table: Any, out: Any) -> None:
    """Write the similarity of each pair of rows in each field; nothing for a field in which both are empty."""
    for pair in range(len(ones)):
        one, other = ones[pair], others[pair]
        mask = fill(table, shingles, ends[other], ends[other + 1])
        start = ends[one]
        for field in range(sizes.shape[1]):
            size, against = np.int64(sizes[one, field]), np.int64(sizes[other, field])
            found = shared(table, mask, shingles, start, start + size, 0)
            out[pair, field] = found / (size + against - found) if size + against else np.nan
            start += size
