"""Names of persons in Latin letters where less than a field says so: "I'm Jane Miller from Acme", "Mr. Robert Hale".

Much else is capitalized behind such words, so the text must go on as it does behind a name, and names that everybody
knows and words of firms, trades and feelings are left alone.
"""

import re

from instructkit.filters.pii.detector import Detector, Span
from instructkit.filters.pii.latin_names import NAME, NO_NAMES, TITLE, WORD, name_of
from instructkit.filters.pii.words import listed, words

_KNOWN = frozenset(name.replace("_", " ") for name in words("en_known"))
_OTHER = frozenset(words("en_other_words"))
# other words that are family names too
_FAMILY = frozenset(words("en_family_names")) | frozenset(
    listed("black gold good grand green head king little long love moon park pope small strong white young")
)
_PARTS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_TITLES = r"(?:M(?:r|rs|s|x|iss)|Dr|Prof)\.? "
_ROLES = (
    r"[Pp]atient|[Tt]enant|colleague|landlord|landlady|neighbou?r|applicant|employee|homeowner|"
    r"[Mm]y (?:[a-z]{2,10} )?(?:friend|husband|wife|partner|son|daughter|brother|sister|mother|father|mom|mum|dad|"
    r"uncle|aunt|cousin|boss|manager|supervisor|coworker|co-worker|roommate|flatmate|boyfriend|girlfriend|lawyer|"
    r"accountant|doctor|client)"
)
_HERE = r"(?:from|at|and|here|calling|speaking|with|your|writing|reaching|contacting|again)\b"
_LARGE = r"[A-ZÀ-ɏ]"


def _likely(match: re.Match[str]) -> Span | None:
    """A name that no fame or trade explains."""
    span = name_of(match, match.lastindex or 1)
    if span is None:
        return None
    parts = [part.lower() for part in _PARTS.findall(match.string[span[0] : span[1]])]
    if len(parts) < 2 or len(parts[-1]) < 2 or parts[0].endswith(("'s", "’s")):  # "Lil B", "Danny's Yankee Swap"
        return None
    if parts[0] in _OTHER or any(part in _OTHER and part not in _FAMILY for part in parts[1:]):
        return None
    return None if {" ".join(parts), f"{parts[0]} {parts[-1]}"} & _KNOWN else span


def _addressed(match: re.Match[str]) -> Span | None:
    """Who a letter is to: a name, or with the title one word of it, which alone would be too many persons'."""
    word = match[2]
    if word is None:
        return name_of(match, 3)
    plain = word.lower()
    taken = plain in NO_NAMES or (plain in _OTHER and plain not in _FAMILY) or word[1:].isupper()
    return None if taken else match.span(1)


# behind some words nearly any text may be a name's end, behind others few
_SELF_SAID = (
    rf"I(?<![\w'’-]I)(?:'m|’m| am) {TITLE}?{NAME}(?=\s?[,.!;:()\n–—]|\x00|\Z| {_HERE})"
    rf"|(?:his is|t's|t’s|t is) {TITLE}?{NAME}(?= (?:from|calling|speaking|here)\b)"
    rf"|(?:Hi|Hello|Hey)[,!.]? {NAME}(?= here\b)"
    rf"|I, (?<!\wI, ){NAME}(?=,? (?:hereby|of|being|residing|the undersigned|certify|declare|authori[sz]e)\b)"
)
_SELF_QUICK = rf"(?:I'm|I’m|I am|I,|his is|t's|t’s|t is) {_LARGE}|(?:Hi|Hello|Hey)[,!.]? {_LARGE}"

INTRODUCTIONS = (
    Detector("PERSON", _SELF_QUICK, re.compile(_SELF_SAID), _likely),
    Detector(  # the title says that it is a person, two words that it is one person
        "PERSON",
        rf"{_TITLES}{_LARGE}",
        re.compile(rf"(?:M(?<![\w&]M)(?:r|rs|s|x|iss)|D(?<!\wD)r|P(?<!\wP)rof)\.? {NAME}"),
        _likely,
    ),
    Detector(
        "PERSON",
        r"ear (?:Mr|Ms|Mx|Mi|Dr|Pr)",
        re.compile(rf"ear ((?:{_TITLES}|Professor )(?:({WORD})|{NAME}))(?=[,:，：\n]|\x00|\Z)"),
        _addressed,
    ),
    Detector(
        "PERSON",
        rf"(?:{_ROLES}),? (?:named |called |is )?{_LARGE}",
        re.compile(rf"(?<![\w-])(?:{_ROLES}),? (?:named |called |is )?(?:{TITLE}|Mx )?{NAME}"),
        _likely,
    ),
    Detector(  # as mail heads and commits have it: Jane Miller <jane@acme.com>
        "PERSON",
        r" <[A-Za-z0-9._%+-]+@",
        re.compile(rf"{NAME}\"?(?= <(?!no-?reply|support|info|bot|notifications)[A-Za-z0-9._%+-]{{1,64}}@)"),
        _likely,
    ),
)
# what the first quick test must let through
INTRODUCED = (
    rf"{_SELF_QUICK}|{_TITLES}{_LARGE}|ear (?:Dr|Prof)| <[A-Za-z0-9._%+-]+@|"
    rf"(?:{_ROLES}),? (?:named |called |is )?{_LARGE}"
)
