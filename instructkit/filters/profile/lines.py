"""Lines and paragraphs of a text, counted in compiled loops as datatrove 0.10 counts them for Gopher, C4 and FineWeb.

``points`` and ``kinds`` are the addresses of a text's characters and their bits (see `words.decode`).
"""

from typing import Any

import numpy as np

from instructkit.engine.jit import inner, put_uint64, uint16_at, uint32_at, uint64_at
from instructkit.filters.profile.characters import ALONE, BREAK, SPACE, TERMINAL
from instructkit.filters.profile.repetition import seen_before
from instructkit.filters.profile.words import WORD_END, WORD_MARK

SHORT_LINE = 30  # characters; FineWeb
LONG_WORD = 1000  # characters; C4
LINE_WORDS = 3  # at least; C4
# phrases for which C4 leaves out a line or a page (tensorflow_datasets/text/c4_utils.py), each with its bit
LOREM_IPSUM, BRACE, SCRIPT, POLICY = 1, 2, 4, 8
_POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
_PHRASES = {"lorem ipsum": LOREM_IPSUM, "javascript": SCRIPT, **dict.fromkeys(_POLICIES, POLICY)}
# a row a phrase: its bit, its length, its letters
PHRASES = np.zeros((len(_PHRASES), 2 + max(map(len, _PHRASES))), np.uint8)
for _row, (_phrase, _bit) in enumerate(_PHRASES.items()):
    PHRASES[_row, :2] = _bit, len(_phrase)
    PHRASES[_row, 2 : 2 + len(_phrase)] = np.frombuffer(_phrase.encode(), np.uint8)

_BASE, _GROWTH = np.uint64(0xD1342543DE82EF95), np.uint64(0x9E3779B97F4A7C15)
_NEWLINE, _RETURN, _DOT, _ELLIPSIS, _BULLET, _HYPHEN = 10, 13, 46, 0x2026, 0x2022, 45


@inner("uint64(int64, int64, int64)")
def stretch_hash(points: int, start: int, end: int) -> Any:
    """The hash of a stretch of characters: a sum, so that no step waits for the one before it."""
    value = np.uint64(end - start)
    for at in range(start, end):
        term = (np.uint64(uint32_at(points, at)) + _BASE) * (np.uint64(2 * (at - start) + 1) * _GROWTH)
        value += term ^ (term >> np.uint64(29))
    return value


@inner("UniTuple(int64, 2)(int64, int64, int64)")
def stripped(kinds: int, start: int, end: int) -> Any:
    """A stretch without the white space around it."""
    while start < end and uint16_at(kinds, start) & SPACE:
        start += 1
    while end > start and uint16_at(kinds, end - 1) & SPACE:
        end -= 1
    return start, end


@inner("int64(int64, int64, int64, int64, int64)")
def split_lines(points: int, size: int, hashes: int, lengths: int, newlines: int) -> int:
    """Write the hash and the length of each line between newlines; gives how many there are: ``newlines`` + 1."""
    at = 0
    for line in range(newlines + 1):
        stop = at
        while stop < size and uint32_at(points, stop) != _NEWLINE:
            stop += 1
        put_uint64(hashes, line, stretch_hash(points, at, stop))
        put_uint64(lengths, line, np.uint64(stop - at))
        at = stop + 1
    return newlines + 1


@inner("UniTuple(int64, 3)(int64, int64, int64, int64, uint64, int64)")
def repeated_lines(hashes: int, lengths: int, lines: int, table: int, count: Any, mask: int) -> Any:
    """What stands between runs of newlines: how many lines, how many repeat an earlier one, and their characters.

    Before a newline that begins the text, and after one that ends it, stands an empty line.
    """
    found = repeats = characters = 0
    for line in range(lines):
        length = uint64_at(lengths, line)
        if length == 0 and line > 0 and line < lines - 1:
            continue
        found += 1
        if seen_before(table, uint64_at(hashes, line), count, mask):
            repeats += 1
            characters += np.int64(length)
    return found, repeats, characters


@inner("UniTuple(int64, 3)(int64, int64, int64, int64, uint64, int64)")
def repeated_paragraphs(hashes: int, lengths: int, lines: int, table: int, count: Any, mask: int) -> Any:
    """What stands between empty lines: how many paragraphs, how many repeat an earlier one, and their characters."""
    found = repeats = characters = size = line = 0
    value = np.uint64(0)
    while line <= lines:
        if line < lines and uint64_at(lengths, line) > 0:
            value = (value ^ uint64_at(hashes, line)) * _BASE
            size += np.int64(uint64_at(lengths, line)) + (size > 0)
        elif size:
            found += 1
            if seen_before(table, value, count, mask):
                repeats += 1
                characters += size
            value = np.uint64(0)
            size = 0
        line += 1
    return max(found, 1), repeats, characters


@inner("UniTuple(int64, 4)(int64, int64, int64, int64, int64, int64, uint64, int64)")
def fineweb_lines(points: int, kinds: int, hashes: int, lengths: int, lines: int, table: int, count: Any,
                  mask: int) -> Any:  # fmt: skip
    """Of the lines that are not blank: how many, that end in a mark, that are short, characters of repeated ones."""
    found = ended = short = repeated = at = 0
    for line in range(lines):
        length = np.int64(uint64_at(lengths, line))
        first, last = stripped(kinds, at, at + length)
        if first < last:
            found += 1
            ended += uint16_at(kinds, at + length - 1) & TERMINAL != 0
            short += length <= SHORT_LINE
            if seen_before(table, uint64_at(hashes, line), count, mask):
                repeated += length
        at += length + 1
    return found, ended, short, repeated


