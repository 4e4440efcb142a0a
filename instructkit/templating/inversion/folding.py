"""How much a text says, and whether one stands in another when case, white space and punctuation do not count."""

import functools
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.worth import worth_compiling
from instructkit.templating.inversion.forms import letters, nfkc, one_form
from instructkit.templating.templates import Mask

Table = npt.NDArray[np.uint16]

WORD, HAN, UNSPACED = 4, 3, 1  # what a word counts; a character of Chinese or Japanese; of Thai and the like
ENOUGH = 12  # three words, or four Han characters
LETTER, IDEOGRAPH, ALONE, OTHER = 1, 2, 3, 4  # classes of code points; 0: neither letter nor digit

FEW_ROWS = 8_000  # from here on the compiled loops win back their loading: the plain form is a loop in Python
_FEW = 100  # characters

_HAN = ((0x3005, 0x3007), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))  # Thai, Lao, Burmese, Khmer


@functools.cache
def tables() -> tuple[Table, npt.NDArray[np.uint8]]:
    """Of each code point of the basic plane: what it is folded to (0: nothing), and its class."""
    folded = np.zeros(0x10000, np.uint16)
    classes = np.zeros(0x10000, np.uint8)
    for point in range(0x10000):
        if 0xD800 <= point < 0xE000:
            continue
        character = chr(point)
        category = unicodedata.category(character)[0]
        form = letters(nfkc(character)) if unicodedata.decomposition(character) else character
        if form and (form != character or category in "LMN"):
            lower = form.casefold()
            alone = lower if len(lower) == 1 else form
            folded[point] = ord(alone) if len(alone) == 1 and ord(alone) < 0x10000 else point
        if category in "LMN":
            classes[point] = LETTER if category == "L" else OTHER
    for spans, kind in ((_HAN, IDEOGRAPH), (_UNSPACED, ALONE)):
        for first, last in spans:
            span = classes[first : last + 1]
            span[span == LETTER] = kind
    return folded, classes


@functools.cache
def _translation() -> dict[int, int | None]:
    folded, _ = tables()
    return {point: int(to) or None for point, to in enumerate(folded.tolist()) if to != point or not to}


def fold(text: str) -> str:
    """A text in one form and lower case, without white space, punctuation and symbols."""
    return _bare(nfkc(text))


def _bare(text: str) -> str:
    return text.translate(_translation())


def weight(text: str) -> int:
    """How much a text says: words and characters by their weights, up to ``ENOUGH``; a number alone says nothing."""
    _, classes = tables()
    total = 0
    inside = False
    for character in text:
        point = ord(character)
        kind = int(classes[point]) if point < 0x10000 else IDEOGRAPH if 0x20000 <= point < 0x40000 else 0
        if kind == LETTER:
            total += 0 if inside else WORD
            inside = True
        elif kind != OTHER:
            total += HAN if kind == IDEOGRAPH else UNSPACED if kind == ALONE else 0
            inside = False
        if total >= ENOUGH:
            return ENOUGH
    return total


def says_enough(texts: pa.StringArray) -> Mask:
    """Whether each text is more than a word or two, or a number: bool; a null does not."""
    if worth_compiling(FEW_ROWS):
        from instructkit.templating.inversion.folding_loops import weights

        _, classes = tables()
        found: Mask = weights(texts, classes) >= ENOUGH
        return found
    return np.array([text is not None and weight(text) >= ENOUGH for text in texts.to_pylist()], bool)


def stands_in(asked: pa.StringArray, given: Sequence[pa.StringArray]) -> Mask:
    """Whether each asked text, folded, stands in the folded texts given with it, read one after the other.

    A text of nothing but punctuation stands nowhere, a null neither.
    """
    asked, given = one_form(asked), [one_form(texts) for texts in given]
    if worth_compiling(FEW_ROWS):
        from instructkit.templating.inversion.folding_loops import found_in

        folded, _ = tables()
        found = np.zeros(len(asked), bool)
        found_in(asked, given, folded, found)
        return found
    rows = zip(asked.to_pylist(), *(texts.to_pylist() for texts in given), strict=True)
    return np.array([_stands(text or "", others) for text, *others in rows], bool)


def _stands(text: str, others: Sequence[str | None]) -> bool:
    most = sum(len(other) for other in others if other)
    if len(_bare(text[: 2 * most + _FEW])) > most:
        return False
    needle = _bare(text)
    return bool(needle) and needle in "".join(_bare(other) for other in others if other)
