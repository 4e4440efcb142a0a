"""English words and names, by lists and patterns."""

import functools
import re

from instructkit.templating.pretext.language.mention import Mention, apart
from instructkit.templating.pretext.language.wordlists import pairs, words

WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
LINKS = ("However", "But", "And", "So", "Then", "Therefore", "Thus", "Moreover", "Furthermore", "Also", "Later",
         "Afterwards", "Finally", "Instead", "Nevertheless", "Meanwhile", "Consequently", "Besides", "Additionally",
         "Still", "Yet", "Hence", "Similarly", "Likewise", "For example", "For instance", "In addition", "As a result",
         "After that", "In contrast", "On the other hand", "Next", "Or", "Because of this", "In turn",
         "By then", "Since then", "Soon after",
         "In fact", "Indeed", "Of course", "Now", "Well")  # fmt: skip
PRONOUNS = ("He", "She", "It", "They", "We", "I", "You", "This", "That", "These", "Those", "His", "Her", "Its", "Their",
            "Our", "My", "Your", "Such", "Both", "Another", "Others", "There", "Here", "One", "The latter",
            "The former", "The same", "Some")  # fmt: skip
# "it" and "its" mostly mean what the sentence itself has named
PRONOUN_WORDS = frozenset((
    "he", "she", "they", "him", "her", "them", "his", "hers", "these", "those", "this", "such", "latter", "former",
    "here",
))  # fmt: skip

_MONTH = "(?:" + "|".join(MONTHS) + ")"
_DIGIT = re.compile(r"\d")
_DATE = re.compile(rf"\b(?:\d{{1,2}} {_MONTH} \d{{4}}|{_MONTH} \d{{1,2}}, \d{{4}})\b")
_MONTH_YEAR = re.compile(rf"\b{_MONTH} (?:1[0-9]{{3}}|20[0-9]{{2}})\b")
_YEAR = re.compile(r"(?<![\d,.$£€#/-])\b(?:1[0-9]{3}|20[0-9]{2})\b(?![\d%/]|[,.]\d|s\b|-)")
_NUMBER = re.compile(
    r"(?<![\w,.$£€#/:+-])\d{1,3}(?:,\d{3})+(?![\w%:/-])(?!\.\d)|(?<![\w,.$£€#/:+-])\d{1,3}(?![\w%:/,-])(?!\.\d)"
)
_NUMBERS = ((_DATE, "date"), (_MONTH_YEAR, "month"), (_YEAR, "year"), (_NUMBER, "number"))
_NAME = re.compile(
    r"\b[A-Z][a-zA-Z'’]*[a-z](?:-[A-Z][a-z]+)*"
    r"(?: (?:(?:of|the|de|von|van|der|del|la|da|bin|al) )*[A-Z][a-zA-Z'’]*[a-z.]"
    r"(?:-[A-Z][a-z]+)*| [A-Z]\.)*"
)
_TITLES = frozenset(("Mr", "Mrs", "Ms", "Dr", "Sir", "Lord", "Lady", "President", "King", "Queen", "Professor", "Prof",
                     "Senator", "Captain", "General", "Saint", "Emperor", "Prince", "Princess", "Pope"))  # fmt: skip


def is_content(word: str) -> bool:
    """Whether a word is neither a function word nor one of the shortest."""
    return len(word) > 2 and word.lower() not in words("en_stopwords")


def content_words(text: str) -> list[str]:
    """The words but for function words and the shortest, in order, each once whatever its case."""
    found: dict[str, str] = {}
    for word in WORD.findall(text):
        if is_content(word):
            found.setdefault(word.lower(), word)
    return list(found.values())


def mentions(sentence: str) -> list[Mention]:
    """The names, dates and numbers of a sentence, none inside another, in order."""
    found: list[Mention] = []
    for pattern, kind in _NUMBERS if _DIGIT.search(sentence) else ():
        for one in pattern.finditer(sentence):
            if not any(other.start <= one.start() < other.end for other in found):
                found.append(Mention(one.group(), kind, one.start()))
    if not _telling().isdisjoint(sentence.replace(".", " ").replace(",", " ").split()):
        found += _names(sentence)
    return apart(found)


@functools.cache
def _telling() -> frozenset[str]:
    """Words without one of which no name can be told."""
    places = {word for place in words("en_places") for word in place.split()}
    return frozenset(places | words("en_first_names") | words("en_organisation_words") | _TITLES)


