"""Lists of words, a text file each; a line that begins with # tells what it holds."""

import functools
from importlib.resources import files


@functools.cache
def words(name: str) -> tuple[str, ...]:
    """The words of a list."""
    text = files(__name__).joinpath(f"{name}.txt").read_text("utf-8")
    return tuple(word for line in text.splitlines() if not line.startswith("#") for word in listed(line))


def listed(text: str) -> tuple[str, ...]:
    """The words of a short list that stands in the code."""
    return tuple(text.split())
