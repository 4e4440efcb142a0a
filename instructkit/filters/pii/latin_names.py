"""What a name of a person in Latin letters looks like: two words or more, each with a large letter."""

import re

from instructkit.filters.pii.detector import Span
from instructkit.filters.pii.words import words

WORD = r"[^\W\d_a-z][^\W\d_]{0,20}(?:['’-][^\W\d_]{1,20})?"
PARTICLES = "de|van|von|der|den|la|bin|al|da|dos"
NAME = rf"({WORD}(?: (?:{WORD}|[A-Z]\.|{PARTICLES})){{1,3}})(?![^\W_]|-\w|['’][^\W\d_]{{3}})"
TITLE = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? )"
NO_NAMES = frozenset(words("en_no_names"))
_LAST_LATIN = "\u024f"


def name_of(match: re.Match[str], group: int = 1) -> Span | None:
    """The name in a group of a match, if all its words can be a name's."""
    start, end = match.span(group)
    parts = match[group].split(" ")
    while parts and (parts[-1].lower() in NO_NAMES or parts[-1] in PARTICLES.split("|")):
        end -= len(parts.pop()) + 1
    if len(parts) < 2 or any(part.lower().strip(".") in NO_NAMES for part in parts):
        return None
    if any(part[0] > _LAST_LATIN for part in parts) or not (parts[0][0].isupper() and parts[-1][0].isupper()):
        return None
    shouted = sum(part.isupper() and len(part) > 2 for part in parts)
    return (start, end) if shouted in (0, len(parts)) else None
