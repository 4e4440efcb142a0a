"""Payment and bank cards, and bank accounts by IBAN."""

import re

from instructkit.filters.pii import checks
from instructkit.filters.pii.context import CARD, OTHER_NUMBER, thought
from instructkit.filters.pii.detector import Detector, Family, Span, after, before

# issuers and lengths, ISO/IEC 7812: Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay, Mir
_ISSUER = re.compile(
    r"(?:4[0-9]{15}(?:[0-9]{3})?|5[1-5][0-9]{14}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[0-1][0-9]|720)[0-9]{12}|"
    r"3[47][0-9]{13}|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}|35(?:2[89]|[3-8][0-9])[0-9]{12}|"
    r"3(?:0[0-5]|[68][0-9])[0-9]{11}|62[0-9]{14,17}|220[0-4][0-9]{12})\Z"
)
_SEPARATORS = str.maketrans("", "", " -")


# an operation before or behind: "4000 0000 0000 0002 = 4 * 10^15 + 2"; without space it may be a setting, or a card's
# magnetic stripe
_REST_OF_SUM = re.compile(r"\s[=+*^<>≈]|\s?[×÷^]|\s[/-]\s[0-9]")
_OPERATORS = frozenset("=×÷+*/^<>≈-")
_HEAD_OF_SUM = re.compile(r"[0-9a-z)]\s?[×÷+*^]\s?\Z|[0-9)]\s[-/=<>]\s\Z")


def _in_sum(match: re.Match[str]) -> bool:
    return bool(_REST_OF_SUM.match(match.string, match.end()) or _HEAD_OF_SUM.search(before(match, 6)))


def _card(match: re.Match[str]) -> Span | None:
    digits = match[0].translate(_SEPARATORS)
    if not checks.luhn(digits):
        return None
    start, end = match.span()
    near = match.string[max(start - 3, 0) : start] + match.string[end : end + 3]
    if not _OPERATORS.isdisjoint(near) and _in_sum(match):
        return match.span() if CARD.in_(before(match)) or CARD.in_(after(match)) else None
    # a number in groups is no order's
    if _ISSUER.match(digits) and (len(digits) < len(match[0]) or not OTHER_NUMBER.in_(thought(match))):
        return match.span()
    return match.span() if CARD.in_(before(match)) or CARD.in_(after(match)) else None


def _iban(match: re.Match[str]) -> Span | None:
    """As many letters and digits as the country's accounts have; the words behind them are none of it."""
    text = match[0]
    country = text[:2].upper()
    size = checks.IBAN_LENGTHS.get(country, 0)
    compact = text.translate(_SEPARATORS)
    if not size or len(compact) < size or not checks.iban(compact[:size].upper()):
        return None
    if compact != text and (text[:2] != country or len(compact) < size):
        return None
    end = size
    while len(text[:end].translate(_SEPARATORS)) < size:
        end += 1
    return None if text[end : end + 1].isalnum() else (match.start(), match.start() + end)


PAYMENT = Family(
    r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{2}|[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{4}|"
    r"[0-9]{4}[ -][0-9]{6}",
    (
        Detector(
            "CARD",
            r"[0-9]{12}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4}",
            re.compile(
                r"[0-9](?<![0-9A-Za-z_.+][0-9])(?<![0-9]-[0-9])[0-9]{3}(?:[0-9]{8,15}"
                r"|(?: [0-9]{4}){2} [0-9]{1,4}(?: [0-9]{3})?|(?:-[0-9]{4}){2}-[0-9]{1,4}(?:-[0-9]{3})?"
                r"| [0-9]{6} [0-9]{4,5}|-[0-9]{6}-[0-9]{4,5})(?![0-9A-Za-z_]|[.-][0-9])"
            ),
            _card,
        ),
        Detector(
            "IBAN",
            r"[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{4}",
            re.compile(
                r"[A-Za-z](?<![A-Za-z0-9_][A-Za-z])[A-Za-z][0-9]{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}"
                r"(?:[ -]?[A-Za-z0-9]{1,3})?"
            ),
            _iban,
        ),
    ),
)
