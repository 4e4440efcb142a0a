"""How rare the words of a row are among all rows: what a curriculum by rarity goes by."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.jit import jit
from instructkit.records.buffers import buffers
from instructkit.records.characters import characters
from instructkit.records.schema import as_text
from instructkit.records.tokens import normalised, tokenise

COUNTERS = 1 << 22  # words are counted by their hash: 32 MB, and few that share a counter


class WordCounts:
    """How often each word stands in all rows."""

    def __init__(self) -> None:
        self._counts = np.zeros(COUNTERS, np.int64)

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the words of a batch's instructions, inputs and outputs."""
        for texts in _texts(batch):
            data, offsets = buffers(texts)
            _count(data, offsets, characters(), self._counts, _longest(offsets))

    def rarity(self, batch: pa.RecordBatch) -> npt.NDArray[np.float64]:
        """The mean of -log p over the words of each row, p the share of a word among all (0 for a row without words).

        The word rarity of Platanios et al. 2019 ("Competence-based curriculum learning"), as a mean where they sum, so
        that it does not measure the length once more.
        """
        costs = -np.log(np.maximum(self._counts, 1) / max(int(self._counts.sum()), 1))
        totals, words = np.zeros(batch.num_rows), np.zeros(batch.num_rows, np.int64)
        for texts in _texts(batch):
            data, offsets = buffers(texts)
            _add_costs(data, offsets, characters(), costs, totals, words, _longest(offsets))
        found: npt.NDArray[np.float64] = totals / np.maximum(words, 1)
        return found


def _texts(batch: pa.RecordBatch) -> list[pa.StringArray]:
    return [normalised(as_text(batch.column(name))) for name in ("instruction", "input", "output")]


def _longest(offsets: npt.NDArray[np.int32]) -> int:
    return max(int(np.diff(offsets).max(initial=1)), 1)


@jit()
def _count(data: Any, offsets: Any, table: Any, counts: Any, longest: int) -> None:
    tokens = np.zeros(longest, np.uint64)
    last = np.uint64(len(counts) - 1)
    for row in range(len(offsets) - 1):
        for place in range(tokenise(data, offsets[row], offsets[row + 1], table, tokens)):
            counts[tokens[place] & last] += 1


@jit()
def _add_costs(data: Any, offsets: Any, table: Any, costs: Any, totals: Any, words: Any, longest: int) -> None:
    tokens = np.zeros(longest, np.uint64)
    last = np.uint64(len(costs) - 1)
    for row in range(len(offsets) - 1):
        count = tokenise(data, offsets[row], offsets[row + 1], table, tokens)
        for place in range(count):
            totals[row] += costs[tokens[place] & last]
        words[row] += count
