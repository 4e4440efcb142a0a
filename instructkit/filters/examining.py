"""What takes part in a filter: rules, the language, toxicity, personal data, classifiers are examiners of a batch."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from instructkit.filters.rule import Mask, Verdict


@dataclass
class Findings:
    """What one examiner found in a batch."""

    verdicts: list[tuple[str, Verdict, str]] = field(default_factory=list)  # a rule, what it found, its threshold
    columns: list[pa.Array] = field(default_factory=list)  # what the examiner adds, one for each of its `fields`
    batch: pa.RecordBatch | None = None  # the batch as it goes on, where texts were changed
    marked: dict[str, Mask] = field(default_factory=dict)  # rows marked or changed, by what was done (pii_masked, ...)
    found: Counter[str] = field(default_factory=Counter)  # things found in the batch, by kind, for the report
    samples: dict[str, list[str]] = field(default_factory=dict)  # a few of each kind, masked

    def cover(self, columns: list[pa.Array]) -> list[pa.Array]:
        """Columns that others add to the batch, with what this examiner hides in it hidden there too."""
        return columns


class Examiner(Protocol):
    """A part of a filter: picklable, called with a batch of examples on a worker.

    The batch is that of the input, whatever other examiners do to it; a row that fails one of ``verdicts`` is dropped.
    """

    @property
    def fields(self) -> tuple[pa.Field, ...]:
        """The columns it adds, named as they should be called."""

    @property
    def holds_gil(self) -> bool:
        """Whether its work is Python: then processes serve it, not threads."""

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
