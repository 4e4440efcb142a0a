"""Sentences of a paragraph in random order, to be put in order: only where they lean on each other."""

import re

from instructkit.templating.pretext.document import Passage, length
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import content, stem

_WORDS = (5, 50)


def sentence_order(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """Three or four numbered sentences, and their numbers in the right order."""
    runs = [
        paragraph[start : start + size]
        for paragraph in passage.paragraphs
        for size in (3, 4)
        for start in range(len(paragraph) - size + 1)
        if _is_ordered(paragraph[start : start + size], passage)
    ]
    if not runs:
        return None
    run = draws.choose(runs)
    order = draws.shuffled(range(len(run)))
    if order == sorted(order):
        order = order[1:] + order[:1]
    listed = "\n".join(f"{place}. {run[one]}" for place, one in enumerate(order, 1))
    numbers = (", " if not passage.is_chinese else "、").join(str(order.index(one) + 1) for one in range(len(run)))
    why = f"{len(run) - 1} of {len(run)} sentences open with a pronoun or a link to those before"
    return Made({"sentences": listed, "order": numbers}, 0.8, why)


# openings that two sentences may share, and then change places
_WEAK = (
    "He ", "She ", "His ", "Her ", "I ", "We ", "You ", "It ", "Its ", "They ", "Their ", "This is", "These ", "This ",
    "Also", "In addition", "Moreover", "Furthermore", "Additionally", "Besides", "Another", "Others", "Some ",
    "There ", "Both ", "One ", "他", "她", "我", "你", "其", "该", "本", "它", "此", "这是", "这次", "这一", "而", "另",
    "同时", "也", "例如", "比如", "并",
)  # fmt: skip
_NO_OPENING = (
    "I ", "We ", "You ", "And ", "The same year", "In fact", "Now", "我", "你", "您", "同年", "本剧", "本作", "本片",
)  # fmt: skip
_ILLUSTRATES = ("For example", "For instance", "例如", "比如")
_NO_LINK = re.compile(r"It (?:is|was) (?:[a-z]+ly )?[a-z]+ (?:to|that)\b|This is (?:our|my|the)\b")


def _is_ordered(run: list[str], passage: Passage) -> bool:
    """Whether their order can be told: each leans on the one before, and no two may change places."""
    if not all(map(passage.leans_back, run[1:])) or not passage.is_statement(run[0]) or any(map(_NO_LINK.match, run)):
        return False
    if not all(_WORDS[0] <= length(one) <= _WORDS[1] for one in run) or len(set(run)) < len(run):
        return False
    if any(one.startswith(_NO_OPENING) for one in run) or any(one.startswith(_ILLUSTRATES) for one in run[2:]):
        return False
    return sum(one.startswith(_WEAK) for one in run[1:]) <= 1 and all(
        _follows(run[place], run[place - 1], run[: place - 1], passage.is_chinese) for place in range(2, len(run))
    )


def _follows(sentence: str, before: str, earlier: list[str], is_chinese: bool) -> bool:
    """Whether a sentence takes up a word that only the one before it brought in."""
    new = content(before, is_chinese) - content(" ".join(earlier), is_chinese)
    said = sentence.lower()
    return any(stem(word) in said for word in new)


SENTENCE_ORDER = Task(
    "sentence-order",
    "the right order of a paragraph's sentences",
    "sentence-ordering",
    ("sentences", "order"),
    sentence_order,
)
