"""Names of persons in Latin letters, where somebody introduces himself, signs, or a field is for a name.

A name alone is never enough: Mr. Smith of a maths problem is nobody's datum. Nor is a single word: there are too many
Johns for it to tell one. Only who is greeted with a title may have but one, with the title: Dear Ms. Alvarez.
"""

import re

from instructkit.filters.pii.chinese_persons import (
    CHINESE_CUES,
    CHINESE_INTRODUCED,
    CHINESE_INTRODUCTIONS,
    CHINESE_PERSON,
)
from instructkit.filters.pii.detector import Detector, Family, Span, after, before
from instructkit.filters.pii.introductions import INTRODUCED, INTRODUCTIONS
from instructkit.filters.pii.latin_names import NAME, TITLE, name_of

_LINE_END = r"(?=[ \t]*(?:[\n,;|()<\"'\\.]|\x00|\Z))"
_FIELDS = (
    r"(?:[Ff]ull |[Cc]ustomer |[Cc]lient |[Pp]atient |[Ee]mployee |[Ss]tudent |[Cc]ontact |[Aa]ccount |[Ee]mergency |"
    r"[Rr]ecipient )?[Nn]ame|NAME|"
    r"(?:[Aa]ccount |[Cc]ard |[Pp]olicy )?[Hh]older|[Rr]ecipient|[Bb]eneficiary|"
    r"(?:[Ee]mergency )?[Cc]ontact(?: [Pp]erson)?|[Aa]ttn\.?|[Aa]ttention|[Pp]atient|"
    r"[Ee]mployee|[Cc]ustomer|"
    r"[Cc]lient|[Aa]pplicant|[Tt]enant|[Ss]igned(?: by)?|[Ss]ender|[Pp]ayee|[Ii]nsured|[Gg]uest|[Pp]assenger|"
    r"[Bb]orrower|"
    r"[Cc]ardholder"
)
# the field is all the line says in front of the colon, so that "Game Name:" is none
_FIELD = re.compile(rf"(?:\A|[\n,;.|(>\"'*#-]|\\n)[ \t>*\"'-]{{0,8}}({_FIELDS})[\"'*]{{0,2}}[ \t]{{0,2}}\Z")
# dishes and programs have a name too: other fields for a person must follow
_OF_A_PERSON = re.compile(
    r"(?i)\b(?:phone|mobile|tel|e-?mail|address|age|aged|born|birth|dob|gender|sex|ssn|passport|nationality|occupation|"
    r"position|applying|experience|title|employer|employee|education|hometown)\b"
)
_CLOSINGS = (
    r"[Rr]egards|[Ss]incerely|[Bb]est wishes|[Bb]est|[Cc]heers|[Yy]ours truly|[Yy]ours faithfully|[Tt]hanks|"
    r"[Tt]hank you|"
    r"[Ll]ove|[Yy]ours|[Rr]espectfully|[Ww]armly|[Tt]ake care|Grüßen?|Cordialement|Saludos"
)
_CLOSED = re.compile(rf"(?:{_CLOSINGS})[,.!]?[ \t]{{0,4}}\Z")
_HOLDER = re.compile(r"(?i)(?:account|card|policy|licen[cs]e|passport|lease)[ -]?h\Z")


def _field(match: re.Match[str]) -> Span | None:
    """A name behind a colon, where a field for a name stands in front of it."""
    front = before(match, 36)
    field = _FIELD.search(front)
    if not field:
        return None
    if field[1].lower() == "name" and (front[-1:] in "\"'" or not _OF_A_PERSON.search(after(match, 80))):
        return None
    return name_of(match)


def _holder(match: re.Match[str]) -> Span | None:
    return name_of(match) if _HOLDER.search(before(match, 12)) else None


def _signature(match: re.Match[str]) -> Span | None:
    return name_of(match) if _CLOSED.search(before(match, 24)) else None


PERSON = Family(
    # simple on purpose: it is built anew for each column, and a large one takes longer to build than to run
    rf"name(?: is|'s) |older|[A-Za-z\"'*] {{0,2}}[:：]\W*[^a-z\d\s]|(?:{_CLOSINGS})[,.!]?\s*\n|[A-Z][A-Z] [0-9]{{5}}|"
    rf"{CHINESE_CUES}",
    (
        Detector(
            "PERSON",
            r"[Mm]y (?:full |real )?name(?: is|'s) [^a-z\d]",
            re.compile(rf"y (?:full |real )?name(?: is|'s) {TITLE}?{NAME}"),
            name_of,
        ),
        Detector(
            "PERSON",
            r"older(?:'s name)?(?: is)? [^a-z\d]",
            re.compile(rf"older(?:'s name)?(?: is)? {TITLE}?{NAME}"),
            _holder,
        ),
        Detector(
            "PERSON",
            rf"(?:{_FIELDS})[\"'*]{{0,2}} {{0,2}}[:：]\W*[^a-z\d\s]",
            re.compile(rf"[:：][\s\"'*]{{0,8}}{TITLE}?{NAME}{_LINE_END}"),
            _field,
        ),
        Detector(
            "PERSON",
            rf"(?:{_CLOSINGS})[,.!]?\s*\n",
            re.compile(rf"\n[ \t\n]{{0,4}}{TITLE}?{NAME}(?=\s*(?:\n|\x00|\Z|,))"),
            _signature,
        ),
        Detector(  # an address, and who is to be found there
            "PERSON",
            r"[A-Z]{2} [0-9]{5}(?:-[0-9]{4})? for [^a-z\d]",
            re.compile(rf"[0-9] for {TITLE}?{NAME}(?=[.,;!\n]|\x00|\Z)"),
            name_of,
        ),
        CHINESE_PERSON,
    ),
)
# apart, as few texts have what these begin with, and the others need not look at them
INTRODUCED_PERSON = Family(f"{INTRODUCED}|{CHINESE_INTRODUCED}", (*INTRODUCTIONS, *CHINESE_INTRODUCTIONS))
