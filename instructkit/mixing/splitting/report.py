"""What a split has come to, and what was shown of it."""

from dataclasses import dataclass, field
from typing import Any

HELD_OUT = "held-out"  # begins the name of a border
NAMED = 3  # ids that a sentence tells


@dataclass
class Border:
    """What must not stand on two sides, and how much of it does."""

    what: str  # a column, cluster, held-out COLUMN, or near-duplicates
    looked_at: int  # values, or rows
    shared: int  # how many stand on two sides
    rows: int  # of validation and test, that are concerned
    threshold: float | None = None  # of near-duplicates
    search: str = ""  # how these are sought: exhaustive (all are found) or lsh
    ids: list[str] = field(default_factory=list)  # of the first of those rows

    def sentence(self) -> str:
        """What was shown, or the leak that was found, for a person."""
        return f"leak: {self.leak()}" if self.shared else f"proved: {self._claim()}"

    def _claim(self) -> str:
        if self.threshold is not None:
            how = "all pairs" if self.search == "exhaustive" else "by MinHash"
            return f"no near-duplicates at {self.threshold:g} on two sides ({self.looked_at:,} rows, {how})"
        if self.what.startswith(HELD_OUT):
            return f"no row of a {self.what} outside test ({self.looked_at:,} rows)"
        return f"no {self.what} on two sides ({self.looked_at:,} values)"

    def leak(self) -> str:
        """What stands on two sides."""
        ids = ", ".join(self.ids[:NAMED]) + (", ..." if self.rows > NAMED else "")
        if self.threshold is not None:
            return f"{self.rows:,} rows of validation and test nearly repeat one on another side ({ids})"
        if self.what.startswith(HELD_OUT):
            return f"{self.rows:,} rows of a {self.what} are outside test ({ids})"
        many = f"{self.shared:,} of {self.looked_at:,} values of {self.what} stand on two sides"
        return f"{many}, {self.rows:,} rows of validation and test are concerned ({ids})"

    def to_json(self) -> dict[str, Any]:
        """As ``--summary`` says it."""
        entry: dict[str, Any] = {"what": self.what, "looked_at": self.looked_at, "on_two_sides": self.shared,
                                 "rows": self.rows}  # fmt: skip
        if self.threshold is not None:
            entry |= {"threshold": self.threshold, "search": self.search}
        return entry | ({"ids": self.ids} if self.ids else {})


@dataclass
class SplitReport:
    """Filled while the rows pass; complete when they have."""

    sides: dict[str, int] = field(default_factory=dict)  # rows that went out
    tasks: dict[str, dict[str, int]] = field(default_factory=dict)  # by task and side
    units: int = 0
    largest_unit: int = 0  # rows
    borders: list[Border] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def leaks(self) -> list[Border]:
        """What stands on two sides."""
        return [border for border in self.borders if border.shared]

    def to_json(self) -> dict[str, Any]:
        """As ``--summary`` says it."""
        return {
            "sides": self.sides,
            "tasks": self.tasks,
            "units": self.units,
            "largest_unit": self.largest_unit,
            "proof": [border.to_json() for border in self.borders],
            "notes": self.notes,
        }
