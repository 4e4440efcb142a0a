"""Phone numbers: international ones of every country, Chinese and North American ones by form, others by context."""

import re

from instructkit.filters.pii.calling_codes import national
from instructkit.filters.pii.checks import real_day
from instructkit.filters.pii.context import OTHER_NUMBER, thought
from instructkit.filters.pii.context import PHONE as PHONE_WORDS
from instructkit.filters.pii.detector import Detector, Family, Span, after, before, reach_left
from instructkit.filters.pii.naming import without_extension

# forms that have their own detectors
_OWN_FORM = re.compile(
    r"1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}|\(?[0-9]{3}(?:\) ?[0-9]{3}[ .-]|-[0-9]{3}-|\.[0-9]{3}\.)[0-9]{4}"
)
# "Phone: 12345": a field for a number
_LABEL = re.compile(
    r"(?:(?i:phone|tele?|mobile|cell|fax|desk|office|home|work)(?i:phone)?(?i: (?:no|number|num|nr))?|"
    r"[电電][话話]号?[码碼]?|手[机機]号?[码碼]?|座机|[传傳]真)"
    r"\.?[:#：是为 ]{1,4}\s{0,4}\(?\Z"
)
# in front of a few digits without form nothing but this may stand: "the phone has 12345678 pixels"
_LAST = re.compile(
    r"(?i:\b(?:phone|mobile|cell|tel|fax|call|dial|text|sms|contact|number|no|nr|is|at|on|to|me|us|him|her|or|and)|"
    r"[电话手机码线真信拨打系是为話機碼])[\s.:：]{0,3}\Z|[-)][\s]?\Z"
)
_REACHED = re.compile(r"(?i:call|reach|text|phone|dial|ring)(?i: me| us| him| her| them)? (?i:at|on) \(?\Z")
_LABEL_ENDS = tuple(":#：是为.")
_SAID_AFTER = re.compile(
    r"(?i)[ -]{0,3}\(?(?:office|fax|mobile|cell|home|work|desk|tel|phone)\b"
    r"|,? (?:is|was) (?:my|his|her|their|our|the) (?:new |old |home |work |office |direct |best |daytime ){0,2}"
    r"(?:phone|mobile|cell|telephone|landline|fax|whatsapp|contact) ?(?:number|line)?\b"
    r"|是(?:我|他|她|您)的?(?:手机|电话)"
)
_SIGNS = frozenset("$€£¥￥=×*/^")  # of amounts and formulas
_UNIT = re.compile(
    r"\s?(?:%|元|美元|万|亿|个|次|股|人|吨|克|米|公里|千克|[=×*+^]|/\d|"
    r"(?:dollars?|usd|eur|units?|people|km|kg|bytes?|years?|miles)\b)"
)
_SERVICE = re.compile(r"(?:1[0-2][0-9]|1[0-2][0-9]{3}|9[56][0-9]{3,4}|[48]00[0-9]{3})\Z")  # lines of offices and firms
_YEARS = re.compile(r"(?:1[5-9]|20)[0-9]{2}(?:[ /-]{1,3}(?:1[5-9]|20)[0-9]{2})+\Z")
_DATE = re.compile(
    r"([0-9]{4})[-/. ]?([0-9]{1,2})[-/. ]?([0-9]{1,2})\Z|([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{2,4})\Z"
)
_CHINA = re.compile(r"(?:\(?(?:\+|00)?86\)?[ -]?)?\Z")
_NORTH_AMERICA = re.compile(r"(?:\+?1[ .-]?)?\(?\Z")
_BRACKET = re.compile(r"[(（]?\Z")
_PAIRS = re.compile(r"0[1-9](?:[ .][0-9]{2}){4}")
_MORE_PAIRS = re.compile(r"[ ,]{1,2}[0-9]{1,2}\b")
_PAIR_BEFORE = re.compile(r"[0-9][ ,]{1,2}\Z")
_NOT_DIGITS = re.compile(r"[^0-9]+")


def _sign(match: re.Match[str]) -> bool:
    """Whether the sign of an amount or a formula stands in front."""
    start = match.start()
    return not _SIGNS.isdisjoint(match.string[max(start - 2, 0) : start])


def _quantity(match: re.Match[str]) -> bool:
    """Whether the number's neighbors make it an amount, an order, a formula."""
    if _sign(match) or _UNIT.match(match.string, match.end()):
        return True
    said = thought(match, 24)
    return OTHER_NUMBER.in_(said) and not PHONE_WORDS.in_(said)


