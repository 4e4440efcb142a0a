"""Rules about repetition: an answer that goes round in circles.

They look at long outputs only, so that a table, a poem's refrain or a row of labels passes.
"""

import zlib
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Verdict, rule

LINES = 6  # fewer lines are not judged
BYTES = 600  # shorter texts are not judged: they compress in no telling way


@rule("repeated_lines", source="Gopher (Rae et al. 2021, table A1) at 0.20; ours is laxer, for code and tables")
def repeated_lines(output: pa.StringArray, *, at_most: float = 0.5) -> Verdict:
    """Share of the output's characters that stand in lines that repeat an earlier one."""
    shares = np.zeros(len(output))
    for row in np.flatnonzero(pc.count_substring(output, "\n").to_numpy(zero_copy_only=False) >= LINES - 1):
        # short lines (braces) and lines without words (rules of a table or drawing) repeat rightly
        lines = [line.strip() for line in output[int(row)].as_py().split("\n") if sum(map(str.isalpha, line)) > 5]
        if len(lines) >= LINES:
            extra = sum(len(line) * (count - 1) for line, count in Counter(lines).items())
            shares[row] = extra / sum(map(len, lines))
    return Verdict.of(shares > at_most, shares)


@rule("repetitive", source="ours: zlib leaves 0.3 to 0.6 of prose and code, 0.15 of tables, under 0.08 of loops")
def repetitive(output: pa.StringArray, *, at_least: float = 0.08) -> Verdict:
    """Compressed size of the output as a share of its size, in any language."""
    ratios = np.ones(len(output))
    for row in np.flatnonzero(pc.binary_length(output).to_numpy(zero_copy_only=False) >= BYTES):
        data = output[int(row)].as_buffer()
        ratios[row] = len(zlib.compress(data, 1)) / data.size
    return Verdict.of(ratios < at_least, ratios)
