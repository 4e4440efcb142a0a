"""Where each token of a text stands, and what its first character is.

Tokens are those of `instructkit.records.tokens`; here their places count, so that text can be cut between them.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.arrays import I64, U64
from instructkit.engine.jit import jit
from instructkit.records.buffers import Bytes, Offsets, buffers
from instructkit.records.characters import ALONE, COMBINES, KIND, MAY_CHANGE, SPACE, UNSPACED, WORD, characters
from instructkit.records.tokens import BYTES, OFFSETS, code_point, normalised, tokenise

I32 = npt.NDArray[np.int32]
U8 = npt.NDArray[np.uint8]

# what a token's first character is
RUNS_ON = np.uint8(1)  # a word: it runs together with another beside it
SPELLS = np.uint8(2)  # a word, or a character of a script without spaces; not a mark
ENDS = np.uint8(4)  # . ! ?
ENDS_ALWAYS = np.uint8(8)  # 。！？…
CLOSES = np.uint8(16)  # a quote or bracket that closes
COMPOSES = np.uint8(32)  # with what stands before it
PAUSES = np.uint8(64)  # a comma and its like
OPENS = np.uint8(128)  # a bracket, or a quote that can't close
_MARKS = {
    ENDS: ".!?",
    ENDS_ALWAYS: "。！？…｡؟۔।",
    CLOSES: "\"')]}*`”’»」』）】》〉］｝〕",
    PAUSES: ",;:，、；：،",
    OPENS: "([{“‘«「『（【《〈［｛〔",
}


@functools.cache
def first_characters() -> U8:
    """The table of what a token that begins with a character is: uint8, 65,536."""
    entries = characters()
    table = np.where((entries >> KIND) & np.uint32(3) == WORD, RUNS_ON | SPELLS, 0).astype(np.uint8)
    for first, last in UNSPACED:
        table[first : last + 1] |= SPELLS
    for flag, marks in _MARKS.items():
        table[list(map(ord, marks))] = flag
    table[0x80:][(entries[0x80:] & (COMBINES | MAY_CHANGE)) > 0] |= COMPOSES
    return table


@dataclass(frozen=True)
class Tokens:
    """The tokens of some texts, one text after the other."""

    data: Bytes  # the texts, normalised
    offsets: Offsets  # rows + 1
    starts: I32  # in the data
    ends: I32
    flags: U8  # of the first character
    bounds: I64  # rows + 1: the first token of each row

    @classmethod
    def of(cls, texts: pa.StringArray) -> "Tokens":
        """Find the tokens of texts without nulls."""
        data, offsets = buffers(normalised(texts))
        size = int(offsets[-1] - offsets[0])
        starts, ends, flags = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)
        bounds = np.zeros(len(texts) + 1, np.int64)
        used = find_tokens(data, offsets, characters(), first_characters(), starts, ends, flags, bounds)
        return cls(data, offsets, starts[:used], ends[:used], flags[:used], bounds)

    @functools.cached_property
    def hashes(self) -> U64:
        """The hash of each."""
        return _hashes(self.data, self.offsets)[0]


def token_hashes(texts: pa.StringArray) -> tuple[U64, I64]:
    """The hashes of the tokens of texts without nulls, and the first token of each row (rows + 1)."""
    return _hashes(*buffers(normalised(texts)))


def _hashes(data: Bytes, offsets: Offsets) -> tuple[U64, I64]:
    hashes, bounds = np.empty(int(offsets[-1] - offsets[0]), np.uint64), np.zeros(len(offsets), np.int64)
    hash_tokens(data, offsets, characters(), hashes, bounds)
    return hashes[: bounds[-1]], bounds


@jit(f"void({BYTES}, {OFFSETS}, uint32[::1], uint64[::1], int64[::1])")
def hash_tokens(data: Any, offsets: Any, table: Any, hashes: Any, bounds: Any) -> None:
    """Write each token's hash, and each row's first token."""
    for row in range(len(offsets) - 1):
        start, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        bounds[row + 1] = bounds[row] + tokenise(data, start, end, table, hashes[bounds[row] :])


@jit(f"int64({BYTES}, {OFFSETS}, uint32[::1], uint8[::1], int32[::1], int32[::1], uint8[::1], int64[::1])")
def find_tokens(
    data: Any, offsets: Any, table: Any, firsts: Any, starts: Any, ends: Any, flags: Any, bounds: Any
) -> int:
    """Write each token's start, end and flags, and each row's first token; gives the number of tokens."""
    used = 0
    for row in range(len(offsets) - 1):
        bounds[row] = used
        at, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        inside = False
        while at < end:
            start = at
            point, width = np.int64(data[at]), 1
            if point >= 0x80:
                point, width = code_point(data, at)
            at += width
            kind = ALONE if point >= 0x10000 else (table[point] >> KIND) & np.uint32(3)
            if inside and kind != WORD:
                ends[used] = start
                used += 1
                inside = False
            if kind == SPACE or inside:
                continue
            starts[used] = start
            # beyond the basic plane: the further ideographs
            flags[used] = firsts[point] if point < 0x10000 else SPELLS * np.uint8(0x20000 <= point < 0x32000)
            if kind == WORD:
                inside = True
            else:
                ends[used] = at
                used += 1
        if inside:
            ends[used] = end
            used += 1
    bounds[len(offsets) - 1] = used
    return used
