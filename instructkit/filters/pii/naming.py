"""What stands in place of a datum, and what may be shown of it."""

import re
from collections.abc import Iterable

_SIGNS = dict.fromkeys(map(ord, " \t\n().:·•/-"))
_DIGITS = frozenset("0123456789")
_CHINA = re.compile(r"(?:00)?86(?=1[3-9][0-9]{9}\Z)")
_NORTH_AMERICA = re.compile(r"\(?(?:\+1|1[ .-]\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-])")  # with its 1 in front
_EXTENSION = re.compile(r"(?i) ?(?:x|ext\.?|extension|转) ?[0-9]{1,5}\Z")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(  # as Chinese keyboards write them
    [0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000], ord(" ")
)
_PART = re.compile(r"[^\s()+.,:·•/-]+")  # of a value, between the signs its form is made of
PLACEHOLDER = r"\[[A-Z_]{2,20}_[1-9][0-9]{0,8}\]"
READABLE = 3  # characters: of a shorter part the first would tell too much
_CASE_COUNTS = ("KEY", "CRYPTO", "URL_CREDENTIALS", "URL")


def normal(kind: str, value: str) -> str:
    """One writing for all writings of a value: +1 (415) 555-0132 and 415.555.0132 are one phone."""
    if not value.isascii():
        value = narrow(value)
    if kind in _CASE_COUNTS:
        return value
    if kind in ("EMAIL", "IP"):
        return value.lower()
    if kind == "PHONE":
        number, _ = without_extension(value)
        digits = "".join(filter(_DIGITS.__contains__, number.replace("(0)", "")))
        return digits[1:] if len(digits) == 11 and _NORTH_AMERICA.match(number) else _CHINA.sub("", digits)
    if kind in ("PERSON", "ADDRESS"):
        return " ".join(value.lower().split())
    return value.translate(_SIGNS).lower()


def narrow(value: str) -> str:
    """Full-width letters, digits and signs as the plain ones, blanks of all widths as a space; no place moves."""
    return value.translate(_WIDE)


def without_extension(phone: str) -> tuple[str, str]:
    """A phone number, and what stands behind it as 415-555-0132 x12 has it."""
    found = _EXTENSION.search(phone) if phone.upper() != phone.lower() or "转" in phone else None
    return (phone[: found.start()], found[0]) if found else (phone, "")


class Placeholders:
    """The placeholders of a row: one value keeps its number in all its texts.

    The numbers of ``standing``, placeholders that the row brings along, are not given again.
    """

    def __init__(self, standing: Iterable[str] = ()) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}
        self._standing = frozenset(standing)

    def of(self, kind: str, value: str) -> str:
        """The placeholder of a value, as [EMAIL_1].

        >>> row = Placeholders()
        >>> [row.of("EMAIL", value) for value in ("ann@example.com", "bob@example.com", "Ann@Example.com")]
        ['[EMAIL_1]', '[EMAIL_2]', '[EMAIL_1]']
        >>> Placeholders(["[EMAIL_1]"]).of("EMAIL", "ann@example.com")
        '[EMAIL_2]'
        """
        key = (kind, normal(kind, value))
        number = self._numbers.get(key)
        if number is None:
            number = self._counts.get(kind, 0) + 1
            while f"[{kind}_{number}]" in self._standing:
                number += 1
            self._counts[kind] = self._numbers[key] = number
        return f"[{kind}_{number}]"


def sample(kind: str, value: str) -> str:
    """The form of a value, of which nothing but its first sign can be read, and that only where two others hide.

    >>> sample("EMAIL", "ann.lee@example.com"), sample("PHONE", "415-555-0132"), sample("PERSON", "王小明")
    ('a***@e***.com', '4**-***-****', '王**')
    >>> sample("EMAIL", "x@y.com"), sample("PERSON", "Bo Li")
    ('***@***.com', '*** ***')
    """
    if kind == "EMAIL" and "@" in value:
        local, _, domain = value.rpartition("@")
        host, _, ending = domain.rpartition(".")
        return f"{_first(local)}***@{_first(host)}***.{ending if host and len(ending) >= READABLE else '***'}"
    parts = _PART.findall(value)
    first = _first(parts[0]) if parts and value.startswith(parts[0]) else ""
    if kind in ("KEY", "CRYPTO", "ADDRESS", "URL", "URL_CREDENTIALS") or not parts:
        return first + "***"
    hidden = _PART.sub(lambda part: "*" * max(len(part[0]), READABLE), value)
    return hidden.replace("*", first, 1) if first else hidden


def _first(part: str) -> str:
    return part[:1] if len(part) >= READABLE else ""
