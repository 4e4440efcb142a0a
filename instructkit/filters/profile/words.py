"""Words of a text, cut as spaCy's English tokenizer cuts them (its rules, not its code), in a compiled loop.

White space separates. Marks that lead or end a word stand off from it; a final dot only after a small letter, a digit,
a mark or two capitals, and not in an abbreviation. Inside a word, marks between letters cut it (hyphens, commas,
slashes), but not inside addresses of the web. ``n't``, ``'s`` and their like are words of their own. A character of a
script written without spaces (Chinese, Japanese, Thai, ...) is a word.
"""

from typing import Any

import numpy as np

from instructkit.engine.jit import inner, jit, uint16_at, uint32_at
from instructkit.filters.profile.characters import (
    AFFIX,
    ALONE,
    BEYOND,
    BEYOND_HAN,
    CURRENCY,
    DIGIT,
    ICON,
    LETTER,
    LOWER,
    MARK,
    QUOTE,
    SPACE,
    SYMBOL,
    TERMINAL,
    UPPER,
    classes,
)
from instructkit.records.tokens import BYTES, code_point

# of a word: what `note_words` says of it
WORD_LETTER, WORD_SEEN, WORD_MARK, WORD_END = 1, 2, 4, 8
_BASE = np.uint64(0xD1342543DE82EF95)
_GROWTH = np.uint64(0x9E3779B97F4A7C15)

POINTS, KINDS = "uint32[::1]", "uint16[::1]"
TEXT = f"{POINTS}, {KINDS}"
STARTS, LENGTHS, HASHES, NOTES = "uint32[::1]", "uint32[::1]", "uint64[::1]", "uint8[::1]"
WORDS = f"{STARTS}, {LENGTHS}, {HASHES}, {NOTES}"
# abbreviations that keep their dot (a few of spaCy's English exceptions), as `_spelled` writes them
_ABBREVIATIONS = ("mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "jr.", "sr.", "inc.", "ltd.", "co.", "corp.", "vs.",
                  "e.g.", "i.e.", "a.m.", "p.m.", "u.s.", "u.k.", "gen.", "gov.", "rep.", "rev.", "sen.", "jan.",
                  "feb.", "mar.", "apr.", "aug.", "sep.", "sept.", "oct.", "nov.", "dec.", "d.c.", "ph.d.", "no.",
                  "mt.", "bros.", "etc.")  # fmt: skip
_NOT_KEPT = {"no.", "etc."}  # spaCy cuts the dot off these


def _spelled(word: str) -> int:
    """A word of up to eight ASCII characters as a number, as the loop reads it."""
    return sum(ord(character) << (8 * place) for place, character in enumerate(word))


ABBREVIATIONS = np.array(sorted(_spelled(word) for word in _ABBREVIATIONS if word not in _NOT_KEPT), np.uint64)


def word_hash(word: str) -> int:
    """The hash of a word, as `note_words` makes it."""
    value = len(word)
    for character in word:
        value = (value ^ ord(character)) * int(_BASE) % (1 << 64)
        value ^= value >> 29
    return value * int(_GROWTH) % (1 << 64)


@inner(f"int64({BYTES}, int64, int64, uint16[::1], {TEXT})")
def decode(data: Any, at: int, end: int, table: Any, points: Any, kinds: Any) -> int:
    """Write a text's characters and their bits; gives how many there are."""
    count = 0
    while at < end:
        byte = data[at]
        if byte < 0x80:
            points[count] = byte
            kinds[count] = table[byte]
            at += 1
        else:
            point, size = code_point(data, at)
            points[count] = point
            if point < 0x10000:
                kinds[count] = table[point]
            elif point >= 0x20000:
                kinds[count] = BEYOND_HAN
            else:
                kinds[count] = BEYOND
            at += size
        count += 1
    return count


@inner(f"void({TEXT}, int64, {WORDS})")
def note_words(points: Any, kinds: Any, count: int, starts: Any, lengths: Any, hashes: Any, notes: Any) -> None:
    """Fill in the hash of each word and what is to be said of it."""
    for word in range(count):
        start, length = np.int64(starts[word]), np.int64(lengths[word])
        value = np.uint64(length)
        some, every, seen = np.uint16(0), np.uint16(0xFFFF), False
        for at in range(start, start + length):
            value = (value ^ np.uint64(points[at])) * _BASE
            value ^= value >> np.uint64(29)
            some |= kinds[at]
            every &= kinds[at]
            seen |= kinds[at] & SYMBOL == 0
        note = 0
        if some & LETTER:
            note |= WORD_LETTER
        if seen:
            note |= WORD_SEEN
        if every & MARK:
            note |= WORD_MARK
        if length == 1 and every & TERMINAL:
            note |= WORD_END
        hashes[word] = value * _GROWTH
        notes[word] = note


