"""What each character is to a tokeniser: its kind, its lower case, and whether Unicode's normal form may change it."""

import functools
import re
import unicodedata

import numpy as np
import numpy.typing as npt

SPACE, WORD, ALONE = 0, 1, 2
_ASCII_TOKENS = re.compile(r"[0-9a-z_]+|[!-/:-@\[-^`{-~]")
KIND, MAY_CHANGE, COMBINES = np.uint32(16), np.uint32(1 << 18), np.uint32(1 << 19)  # in the table of characters
# scripts written without spaces between words (Unicode 15 blocks), first and last code point
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3005, 0x3007),  # iteration mark, zero
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK unified ideographs
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
)
_JAMO = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))  # vowels and finals: they compose with what is before them


@functools.cache
def characters() -> npt.NDArray[np.uint32]:
    """The table of the basic plane's code points: uint32, 65,536.

    Of each: its lower case (16 bits), its kind (2 bits from `KIND` on), whether it may change in NFC (`MAY_CHANGE`),
    and whether it combines with the character before it (`COMBINES`; two in a row may stand in another order in NFC).
    """
    text = list(map(chr, range(0x10000)))
    categories = np.array(list(map(unicodedata.category, text)))
    kinds = np.full(0x10000, ALONE, np.uint32)
    kinds[np.isin(categories, ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc", "Me", "Cs"))] = WORD
    kinds[ord("_")] = WORD
    for first, last in UNSPACED:
        span = kinds[first : last + 1]
        span[span == WORD] = ALONE
    kinds[np.isin(categories, ("Zs", "Zl", "Zp", "Cc")) | np.array(list(map(str.isspace, text)))] = SPACE
    lower = list(map(str.lower, text))
    lower[0x130] = text[0x130]  # the one whose lower case is two characters
    table: npt.NDArray[np.uint32] = np.array(list(map(ord, lower)), np.uint32) | (kinds << KIND)
    table[np.array(list(map(unicodedata.combining, text))) > 0] |= COMBINES
    changes = np.array([unicodedata.normalize("NFC", character) != character for character in text])
    table[changes & (categories != "Cs")] |= MAY_CHANGE
    for parts in map(str.split, filter(None, map(unicodedata.decomposition, text))):
        if len(parts) == 2 and parts[0][0] != "<":  # the second may compose with the first
            table[int(parts[1], 16)] |= MAY_CHANGE
    table[list(_JAMO)] |= MAY_CHANGE
    return table


def composed(text: str) -> str:
    """A text in NFC; beyond the basic plane, of which the table of characters knows, also in lower case."""
    text = unicodedata.normalize("NFC", text)
    return "".join(character.lower() if ord(character) > 0xFFFF else character for character in text)


def token_texts(text: str) -> list[str]:
    """The tokens of a text in lower case, as `records.tokens` cuts it."""
    if text.isascii():
        return _ASCII_TOKENS.findall(text.lower())
    table = characters()
    tokens: list[str] = []
    word: list[str] = []
    for character in composed(text):
        point = ord(character)
        entry = int(table[point]) if point < 0x10000 else (ALONE << 16)
        kind = entry >> 16 & 3
        folded = chr(entry & 0xFFFF) if point < 0x10000 else character
        if kind == WORD:
            word.append(folded)
            continue
        if word:
            tokens.append("".join(word))
            word = []
        if kind == ALONE:
            tokens.append(folded)
    return [*tokens, "".join(word)] if word else tokens
