"""The tokens that ROUGE-L compares: those of rouge_score, and those of scripts it does not see."""

import functools
import re
import unicodedata

Blocks = tuple[tuple[int, int], ...]

_ASCII = re.compile("[a-z0-9]+")
_FULL_WIDTH = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
# Unicode 15 blocks, first and last code point. Characters that are tokens by themselves:
_ALONE = (
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # iteration mark, zero
    (0x3041, 0x3096),  # Hiragana
    (0x309D, 0x309F),
    (0x30A1, 0x30FA),  # Katakana
    (0x30FC, 0x312F),  # its long sound, bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # Katakana of half width
)
_ALONE_BEYOND = ((0x17000, 0x18CFF), (0x1B000, 0x1B2FF), (0x20000, 0x3FFFF))  # Tangut, Khitan; kana, Nushu; Han
# scripts whose letters make words: the blocks between those of Latin, and of letters that are signs
_WORDS = (
    (0x0370, 0x1CFF),  # Greek to Vedic
    (0x1F00, 0x1FFF),  # Greek with marks
    (0x2C00, 0x2C5F),  # Glagolitic
    (0x2C80, 0x2DFF),  # Coptic to Cyrillic
    (0x3130, 0x318F),  # Hangul jamo
    (0xA000, 0xA6FF),  # Yi to Bamum
    (0xA800, 0xAB2F),  # Syloti Nagri to Ethiopic
    (0xAB70, 0xD7FF),  # Cherokee to Hangul
    (0xFB07, 0xFDFF),  # Armenian, Hebrew, Arabic
    (0xFE70, 0xFEFE),  # Arabic
    (0xFFA0, 0xFFDC),  # Hangul of half width
)
_WORDS_BEYOND = ((0x10000, 0x1077F), (0x107C0, 0x16FFF), (0x1E000, 0x1EFFF))
_MARKS = ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0xFE20, 0xFE2F))  # of any script


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, in their order.

    Of Latin letters and digits they are those of rouge_score (Google's, without its stemmer): the text in lower case,
    runs of a-z and 0-9, all else parts them, letters with accents too. Full-width letters and digits are taken as those
    of ASCII. A Han character or kana is a token by itself. In all other scripts runs of letters, digits and marks are
    words, in Unicode NFC.

    >>> tokens_of("Write 2 poèmes about 北京!")
    ['write', '2', 'po', 'mes', 'about', '北', '京']
    """
    if text.isascii():
        return _ASCII.findall(text.lower())
    return [
        token if token.isascii() else unicodedata.normalize("NFC", token)
        for token in _any_script().findall(text.translate(_FULL_WIDTH).lower())
    ]


@functools.cache
def _any_script() -> re.Pattern[str]:
    words, marks = _letters(_WORDS), _span(_MARKS)
    # apart from the basic plane's: a set that holds others is sought in one by one
    alone_beyond, words_beyond = _span(_ALONE_BEYOND), _span(_WORDS_BEYOND)
    return re.compile(
        f"[a-z0-9]+|(?:[{_span(_ALONE)}]|[{alone_beyond}])[\u3099\u309a]?"
        f"|(?:[{words}]|[{words_beyond}])(?:[{words}{marks}]|[{words_beyond}])*"
    )


def _letters(blocks: Blocks) -> str:
    """The letters, numbers and marks of some blocks, for a set in a regular expression."""
    points = (point for first, last in blocks for point in range(first, last + 1))
    return "".join(chr(point) for point in points if unicodedata.category(chr(point))[0] in "LMN")


def _span(blocks: Blocks) -> str:
    """All characters of some blocks, likewise."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in blocks)