@inner("int64(int64, int64, int64)")
def web_address(points: int, start: int, end: int) -> int:
    """Whether a stretch is an address of the web or of mail: those stay whole."""
    if end - start < 5:
        return 0
    if (
        uint32_at(points, start) | 32 == 119
        and uint32_at(points, start + 1) | 32 == 119
        and uint32_at(points, start + 3) == 46
    ):
        return 1
    at = start
    while at < end - 3 and uint32_at(points, at) | 32 >= 97 and uint32_at(points, at) | 32 <= 122:
        at += 1
    if at > start and uint32_at(points, at) == 58:
        return 1 if uint32_at(points, at + 1) == 47 and uint32_at(points, at + 2) == 47 else 0
    while at < end - 2 and uint32_at(points, at) != 64:  # @, with a dot after it
        at += 1
    at += 1
    while at < end - 1 and uint32_at(points, at) != 46:
        at += 1
    return 1 if at > start + 2 and at < end - 1 else 0


@inner("boolean(int64, int64, int64, uint64[::1])")
def is_abbreviation(points: int, start: int, end: int, abbreviations: Any) -> Any:
    """Whether a stretch that ends in a dot is an abbreviation that keeps it: a known one, or a single letter's."""
    size = end - start
    if size == 2:
        return (uint32_at(points, start) | 32) >= 97 and (uint32_at(points, start) | 32) <= 122
    if size > 8:
        return False
    spelled = np.uint64(0)
    for place in range(size):
        point = uint32_at(points, start + place)
        if point >= 128:
            return False
        if point >= 65 and point <= 90:
            point |= 32
        spelled |= np.uint64(point) << np.uint64(8 * place)
    at = np.searchsorted(abbreviations, spelled)
    return at < len(abbreviations) and abbreviations[at] == spelled


@inner("int64(int64, int64, int64, int64)")
def suffix_size(points: int, kinds: int, start: int, end: int) -> int:
    """How many characters of a word's end stand off from it."""
    last = uint32_at(points, end - 1)
    kind = uint16_at(kinds, end - 1)
    before = uint16_at(kinds, end - 2) if end - 2 >= start else 0
    if last == 46:  # a dot
        if end - 2 >= start and uint32_at(points, end - 2) == 46:
            size = 2
            while end - size - 1 >= start and uint32_at(points, end - size - 1) == 46:
                size += 1
            return size
        if before & (DIGIT | LOWER | QUOTE) or (before & AFFIX and not before & CURRENCY) or before & ALONE:
            return 1
        if end - 2 >= start and (uint32_at(points, end - 2) == 45 or uint32_at(points, end - 2) == 43):
            return 1
        if before & UPPER and end - 3 >= start and uint16_at(kinds, end - 3) & UPPER:
            return 1
        return 0
    if last == 43 or kind & CURRENCY:  # a plus, a currency: after a digit
        return 1 if before & DIGIT else 0
    if (
        (last == 115 or last == 83)
        and end - 2 > start
        and (uint32_at(points, end - 2) == 39 or uint32_at(points, end - 2) == 0x2019)
    ):
        return 2  # 's
    if last == 37 or last == 61 or last == 0xA7:  # % = §: they only lead
        return 1 if last == 37 and before & DIGIT else 0
    return 1 if kind & AFFIX else 0


@inner("boolean(int64, int64, int64, int64)")
def leads(points: int, kinds: int, at: int, end: int) -> Any:
    """Whether a word's first character stands off from it."""
    point = uint32_at(points, at)
    if point == 46:
        return at + 1 < end and uint32_at(points, at + 1) == 46
    if point == 43:
        return at + 1 >= end or uint16_at(kinds, at + 1) & DIGIT == 0
    return uint16_at(kinds, at) & AFFIX != 0


@inner("int64(int64, int64, int64, int64, int64)")
def infix_size(points: int, kinds: int, at: int, start: int, end: int) -> int:
    """How many characters at a place inside a word cut it in two; 0 for none."""
    point = uint32_at(points, at)
    kind = uint16_at(kinds, at)
    before, after = uint16_at(kinds, at - 1), uint16_at(kinds, at + 1)
    if kind & ICON or point == 0x2026:
        return 1
    if point == 46:
        if uint32_at(points, at + 1) == 46:
            size = 2
            while at + size < end and uint32_at(points, at + size) == 46:
                size += 1
            return size
        return 1 if before & (LOWER | QUOTE) and after & (UPPER | QUOTE) else 0
    if point == 44:
        return 1 if before & LETTER and after & LETTER else 0
    if point == 45 or point == 0x2013 or point == 0x2014 or point == 126:
        size = 1
        while point == 45 and at + size < end and uint32_at(points, at + size) == 45 and size < 3:
            size += 1
        if at + size < end and before & (LETTER | DIGIT) and uint16_at(kinds, at + size) & LETTER:
            return size
        return 1 if point == 45 and before & DIGIT and (after & DIGIT or uint32_at(points, at + 1) == 45) else 0
    if point == 43 or point == 42 or point == 94:
        return 1 if before & DIGIT and (after & DIGIT or uint32_at(points, at + 1) == 45) else 0
    if point == 58 or point == 60 or point == 61 or point == 62 or point == 47:
        return 1 if before & (LETTER | DIGIT) and after & LETTER else 0
    return 0


