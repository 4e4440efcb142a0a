"""Jigsaw's six categories, as far as words and the model tell them; see MODEL_CARD.md for how sure each is."""

import functools
import re
from pathlib import Path

import yaml

CATEGORIES = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
SEVERE = 0.9  # the score from which two kinds of abuse together are severe: ours, no set at hand labels it
_HARM = ("obscene", "threat", "insult", "identity_hate")


@functools.cache
def _patterns() -> dict[str, dict[str, re.Pattern[str]]]:
    text = Path(__file__).with_name("lexicon.yaml").read_text(encoding="utf-8")
    words: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    english = {
        kind: re.compile(rf"(?<![\w*])(?:{'|'.join(map(_hideable, known))})(?![\w*])")
        for kind, known in words["english"].items()
    }
    chinese = {kind: re.compile("|".join(map(_apart, known))) for kind, known in words["chinese"].items()}
    return {"en": english, "zh": chinese}


def _hideable(pattern: str) -> str:
    """A word whose vowels, but for the first letter, may be hidden by a star."""
    if not re.match(r"[a-z]+", pattern) or " " in pattern or "(" in pattern:
        return pattern
    return pattern[0] + re.sub(r"(?<!\\)([aeiou])", r"[\1*]", pattern[1:])


def _apart(word: str) -> str:
    """A word whose Latin letters at its edges stand in no longer word."""
    before = "(?<![a-z])" if word[0].isascii() else ""
    return before + re.escape(word) + ("(?![a-z])" if word[-1].isascii() else "")


@functools.cache
def _harmful() -> re.Pattern[str]:
    text = Path(__file__).with_name("lexicon.yaml").read_text(encoding="utf-8")
    lists = yaml.safe_load(text)["chinese"]
    words = {word for kind in _HARM for word in lists[kind] if len(word) > 1}  # one character is part of many words
    return re.compile("|".join(map(_apart, sorted(words, key=lambda word: (-len(word), word)))))


def harmful_words(folded: str) -> list[tuple[int, int]]:
    """Where the lexicon's Chinese words stand in folded text, the longest where some overlap: begins and ends."""
    return [found.span() for found in _harmful().finditer(folded)]


def categories(folded: str, language: str, score: float) -> list[str]:
    """The categories of a flagged stretch of folded text.

    It is ``toxic`` in any case. A group that is named counts as hate where the Chinese model flags it, since its labels
    are about that; in English it takes a slur, or abuse and a group in one stretch.
    """
    patterns = _patterns()[language]
    found = {kind: patterns[kind].search(folded) is not None for kind in _HARM}
    group = patterns["groups"].search(folded) is not None
    hate = found["identity_hate"] or (group and (language == "zh" or found["insult"] or found["threat"]))
    given = [kind for kind in _HARM if (hate if kind == "identity_hate" else found[kind])]
    severe = score >= SEVERE and len(set(given) & {"obscene", "threat", "identity_hate"}) > 1
    return ["toxic", *(["severe_toxic"] if severe else []), *given]
