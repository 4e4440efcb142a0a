"""A plan as it is told: a line for each group, notes and warnings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from instructkit.mixing.rates import Group, first_of, name_of
from instructkit.mixing.tally import Cell, Tally, by_group

MANY_EPOCHS = 4  # from more on, repeating is worth ever less than new text (Muennighoff et al. 2023, section 5)
MOST = 0.5  # of a mixture, before one group is all it teaches


@dataclass(frozen=True)
class Share:
    """One group's line in the plan."""

    group: str
    rows: int
    natural: float  # of all rows, in [0, 1]
    rate: float  # of the mixture it should be, in [0, 1]
    taken: int
    tokens: int  # of what is taken, estimated from the mean of its rows; 0 where they were not counted

    @property
    def epochs(self) -> float:
        """How often the group's rows are seen."""
        return self.taken / self.rows if self.rows else 0.0

    def to_json(self) -> dict[str, float | int | str]:
        """The line as plain JSON values."""
        line: dict[str, float | int | str] = {
            "group": self.group, "rows": self.rows, "natural": self.natural, "rate": self.rate, "taken": self.taken,
            "epochs": self.epochs,
        }  # fmt: skip
        return line | {"tokens": self.tokens} if self.tokens else line


@dataclass(frozen=True)
class MixPlan:
    """What a mixture will take of each group, and what could not be as asked."""

    shares: tuple[Share, ...]
    notes: tuple[str, ...] = ()
    cells: Mapping[Cell, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """Rows in all."""
        return sum(share.taken for share in self.shares)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return {"mixture": [share.to_json() for share in self.shares], "rows": self.taken, "notes": list(self.notes)}


def lines_of(tally: Tally, cells: Mapping[Cell, int], rates: Mapping[Group, float]) -> tuple[Share, ...]:
    """A line for each group, by name."""
    taken, rows = by_group(cells), by_group(tally.rows)
    everything = sum(rows.values())
    tokens = {cell: round(tally.mean(cell, "tokens") * count) for cell, count in cells.items()}
    held = by_group(tokens)
    return tuple(
        Share(name_of(group), rows[group], rows[group] / everything if everything else 0.0, rates[group],
              taken[group], held[group])
        for group in rows
    )  # fmt: skip


def warnings_of(shares: tuple[Share, ...]) -> list[str]:
    """What a mixture should not be: a group many times over, or most of it."""
    total = sum(share.taken for share in shares)
    found = [
        f"warning: {share.group or '(none)'} is taken {share.epochs:.1f} times; past {MANY_EPOCHS} that teaches little"
        for share in shares
        if share.epochs > MANY_EPOCHS
    ]
    found = first_of(found, f"groups are taken more than {MANY_EPOCHS} times")
    if len(shares) > 1:
        found += [f"warning: {share.group or '(none)'} is {share.taken / total:.0%} of the mixture"
                  for share in shares if total and share.taken > MOST * total]  # fmt: skip
    return found
