"""A sentence in other words, by rules that keep its meaning."""

import functools
import re
from typing import NamedTuple

from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.chinese import tagged
from instructkit.templating.pretext.language.english import MONTHS, WORD
from instructkit.templating.pretext.language.wordlists import lines, words

MOST_CHANGES = 3


class Rewritten(NamedTuple):
    """A sentence, and what was done to it."""

    text: str
    why: str


class _Change(NamedTuple):
    """A part of a sentence, what stands in its place, and why this means the same."""

    old: str
    new: str
    why: str


_NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_CONTRACTIONS = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"), ("are not", "aren't"),
    ("was not", "wasn't"), ("were not", "weren't"), ("cannot", "can't"), ("could not", "couldn't"),
    ("would not", "wouldn't"), ("will not", "won't"), ("has not", "hasn't"), ("have not", "haven't"),
    ("had not", "hadn't"), ("should not", "shouldn't"), ("I am", "I'm"), ("they are", "they're"),
    ("we are", "we're"), ("you are", "you're"), ("I have", "I've"), ("we have", "we've"),
)  # fmt: skip
_COUNTED = re.compile(rf" ({'|'.join(_NUMBERS)}) (?=[a-z]+s\b)")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}}), (\d{{4}})\b")
_WHEN_FIRST = re.compile(
    r"^((?:In|On|During|After|Before|Since|By|At) (?:the )?[^,;:()]{3,40}), "
    r"((?:the|a|an|[A-Z])[^,;:?!()“”\"]{20,160})\.$"
)
_WHEN_LAST = re.compile(
    r"^((?:The|A|An|[A-Z][a-z]+)[^;:?!(),“”\"]{20,140}) ((?:in|during|since) (?:\w+ )?(?:1[0-9]{3}|20[0-9]{2}))\.$"
)
_CLAUSE_LAST = re.compile(
    r"^([A-Z][^,;:?!()“”\"]{15,120}) (because|although|when|while|after|before|if) "
    r"((?:the|a|an|[A-Z])[^,;:?!()“”\"]{15,120})\.$"
)
_BOUND = re.compile(r"\b(?:right|just|even|only|long|shortly|soon|immediately|years?|months?|weeks?|days?|as|so)$")
_CHINESE_BECAUSE = re.compile(r"^因为([^，。；]{4,40})，所以([^，。；]{4,40})。$")
_CHINESE_ALTHOUGH = re.compile(r"^虽然([^，。；]{4,40})，但是?([^，。；]{4,40})。$")
_CHINESE_WHEN = re.compile(
    r"^((?:1[0-9]{3}|20[0-9]{2})年(?:\d{1,2}月)?(?:\d{1,2}日)?)，([\u4e00-\u9fff·]{2,8})(?=[被由与和向从加出成获担开前进入])"
)


def same_meaning(sentence: str, is_chinese: bool, draws: Draws) -> Rewritten | None:
    """A sentence in other words, by up to three changes that keep its meaning; None where too little can be changed."""
    text, done = sentence, []
    for change in draws.shuffled(_chinese(sentence) if is_chinese else _english(sentence)):
        new = replaced(text, change.old, change.new, is_chinese)
        if new is not None:
            text = new
            done.append(change.why)
        if len(done) == MOST_CHANGES:
            break
    return Rewritten(text, "; ".join(done)) if done and _differ(sentence, text) else None


def _differ(one: str, other: str) -> bool:
    """Whether more than a letter or two has changed."""
    return abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other, strict=False)) > 3


def replaced(text: str, old: str, new: str, is_chinese: bool) -> str | None:
    """A text with the first whole-word place of a part replaced; None where there is none, or "a" would want "an"."""
    at = text.find(old)
    while at >= 0:
        end = at + len(old)
        whole = is_chinese or not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum() or "-" in (
            text[at - 1 : at], text[end : end + 1]))  # fmt: skip
        article = text[:at].endswith((" a ", " an ", "A ", "An ")) and (new[:1] in "aeiou") != (old[:1] in "aeiou")
        if whole and not article:
            return text[:at] + new + text[end:]
        at = text.find(old, end)
    return None


