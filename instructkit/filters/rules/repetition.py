"""Rules about repetition: an answer that goes round in circles.

They look at long outputs only, so that a table, a poem's refrain or a row of labels passes.
"""

import functools
import re
import zlib
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.filters.rule import Verdict, rule
from instructkit.records.buffers import buffers

LINES = 6  # fewer lines are not judged
QUICK = 5  # times the threshold, left by LZ4: zlib then leaves more than the threshold
LETTERS = 5  # a line of no more says nothing
_MIXER = np.uint64(0x9E3779B97F4A7C15)
BYTES = 600  # shorter texts are not judged: they compress in no telling way


_ASKS_AGAIN = re.compile(
    r"(?i)\b(?:song|lyric|chorus|refrain|poem|poetry|hymn|chant|ballad|villanelle|repeat\w*|times|echo|over and over)\b"
    r"|歌|诗|词|副歌|童谣|重复|遍"
)


def _not_asked_for(instruction: pa.StringArray, verdict: Verdict) -> Verdict:
    """The verdict without the rows of which the instruction asks for repetition: songs and poems have refrains."""
    for row in np.flatnonzero(verdict.fails).tolist():
        verdict.fails[row] = not _ASKS_AGAIN.search(str(instruction[row]))
    return verdict


@rule("repeated_lines", source="Gopher (Rae et al. 2021, table A1) at 0.20; ours is laxer, for code and tables")
def repeated_lines(instruction: pa.StringArray, output: pa.StringArray, *, at_most: float = 0.5) -> Verdict:
    """Share of the output's characters that stand in lines that repeat an earlier one, which the instruction lacks."""
    shares = np.zeros(len(output))
    rows = _with_equal_lines(output)
    texts = (column.take(pa.array(rows)).to_pylist() for column in (instruction, output))
    for row, asked, text in zip(rows.tolist(), *texts, strict=True):
        shares[row] = repeated_share([line for line in text.split("\n") if line and line not in asked])
    return _not_asked_for(instruction, Verdict.of(shares > at_most, shares))


def _with_equal_lines(output: pa.StringArray) -> npt.NDArray[np.int64]:
    """The rows of `LINES` lines or more of which two are likely equal: they agree in length and in twelve bytes."""
    data, starts = buffers(output)
    breaks = starts[0] + np.flatnonzero(data[starts[0] : starts[-1]] == ord("\n"))
    counts = np.diff(np.searchsorted(breaks, starts))
    long = counts >= LINES - 1
    inside = breaks[np.repeat(long, counts)]
    begins = np.sort(np.concatenate([starts[:-1][long], inside + 1]))
    sizes = np.sort(np.concatenate([inside, starts[1:][long]])) - begins
    rows = np.repeat(np.flatnonzero(long), counts[long] + 1)
    telling = sizes > LETTERS
    begins, sizes, rows = begins[telling], sizes[telling], rows[telling]
    fours = np.ndarray(max(len(data) - 3, 0), "<u4", data.data, strides=(1,))  # the four bytes from each place on
    mixed = sizes.astype(np.uint64)
    for offsets in (0, sizes // 2 - 2, sizes - 4):
        mixed = (mixed ^ fours[begins + offsets]) * _MIXER
        mixed ^= mixed >> np.uint64(32)
    keys = np.sort(rows.astype(np.uint64) << np.uint64(40) | mixed >> np.uint64(24))
    found: npt.NDArray[np.int64] = np.unique(keys[1:][keys[1:] == keys[:-1]] >> np.uint64(40)).astype(np.int64)
    return found


def repeated_share(lines: list[str]) -> float:
    """Share of the characters that stand in lines that repeat an earlier one, 0 for few lines.

    Short lines (braces) and lines without words (rules of a table or drawing) repeat rightly, and do not count.
    """
    telling = [line for line in lines if sum(map(str.isalpha, line)) > LETTERS]
    if len(telling) < LINES:
        return 0.0
    extra = sum(len(line) * (count - 1) for line, count in Counter(telling).items())
    return extra / sum(map(len, telling))


@rule("repetitive", source="ours: zlib leaves 0.3 to 0.6 of prose and code, 0.15 of tables, under 0.08 of loops")
def repetitive(instruction: pa.StringArray, output: pa.StringArray, *, at_least: float = 0.08) -> Verdict:
    """Compressed size of the output as a share of its size, in any language; by LZ4 where that leaves much."""
    ratios = np.full(len(output), np.nan)
    data, starts = buffers(output)
    places = starts.tolist()
    for row in np.flatnonzero(np.diff(starts) >= BYTES).tolist():
        ratios[row] = compressed_share(data.data[places[row] : places[row + 1]], at_least)
    return _not_asked_for(instruction, Verdict(ratios < at_least, pa.array(ratios, from_pandas=True)))


@functools.cache
def _quick() -> pa.Codec:
    return pa.Codec("lz4_raw")


def compressed_share(data: memoryview, threshold: float) -> float:
    """The share of its size that zlib leaves of a text; or LZ4, ten times as quick, where that leaves five times T.

    zlib finds the same repetition and codes what is left in fewer bits, but not in a fifth of them.
    """
    quick = len(_quick().compress(data, asbytes=True)) / len(data)
    return float(quick if quick >= QUICK * threshold else len(zlib.compress(data, 1)) / len(data))