def _chinese_mobile(match: re.Match[str]) -> Span | None:
    # 15000000000 is an amount
    if match[0].endswith("000000"):
        return None
    if len(match[0]) > 11:  # in groups: no amount, no order
        start = reach_left(match, _CHINA)
        return None if start is None else (start, match.end())
    return _with_prefix(match, _CHINA)


def _chinese_landline(match: re.Match[str]) -> Span | None:
    return _with_prefix(match, _BRACKET)


def _north_american(match: re.Match[str]) -> Span | None:
    """Neither area nor exchange begins with 0 or 1 (NANP).

    100-200-3000 must stand in brackets, be called a phone's or have a line of its own, as below a signature.
    """
    digits = _NOT_DIGITS.sub("", match[0])
    if (digits[0] in "01" or digits[3] in "01") and ")" not in match[0]:
        alone = before(match, 1) == "\n" and after(match, 1) in "\r\n"
        if not alone and not PHONE_WORDS.in_(thought(match)):
            return None
    return _with_prefix(match, _NORTH_AMERICA)


_PART_OF_MORE = re.compile(r"[0-9A-Za-z][-/]\Z")


def _national(match: re.Match[str]) -> Span | None:
    """A form of one country; small pairs that grow, or more of them, are as well drawn or counted."""
    if _PAIRS.match(match[0]) and not PHONE_WORDS.in_(thought(match)):
        numbers = _NOT_DIGITS.split(match[0])
        counted = numbers == sorted(numbers) and numbers[-1] <= "60"
        if counted or _MORE_PAIRS.match(match.string, match.end()) or _PAIR_BEFORE.search(before(match, 4)):
            return None
    if _PART_OF_MORE.search(before(match, 2)):
        return None
    return _with_prefix(match, _BRACKET)


def _with_prefix(match: re.Match[str], prefix: re.Pattern[str]) -> Span | None:
    start = reach_left(match, prefix)
    return None if start is None or _quantity(match) else (start, match.end())


def _international(match: re.Match[str]) -> Span | None:
    text, extension = without_extension(match[0].rstrip(" (-."))
    digits = _NOT_DIGITS.sub("", text.replace("(0)", ""))
    start = reach_left(match, _BRACKET)
    if start is None:
        return None
    while len(digits) >= 7:
        rest = national(digits)
        if rest is not None:
            end = match.start() + len(text + extension)
            return None if _UNIT.match(match.string, end) else (start, end)
        shorter = re.sub(r"[ ./-]\(?[0-9]+\)?\Z", "", text)  # the last group may belong to what follows
        if shorter == text:
            return None
        extension = ""
        text, digits = shorter, _NOT_DIGITS.sub("", shorter.replace("(0)", ""))
    return None


def _in_context(match: re.Match[str]) -> Span | None:
    """A number of any form that a word beside it calls a phone's."""
    text = match[0].rstrip(" (-./")
    if _OWN_FORM.fullmatch(text):
        return None
    digits = _NOT_DIGITS.sub("", text)
    if not 5 <= len(digits) <= 15 or len(set(digits)) == 1:
        return None
    front = before(match, 24)
    last = front.rstrip(" \n(")[-1:]
    field = last in _LABEL_ENDS and _LABEL.search(front)
    label = field or (last in ("t", "n") and _REACHED.search(front))
    if not label:
        if len(digits) < 7:
            return None
        said = thought(match)
        if not PHONE_WORDS.in_(said[-32:]) and not _SAID_AFTER.match(match.string, match.end()):
            return None
        if OTHER_NUMBER.in_(said[-12:]) or (text.isdigit() and len(digits) < 9 and not _LAST.search(said)):
            return None
    if _SERVICE.match(digits):
        return None
    bare = text.isdigit()
    if bare and not label and len(digits) in (8, 14) and _is_date(digits[:8]):
        return None
    if _YEARS.match(text) or (not bare and not field and _is_date(text)) or _sign(match):
        return None
    if _UNIT.match(match.string, match.end()):
        return None
    return match.start(), match.start() + len(text)


def _is_date(text: str) -> bool:
    found = _DATE.match(text)
    if not found:
        return False
    numbers = [int(one) for one in found.groups() if one]
    if found[1]:
        return real_day(*numbers) and 1500 <= numbers[0] <= 2100
    return any(real_day(2000, month, day) for month, day in (numbers[:2], numbers[1::-1]))