def _english(sentence: str) -> list[_Change]:
    found: list[_Change] = []
    if "'" in sentence or " not " in sentence or " have " in sentence or " a" in sentence:
        for long, short in _CONTRACTIONS:
            found += [_Change(one, other, f"{one} is {other}") for one, other in ((long, short), (short, long))
                      if f"{one} " in sentence and f"{one} been" not in sentence]  # fmt: skip
    for counted in _COUNTED.finditer(sentence):
        word = counted.group(1)
        found.append(_Change(word, str(_NUMBERS.index(word) + 3), f"{word} is {_NUMBERS.index(word) + 3}"))
    for date in _DAY_FIRST.finditer(sentence):
        day, month, year = date.groups()
        found.append(_Change(date.group(), f"{month} {day}, {year}", "the date is written month first"))
    for date in _MONTH_FIRST.finditer(sentence):
        month, day, year = date.groups()
        found.append(_Change(date.group(), f"{day} {month} {year}", "the date is written day first"))
    known = _synonyms("en_synonyms")
    listed = WORD.findall(sentence)
    for place in [place for place, word in enumerate(listed) if word in _first_words()]:
        for size in (1, 2, 3):
            phrase = " ".join(listed[place : place + size])
            found += [_Change(phrase, other, f"{phrase} is {other}") for other in known.get(phrase, ())]
    return [*found, *_moved(sentence)]


def _moved(sentence: str) -> list[_Change]:
    """A clause or an adverbial that changes its place."""
    if found := _WHEN_FIRST.match(sentence):
        when, rest = found.groups()
        moved = f"{_upper(rest)} {when[0].lower()}{when[1:]}."
        return [_Change(sentence, moved, "the adverbial goes to the end")]
    if found := _WHEN_LAST.match(sentence):
        rest, when = found.groups()
        return [_Change(sentence, f"{_upper(when)}, {_lower(rest)}.", "the adverbial goes to the front")]
    if (found := _CLAUSE_LAST.match(sentence)) and not _BOUND.search(found.group(1)):
        main, link, other = found.groups()
        moved = f"{link.capitalize()} {other}, {_lower(main)}."
        return [_Change(sentence, moved, f"the clause with {link} goes first")]
    return []


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _lower(text: str) -> str:
    """A clause as it goes on behind a comma: only a name keeps its capital."""
    first = text.split(maxsplit=1)[0]
    return text[0].lower() + text[1:] if first != "I" and first.lower() in words("en_stopwords") else text


def _chinese(sentence: str) -> list[_Change]:
    found: list[_Change] = []
    for pattern, moved, why in ((_CHINESE_BECAUSE, r"之所以\2，是因为\1。", "原因放到后面"),
                                (_CHINESE_ALTHOUGH, r"\2，尽管\1。", "让步放到后面"),
                                (_CHINESE_WHEN, r"\2于\1", "时间放到主语后面")):  # fmt: skip
        one = pattern.match(sentence)
        if one and not (pattern is _CHINESE_WHEN and re.search("[于在]", sentence[:30])):
            found.append(_Change(one.group(), one.expand(moved), why))
    known = _synonyms("zh_synonyms")
    for word in {word for word, _ in tagged(sentence)} & known.keys():
        found += [_Change(word, other, f"“{word}”换成“{other}”") for other in known[word] if other not in sentence]
    return sorted(found)  # a set has no order of its own


@functools.cache
def _first_words() -> frozenset[str]:
    return frozenset(phrase.partition(" ")[0] for phrase in _synonyms("en_synonyms"))


@functools.cache
def _synonyms(name: str) -> dict[str, list[str]]:
    """What each word may be replaced by: both ways between the columns of a line, one way by ``a>b``."""
    found: dict[str, list[str]] = {}
    for line in lines(name):
        if ">" in line:
            one, _, other = line.partition(">")
            found.setdefault(one.strip(), []).append(other.strip())
        else:
            group = line.split("\t")
            for one in group:
                found.setdefault(one, []).extend(other for other in group if other != one)
    return found
