"""Reading what a model writes: numbered lists, blocks that begin with a key, JSON, numbers; counting its words."""

import json
import re
from typing import Any

HAN_PER_WORD = 1.6  # characters of a Chinese word, on average
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_ITEM = re.compile(r"^[ \t>*#_-]*(\d{1,3})[ \t]*[.)、．:：)）][ \t]*", re.MULTILINE)
BRACES = 50  # places in an answer where a JSON object may begin
_EDGES = " \t\r\n*_`"


def numbered(text: str) -> list[str]:
    """The items of a numbered list, each without its number; lines after one belong to it."""
    items = (block.split("\n\n")[0].strip(_EDGES) for _, block in _blocks(_ITEM, text))
    return [item for item in items if item]


def keyed(text: str, keys: dict[str, str]) -> list[tuple[str, str]]:
    """The blocks of a text by the key each begins with, in order: (name, what stands after it).

    ``keys`` gives a pattern for each name. A key stands at the start of a line, perhaps in bold or after a list's mark,
    before a colon. What stands before the first key is left out.
    """
    names = "|".join(f"(?P<{name}>{pattern})" for name, pattern in keys.items())
    key = re.compile(rf"^[ \t>*#_\d.-]*(?:{names})[ \t*_]*[:：][ \t*_]*", re.MULTILINE | re.IGNORECASE)
    return [(str(found.lastgroup), block.strip()) for found, block in _blocks(key, text)]


def _blocks(heading: re.Pattern[str], text: str) -> list[tuple[re.Match[str], str]]:
    """Each heading with the text up to the next."""
    found = list(heading.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return [(one, text[one.end() : end]) for one, end in zip(found, ends, strict=False)]


def json_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text, whatever stands around it; None where there is none at its first braces."""
    decoder = json.JSONDecoder(strict=False)
    place = text.find("{")
    for _ in range(BRACES):
        if place < 0:
            return None
        try:
            found, _ = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place = text.find("{", place + 1)
            continue
        return found if isinstance(found, dict) else None
    return None


def number_after(text: str, name: str) -> str | None:
    """The number that is said of a name: ``clarity: 4``, ``**Score** (1-5) = 3``."""
    marks = r"[ \t*_\"']{0,6}"
    scale = r"(?:[(（][^()（）\n]{0,20}[)）])?"
    found = re.search(rf"{name}{marks}{scale}{marks}[:：=–-]{marks}(\d+(?:\.\d+)?)", text, re.IGNORECASE)
    return found[1] if found else None


def words(text: str) -> list[str]:
    """The words of a text; a Han character is one by itself."""
    return _WORD.findall(_HAN.sub(r" \g<0> ", text))


def word_count(text: str) -> float:
    """How many words a text has; a Han character is 1/1.6 of one."""
    return len(_WORD.findall(_HAN.sub(" ", text))) + len(_HAN.findall(text)) / HAN_PER_WORD
