"""Cuts that leave characters whole as a reader sees them: marks with their letter, an emoji with its skin, flags.

A cut begins and ends between tokens; where what stands behind extends what stands before (Unicode Standard Annex 29,
grapheme clusters), it gives up the tokens there.
"""

import functools
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import I64
from instructkit.engine.jit import inner, jit
from instructkit.records.tokens import BYTES, code_point

JOINER = 0x200D  # zero width joiner


@functools.cache
def extenders() -> npt.NDArray[np.bool_]:
    """Which code points of the basic plane extend the character before them: bool, 65,536."""
    extends = np.array([unicodedata.category(chr(point))[0] == "M" for point in range(0x10000)])
    extends[[0x0E33, 0x0EB3, 0x200C, JOINER]] = True  # Thai and Lao AM; the joiners
    extends[0xFE00:0xFE10] = True  # variation selectors
    extends[0x1160:0x1200] = True  # vowels and finals of Hangul
    return extends


@inner(f"int64({BYTES}, int64)")
def character_at(data: Any, at: int) -> Any:
    """The code point at a place."""
    if data[at] < 0x80:
        return np.int64(data[at])
    point, _ = code_point(data, at)
    return point


@inner()
def is_glued(data: Any, starts: Any, ends: Any, extends: Any, first_token: int, token: int) -> Any:
    """Whether a token extends the one before it."""
    if token <= first_token or starts[token] != ends[token - 1]:
        return False
    point = character_at(data, starts[token])
    before = character_at(data, starts[token - 1])
    if before == JOINER:
        return True
    if point < 0x10000:
        return extends[point]
    if 0x1F1E6 <= point <= 0x1F1FF:  # a flag is two regional indicators
        count = 0
        at = token - 1
        while at >= first_token and ends[at] == starts[at + 1] and 0x1F1E6 <= character_at(data, starts[at]) <= 0x1F1FF:
            count += 1
            at -= 1
        return count % 2 == 1
    # skin tones, tags, further variation selectors
    return 0x1F3FB <= point <= 0x1F3FF or 0xE0020 <= point <= 0xE007F or 0xE0100 <= point <= 0xE01EF


@jit(f"void({BYTES}, int32[::1], int32[::1], int64[::1], boolean[::1], int64[::1], int64[::1], int64[::1])")
def leave_whole(
    data: Any, starts: Any, ends: Any, bounds: Any, extends: Any, rows: Any, first: Any, last: Any
) -> None:  # fmt: skip
    """Move the first token of each cut on and its last back, to where no character is cut; a cut may become empty."""
    for number in range(len(rows)):
        begin, end = np.int64(bounds[rows[number]]), np.int64(bounds[rows[number] + 1])
        while first[number] < last[number] and is_glued(data, starts, ends, extends, begin, first[number]):
            first[number] += 1
        while (
            first[number] < last[number]
            and last[number] < end
            and is_glued(data, starts, ends, extends, begin, last[number])
        ):
            last[number] -= 1


def whole(tokens: Any, rows: I64, first: I64, last: I64) -> tuple[I64, I64, I64]:
    """Cuts (row, first token, token behind the last) as `leave_whole` leaves them, without those that are empty."""
    first, last = first.astype(np.int64), last.astype(np.int64)
    leave_whole(tokens.data, tokens.starts, tokens.ends, tokens.bounds, extenders(), rows.astype(np.int64), first, last)
    kept = first < last
    return rows[kept], first[kept], last[kept]