# national forms of which no other number is written, behind their 0
_FORMS = (
    r"20\)? [378][0-9]{3} [0-9]{4}|1(?:[0-9]1|1[0-9])\)? [0-9]{3} [0-9]{4}|"
    r"1[0-9]{3}\)? (?:[0-9]{6}|[0-9]{3} [0-9]{3})|7[0-9]{3}\)? (?:[0-9]{6}|[0-9]{3} [0-9]{3})|"  # Britain
    r"1(?:5[0-9]|6[023]|7[0-9])[0-9]?(?:\)? ?[-/] ?|\)? )[0-9]{7,8}|"  # Germany, mobiles
    r"[1-9](?:[ .][0-9]{2}){4}|"  # France
    r"4[0-9]{2} [0-9]{3} [0-9]{3}|[2378]\) [0-9]{4} [0-9]{4}|"  # Australia
    r"6[ -][0-9]{8}|7[0-9]-[0-9]{3} [0-9]{2} [0-9]{2}|[789]0-[0-9]{4}-[0-9]{4}"  # Netherlands, Sweden, Japan
)
_RUSSIAN = r" ?\(?[3489][0-9]{2}\) ?[0-9]{3}[ -][0-9]{2}[ -][0-9]{2}|[ -]9[0-9]{2}-[0-9]{3}-[0-9]{2}-[0-9]{2}"
_MORE = r"[0-9]{0,14}(?:(?:[ .\-/]{1,2}\(?|\)[ .\-/]{0,2}\(?|\()[0-9]{1,14}){0,6}"  # groups of digits
_EXTENSION = r"(?: ?(?:x|ext\.?|extension|转) ?[0-9]{1,5})?"
_OUTSIDE = r"(?![0-9A-Za-z_]|[.,:-][0-9])"
_WORDS_RE2 = (
    r"(?i:phone|tel|mobil|cell|fax|call|dial|text|sms|whats|chat|viber|signal|reach|contact|messages? to|answering|"
    r"registered|voicemail|desk|office|ext|home|work|appele|joindre|rufn|handy|ring )|[Тт]ел|звон|"
    r"电话|手机|号码|座机|固话|拨|来电|致电|联系|热线|传真|微信|短信|打给|呼叫|電話|手機|致電|聯|傳真"
)

PHONE = Family(
    r"[0-9][0-9 ().\-/]{3,}[0-9]",
    (
        Detector(
            "PHONE",
            r"1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}",
            re.compile(r"1[3-9][0-9](?:[0-9]{8}|(?:[ -][0-9]{4}){2})" + _OUTSIDE),
            _chinese_mobile,
        ),
        Detector(
            "PHONE",
            r"0(?:10|2[0-9]|[3-9][0-9]{2})(?:[)）][ -]?|[ -])[1-9][0-9]{2,3}[ -]?[0-9]{4}",
            re.compile(
                r"0(?:10|2[0-9]|[3-9][0-9]{2})(?:[)）]?[ -][1-9][0-9]{6,7}(?:(?:-| ?转 ?)[0-9]{1,5})?|"
                r"(?:[)）][ -]?|[ -])[1-9][0-9]{2,3}[ -][0-9]{4}|[)）][1-9][0-9]{6,7})" + _OUTSIDE
            ),
            _chinese_landline,
        ),
        Detector(
            "PHONE",
            rf"0(?:{_FORMS})",
            re.compile(rf"0(?:{_FORMS})(?: ?(?:x|ext\.?) ?[0-9]{{1,5}})?{_OUTSIDE}"),
            _national,
        ),
        Detector("PHONE", rf"8(?:{_RUSSIAN})", re.compile(rf"8(?:{_RUSSIAN}){_OUTSIDE}"), _national),
        Detector(
            "PHONE",
            r"[0-9]{3}(?:\) ?[0-9]{3}[ .-]|-[0-9]{3}-|\.[0-9]{3}\.)[0-9]{4}",
            re.compile(r"[0-9]{3}(?:\) ?[0-9]{3}[ .-]|-[0-9]{3}-|\.[0-9]{3}\.)[0-9]{4}" + _EXTENSION + _OUTSIDE),
            _north_american,
        ),
        Detector(
            "PHONE",
            r"\+\(?[1-9](?:[ ().\-/]{0,4}[0-9]){5}",
            re.compile(r"\+\(?[1-9]" + _MORE + _EXTENSION + _OUTSIDE),
            _international,
        ),
        Detector(
            "PHONE",
            _WORDS_RE2,
            re.compile(r"[(0-9](?<![0-9A-Za-z_.,+#-][(0-9])(?=[0-9 ().\-/]{4})" + _MORE + _EXTENSION + _OUTSIDE),
            _in_context,
        ),
    ),
)
