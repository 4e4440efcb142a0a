"""What there is to mix, cell by cell: a cell is the rows of a group that satisfy the same constraints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from instructkit.errors import BadInput
from instructkit.mixing.rates import Group, name_of
from instructkit.mixing.settings import PRETRAINING

Cell = tuple[Group, int]  # a group, and which constraints its rows satisfy: one bit each
PRETRAINING_CELL: Cell = ((PRETRAINING,), -1)


Number = TypeVar("Number", int, float)


def by_group(cells: Mapping[Cell, Number]) -> dict[Group, Number]:
    """The sum over each group's cells, by name."""
    found: dict[Group, Number] = {}
    for (group, _), number in sorted(cells.items()):
        found[group] = found[group] + number if group in found else number
    return found


def inside_groups(cells: Mapping[Cell, Number]) -> dict[Group, dict[Cell, Number]]:
    """The cells of each group."""
    found: dict[Group, dict[Cell, Number]] = {}
    for cell, number in cells.items():
        found.setdefault(cell[0], {})[cell] = number
    return found


@dataclass
class Tally:
    """What there is to mix: the rows, characters and estimated tokens of each cell, and the groups' mean scores."""

    rows: dict[Cell, int] = field(default_factory=dict)
    chars: dict[Cell, int] = field(default_factory=dict)
    tokens: dict[Cell, int] = field(default_factory=dict)
    scores: dict[Group, tuple[float, int]] = field(default_factory=dict)  # their sum, and how many there are

    @property
    def of_groups(self) -> dict[Group, int]:
        """The rows of each group, by name, without the pre-training text."""
        return by_group({cell: rows for cell, rows in self.rows.items() if cell != PRETRAINING_CELL})

    def factors(self) -> dict[Group, float]:
        """Each group's mean score over the mean of all; 1 where a group has none. Raises `BadInput` below 0."""
        total, number = (sum(one[place] for one in self.scores.values()) for place in (0, 1))
        if not number:
            return {}
        # rounded, for the last digits of a sum hang on the batches it was made of
        overall = float(f"{total / number:.12g}")
        means = {group: float(f"{score / count:.12g}") if count else overall
                 for group, (score, count) in self.scores.items()}  # fmt: skip
        worst = min(means, key=lambda group: (means[group], group))
        if means[worst] < 0 or overall <= 0:
            raise BadInput(
                f"the mean score of {name_of(worst)} is {means[worst]:g}: rates are multiplied by scores from 0"
            )
        return {group: mean / overall for group, mean in means.items()}

    def mean(self, cell: Cell, measure: str) -> float:
        """The mean length of a cell's rows: 1 when counted by rows."""
        if measure == "rows":
            return 1.0
        return (self.chars if measure == "chars" else self.tokens).get(cell, 0) / max(self.rows[cell], 1)
