"""What stands in place of a datum, and what may be shown of it."""

import re

_SIGNS = re.compile(r"[\s().·•/-]+")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_CHINA = re.compile(r"(?:00)?86(?=1[3-9][0-9]{9}\Z)")
_NORTH_AMERICA = re.compile(r"(?:00)?1(?=[2-9][0-9]{9}\Z)")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_CASE_COUNTS = ("KEY", "CRYPTO", "URL_CREDENTIALS", "URL")


def normal(kind: str, value: str) -> str:
    """One writing for all writings of a value: +1 (415) 555-0132 and 415.555.0132 are one phone."""
    value = value.translate(_WIDE)
    if kind in _CASE_COUNTS:
        return value
    if kind == "PHONE":
        digits = _NOT_DIGITS.sub("", value.replace("(0)", ""))
        return _NORTH_AMERICA.sub("", _CHINA.sub("", digits))
    if kind in ("PERSON", "ADDRESS"):
        return " ".join(value.lower().split())
    if kind in ("EMAIL", "IP"):
        return value.lower()
    return _SIGNS.sub("", value).replace(":", "").lower()


class Placeholders:
    """The placeholders of a row: one value keeps its number in all its texts."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}

    def of(self, kind: str, value: str) -> str:
        """The placeholder of a value, as [EMAIL_1].

        >>> row = Placeholders()
        >>> [row.of("EMAIL", value) for value in ("ann@example.com", "bob@example.com", "Ann@Example.com")]
        ['[EMAIL_1]', '[EMAIL_2]', '[EMAIL_1]']
        """
        key = (kind, normal(kind, value))
        if key not in self._numbers:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._numbers[key] = self._counts[kind]
        return f"[{kind}_{self._numbers[key]}]"


def sample(kind: str, value: str) -> str:
    """The form of a value, of which nothing but its first sign can be read.

    >>> sample("EMAIL", "ann.lee@example.com"), sample("PHONE", "415-555-0132"), sample("PERSON", "王小明")
    ('a***@e***.com', '4**-***-****', '王**')
    """
    if kind == "EMAIL" and "@" in value:
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain[:1]}***.{domain.rpartition('.')[2]}"
    if kind in ("KEY", "CRYPTO", "ADDRESS", "URL", "URL_CREDENTIALS"):
        return value[:1] + "***"
    return value[:1] + "".join("*" if one.isalnum() else one for one in value[1:])
