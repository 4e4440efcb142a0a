"""Tasks whose answers are labels: all the same, out of balance, or told by the input."""

import re
from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

LABELS = 50  # a task with more different answers is no classification
LABEL_LENGTH = 60  # characters
LEAST_ROWS = 20  # of a task, to say anything of its labels
ROWS_A_LABEL = 5  # on average at least: else answers merely happen to repeat
IMBALANCE = 0.9  # share of the most frequent label
TOLD = 3  # times as often as another label alone must a row's own stand in its input


@dataclass
class Labels:
    """The answers of a task, while they may be labels."""

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    open: bool = False  # too many, or too long, to be labels

    def add(self, outputs: list[str]) -> None:
        """Count answers."""
        self.rows += len(outputs)
        if self.open:
            return
        self.counts.update(outputs)
        if len(self.counts) > LABELS or max(map(len, self.counts)) > LABEL_LENGTH:
            self.open = True
            self.counts.clear()

    @property
    def are_labels(self) -> bool:
        """Whether the task is a classification, as far as its answers tell."""
        return not self.open and self.rows >= max(LEAST_ROWS, ROWS_A_LABEL * len(self.counts))

    def constant(self) -> str | None:
        """What is wrong where all answers are the same."""
        return (
            f"every output is {_shown(next(iter(self.counts)))}" if self.are_labels and len(self.counts) == 1 else None
        )

    def imbalance(self) -> str | None:
        """What is wrong where one answer is nearly all."""
        if not self.are_labels or len(self.counts) < 2:
            return None
        label, rows = self.counts.most_common(1)[0]
        share = rows / self.rows
        return f"{share:.1%} of the outputs are {_shown(label)}" if share >= IMBALANCE else None


def _shown(label: str) -> str:
    return repr(label if len(label) <= 20 else label[:19] + "…")


@dataclass
class Told:
    """How often the input of a classification says the row's own label and no other, and another and not its own."""

    own: int = 0
    other: int = 0
    rows: list[int] = field(default_factory=list)  # the first of the former

    def look(
        self, numbers: list[int], inputs: pa.StringArray, outputs: list[str], patterns: dict[str, re.Pattern[str]]
    ) -> None:
        """Look for labels in the inputs of rows."""
        for row, (text, output) in enumerate(zip(inputs.to_pylist(), outputs, strict=True)):
            found = {label for label, pattern in patterns.items() if pattern.search(text)}
            if found == {output}:
                self.own += 1
                if len(self.rows) < 3:
                    self.rows.append(numbers[row])
            elif found and output not in found:
                self.other += 1

    def leak(self) -> str | None:
        """What is wrong where the input tells the answer."""
        if self.own < LEAST_ROWS // 4 or self.own < TOLD * max(self.other, 1):
            return None
        return f"the input says the row's own label and no other; in {self.other} rows it says another"


def label_patterns(labels: Counter[str]) -> dict[str, re.Pattern[str]]:
    """How each label stands in a text; labels of one letter or digit say nothing."""
    return {
        label: re.compile(rf"(?i)(?<!\w){re.escape(label)}(?!\w)" if label.isascii() else re.escape(label))
        for label in labels
        if len(label) > 1
    }
