"""Rules about repetition: an answer that goes round in circles.

They look at long outputs only, so that a table, a poem's refrain or a row of labels passes.
"""

import functools
import zlib
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Verdict, rule
from instructkit.filters.rules.looking import mask_of

LINES = 6  # fewer lines are not judged
QUICK = 5  # times the threshold, left by LZ4: zlib then leaves more than the threshold
BYTES = 600  # shorter texts are not judged: they compress in no telling way


@rule("repeated_lines", source="Gopher (Rae et al. 2021, table A1) at 0.20; ours is laxer, for code and tables")
def repeated_lines(instruction: pa.StringArray, output: pa.StringArray, *, at_most: float = 0.5) -> Verdict:
    """Share of the output's characters that stand in lines that repeat an earlier one, which the instruction lacks."""
    shares = np.zeros(len(output))
    rows = _with_equal_lines(output)
    texts = (column.take(pa.array(rows)).to_pylist() for column in (instruction, output))
    for row, asked, text in zip(rows.tolist(), *texts, strict=True):
        shares[row] = repeated_share([line for line in text.split("\n") if line and line not in asked])
    return Verdict.of(shares > at_most, shares)


def _with_equal_lines(output: pa.StringArray) -> npt.NDArray[np.int64]:
    """The rows of `LINES` lines or more of which two that are not empty are equal."""
    long = np.flatnonzero(mask_of(pc.match_substring_regex(output, rf"(?s)\n(?:.*\n){{{LINES - 2}}}")))
    lines = pc.split_pattern(output.take(pa.array(long)), "\n")
    codes = lines.flatten().dictionary_encode()
    numbers = codes.indices.to_numpy().astype(np.int64)
    empty = pc.index(codes.dictionary, "").as_py()
    keys = np.repeat(np.arange(len(long)), pc.list_value_length(lines).to_numpy()) * len(codes.dictionary) + numbers
    keys = np.sort(keys[numbers != empty])
    twice = keys[1:][keys[1:] == keys[:-1]]
    found: npt.NDArray[np.int64] = long[np.unique(twice // max(len(codes.dictionary), 1))]
    return found


def repeated_share(lines: list[str]) -> float:
    """Share of the characters that stand in lines that repeat an earlier one, 0 for few lines.

    Short lines (braces) and lines without words (rules of a table or drawing) repeat rightly, and do not count.
    """
    telling = [line for line in lines if sum(map(str.isalpha, line)) > 5]
    if len(telling) < LINES:
        return 0.0
    extra = sum(len(line) * (count - 1) for line, count in Counter(telling).items())
    return extra / sum(map(len, telling))


@rule("repetitive", source="ours: zlib leaves 0.3 to 0.6 of prose and code, 0.15 of tables, under 0.08 of loops")
def repetitive(output: pa.StringArray, *, at_least: float = 0.08) -> Verdict:
    """Compressed size of the output as a share of its size, in any language; by LZ4 where that leaves much."""
    ratios = np.full(len(output), np.nan)
    for row in np.flatnonzero(mask_of(pc.greater_equal(pc.binary_length(output), BYTES))).tolist():
        ratios[row] = compressed_share(output[row].as_buffer(), at_least)
    return Verdict(ratios < at_least, pa.array(ratios, from_pandas=True))


@functools.cache
def _quick() -> pa.Codec:
    return pa.Codec("lz4_raw")


def compressed_share(data: pa.Buffer, threshold: float) -> float:
    """The share of its size that zlib leaves of a text; or LZ4, ten times as quick, where that leaves five times T.

    zlib finds the same repetition and codes what is left in fewer bits, but not in a fifth of them.
    """
    quick = len(_quick().compress(data, asbytes=True)) / data.size
    return float(quick if quick >= QUICK * threshold else len(zlib.compress(data, 1)) / data.size)
