"""Names, dates and numbers as they stand in a sentence."""

from collections.abc import Iterable
from typing import NamedTuple

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


def apart(found: Iterable[Mention]) -> list[Mention]:
    """Mentions in order, without those that begin inside another; of two that begin together, the longer."""
    kept: list[Mention] = []
    for one in sorted(found, key=lambda mention: (mention.start, -len(mention.text))):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
