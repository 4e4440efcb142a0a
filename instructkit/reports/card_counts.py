"""What a data card counts while the rows pass."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.script import is_chinese

MOST_GROUPS = 10_000  # tasks or sources that are counted one by one
OTHERS = "(others)"
FIELDS = ("instruction", "input", "output")


@dataclass
class Group:
    """Rows, and the characters of their fields."""

    rows: int = 0
    characters: Counter[str] = field(default_factory=Counter)

    def mean(self, name: str) -> int:
        """The mean length of a field in characters, rounded."""
        return round(self.characters[name] / self.rows) if self.rows else 0


@dataclass
class CardCounts:
    """Rows by task and source, their lengths, and how many have turns, a system prompt, Chinese text."""

    rows: int = 0
    tasks: dict[str, Group] = field(default_factory=dict)
    sources: Counter[str] = field(default_factory=Counter)
    with_history: int = 0
    with_system: int = 0
    chinese: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of examples."""
        self.rows += batch.num_rows
        self.with_history += _true(pc.greater(pc.list_value_length(batch.column("history")), 0))
        self.with_system += _true(pc.not_equal(batch.column("system"), ""))
        self.chinese += int(
            is_chinese(pc.binary_join_element_wise(*(batch.column(name) for name in FIELDS), " ")).sum()
        )
        for entry in pc.value_counts(batch.column("source")).to_pylist():
            self.sources[_name(entry["values"], self.sources)] += entry["counts"]
        lengths = {name: pc.utf8_length(batch.column(name)).to_numpy(zero_copy_only=False) for name in FIELDS}
        tasks = batch.column("task").dictionary_encode()
        codes = pc.fill_null(tasks.indices, 0).to_numpy(zero_copy_only=False)
        rows = np.bincount(codes, minlength=len(tasks.dictionary))
        sums = {name: np.bincount(codes, of, len(tasks.dictionary)) for name, of in lengths.items()}
        for code, task in enumerate(tasks.dictionary.to_pylist()):
            group = self.tasks.setdefault(_name(task, self.tasks), Group())
            group.rows += int(rows[code])
            group.characters.update({name: int(of[code]) for name, of in sums.items()})


def _true(mask: pa.Array) -> int:
    return int(pc.sum(mask).as_py() or 0)


def _name(value: str | None, known: dict[str, Group] | Counter[str]) -> str:
    name = value or ""
    return name if name in known or len(known) < MOST_GROUPS else OTHERS
