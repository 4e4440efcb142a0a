"""``stats``: what a stream holds, in one pass and bounded memory."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.script import is_chinese
from instructkit.records.stream import Records

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
LENGTH_FIELDS = ("instruction", "input", "output")
LONGEST = 1 << 20  # lengths from here on are counted together, and the largest is kept
MOST_GROUPS = 10_000  # distinct tasks or sources that are counted one by one
OTHERS = "(others)"


@dataclass
class Stats:
    """Rows by task, source and language, and the quantiles of the lengths in characters."""

    rows: int = 0
    tasks: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    turns: int = 0
    lengths: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "rows": self.rows,
            "tasks": dict(self.tasks.most_common()),
            "sources": dict(self.sources.most_common()),
            "templates": dict(self.templates.most_common()),
            "languages": dict(self.languages.most_common()),
            "rows_with_history": self.turns,
            "lengths": self.lengths,
        }


def stats(reader: object) -> Stats:
    """Count a stream of examples; drains it.

    Languages are told by script: Chinese, or not. Lengths are characters; the quantiles are exact up to a million.
    """
    found = Stats()
    histograms = {name: np.zeros(LONGEST + 1, np.int64) for name in LENGTH_FIELDS}
    largest = dict.fromkeys(LENGTH_FIELDS, 0)
    for batch in Records.of(reader).batches:
        found.rows += batch.num_rows
        for name, counter in (
            ("task", found.tasks),
            ("source", found.sources),
            ("template", found.templates),
        ):
            _count(batch.column(name), counter)
        _count_languages(batch, found.languages)
        found.turns += int(pc.sum(pc.greater(pc.list_value_length(batch.column("history")), 0)).as_py() or 0)
        for name in LENGTH_FIELDS:
            lengths = pc.utf8_length(batch.column(name)).to_numpy(zero_copy_only=False)
            largest[name] = max(largest[name], int(lengths.max(initial=0)))
            histograms[name] += np.bincount(np.minimum(lengths, LONGEST), minlength=LONGEST + 1)
    if found.rows:
        found.lengths = {name: _quantiles(histograms[name], found.rows, largest[name]) for name in LENGTH_FIELDS}
    return found


def _count(column: pa.StringArray, counter: Counter[str]) -> None:
    for entry in pc.value_counts(column).to_pylist():
        name = entry["values"] or ""
        if name not in counter and len(counter) >= MOST_GROUPS:
            name = OTHERS
        counter[name] += entry["counts"]


def _count_languages(batch: pa.RecordBatch, counter: Counter[str]) -> None:
    texts = pc.binary_join_element_wise(*(batch.column(name) for name in LENGTH_FIELDS), " ")
    chinese = int(is_chinese(texts).sum())
    if chinese:
        counter["zh"] += chinese
    if batch.num_rows > chinese:
        counter["other"] += batch.num_rows - chinese


def _quantiles(histogram: npt.NDArray[np.int64], rows: int, largest: int) -> dict[str, int]:
    reached = np.cumsum(histogram)
    found = {f"{share:.0%}": int(np.searchsorted(reached, max(1, int(np.ceil(share * rows))))) for share in QUANTILES}
    found[f"{1:.0%}"] = largest
    return found
