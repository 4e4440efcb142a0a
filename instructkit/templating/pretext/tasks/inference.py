"""Pairs as in natural language inference: what follows from a sentence, what contradicts it, what is left open."""

import re

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.chinese import has_subject
from instructkit.templating.pretext.language.numbers import other_number
from instructkit.templating.pretext.language.other_meaning import denied, opposite
from instructkit.templating.pretext.language.questions import ONLY_WHEN
from instructkit.templating.pretext.language.same_meaning import Rewritten, same_meaning
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import in_common

LABELS = ("entailment", "neutral", "contradiction")
_LENGTH = (40, 240)  # characters; Chinese half of it
_TRIES = 10
_NEUTRAL_LENGTH = (20, 240)
_SHARED = (0.1, 0.5)  # of the content words, of a sentence that leaves the premise open
_BRACKET = re.compile(r"\s*[(（][^()（）]{3,80}[)）]")
_BEHIND = re.compile(
    r"^([A-Z][^,;:?!()“”\"]{25,150}), (?:which|who|where|including|such as|making|leading|causing) "
    r"[^;:?!()“”\"]{8,150}\.$"
)
_CHINESE_BEHIND = re.compile(r"^([^，。；：？！“”（）]{10,50})，[^。；：？！“”]{4,60}。$")


def inference(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A sentence and another that follows from it, contradicts it, or does neither."""
    label = draws.choose(LABELS)
    make = {"entailment": _entailed, "neutral": _neutral, "contradiction": _contradicted}[label]
    least, most = (size // (1 + passage.is_chinese) for size in _LENGTH)
    fitting = [one for one in passage.sentences if least <= len(one) <= most and passage.is_statement(one)]
    for premise in draws.sample(fitting, _TRIES):
        found = make(premise, passage, draws)
        if found is not None and found.text != premise:
            return Made({"premise": premise, "hypothesis": found.text, "label": label}, 0.8, found.why)
    return None


def _entailed(premise: str, passage: Passage, draws: Draws) -> Rewritten | None:
    """The premise with less in it, or in other words."""
    bare = _BRACKET.sub("", premise)
    if bare != premise and len(bare) >= 20:
        return Rewritten(bare, "what stands in brackets is left out")
    found = _CHINESE_BEHIND.match(premise) if passage.is_chinese else _BEHIND.match(premise)
    if found and not re.match(
        r"^(?:如果|若|假如|虽然|由于|因为|当|除了|在|随着|为了|If|When|While|Although|Because|Since|After)", premise
    ):
        end = "。" if passage.is_chinese else "."
        if not passage.is_chinese or (has_subject(found.group(1)) and not ONLY_WHEN.search(found.group(1))):
            return Rewritten(found.group(1) + end, "what is added behind the comma is left out")
    return same_meaning(premise, passage.is_chinese, draws)


def _contradicted(premise: str, passage: Passage, draws: Draws) -> Rewritten | None:
    for way in draws.shuffled(("deny", "count", "turn")):
        if way == "deny":
            found = denied(premise, passage.is_chinese)
        elif way == "count":
            found = other_number(premise, passage.mentions(premise), draws)
        else:
            found = opposite(premise, passage.is_chinese, draws, said=True)
        if found is not None:
            return found
    return None


def _neutral(premise: str, passage: Passage, draws: Draws) -> Rewritten | None:
    """A sentence from elsewhere in the text about the same thing, which the premise says nothing about."""
    others = [
        one
        for one in passage.sentences
        if one != premise
        and passage.is_statement(one)
        and _NEUTRAL_LENGTH[0] <= len(one) <= _NEUTRAL_LENGTH[1]
        and _SHARED[0] <= in_common(one, premise, passage.is_chinese) <= _SHARED[1]
    ]
    if not others:
        return None
    return Rewritten(draws.choose(others), "another sentence of the text, with some words in common")


INFERENCE = Task(
    "inference",
    "whether one sentence follows from another",
    "nli",
    ("premise", "hypothesis", "label"),
    inference,
    balanced="label",
)
