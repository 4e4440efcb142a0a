"""Tokens of a text in any script, as 64-bit hashes, straight off Arrow buffers.

A token is a run of letters, digits and underscores; or one character of a script written without spaces
(Chinese, Japanese, Thai, Lao, Khmer, Burmese); or one mark of punctuation or symbol, so that ``3+2`` and
``3-2`` differ. White space only separates. Case and Unicode form do not count.
"""

import functools
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine.jit import jit

SPACE, WORD, ALONE = 0, 1, 2
Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int32]

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
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)  # Fowler, Noll, Vo: FNV-1a, 64 bits
_FNV_PRIME = np.uint64(0x100000001B3)


@functools.cache
def character_classes() -> Bytes:
    """The class of each code point of the basic plane: uint8, 65,536."""
    classes = np.full(0x10000, ALONE, np.uint8)
    for point in range(0x10000):
        character = chr(point)
        category = unicodedata.category(character)
        if character.isspace() or category in ("Zs", "Zl", "Zp", "Cc"):
            classes[point] = SPACE
        elif category[0] in "LNM" or character == "_" or category == "Cs":
            classes[point] = WORD
    for first, last in UNSPACED:
        span = classes[first : last + 1]
        span[span == WORD] = ALONE
    return classes


def normalised(texts: pa.StringArray) -> pa.StringArray:
    """Texts in NFC and lower case."""
    if pc.all(pc.string_is_ascii(texts)).as_py() is False:
        texts = pc.utf8_normalize(texts, form="NFC")
    return pc.utf8_lower(texts)


def buffers(texts: pa.StringArray) -> tuple[Bytes, Offsets]:
    """The UTF-8 bytes and the row offsets (rows + 1) of texts without nulls; no copy."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8), starts


@jit()
def mix(value: Any) -> Any:
    """Scramble 64 bits (the finalizer of SplitMix64, Steele et al. 2014)."""
    value = np.uint64(value)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@jit()
def tokenise(data: Any, start: int, end: int, classes: Any, tokens: Any) -> int:
    """Write the token hashes of ``data[start:end]`` (valid UTF-8) to ``tokens``; gives their number.

    ``tokens`` must hold ``end - start`` values.
    """
    count = 0
    at = start
    word = _FNV_OFFSET
    inside = False
    while at < end:
        byte = data[at]
        if byte < 0x80:
            point, size = np.int64(byte), 1
        elif byte < 0xE0:
            point, size = ((np.int64(byte) & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), 2
        elif byte < 0xF0:
            point = ((np.int64(byte) & 0x0F) << 12) | ((np.int64(data[at + 1]) & 0x3F) << 6)
            point |= np.int64(data[at + 2]) & 0x3F
            size = 3
        else:
            point, size = np.int64(0x10000), 4
            for place in range(4):
                point = point * 256 + np.int64(data[at + place])
        kind = classes[point] if point < 0x10000 else ALONE
        if kind == WORD:
            for place in range(size):
                word = (word ^ np.uint64(data[at + place])) * _FNV_PRIME
            inside = True
        else:
            if inside:
                tokens[count] = mix(word)
                count += 1
                word = _FNV_OFFSET
                inside = False
            if kind == ALONE:
                tokens[count] = mix(np.uint64(point) ^ np.uint64(0x5851F42D4C957F2D))
                count += 1
        at += size
    if inside:
        tokens[count] = mix(word)
        count += 1
    return count


def count_tokens(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    """The number of tokens of each text: int64, one a row."""
    data, offsets = buffers(normalised(texts))
    counts = np.zeros(len(texts), np.int64)
    _count_all(data, offsets, character_classes(), counts, max(int(np.diff(offsets).max(initial=1)), 1))
    return counts


@jit()
def _count_all(data: Any, offsets: Any, classes: Any, counts: Any, longest: int) -> None:
    buffer = np.zeros(longest, np.uint64)
    for row in range(len(counts)):
        counts[row] = tokenise(data, offsets[row], offsets[row + 1], classes, buffer)
