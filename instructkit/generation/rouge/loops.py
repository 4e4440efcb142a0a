"""ROUGE-L in compiled loops: F1, the longest common subsequence (LCS) 64 tokens at once, and a quick bound of it."""

from typing import Any

import numpy as np

from instructkit.engine.jit import count_bits, inner
from instructkit.generation.rouge import score

_ONE, _ALL = np.uint64(1), np.uint64(0xFFFFFFFFFFFFFFFF)

f1 = inner("float64(int64, int64, int64)")(score.f1)
least_common = inner("int64(int64, int64, float64)")(score.least_common)


@inner("Tuple((int32[::1], int32[::1], uint64[:,::1]))(int32[::1])")
def placed(query: Any) -> Any:
    """A table of open addresses: token ids (else -1), the row of each, and by rows the bits of the token's places."""
    slots = 4
    while slots < 2 * len(query):
        slots *= 2
    keys, rows = np.full(slots, -1, np.int32), np.zeros(slots, np.int32)
    count = 0
    for token in query:
        slot = token & (slots - 1)
        while keys[slot] != token and keys[slot] != -1:
            slot = (slot + 1) & (slots - 1)
        if keys[slot] == -1 and token >= 0:  # no text of the pool has those below 0
            keys[slot], rows[slot] = token, count
            count += 1
    masks = np.zeros((count, (len(query) + 63) >> 6), np.uint64)
    for at in range(len(query)):
        token = query[at]
        if token >= 0:
            slot = token & (slots - 1)
            while keys[slot] != token:
                slot = (slot + 1) & (slots - 1)
            masks[rows[slot], at >> 6] |= _ONE << np.uint64(at & 63)
    return keys, rows, masks


@inner("int64(int32[::1], int64, int64, int64, int32[::1], int32[::1], uint64[:,::1], uint64[::1])")
def common_length(tokens: Any, start: int, end: int, least: int, keys: Any, rows: Any, masks: Any, state: Any) -> int:
    """The LCS of a text of the pool and the one that was placed (Hyyrö 2004, figure 3); 0 if below ``least``."""
    last = len(keys) - 1
    words = len(state)
    state[:] = _ALL
    spare = end - start - least
    for at in range(start, end):
        token = tokens[at]
        slot = token & last
        while keys[slot] != token and keys[slot] != -1:
            slot = (slot + 1) & last
        if keys[slot] == -1:
            spare -= 1
            if spare < 0:
                return 0
            continue
        row = rows[slot]
        carry = np.uint64(0)
        for word in range(words):
            before = state[word]
            matched = before & masks[row, word]
            added = before + matched
            total = added + carry
            carry = np.uint64(added < before or total < added)
            state[word] = total | (before - matched)
    common = 0
    for word in range(words):
        common += int(count_bits(~state[word]))
    return common


@inner("UniTuple(uint64, 2)(int32[::1], int64, int64)")
def bitmap(tokens: Any, start: int, end: int) -> Any:
    """The bits ``id % 128`` of some tokens; of ids below 0 none."""
    low, high = np.uint64(0), np.uint64(0)
    for token in tokens[start:end]:
        if token >= 0:
            bit = _ONE << np.uint64(token & 63)
            if token & 64:
                high |= bit
            else:
                low |= bit
    return low, high


@inner("int64(uint64, uint64, int64, uint64, uint64, int64)")
def most_common(low: int, high: int, tokens: int, other_low: int, other_high: int, others: int) -> Any:
    """A bound of the LCS of two texts by their bitmaps: a bit that only one has is a token that only one has."""
    one = tokens - count_bits(low & ~other_low) - count_bits(high & ~other_high)
    return min(one, others - count_bits(other_low & ~low) - count_bits(other_high & ~high))
