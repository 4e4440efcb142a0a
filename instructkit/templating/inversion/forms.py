"""One form for characters that may be written in several ways: composed or decomposed, full width, ligatures, ß and ss.

Most such characters have one letter or digit for another, which `folding` looks up as it goes. Only texts with others
are written anew, for that is slow.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

_JAMO = (range(0x1161, 0x1176), range(0x11A8, 0x11C3))  # vowels and last consonants of Korean: they join what is before
_SELECTORS = range(0xFE00, 0xFE10)  # of the look of a character: they join nothing
_BEYOND = "\U00010000-\U0001efff\U0001f100-\U0001f2ff\U0001fb00-\U0001fbff\U0002f800-\U0002fa1f"  # the basic plane
_SHARP = "[ßẞ]"


def nfkc(text: str) -> str:
    """A text in Unicode's form NFKC, with ss for ß."""
    return text if text.isascii() else re.sub(_SHARP, "ss", unicodedata.normalize("NFKC", text))


def letters(text: str) -> str:
    """A text without all but letters, marks and digits."""
    return "".join(one for one in text if unicodedata.category(one)[0] in "LMN")


def one_form(texts: pa.StringArray) -> pa.StringArray:
    """The texts, of which those that a look at one character after the other would not do for are in `nfkc`."""
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    odd = pc.match_substring_regex(texts, _odd())
    if not pc.any(odd).as_py():
        return texts
    anew = pc.replace_substring_regex(pc.utf8_normalize(texts.filter(odd), form="NFKC"), _SHARP, "ss")
    return pc.replace_with_mask(texts, pc.fill_null(odd, False), anew)


@functools.cache
def _odd() -> str:
    """The characters that join the one before, or are written out as several, as a class of RE2."""
    odd = [point for point in range(0x80, 0x10000) if not 0xD800 <= point < 0xE000 and _is_odd(chr(point))]
    return f"[{''.join(_spans(odd))}{_BEYOND}]"


def _is_odd(character: str) -> bool:
    if ord(character) in _SELECTORS:
        return False
    form = nfkc(character) if unicodedata.decomposition(character) or character in _SHARP else character
    joins = any(unicodedata.category(one)[0] == "M" or any(ord(one) in span for span in _JAMO) for one in form)
    if form == character:
        return joins
    kept = letters(form)
    return joins or len(kept) > 1 or kept > "\uffff"


def _spans(points: Iterable[int]) -> list[str]:
    spans: list[list[int]] = []
    for point in points:
        if spans and spans[-1][1] == point - 1:
            spans[-1][1] = point
        else:
            spans.append([point, point])
    return [f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in spans]
