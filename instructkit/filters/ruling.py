"""The rules of a run as one examiner."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from instructkit.filters import rules  # noqa: F401 - enters the rules in the table, on a worker too
from instructkit.filters.examining import Findings
from instructkit.filters.rule import RULES, Columns


@dataclass(frozen=True)
class RuleExaminer:
    """Judges a batch by each rule, with the threshold given for it."""

    thresholds: dict[str, Any]
    fields: tuple[pa.Field, ...] = ()
    holds_gil: bool = False  # Arrow's kernels and compiled loops do not

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
        columns = Columns(batch)
        return Findings(
            [
                (name, RULES[name](columns, threshold), "" if threshold is None else str(threshold))
                for name, threshold in self.thresholds.items()
            ]
        )
