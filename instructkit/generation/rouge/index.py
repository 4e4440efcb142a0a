"""The index by which `search` meets few texts of a pool: the texts of each token, by length, and bitmaps."""

from typing import Any

import numpy as np

from instructkit.engine.jit import jit
from instructkit.generation.rouge.loops import bitmap


@jit("int64(int32[::1], int64[::1], int64, uint64[:,::1])")
def sketch(tokens: Any, ends: Any, first: int, bitmaps: Any) -> int:
    """Write the bitmaps of the texts from one on; gives how many."""
    texts = len(ends) - 1 - first
    for number in range(texts):
        bitmaps[number, 0], bitmaps[number, 1] = bitmap(tokens, ends[first + number], ends[first + number + 1])
    return texts


@jit("int64(int32[::1], int64[::1], int32[::1], int64[::1], int64[::1], int32[::1], uint64[:,::1])")
def build(tokens: Any, ends: Any, order: Any, length_starts: Any, token_ends: Any, postings: Any, bitmaps: Any) -> int:
    """Make the index of all texts of a pool; gives the number of postings.

    Text i is ``tokens[ends[i]:ends[i + 1]]``. ``order`` becomes the texts by length, and is how the index numbers them;
    ``length_starts[n]`` the first of n tokens or more. The texts of token t become
    ``postings[token_ends[t - 1]:token_ends[t]]``.
    """
    texts = len(order)
    length_starts[:] = 0
    for text in range(texts):
        length_starts[ends[text + 1] - ends[text] + 1] += 1
    for length in range(1, len(length_starts)):
        length_starts[length] += length_starts[length - 1]
    at = length_starts.copy()
    for text in range(texts):
        length = ends[text + 1] - ends[text]
        order[at[length]] = text
        at[length] += 1
    seen = np.full(len(token_ends), -1, np.int32)
    token_ends[:] = 0
    for text in range(texts):
        for token in tokens[ends[text] : ends[text + 1]]:
            if seen[token] != text:
                seen[token] = text
                token_ends[token] += 1
    total = 0
    for token in range(len(token_ends)):
        count = token_ends[token]
        token_ends[token] = total  # its start; its end once all are written
        total += count
    seen[:] = -1
    for number in range(texts):
        start, end = ends[order[number]], ends[order[number] + 1]
        bitmaps[number, 0], bitmaps[number, 1] = bitmap(tokens, start, end)
        for token in tokens[start:end]:
            if seen[token] != number:
                seen[token] = number
                postings[token_ends[token]] = number
                token_ends[token] += 1
    return total
