"""A sentence that is nearly the same and means something else."""

import functools
import itertools
import re

from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.chinese import tagged
from instructkit.templating.pretext.language.english import WORD
from instructkit.templating.pretext.language.mention import Mention
from instructkit.templating.pretext.language.same_meaning import Rewritten, replaced
from instructkit.templating.pretext.language.wordlists import lines, pairs

_SWAPPED = ("person", "place", "organisation", "year", "number")
_LIST = re.compile(r"\s*(?:,|and|or|&|,\s*and|-|–|to|with|、|和|与|及|或|以及|至|到|，)?\s*(?:the )?", re.IGNORECASE)
_LONG_LIST = re.compile(r"(?:\s*[,、]\s*[^,、]{1,30}){0,4}\s*[,、和与]?\s*(?:and )?")


def other_names(sentence: str, mentions: list[Mention], draws: Draws) -> Rewritten | None:
    """A sentence with two of its names of one kind exchanged, unless their order means nothing."""
    known = [one for one in mentions if one.kind in _SWAPPED]
    swaps = [
        (one, other)
        for one, other in itertools.combinations(known, 2)
        if one.kind == other.kind and one.text != other.text and not _listed(sentence, one.end, other.start)
    ]
    if not swaps:
        return None
    one, other = draws.choose(swaps)
    text = sentence[: one.start] + other.text + sentence[one.end : other.start] + one.text + sentence[other.end :]
    doubled = one.text * 2 in text or other.text * 2 in text or one.text in other.text or other.text in one.text
    return None if doubled else Rewritten(text, f"{one.text} and {other.text} are exchanged")


def _listed(sentence: str, start: int, end: int) -> bool:
    """Whether between two names stands only what joins a list, so that their order means nothing."""
    between = sentence[start:end]
    return _LIST.fullmatch(between) is not None or _LONG_LIST.fullmatch(between) is not None


def opposite(sentence: str, is_chinese: bool, draws: Draws, said: bool = False) -> Rewritten | None:
    """A sentence with a word of it replaced by its opposite.

    ``said``: only a word that says something of the subject, a verb or what stands behind "is": that a strong colony
    needs sugar says nothing of a weak one.
    """
    known = _antonyms("zh_antonyms" if is_chinese else "en_antonyms")
    listed = [word for word, _ in tagged(sentence)] if is_chinese else WORD.findall(sentence)
    found = [(word, known[word]) for word in dict.fromkeys(listed) if word in known and listed.count(word) == 1
             and sentence.count(word) == 1 and known[word] not in listed]  # fmt: skip
    if said:
        found = [(word, other) for word, other in found if _is_said(sentence, word, is_chinese)]
    if not found or _NEGATED.search(sentence):
        return None
    one, other = draws.choose(found)
    text = replaced(sentence, one, other, is_chinese)
    return None if text is None else Rewritten(text, f"{one} became {other}")


_BEHIND_BE = re.compile(r"\b(?:is|are|was|were|be|been|become|becomes|became|remain|remains|remained|very|quite|so)\s$")
_BEHIND_VERY = re.compile("(?:很|非常|十分|较|比较|更|更加|最|极其|相当|变得|越来越)$")


def _is_said(sentence: str, word: str, is_chinese: bool) -> bool:
    before = sentence[: sentence.index(word)]
    if is_chinese:
        tag = dict(tagged(sentence))[word]
        behind = sentence[len(before) + len(word) :][:1]
        return (tag.startswith("v") and behind != "的") or (behind in "，。；" and bool(_BEHIND_VERY.search(before)))
    return word in pairs("en_verbs_past") or _BEHIND_BE.search(before) is not None


_NEGATED = re.compile(r"\b(?:not|no|never|nor|neither|without|than|rather|either|or)\b|n['’]t\b|[不没无未非]")


@functools.cache
def _antonyms(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines(name):
        one, other = line.split("\t")[:2]
        found.setdefault(one, other)
        found.setdefault(other, one)
    return found


_VERB = re.compile(
    r"^([^,;:?!()“”\"]{3,60}?) (is|was|are|were|has been|have been|can|could|will|would|must|should) "
    r"(?!not\b|never\b|no\b)([^?!“”\"]{10,200})$"
)
_CHINESE_VERB = re.compile(r"^([^，。；：？！“”（）]{2,20}?)(是|属于|位于|能够)(?![否不非])([^；：？！“”]{4,80})$")


def denied(sentence: str, is_chinese: bool) -> Rewritten | None:
    """A sentence with its verb denied; None where its first verb is none that can be denied in place."""
    if _NEGATED.search(sentence) or _QUANTIFIED.search(sentence):
        return None
    if is_chinese:
        found = _CHINESE_VERB.match(sentence)
        if not found or "的" in found.group(1)[-1:]:
            return None
        subject, verb, rest = found.groups()
        if verb not in [word for word, _ in tagged(sentence)]:
            return None
        new = {"是": "不是", "属于": "不属于", "位于": "并不位于", "能够": "不能够"}[verb]
        return Rewritten(f"{subject}{new}{rest}", f"“{verb}”改成“{new}”")
    found = _VERB.match(sentence)
    if not found or " who " in found.group(1) or " that " in found.group(1) or " which " in found.group(1):
        return None
    subject, verb, rest = found.groups()
    first, _, second = verb.partition(" ")
    new = f"{first} not {second}".strip() if second else ("cannot" if verb == "can" else f"{verb} not")
    return Rewritten(f"{subject} {new} {rest}", f"{verb} became {new}")


_QUANTIFIED = re.compile(
    r"\b(?:some|many|most|all|every|few|several|often|sometimes|usually|also|only|may|might|one of)\b"
    "|一些|有些|许多|大多|往往|有时|也|都|只|可能",
    re.IGNORECASE,
)
