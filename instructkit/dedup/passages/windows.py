"""Runs of N tokens: a key for each, by a rolling hash.

A run of N tokens or more that stands at an earlier place is covered by runs of just N that do, so the keys of these
tell what a suffix array would (Lee et al. 2022, "Deduplicating training data makes language models better", section
4.1), with nothing held in memory.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.arrays import I64
from instructkit.dedup.passages.entries import Keys
from instructkit.dedup.passages.repeats import Found
from instructkit.dedup.passages.tokens import Tokens, token_hashes
from instructkit.engine.jit import jit

_BASE, _OTHER_BASE = np.uint64(0xD1342543DE82EF95), np.uint64(0xAF251AF3B0F025B5)  # of the two rolling hashes; odd
_GROWTH = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Windows:
    """Repeated substrings of at least ``size`` tokens."""

    size: int
    joins = True
    changed = "substrings_cut"
    dropped = "repeated_substring"
    share = 0.0  # a row is dropped for more than this of its tokens

    @property
    def least(self) -> int:
        """The tokens a repeat has at least."""
        return self.size

    def keys(self, texts: pa.StringArray) -> Keys:
        """The key of each run of ``size`` tokens, row by row."""
        hashes, bounds = token_hashes(texts)
        counts = np.maximum(np.diff(bounds) - self.size + 1, 0)
        keys, checks = np.empty(int(counts.sum()), np.uint64), np.empty(int(counts.sum()), np.uint64)
        roll(hashes, bounds, self.size, keys, checks)
        return Keys(keys, checks, counts)

    def runs(self, tokens: Tokens, rows: I64, places: I64) -> tuple[I64, I64]:
        """The first and the last token (exclusive) of keys, by row and place in the row."""
        starts = tokens.bounds[rows] + places
        return starts, starts + self.size

    def are_repeats(self, found: Found, within: bool) -> npt.NDArray[np.bool_]:
        """Which keys repeat an earlier place and do not overlap it; one in the same row counts only ``within``."""
        inside = found.firsts >= found.starts[found.rows]
        return ~inside | (within & (found.positions - found.firsts >= self.size))


@jit("void(uint64[::1], int64[::1], int64, uint64[::1], uint64[::1])")
def roll(hashes: Any, bounds: Any, size: int, keys: Any, checks: Any) -> None:
    """Write two hashes of each run of ``size`` tokens that lies in one row."""
    power, other_power = np.uint64(1), np.uint64(1)
    for _ in range(size):
        power *= _BASE
        other_power *= _OTHER_BASE
    used = 0
    for row in range(len(bounds) - 1):
        first, end = bounds[row], bounds[row + 1]
        if end - first < size:
            continue
        one, other = np.uint64(0), np.uint64(0)
        for place in range(first, end):
            one = one * _BASE + hashes[place]
            other = other * _OTHER_BASE + hashes[place]
            if place < first + size - 1:
                continue
            if place >= first + size:
                one -= hashes[place - size] * power
                other -= hashes[place - size] * other_power
            key = (one ^ (one >> np.uint64(32))) * _GROWTH
            check = (other ^ (other >> np.uint64(32))) * _GROWTH
            keys[used] = key ^ (key >> np.uint64(29))
            checks[used] = check ^ (check >> np.uint64(29))
            used += 1
