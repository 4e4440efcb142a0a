"""Counts of a column of texts, by which the rules for web pages judge."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.jit import inner, jit, put_uint64, uint64_at
from instructkit.filters.profile.characters import ALONE, LETTER, classes
from instructkit.filters.profile.lines import (
    PHRASES,
    c4_sentences,
    fineweb_lines,
    gopher_lines,
    repeated_lines,
    repeated_paragraphs,
    split_lines,
)
from instructkit.filters.profile.repetition import LAST_COUNT, lengthen, repeated_grams, top_gram
from instructkit.filters.profile.words import (
    ABBREVIATIONS,
    KINDS,
    POINTS,
    WORD_LETTER,
    WORD_SEEN,
    cut_words,
    decode,
    note_words,
    word_hash,
)
from instructkit.records.buffers import buffers
from instructkit.records.tokens import TEXTS

ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)
STOP_BITS = 10  # of a hash: where a stop word stands in their table
BASE = np.uint64(0xD1342543DE82EF95)  # of the hashes of n-grams; odd
READ = 1 << 22  # bytes of a text that are looked at: far beyond 100,000 words, which Gopher's rules take for too many
TOP_GRAMS = (2, 3, 4)
REPEATED_GRAMS = (5, 6, 7, 8, 9, 10)
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")  # Gopher's
STOP_CHARACTERS = "的是了在和有不这他们你也就与为以中上到说"  # frequent Chinese ones; ours

# the columns of `counts`, in order
COUNTS = (
    "characters", "words", "seen_words", "seen_word_characters", "letter_words", "hashes", "ellipses", "stop_words",
    "letters", "unspaced_letters", "lines", "bullet_lines", "ellipsis_lines", "web_lines", "ended_lines", "short_lines",
    "repeated_web_line_characters", "newlines", "sentences", "unwanted", "stretches", "repeated_lines",
    "repeated_line_characters", "paragraphs", "repeated_paragraphs", "repeated_paragraph_characters",
    *(f"top_{ngram}_grams" for ngram in TOP_GRAMS), *(f"repeated_{ngram}_grams" for ngram in REPEATED_GRAMS),
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """Counts of each text of a column, by name: see `COUNTS`."""

    counts: npt.NDArray[np.int64]  # (texts, len(COUNTS))

    def __getitem__(self, name: str) -> npt.NDArray[np.int64]:
        found: npt.NDArray[np.int64] = self.counts[:, COUNTS.index(name)]
        return found

    def share(self, part: str, whole: str) -> npt.NDArray[np.float64]:
        """One count by another, 0 where that is 0."""
        found: npt.NDArray[np.float64] = self[part] / np.maximum(self[whole], 1)
        return found

    @property
    def unspaced(self) -> npt.NDArray[np.bool_]:
        """Texts mostly in a script without spaces, where a word is a character."""
        found: npt.NDArray[np.bool_] = self["unspaced_letters"] * 2 > self["letters"]
        return found


def profile(texts: pa.StringArray) -> Profile:
    """Count what the texts of a column without nulls are made of; of a text, the first `READ` bytes."""
    data, offsets = buffers(texts)
    counts = np.zeros((len(texts), len(COUNTS)), np.int64)
    if len(texts):
        count_rows(data, offsets, classes(), ABBREVIATIONS, *_stop_words(), PHRASES, counts)
    return Profile(counts)


@functools.cache
def _stop_words() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """The hashes of the stop words, each where its highest bits say, and a bit for each."""
    hashes, bits = np.zeros(1 << STOP_BITS, np.uint64), np.zeros(1 << STOP_BITS, np.uint64)
    for number, word in enumerate([*STOP_WORDS, *STOP_CHARACTERS]):
        value = word_hash(word)
        place = value >> (64 - STOP_BITS)
        assert not hashes[place]  # noqa: S101 - the words are constants: a test would tell
        hashes[place], bits[place] = value, 1 << number
    return hashes, bits


@inner(f"int64({POINTS}, {KINDS}, int64, int64[::1])")
def survey(points: Any, kinds: Any, size: int, found: Any) -> int:
    """Count hashes, ellipses and letters; gives the newlines."""
    newlines = dots = 0
    for at in range(size):
        found[8] += kinds[at] & LETTER != 0
        found[9] += kinds[at] & ALONE != 0
        point = points[at]
        found[5] += point == 35
        found[6] += point == 0x2026
        newlines += point == 10
        dots = dots + 1 if point == 46 else 0
        if dots == 3:
            found[6] += 1
            dots = 0
    return newlines


@inner("int64(int64, int64, uint64[::1], uint64[::1])")
def distinct_stop_words(hashes: int, words: int, known: Any, bits: Any) -> int:
    """How many of the stop words a text has."""
    seen = np.uint64(0)
    for word in range(words):
        value = uint64_at(hashes, word)
        place = np.int64(value >> np.uint64(64 - STOP_BITS))
        if known[place] == value:
            seen |= bits[place]
    found = 0
    while seen:
        seen &= seen - np.uint64(1)
        found += 1
    return found


@inner("void(int64, int64, uint32[::1], uint8[::1], int64[::1], int64)")
def count_words(ends: int, words: int, lengths: Any, notes: Any, found: Any, size: int) -> None:
    """Count words by what they are made of, and the characters before each."""
    characters = seen = seen_characters = lettered = 0
    put_uint64(ends, 0, np.uint64(0))
    for word in range(words):
        length = np.int64(lengths[word])
        characters += length
        put_uint64(ends, word + 1, np.uint64(characters))
        if notes[word] & WORD_SEEN:
            seen += 1
            seen_characters += length
        lettered += notes[word] & WORD_LETTER != 0
    found[0], found[1], found[2], found[3], found[4] = size, words, seen, seen_characters, lettered


@jit(f"void({TEXTS}, uint16[::1], uint64[::1], uint64[::1], uint64[::1], uint8[:,::1], int64[:,::1])")
def count_rows(
    data: Any,
    offsets: Any,
    classes: Any,
    abbreviations: Any,
    stop_words: Any,
    stop_bits: Any,
    phrases: Any,
    counts: Any,
) -> None:
    """Fill a row of counts for each text."""
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, np.int64(offsets[row + 1]) - np.int64(offsets[row]))
    longest = min(longest, READ)
    points, kinds = np.empty(longest + 2, np.uint32), np.empty(longest + 2, np.uint16)
    starts, lengths = np.empty(longest + 1, np.uint32), np.empty(longest + 1, np.uint32)
    hashes, notes = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint8)
    ends, grams = np.empty(longest + 2, np.uint64), np.empty(longest + 2, np.uint64)
    room = 64
    while room < 2 * longest + 2:
        room *= 2
    table, times = np.zeros(room, np.uint64), np.empty(room, np.uint64)
    text, bits, words_at, seen = points.ctypes.data, kinds.ctypes.data, starts.ctypes.data, table.ctypes.data
    count = np.uint64(0)
    for row in range(len(offsets) - 1):
        start, stop = np.int64(offsets[row]), np.int64(offsets[row + 1])
        if stop - start > READ:
            stop = start + READ
            while data[stop] & 0xC0 == 0x80:  # not inside a character
                stop -= 1
        if stop == start:
            continue
        if count > LAST_COUNT:
            table[:] = 0
            count = np.uint64(0)
        size = decode(data, start, stop, classes, points, kinds)
        points[size] = 0
        kinds[size] = 0
        found = counts[row]
        words = cut_words(points, kinds, size, abbreviations, starts, lengths)
        note_words(points, kinds, words, starts, lengths, hashes, notes)
        count_words(ends.ctypes.data, words, lengths, notes, found, size)
        newlines = survey(points, kinds, size, found)
        mask = 63
        while mask < 2 * max(words, newlines + 1):
            mask = 2 * mask + 1
        found[7] = distinct_stop_words(hashes.ctypes.data, words, stop_words, stop_bits)
        found[10], found[11], found[12] = gopher_lines(text, bits, size)
        # the arrays of n-grams serve for lines first
        lines = split_lines(text, size, grams.ctypes.data, times.ctypes.data, newlines)
        found[17] = newlines
        found[13], found[14], found[15], found[16] = fineweb_lines(
            text, bits, grams.ctypes.data, times.ctypes.data, lines, seen, count + ONE, mask
        )
        found[20], found[21], found[22] = repeated_lines(
            grams.ctypes.data, times.ctypes.data, lines, seen, count + TWO, mask
        )
        found[23], found[24], found[25] = repeated_paragraphs(
            grams.ctypes.data, times.ctypes.data, lines, seen, count + THREE, mask
        )
        found[18], found[19] = c4_sentences(text, bits, size, words_at, notes, words, phrases)
        count += THREE
        grams[:words] = hashes[:words]
        # where a character is a word (see `Profile.unspaced`), two of them stand for one
        characters = 2 if found[9] * 2 > found[8] else 1
        if characters == 2:
            lengthen(grams.ctypes.data, words, hashes.ctypes.data, 2, BASE)
        for ngram in range(2, 11):
            count += ONE
            size = ngram * characters
            for longer in range(size - characters + 1, size + 1):
                lengthen(grams.ctypes.data, words, hashes.ctypes.data, longer, BASE)
            if ngram <= 4:
                spaces = 0 if characters == 2 else ngram - 1
                found[24 + ngram] = top_gram(
                    grams.ctypes.data, ends.ctypes.data, words, size, spaces, seen, times.ctypes.data, count, mask
                )
            else:
                found[24 + ngram] = repeated_grams(grams.ctypes.data, ends.ctypes.data, words, size, seen, count, mask)