@inner("int64(int64, int64, int64)")
def line_end(kinds: int, at: int, size: int) -> int:
    """Where the line that begins at a place ends, by any of the breaks of `str.splitlines`."""
    while at < size and uint16_at(kinds, at) & BREAK == 0:
        at += 1
    return at


@inner("int64(int64, int64, int64)")
def after_break(points: int, at: int, size: int) -> int:
    """Where the line after a break begins."""
    if at >= size:
        return size
    return at + 2 if uint32_at(points, at) == _RETURN and uint32_at(points, at + 1) == _NEWLINE else at + 1


@inner("boolean(int64, int64, int64)")
def three_dots(points: int, start: int, end: int) -> Any:
    """Whether a stretch ends in three dots."""
    if end - start < 3 or uint32_at(points, end - 1) != _DOT:
        return False
    return uint32_at(points, end - 2) == _DOT and uint32_at(points, end - 3) == _DOT


@inner("UniTuple(int64, 3)(int64, int64, int64)")
def gopher_lines(points: int, kinds: int, size: int) -> Any:
    """Lines, those that begin with a bullet, those that end in an ellipsis."""
    lines = bullets = ellipses = at = 0
    while at < size:
        end = line_end(kinds, at, size)
        first, last = stripped(kinds, at, end)
        lines += 1
        if first < last:
            begins = uint32_at(points, first)
            bullets += begins == _BULLET or begins == _HYPHEN
            ellipses += uint32_at(points, last - 1) == _ELLIPSIS or three_dots(points, first, last)
        at = after_break(points, end, size)
    return lines, bullets, ellipses


@inner("int64(int64)")
def lower(point: int) -> int:
    """An ASCII letter in lower case."""
    return point | 32 if point >= 65 and point <= 90 else point


@inner("int64(int64, int64, int64, uint8[:,::1])")
def c4_phrases(points: int, start: int, end: int, phrases: Any) -> int:
    """What a line has that C4 will not: the bits of the phrases, and `BRACE`."""
    found = 0
    for at in range(start, end):
        point = uint32_at(points, at)
        if point == 123:
            found |= BRACE
        point |= 32
        if point != 108 and point != 106 and point != 116 and point != 112 and point != 99 and point != 117:
            continue  # no phrase begins with this letter
        for row in range(len(phrases)):
            size = np.int64(phrases[row, 1])
            if phrases[row, 2] != point or end - at < size:
                continue
            place = 1
            while place < size and lower(uint32_at(points, at + place)) == phrases[row, 2 + place]:
                place += 1
            if place == size:
                found |= np.int64(phrases[row, 0])
    return found


@inner("int64(int64, int64, int64)")
def without_citation(points: int, start: int, end: int) -> int:
    """Where a line ends without Wikipedia's [1] after it."""
    while end > start and uint32_at(points, end - 1) == 93:
        at = end - 2
        while at >= start and uint32_at(points, at) >= 48 and uint32_at(points, at) <= 57:
            at -= 1
        if at < start or uint32_at(points, at) != 91:
            return end
        end = at
    return end


@inner("boolean(int64)")
def ends_line(point: int) -> Any:
    """Whether C4 lets a line end in a character: . ? ! and quotes, and what is written for them in Chinese (ours)."""
    if point < 64:
        return point == 46 or point == 63 or point == 33 or point == 34 or point == 39
    return point == 0x3002 or point == 0xFF01 or point == 0xFF1F or point == 0x201D or point == 0x300D


@inner("int64(int64, int64, int64)")
def c4_words(kinds: int, start: int, end: int) -> int:
    """Words of a line between spaces (a character of a script without spaces is one); -1 where one is too long."""
    words = 0
    at = start
    while at < end:
        while at < end and uint16_at(kinds, at) & SPACE:
            at += 1
        begin = at
        alone = 0
        while at < end and uint16_at(kinds, at) & SPACE == 0:
            alone += uint16_at(kinds, at) & ALONE != 0
            at += 1
        if at - begin > LONG_WORD:
            return -1
        words += max(alone, 1) if at > begin else 0
    return words


@inner("UniTuple(int64, 2)(int64, int64, int64, int64, uint8[::1], int64, uint8[:,::1])")
def c4_sentences(points: int, kinds: int, size: int, starts: int, notes: Any, words: int, phrases: Any) -> Any:
    """Sentences in the lines that C4 keeps, and what it would drop the page for: `LOREM_IPSUM` or `BRACE`, else 0."""
    sentences = word = at = 0
    while at < size:
        stop = line_end(kinds, at, size)
        start, end = stripped(kinds, at, stop)
        at = after_break(points, stop, size)
        if c4_words(kinds, start, end) < LINE_WORDS:
            continue
        end = without_citation(points, start, end)
        if end == start or three_dots(points, start, end) or not ends_line(uint32_at(points, end - 1)):
            continue
        found = c4_phrases(points, start, end, phrases)
        if found & LOREM_IPSUM:
            return sentences, LOREM_IPSUM
        if found & SCRIPT:
            continue
        if found & BRACE:
            return sentences, BRACE
        if found & POLICY:
            continue
        while word < words and uint32_at(starts, word) < start:
            word += 1
        first, ended = True, False
        while word < words and uint32_at(starts, word) < end:
            if first or (ended and notes[word] & (WORD_MARK | WORD_END) == 0):
                sentences += 1
                first = ended = False
            if notes[word] & WORD_END:
                ended = True
            word += 1
    return sentences, 0
