"""What repeats in a text, as Gopher's table A1 counts it (Rae et al. 2021), in compiled loops.

One table of hashes serves all counts of all texts. An entry is 40 bits of a hash and the number of the count it was
made for, so an entry of an earlier count is a free place and nothing is ever cleared. Functions take addresses of
arrays: see `engine.jit.uint64_at`.
"""

from typing import Any

import numpy as np

from instructkit.engine.jit import inner, put_uint64, uint64_at

COUNT_BITS = np.uint64((1 << 24) - 1)  # of an entry: the number of the count it was made for
LAST_COUNT = int(COUNT_BITS) - 64  # then the table is cleared after all
_GROWTH = np.uint64(0x9E3779B97F4A7C15)


@inner("int64(int64, uint64, uint64, int64)")
def place_of(table: int, value: Any, count: Any, mask: int) -> Any:
    """Where a hash stands in this count, or where it would."""
    value = value * _GROWTH
    entry = (value & ~COUNT_BITS) | count
    place = np.int64((value >> np.uint64(8)) & np.uint64(mask))
    while True:
        found = uint64_at(table, place)
        if found == entry or found & COUNT_BITS != count:
            return place
        place = (place + 1) & mask


@inner("boolean(int64, uint64, uint64, int64)")
def seen_before(table: int, value: Any, count: Any, mask: int) -> Any:
    """Whether a hash was seen in this count; from now on it was."""
    place = place_of(table, value, count, mask)
    if uint64_at(table, place) & COUNT_BITS == count:
        return True
    put_uint64(table, place, (value * _GROWTH & ~COUNT_BITS) | count)
    return False


@inner("int64(int64, int64, int64, int64, int64, int64, int64, uint64, int64)")
def top_gram(
    grams: int, ends: int, words: int, ngram: int, spaces: int, table: int, times: int, count: Any, mask: int
) -> Any:  # fmt: skip
    """Characters in all places of the most frequent n-gram, of several the first, with the spaces between its words.

    ``ends`` are the characters before each word; ``times`` has room for a number beside each entry of the table.
    """
    total = words - ngram + 1
    most = np.uint64(1)
    for at in range(total):
        value = uint64_at(grams, at)
        place = place_of(table, value, count, mask)
        again = np.uint64(1)
        if uint64_at(table, place) & COUNT_BITS == count:
            again += uint64_at(times, place)
            most = max(most, again)
        else:
            put_uint64(table, place, (value * _GROWTH & ~COUNT_BITS) | count)
        put_uint64(times, place, again)
    for at in range(total):
        if most == 1 or uint64_at(times, place_of(table, uint64_at(grams, at), count, mask)) == most:
            return np.int64(most) * (np.int64(uint64_at(ends, at + ngram) - uint64_at(ends, at)) + spaces)
    return 0


@inner("int64(int64, int64, int64, int64, int64, uint64, int64)")
def repeated_grams(grams: int, ends: int, words: int, ngram: int, table: int, count: Any, mask: int) -> Any:
    """Characters in n-grams that repeat an earlier one, none counted twice: after one its words are passed over."""
    repeated = at = 0
    while at + ngram <= words:
        if seen_before(table, uint64_at(grams, at), count, mask):
            repeated += np.int64(uint64_at(ends, at + ngram) - uint64_at(ends, at))
            at += ngram
        else:
            at += 1
    return repeated


@inner("void(int64, int64, int64, int64, uint64)")
def lengthen(grams: int, words: int, hashes: int, ngram: int, base: Any) -> None:
    """Make the hashes of n-grams out of those one word shorter."""
    for at in range(words - ngram + 1):
        put_uint64(grams, at, uint64_at(grams, at) * base + uint64_at(hashes, at + ngram - 1))
