"""Numbers a state gives a person or a car: resident identity, social security, insurance, passport, plate."""

import re

from instructkit.filters.pii import checks
from instructkit.filters.pii.context import CAR, INSURANCE, OTHER_NUMBER, PASSPORT, SOCIAL, Words, thought
from instructkit.filters.pii.detector import Detector, Family, Span, after, before, checked, whole
from instructkit.filters.pii.words import listed

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = r"[A-HJ-NP-Z0-9]"  # GA 36-2018: no I, no O
# five signs with at most two letters, or a new energy car's six: D or F (or A to K) with five digits
_USUAL_PLATE = re.compile(r"(?:[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK])\Z")
_NO_PREFIX = frozenset(listed("BG GB KN NK NT TN ZZ"))  # HMRC, NIM39110: nor any with D, F, I, Q, U, V, or O second


# "... is my passport number": what is said behind a number of it
_SAID_BEHIND = re.compile(
    r"\W{0,3}(?:(?:is|was|being|as) (?:my|his|her|their|our|your|the|a|an)|[(]|是(?:我|他|她|您|你)?的?)(.{0,24})"
)


def _behind(match: re.Match[str], words: Words) -> bool:
    """Whether a word is said of the number behind it."""
    found = _SAID_BEHIND.match(after(match, 40))
    return found is not None and words.in_(found[1].partition(".")[0])


def _security(match: re.Match[str]) -> Span | None:
    digits = re.sub("[^0-9]", "", match[0])
    if not checks.social_security(digits):
        return None
    said = thought(match)
    if SOCIAL.in_(said) or _behind(match, SOCIAL):
        return match.span()
    return match.span() if ("-" in match[0] and not OTHER_NUMBER.in_(said)) else None


def _insurance(match: re.Match[str]) -> Span | None:
    if INSURANCE.in_(before(match)) or _behind(match, INSURANCE):
        return match.span()
    return match.span() if match[0][2] == " " and match[0][:2] not in _NO_PREFIX and "Q" not in match[0][:2] else None


def _passport(match: re.Match[str]) -> Span | None:
    return match.span() if _behind(match, PASSPORT) else None


def _plate(match: re.Match[str]) -> Span | None:
    signs = match[0][2:].lstrip("·•. -")
    if CAR.in_(before(match)) or CAR.in_(after(match, 6)):
        return match.span()
    letters = sum(map(str.isalpha, signs))
    usual = letters <= 2 and letters < len(signs) if len(signs) == 5 else _USUAL_PLATE.match(signs)
    return match.span() if usual else None


def _named_plate(match: re.Match[str]) -> Span | None:
    value = match[1].rstrip(" -")
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    return (match.start(1), match.start(1) + len(value)) if digits and letters and letters + digits >= 5 else None


IDENTITY = Family(
    rf"[0-9]{{17}}|[0-9]{{6}}[ -](?:19|20)[0-9]{{2}}|[0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}}|"
    rf"[{_PROVINCES}][A-Z]|[0-9]{{2}} [A-D]|[0-9]{{6}}[A-D]|"
    r"(?i:passport|plate|ssn|security|registration)|护照|身份证",
    (
        Detector(
            "ID",
            r"[0-9]{17}[0-9Xx]",
            re.compile(r"[1-8](?<![0-9A-Za-z_.][1-8])[0-9]{16}[0-9Xx](?![0-9A-Za-z_])"),
            checked(checks.resident_id),
        ),
        Detector(  # as people group it
            "ID",
            r"[0-9]{6}[ -](?:19|20)[0-9]{2}",
            re.compile(
                r"[1-8](?<![0-9A-Za-z_.-][1-8])[0-9]{5}(?: (?:19|20)[0-9]{2} ?[0-9]{4} |-(?:19|20)[0-9]{2}-?[0-9]{4}-)"
                r"[0-9]{3}[0-9Xx](?![0-9A-Za-z_-])"
            ),
            lambda match: match.span() if checks.resident_id(re.sub("[ -]", "", match[0])) else None,
        ),
        Detector(  # before 1999: fifteen digits, nothing to check them by
            "ID",
            r"身份证[^0-9]{0,8}[0-9]{15}",
            re.compile(
                r"身份证[^0-9\x00]{0,8}([1-8][0-9]{7}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])[0-9]{3})(?![0-9A-Za-z])"
            ),
            whole,
        ),
        Detector(
            "SSN",
            r"[0-9]{3}-[0-9]{2}-[0-9]{4}|(?i:ssn|security)",
            re.compile(
                r"[0-8](?<![0-9A-Za-z_.-][0-8])[0-9]{2}(?:-[0-9]{2}-| [0-9]{2} |[0-9]{2})[0-9]{4}"
                r"(?![0-9A-Za-z_]|[.-][0-9])"
            ),
            _security,
        ),
        Detector(
            "NINO",
            r"[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
            re.compile(
                r"[A-CEGHJ-TW-Z](?<![A-Za-z0-9_][A-Z])[A-CEGHJ-NP-TW-Z]"  # QQ stands on samples
                r"(?: [0-9]{2} [0-9]{2} [0-9]{2} |[0-9]{6} ?)[A-D](?![A-Za-z0-9_])"
            ),
            _insurance,
        ),
        Detector(
            "PASSPORT",
            r"(?i:passport)|护照",
            re.compile(
                r"(?:[Pp]assport|PASSPORT|护照)[^0-9\x00]{0,24}?(?<![0-9A-Za-z])"
                r"([A-Z]{0,2}[0-9]{7,9}|[A-Z][0-9]{2}[A-Z]{2}[0-9]{4})(?![0-9A-Za-z])"
            ),
            whole,
        ),
        Detector(
            "PASSPORT",
            r"(?i:passport)|护照",
            re.compile(r"[A-Z0-9](?<![A-Za-z0-9_.-][A-Z0-9])[A-Z0-9]?[0-9]{6,8}(?![A-Za-z0-9_-]|\.[0-9])"),
            _passport,
        ),
        Detector(
            "PLATE",
            rf"[{_PROVINCES}][A-Z]",
            re.compile(
                rf"[{_PROVINCES}][A-HJ-NP-Z][·•. -]?{_PLATE}{{4}}(?:{_PLATE}{{0,1}}[挂学警港澳]|{_PLATE}{{1,2}})"
                rf"(?![A-Za-z0-9])"
            ),
            _plate,
        ),
        Detector(
            "PLATE",
            r"(?i:plate|registration)",
            re.compile(
                r"(?:[Pp]late|[Rr]egistration)(?: [Nn]umber| [Nn]o\.?| [Pp]late)?(?: is| was|:| reads)? {0,3}#?"
                r"([A-Z0-9]{1,4}[ -]?[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{2,4})?)(?![A-Za-z0-9])"
            ),
            _named_plate,
        ),
    ),
)
