"""What a detector is: a quick test of whole columns, a pattern, and a reading of what it matched."""

import re
from collections.abc import Callable
from dataclasses import dataclass

END = "\0"  # stands between texts that are searched as one; no pattern may pass it

_GLUE = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.+")

Span = tuple[int, int]
Reading = Callable[[re.Match[str]], Span | None]


@dataclass(frozen=True)
class Detector:
    """One look of one type of personal datum.

    ``quick`` is for RE2: a text in which it finds nothing holds none. ``pattern`` is Python's; it begins with a
    literal or a set of characters, which `re` finds fast, and bounds its repeats, so that no text takes long.
    ``read`` gives the place of the datum, or None where what was matched is not believed.
    """

    type: str
    quick: str
    pattern: re.Pattern[str]
    read: Reading


@dataclass(frozen=True)
class Family:
    """Detectors that share a first quick test."""

    quick: str
    detectors: tuple[Detector, ...]


def whole(match: re.Match[str]) -> Span:
    """All that was matched, or its one group."""
    return match.span(match.lastindex or 0)


def checked(check: Callable[[str], bool]) -> Reading:
    """All that was matched, or its one group, where the check holds of it."""

    def read(match: re.Match[str]) -> Span | None:
        group = match.lastindex or 0
        return match.span(group) if check(match[group]) else None

    return read


def before(match: re.Match[str], length: int = 40) -> str:
    """The text in front of a match, of the same row."""
    start = match.start()
    return match.string[max(start - length, 0) : start].rpartition(END)[2]


def after(match: re.Match[str], length: int = 16) -> str:
    """The text behind a match, of the same row."""
    end = match.end()
    return match.string[end : end + length].partition(END)[0]


def reach_left(match: re.Match[str], prefix: re.Pattern[str], length: int = 8) -> int | None:
    """Where a datum begins whose ``prefix`` (a pattern that ends in ``\\Z``) stands in front of what was matched.

    None where a letter, a digit or a sign that belongs to a larger number touches it.
    """
    start = match.start()
    window = match.string[max(start - length, 0) : start]
    found = prefix.search(window)
    place = found.start() if found else len(window)
    if place and window[place - 1] in _GLUE:
        return None
    return start - len(window) + place
