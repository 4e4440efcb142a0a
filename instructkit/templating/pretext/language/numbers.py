"""Numbers and years turned into others of the same size."""

import re

from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.mention import Mention
from instructkit.templating.pretext.language.same_meaning import Rewritten

_YEARS = (1000, 2100)
_LATEST = 2025
_NEAREST_YEAR, _FURTHEST_YEAR = 3, 40
# behind these a number bounds others: what holds of one may hold of the other
_BOUND = re.compile(
    r"(?:\b(?:than|under|over|up to|above|below|least|most|about|around|nearly|almost|some|approximately|since|until|"
    r"by|before|after) "
    "|超过|不到|至少|最多|多达|近|约|达到|以上|以下|不足|自|截至)$"
)
_LARGE = 10_000  # from here on a number is multiplied, not moved


def other_number(sentence: str, mentions: list[Mention], draws: Draws) -> Rewritten | None:
    """A sentence with a year or a number changed."""
    found = [one for one in mentions if one.kind in ("year", "number") and not _BOUND.search(sentence, 0, one.start)]
    if not found:
        return None
    one = draws.choose(found)
    other = near_number(one.text, draws)
    if other is None:
        return None
    return Rewritten(sentence[: one.start] + other + sentence[one.end :], f"{one.text} became {other}")


def near_number(text: str, draws: Draws) -> str | None:
    """Another year or number of the same size, in the same writing and never the same; None of one with a fraction."""
    digits = re.match(r"\d[\d,]*", text)
    if digits is None or text[digits.end() :].startswith("."):
        return None
    value, behind = int(digits.group().replace(",", "")), text[digits.end() :]
    if _YEARS[0] <= value <= _YEARS[1] and "," not in digits.group():
        steps = range(_NEAREST_YEAR, _FURTHEST_YEAR + 1)
        years = [year for step in steps for year in (value - step, value + step) if year <= max(_LATEST, value)]
        return f"{draws.choose(years)}{behind}"
    other = _multiplied(value, draws) if value >= _LARGE else _moved(value, draws)
    return (f"{other:,}" if "," in digits.group() else str(other)) + behind


def _moved(value: int, draws: Draws) -> int:
    """A number off by an eighth to a half, and by one at least."""
    spread = max(value // 2, 4)
    return draws.choose([value + step for step in range(-spread, spread + 1)
                         if step and abs(step) * 8 >= value and value + step > 0])  # fmt: skip


def _multiplied(value: int, draws: Draws) -> int:
    factor = draws.choose(((1, 2), (2, 3), (3, 2), (2, 1), (3, 1), (5, 4)))
    return value * factor[0] // factor[1]