@inner("int64(int64, int64, int64)")
def contraction(points: int, start: int, end: int) -> int:
    """How many characters of a word's end are a contraction: n't, 'll, 're, 've, 'd, 'm; 0 for none."""
    if end - start < 3:
        return 0
    last = uint32_at(points, end - 1) | 32
    if uint32_at(points, end - 2) == 39 or uint32_at(points, end - 2) == 0x2019:
        if last == 116 and (uint32_at(points, end - 3) | 32) == 110 and end - start > 3:
            return 3
        return 2 if last == 100 or last == 109 else 0
    if end - start > 3 and (uint32_at(points, end - 3) == 39 or uint32_at(points, end - 3) == 0x2019):
        before = uint32_at(points, end - 2) | 32
        if (last == 108 and before == 108) or (last == 101 and (before == 114 or before == 118)):
            return 3
    return 0


@inner("int64(int64, int64, int64)")
def run_of_dots(points: int, at: int, end: int) -> int:
    """How many dots stand at a place, at least 1."""
    size = 1
    while uint32_at(points, at) == 46 and at + size < end and uint32_at(points, at + size) == 46:
        size += 1
    return size


@inner("int64(int64, int64, int64)")
def mark_size(points: int, at: int, end: int) -> int:
    """How many characters the mark after a word has: 's, a run of dots, or one."""
    point = uint32_at(points, at)
    if (point == 39 or point == 0x2019) and at + 1 < end and uint32_at(points, at + 1) | 32 == 115:
        return 2
    return run_of_dots(points, at, end)


@inner("int64(int64, int64, int64, int64, int64)")
def next_cut(points: int, kinds: int, at: int, start: int, end: int) -> int:
    """The first place from ``at`` on where a mark inside a word cuts it; ``end`` for none."""
    while at < end - 1:
        if infix_size(points, kinds, at, start, end):
            return at
        at += 1
    return end


@inner(f"int64({TEXT}, int64, uint64[::1], {STARTS}, {LENGTHS})")
def cut_words(points: Any, kinds: Any, size: int, abbreviations: Any, starts: Any, lengths: Any) -> int:
    """Where the words of a text of ``size`` characters start, and their lengths; gives how many there are."""
    text, bits = points.ctypes.data, kinds.ctypes.data
    count = at = 0
    while at < size:
        if kinds[at] & SPACE:
            at += 1
            continue
        if kinds[at] & ALONE:
            starts[count], lengths[count] = at, 1
            count += 1
            at += 1
            continue
        end = at
        plain = True
        while end < size and kinds[end] & (SPACE | ALONE) == 0:
            plain &= kinds[end] & (LETTER | DIGIT) != 0
            end += 1
        if plain:
            starts[count], lengths[count] = at, end - at
            count += 1
            at = end
            continue
        # what leads the word
        while at < end and leads(text, bits, at, end):
            length = run_of_dots(text, at, end)
            starts[count], lengths[count] = at, length
            count += 1
            at += length
        # what ends it is cut off now and noted last
        stop = end
        while stop > at:
            if points[stop - 1] == 46 and is_abbreviation(text, at, stop, abbreviations):
                break
            length = suffix_size(text, bits, at, stop)
            if length == 0:
                break
            stop -= length
        whole = at < stop and web_address(text, at, stop)
        last = stop if whole or at >= stop else stop - contraction(text, at, stop)
        while at < last:
            cut = last if whole else next_cut(text, bits, at + 1, at, last)
            starts[count], lengths[count] = at, cut - at
            count += 1
            at = cut
            if at < last:
                length = infix_size(text, bits, at, at, last)
                starts[count], lengths[count] = at, length
                count += 1
                at += length
        if last < stop:
            starts[count], lengths[count] = last, stop - last
            count += 1
        at = stop
        while at < end:
            length = mark_size(text, at, end)
            starts[count], lengths[count] = at, length
            count += 1
            at += length
    return count


@jit(f"int64({BYTES}, int64, uint16[::1], uint64[::1], {STARTS}, {LENGTHS})")
def cut_text(data: Any, size: int, classes: Any, abbreviations: Any, starts: Any, lengths: Any) -> int:
    """`cut_words` of the UTF-8 bytes of one text."""
    points, kinds = np.empty(size + 1, np.uint32), np.empty(size + 1, np.uint16)
    characters = decode(data, 0, size, classes, points, kinds)
    points[characters] = 0
    kinds[characters] = 0
    return cut_words(points, kinds, characters, abbreviations, starts, lengths)


def words_of(text: str) -> list[str]:
    """The words of one text, as they are counted."""
    data = np.frombuffer(text.encode() + b"\0", np.uint8)
    size = len(data) - 1
    starts, lengths = np.zeros(size + 1, np.uint32), np.zeros(size + 1, np.uint32)
    count = cut_text(data, size, classes(), ABBREVIATIONS, starts, lengths)
    return [text[start : start + length] for start, length in zip(starts[:count], lengths[:count], strict=True)]
