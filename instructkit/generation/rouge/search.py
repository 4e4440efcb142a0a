"""Which text of a pool has the highest ROUGE-L F1 with another: a compiled loop over an index of rare tokens.

A text whose F1 with one of m tokens is above the threshold shares an LCS of some length L with it, so at most m - L of
the m tokens are not in it: of any m - L + 1 of them it has one. The rarest are taken, so that few texts are met (prefix
filtering: Chaudhuri et al. 2006; Bayardo et al. 2007). L hangs on both lengths; the texts of a token stand in the order
of their lengths, so that each of the rarer tokens is asked for the lengths it must be asked for only. What is met must
pass a bound by bitmaps; then the LCS itself decides. Texts that came after the index was made are met one by one.
"""

from typing import Any

import numpy as np

from instructkit.engine.jit import inner, jit
from instructkit.generation.rouge.loops import bitmap, common_length, f1, least_common, most_common, placed

_ONE = np.uint64(1)


@inner("UniTuple(int64, 2)(int64, int64, int64, float64)")
def lengths(size: int, known: int, most: int, threshold: float) -> tuple[int, int]:
    """The shortest and longest texts, of up to ``most`` tokens, that may share ``known`` of ``size`` tokens."""
    shortest, longest = 1, min(size, most)
    while longest < most and least_common(size, longest + 1, threshold) <= known:
        longest += 1
    while shortest <= longest and least_common(size, shortest, threshold) > shortest:
        shortest += 1
    while longest >= shortest and least_common(size, longest, threshold) > known:
        longest -= 1
    return shortest, longest


@inner("int64[::1](int64, int64, float64)")
def least_by_length(size: int, longest: int, threshold: float) -> Any:
    """The shortest LCS that is enough, for each length of the other text."""
    least = np.zeros(longest + 1, np.int64)
    for others in range(1, longest + 1):
        least[others] = least_common(size, others, threshold)
    return least


@jit(
    "Tuple((int64, float64))(int32[::1], int64[::1], float64, int64, int32[::1], int64[::1], uint64[:,::1], "
    "int32[::1], int64[::1], int64[::1], int32[::1], uint64[:,::1])"
)
def nearest(
    query: Any, rarest: Any, threshold: float, most: int, tokens: Any, ends: Any, late_bitmaps: Any, order: Any,
    length_starts: Any, token_ends: Any, postings: Any, bitmaps: Any,
) -> Any:  # fmt: skip
    """The text of the pool that is most alike ``query``, and of those the first, with their F1.

    It is -1 where no F1 is above the threshold. ``query`` has token ids, -1 for tokens that no text of the pool has,
    and ``rarest`` its places, those of rarest tokens first. No text has more than ``most`` tokens. The index, see
    `index.build`, is of the first ``len(order)`` texts; ``late_bitmaps`` are of the others.
    """
    size, known = len(query), np.sum(query >= 0)
    best, score = -1, threshold
    shortest, longest = lengths(size, known, most, threshold)
    if longest < shortest:
        return best, score
    least = least_by_length(size, longest, threshold)
    keys, rows, masks = placed(query)
    state = np.empty(masks.shape[1], np.uint64)
    low, high = bitmap(query, 0, size)
    met = np.zeros((len(order) + 63) >> 6, np.uint64)  # a bit a text of the index

    end_length = longest
    for rank in range(size if shortest + 1 < len(length_starts) else 0):  # else all that are long enough came late
        while end_length >= shortest and least[end_length] > size - rank:
            end_length -= 1
        if end_length < shortest:
            break
        token = query[rarest[rank]]
        if token < 0 or token >= len(token_ends):
            continue
        stretch = postings[token_ends[token - 1] if token else 0 : token_ends[token]]
        others = shortest
        for number in stretch[np.searchsorted(stretch, length_starts[shortest]) :]:
            while others <= end_length and number >= length_starts[others + 1]:
                others += 1
            if others > end_length:
                break
            bound = most_common(low, high, known, bitmaps[number, 0], bitmaps[number, 1], others)
            at_most = f1(bound, size, others) if bound >= least[others] else 0.0
            text = order[number]
            if at_most < score or (at_most == score and text > best):
                continue
            bit = _ONE << np.uint64(number & 63)
            if met[number >> 6] & bit:
                continue
            met[number >> 6] |= bit
            common = common_length(tokens, ends[text], ends[text + 1], least[others], keys, rows, masks, state)
            if common >= least[others]:
                alike = f1(common, size, others)
                if alike > score or (alike == score and text < best):
                    best, score = text, alike

    for text in range(len(order), len(ends) - 1):
        others = ends[text + 1] - ends[text]
        if others < shortest or others > longest:
            continue
        other_low, other_high = late_bitmaps[text - len(order), 0], late_bitmaps[text - len(order), 1]
        bound = most_common(low, high, known, other_low, other_high, others)
        if bound < least[others] or f1(bound, size, others) <= score:
            continue
        common = common_length(tokens, ends[text], ends[text + 1], least[others], keys, rows, masks, state)
        if common >= least[others]:
            alike = f1(common, size, others)
            if alike > score:
                best, score = text, alike
    return best, score
