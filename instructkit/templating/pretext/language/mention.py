"""Names, dates and numbers as they stand in a sentence."""

from typing import NamedTuple

KINDS = ("person", "place", "organisation", "year", "date", "month", "number")
NAMES = ("person", "place", "organisation")


class Mention(NamedTuple):
    """A name, date or number: its text, what it is, and where it begins in its sentence."""

    text: str
    kind: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends in its sentence."""
        return self.start + len(self.text)