def _names(sentence: str) -> list[Mention]:
    found: list[Mention] = []
    for one in _NAME.finditer(sentence):
        text, start = one.group(), one.start()
        if sentence[:start].endswith(("Mrs. ", "Miss ")):  # who is called by another's name, mostly
            continue
        if start == 0 or sentence[start - 2 : start] in (". ", "! ", "? ", ": "):
            text, start = _without_opening(text, start)
        text = re.sub(r"['’]s$", "", text).removesuffix(".")
        kind = name_kind(text, sentence[:start].rstrip(". ").rpartition(" ")[2] in _TITLES)
        if kind:
            found.append(Mention(text, kind, start))
    return found


def _without_opening(text: str, start: int) -> tuple[str, int]:
    """A name at the start of a sentence without a function word that is capitalised only there."""
    first, space, rest = text.partition(" ")
    while first.lower() in words("en_stopwords") | OPENERS and space:
        start += len(first) + 1
        text = rest
        first, space, rest = text.partition(" ")
    return ("" if first.lower() in words("en_stopwords") | OPENERS else text), start


OPENERS = frozenset(word.lower() for link in (*LINKS, *PRONOUNS) for word in link.split()) | frozenset(
    ("according", "although", "while", "since", "during", "when", "after", "before", "many", "most", "all", "today",
     "traditional", "modern", "early", "late", "new", "old", "several", "various"))  # fmt: skip


@functools.lru_cache(maxsize=4096)
def name_kind(text: str, titled: bool = False) -> str:
    """What a name names: person, place, organisation, or "" where nothing tells; a title before it names a person."""
    listed = text.split()
    if not listed or text in MONTHS:
        return ""
    if text in words("en_places") or text.removeprefix("The ") in words("en_places"):
        return "place"
    if {listed[0], listed[-1]} & words("en_organisation_words"):
        return "organisation" if len(listed) > 1 else ""
    known = listed[0] in words("en_first_names") or listed[0].rstrip(".") in _TITLES
    if len(listed) in (2, 3) and (known or titled):
        return "person" if "of" not in listed and "the" not in listed else ""
    return ""


_LEANS = re.compile(r"[\"“'‘(\s]*(?:" + "|".join(sorted((*PRONOUNS, *LINKS), key=len, reverse=True)) + r")(?![A-Za-z])")


def leans_back(sentence: str) -> bool:
    """Whether a sentence can't be understood without those before it: it opens with a pronoun or a link."""
    return _LEANS.match(sentence) is not None


def points_away(sentence: str) -> bool:
    """Whether a sentence holds a word that points to something outside of it."""
    return not PRONOUN_WORDS.isdisjoint(WORD.findall(sentence.lower()))


_FINITE = frozenset((
    "is", "are", "was", "were", "has", "have", "had", "does", "do", "did", "can", "could", "will", "would", "may",
    "might", "must", "should", "becomes",
))  # fmt: skip
_NO_STATEMENT = re.compile(
    r"(?:is|are|was|were|do|does|did|can|could|will|would|should|have|has|please|click|read|see|visit|call|contact|try|use|"
    r"make|get|find|remember|register|enter|select|choose|updated|sitemap|copyright|otherwise|following|including)\b",
    re.IGNORECASE,
)


_LEANS_INSIDE = re.compile(
    r"\b(?:at that time|similarly|likewise|itself|themselves|aforementioned|above|below|thereby)\b"
)


def states(sentence: str) -> bool:
    """Whether a sentence has a finite verb that lists know, and opens neither as a question nor as an order."""
    if _NO_STATEMENT.match(sentence) or _LEANS_INSIDE.search(sentence):
        return False
    return any(word in _FINITE or word in _verb_forms() or word.endswith("ed") for word in WORD.findall(sentence)[1:])


@functools.cache
def _verb_forms() -> frozenset[str]:
    """The past and the third person of the verbs that are listed."""
    known = pairs("en_verbs_past")
    return frozenset(known) | {f"{base}{end}" for base in known.values() for end in ("s", "es")}


def reads_as_english(text: str) -> bool:
    """Whether a text reads as English: an eighth of its words or more are function words of it."""
    listed = WORD.findall(text[:1000])
    if len(listed) < 5:
        return False
    stop = words("en_stopwords")
    return len([word for word in listed if word.lower() in stop]) * 8 >= len(listed)
