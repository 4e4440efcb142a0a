"""What a template may use up: steps of one rendering, sizes of its values. Counted, never timed.

A row that fails so fails on every machine. Each loop turn and each call is a step, and so is every ``CHUNK`` of a value
that an operation reads or makes; no value grows past ``SIZE``, with all that it holds counted as often as it is shown.
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from instructkit.errors import InstructkitError

STEPS = 100_000  # of one rendering; the longest of PromptSource's templates takes a few hundred
SIZE = 16_000_000  # characters of one value, with those of all that it holds
ELEMENTS = 1_000_000  # of one list
CHUNK = 1_000  # characters or elements that Python handles at once for one step
LOOKED_AT = 20  # elements that are looked at one by one for one step
WIDTH = 10_000  # spaces that a filter or format may pad with, bits of a number

# a width of five digits, or one given by a value
_WIDE = re.compile(r"[%)][-+ #0]*(?:\*|[1-9]\d{4,}|\d*\.(?:\*|\d{5,}))")
_WIDE_BRACES = re.compile(r"\{[^{}]*:[^{}]*(?:\d{5,}|\{)")
_DIGITS = re.compile(r"\d{2,}")


class TemplateTooLarge(InstructkitError):
    """A template that would run or grow past the bounds."""


class Budget(threading.local):
    """What one rendering may still do, and its random numbers."""

    steps = STEPS
    key = 0
    drawn = 0

    def begin(self, key: int) -> None:
        """Start a rendering; ``key`` is its row's random number."""
        self.steps, self.key, self.drawn = STEPS, key, 0

    def step(self, number: int = 1) -> None:
        """Take some steps; raises `TemplateTooLarge` where there are none left."""
        self.steps -= number
        if self.steps < 0:
            raise TemplateTooLarge(f"it takes more than {STEPS:,} steps")

    def draw(self, below: int) -> int:
        """A whole number from 0 to ``below`` less 1: the next of this row's."""
        import xxhash

        self.drawn += 1
        return int(xxhash.xxh3_64_intdigest(self.drawn.to_bytes(8, "little"), seed=self.key)) % below


budget = Budget()


def refuse(what: str) -> NoReturn:
    """Raise `TemplateTooLarge`."""
    raise TemplateTooLarge(what)


def check(value: Any) -> Any:
    """Pass a value on if it is small enough, for the steps that its size costs."""
    if isinstance(value, (str, bytes)):
        _check_size(len(value))
        if len(value) > CHUNK:
            budget.step(len(value) // CHUNK)
    elif isinstance(value, (list, tuple, dict)):
        if len(value) > ELEMENTS:
            refuse(f"a list grows past {ELEMENTS:,} elements")
        weight(value)
    elif isinstance(value, int) and value.bit_length() > WIDTH:
        refuse("a number grows too large")
    return value


def _check_size(size: int) -> None:
    if size > SIZE:
        refuse(f"a value grows past {SIZE:,} characters or elements")


def weight(value: Any) -> int:
    """The characters and elements of a value as it would be shown: what it holds twice counts twice."""
    if isinstance(value, (str, bytes)):
        return len(value)
    if not isinstance(value, (list, tuple, dict)):
        return 8
    known: dict[int, int | None] = {}  # None: being weighed
    looked_at = [0]
    total = _weight(value, known, looked_at)
    budget.step((looked_at[0] + 1) // LOOKED_AT + total // CHUNK)
    return total


def _weight(value: Any, known: dict[int, int | None], looked_at: list[int]) -> int:
    if id(value) in known:
        found = known[id(value)]
        return refuse("a value holds itself") if found is None else found
    known[id(value)] = None
    looked_at[0] += len(value)
    if looked_at[0] > LOOKED_AT * max(budget.steps, 0):
        refuse(f"it takes more than {STEPS:,} steps")
    total = 2 + 8 * len(value)
    for item in (*value, *value.values()) if isinstance(value, dict) else value:
        if isinstance(item, (str, bytes)):
            total += len(item)
        elif isinstance(item, (list, tuple, dict)):
            total += _weight(item, known, looked_at)
            _check_size(total)
    _check_size(total)
    known[id(value)] = total
    return total


def number(value: Any) -> float:
    """The size of a number; 0 of what is none."""
    return abs(value) if isinstance(value, (int, float)) else 0


def bits(value: Any) -> int:
    """The bits of a whole number; 1 of what is none."""
    return max(value.bit_length(), 1) if isinstance(value, int) else 1


def check_product(left: Any, right: Any) -> None:
    """Refuse a product that would be too large."""
    for many, times in ((left, right), (right, left)):
        if isinstance(many, (str, bytes, list, tuple)) and isinstance(times, int) and len(many) * times > ELEMENTS:
            _check_size(weight(many) * times)
            if not isinstance(many, (str, bytes)):
                refuse(f"a list grows past {ELEMENTS:,} elements")
    if isinstance(left, int) and isinstance(right, int) and bits(left) + bits(right) > WIDTH:
        refuse("a number grows too large")


def check_power(left: Any, right: Any) -> None:
    """Refuse a power that would be too large."""
    if bits(left) * max(number(right), 1) > WIDTH:
        refuse("a power is too large")


def check_format(text: str, *args: Any, **options: Any) -> None:
    """Refuse a format that pads too far, or shows too much."""
    if _WIDE.search(text) or _WIDE_BRACES.search(text):
        refuse("a format pads too far")
    padded = sum(int(digits) for digits in _DIGITS.findall(text[:SIZE]) if len(digits) < 5)
    shown = text.count("%") + text.count("{")
    most = max(map(weight, (*args, *options.values())), default=0)
    _check_size(len(text) + padded + 2 * shown * most)


def check_pad(text: str, width: Any = 0, *_: Any) -> None:
    """Refuse to pad too far."""
    if number(width) > WIDTH:
        refuse("a text is padded too far")


def check_tabs(text: str, size: Any = 8, *_: Any) -> None:
    """Refuse tabs that are too wide."""
    if number(size) * max(text.count("\t"), 1) > SIZE:
        refuse("a text is padded too far")


def check_replace(text: str, old: Any = " ", new: Any = "", *_: Any) -> None:
    """Refuse a replacement that would be too long."""
    old, new = str(old), str(new)
    if len(text) + (len(text) // max(len(old), 1) + 1) * len(new) > SIZE:
        _check_size(len(text) + text.count(old) * (len(new) - len(old)))


def check_join(text: str, items: Iterable[Any] = (), *_: Any) -> None:
    """Refuse a joined text that would be too long."""
    if isinstance(items, (str, list, tuple, Mapping)):
        _check_size(weight(items) + len(text) * len(items))


def check_translate(text: str, table: Any = None, *_: Any) -> None:
    """Refuse a translation that would be too long."""
    longest = max((len(value) for value in table.values() if isinstance(value, str)), default=1) if table else 1
    budget.step(len(text) // LOOKED_AT)
    _check_size(len(text) * longest)


STRING_CHECKS: dict[str, Callable[..., None]] = {
    "center": check_pad,
    "ljust": check_pad,
    "rjust": check_pad,
    "zfill": check_pad,
    "expandtabs": check_tabs,
    "format": check_format,
    "format_map": check_format,
    "replace": check_replace,
    "join": check_join,
    "translate": check_translate,
}
