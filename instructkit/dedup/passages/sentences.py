"""Sentences, lines and code blocks: a key for each that is long enough.

A line ends at a line break, a sentence also at an end mark (``. ! ?`` before white space; 。！？… anywhere) with the
quotes and brackets that close after it. No sentence ends within ``3.5``, ``e.g.`` or after an initial. A fenced code
block is one line: taken apart it would be no code.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.arrays import I64
from instructkit.dedup.passages.entries import Keys
from instructkit.dedup.passages.repeats import Found
from instructkit.dedup.passages.tokens import CLOSES, ENDS, ENDS_ALWAYS, RUNS_ON, SPELLS, Tokens
from instructkit.engine.jit import jit
from instructkit.records.scrambling import mix
from instructkit.records.tokens import BYTES

SENTENCE, LINE = np.uint8(1), np.uint8(2)  # what ends with a token
SHARE = 0.5  # a row is dropped when more of its tokens than this are repeats
_GROWTH = np.uint64(0x9E3779B97F4A7C15)
_BASE = np.uint64(0xD1342543DE82EF95)
_TITLES = np.array([int.from_bytes(word, "big") for word in (b"mr", b"mrs", b"ms", b"dr", b"prof", b"st", b"vs")])
_LONGEST_TITLE = 4
_FULL_STOP, _NEW_LINE, _RETURN, _GRAVE, _TILDE = map(ord, ".\n\r`~")


@dataclass(frozen=True)
class Sentences:
    """Repeated sentences of at least ``least`` words."""

    least: int
    joins = False
    changed = "sentences_cut"
    dropped = "repeated_sentences"
    share = SHARE

    def keys(self, texts: pa.StringArray) -> Keys:
        """The keys of the lines and sentences that are long enough, row by row."""
        return self._units(Tokens.of(texts))[0]

    def runs(self, tokens: Tokens, rows: I64, places: I64) -> tuple[I64, I64]:
        """The first and the last token (exclusive) of keys, by row and place in the row."""
        keys, starts, ends = self._units(tokens)
        units = (np.cumsum(keys.counts) - keys.counts)[rows] + places
        return starts[units], ends[units]

    def are_repeats(self, found: Found, within: bool) -> npt.NDArray[np.bool_]:
        """Which keys stand in an earlier row; a row may say a thing twice."""
        return found.firsts < found.starts[found.rows]

    def _units(self, tokens: Tokens) -> tuple[Keys, I64, I64]:
        marks = np.zeros(len(tokens.starts), np.uint8)
        mark_ends(tokens.data, tokens.starts, tokens.ends, tokens.flags, tokens.bounds, marks)
        room = 2 * (len(tokens.starts) // self.least) + 2  # a line and its sentences
        keys, checks = np.empty(room, np.uint64), np.empty(room, np.uint64)
        starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
        counts = np.zeros(len(tokens.bounds) - 1, np.int64)
        used = find_units(tokens.hashes, tokens.flags, marks, tokens.bounds, self.least, keys, checks, starts, ends,
                          counts)  # fmt: skip
        return Keys(keys[:used], checks[:used], counts), starts[:used], ends[:used]


@jit(f"void({BYTES}, int32[::1], int32[::1], uint8[::1], int64[::1], uint8[::1])")
def mark_ends(data: Any, starts: Any, ends: Any, flags: Any, bounds: Any, marks: Any) -> None:
    """Mark the last token of each sentence and line; a code block is a line."""
    for row in range(len(bounds) - 1):
        stop = bounds[row + 1]
        fence = 0  # what the code block that is open began with
        begins, closing = True, False
        for at in range(bounds[row], stop):
            mark = np.int64(data[starts[at]])
            may_fence = begins and mark in (_GRAVE, _TILDE) and fence in (0, mark) and at + 2 < stop
            if may_fence and data[starts[at] + 1] == mark and data[starts[at] + 2] == mark:
                closing = fence > 0
                fence = mark
            begins = at == stop - 1
            for place in range(ends[at], ends[at] if begins else starts[at + 1]):
                begins |= data[place] == _NEW_LINE or data[place] == _RETURN
            if begins and (fence == 0 or closing or at == stop - 1):
                marks[at] = LINE
                fence, closing = 0, False
            if begins or fence > 0 or not flags[at] & (ENDS | ENDS_ALWAYS):
                continue
            behind = at + 1
            always = flags[at] & ENDS_ALWAYS
            while behind < stop and starts[behind] == ends[behind - 1]:
                if not flags[behind] & (ENDS | ENDS_ALWAYS | CLOSES):
                    break
                always |= flags[behind] & ENDS_ALWAYS
                behind += 1
            if always == 0 and behind < stop:
                if starts[behind] == ends[behind - 1]:  # goes on without a space: only Chinese and its like do so
                    if flags[behind] & RUNS_ON or not flags[behind] & SPELLS:
                        continue
                elif mark == _FULL_STOP and behind == at + 1 and at > bounds[row] and ends[at - 1] == starts[at]:
                    size = ends[at - 1] - starts[at - 1]
                    word = 0
                    for place in range(starts[at - 1], starts[at - 1] + min(size, _LONGEST_TITLE)):
                        word = (word << 8) | np.int64(data[place] | 0x20)
                    short = size == 1 and flags[at - 1] & RUNS_ON > 0 and 97 <= word <= 122  # an initial
                    for title in _TITLES:
                        short |= word == title and size <= _LONGEST_TITLE
                    if short:
                        continue
            marks[behind - 1] = SENTENCE


@jit(
    "int64(uint64[::1], uint8[::1], uint8[::1], int64[::1], int64, "
    "uint64[::1], uint64[::1], int64[::1], int64[::1], int64[::1])"
)
def find_units(
    hashes: Any, flags: Any, marks: Any, bounds: Any, least: int, keys: Any, checks: Any, firsts: Any, lasts: Any,
    counts: Any,
) -> int:  # fmt: skip
    """Write the keys of lines, each followed by its sentences if it has several, with their tokens; gives how many."""
    used = 0
    for row in range(len(counts)):
        before = used
        own = used  # where the line's key goes; those of its sentences follow
        used += 1
        line = start = bounds[row]
        words = line_words = 0
        one, other, line_one, line_other = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
        for at in range(bounds[row], bounds[row + 1]):
            words += np.int64(flags[at] & SPELLS > 0)
            one = (one ^ hashes[at]) * _GROWTH
            one ^= one >> np.uint64(32)
            other = (other + hashes[at]) * _BASE
            other ^= other >> np.uint64(29)
            line_one = (line_one ^ hashes[at]) * _GROWTH
            line_one ^= line_one >> np.uint64(32)
            line_other = (line_other + hashes[at]) * _BASE
            line_other ^= line_other >> np.uint64(29)
            if marks[at] == 0:
                continue
            if words >= least and (start > line or marks[at] == SENTENCE):  # else it is the line
                keys[used], checks[used] = mix(one), mix(other)
                firsts[used], lasts[used] = start, at + 1
                used += 1
            line_words += words
            words = 0
            start = at + 1
            one, other = np.uint64(0), np.uint64(0)
            if marks[at] == LINE:
                if line_words >= least:
                    keys[own], checks[own] = mix(line_one), mix(line_other)
                    firsts[own], lasts[own] = line, at + 1
                    own = used
                used = own + 1
                line = start
                line_words = 0
                line_one, line_other = np.uint64(0), np.uint64(0)
        used = own
        counts[row] = used - before
    return used
