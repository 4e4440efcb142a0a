"""The word lists beside this package, read once."""

import functools
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "words"


@functools.cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of a list but for comments."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@functools.cache
def words(name: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(lines(name))


@functools.cache
def pairs(name: str) -> dict[str, str]:
    """The lines of two columns, the first to the second."""
    return dict(line.split("\t")[:2] for line in lines(name))


@functools.cache
def valences(name: str) -> dict[str, float]:
    """Words and their numbers."""
    return {word: float(value) for word, value in pairs(name).items()}
