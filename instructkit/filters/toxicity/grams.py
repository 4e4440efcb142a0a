"""Windows of a stream, and the hashed n-grams of characters and words in them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from instructkit.filters.toxicity.characters import END, HAN, LETTER, Places, Stream

Hashes = npt.NDArray[np.uint32]

ENGLISH_GRAMS = (3, 4, 5)  # characters of a word and its edges
CHINESE_GRAMS = (1, 2, 3, 4)
WINDOW, LONGEST = 160, 400  # characters; sentences that begin in one window are judged together too

_PRIME = np.uint32(0x01000193)  # FNV-1a (Fowler, Noll, Vo)
_START = np.uint32(0x811C9DC5)


@dataclass
class Grams:
    """N-grams of one kind: where each begins in the stream, and its hash."""

    places: Places
    hashes: Hashes
    ends: Places  # where it ends


def mixed(hashes: Hashes) -> Hashes:
    """The finalizer of MurmurHash3: every bit hangs on every other."""
    hashes = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    hashes = (hashes ^ (hashes >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    mixed: Hashes = hashes ^ (hashes >> np.uint32(16))
    return mixed


@dataclass
class Spans:
    """Stretches of a stream that are judged by themselves: where each begins, its length, and its text's number."""

    begins: Places
    lengths: Places
    rows: Places


def spans(stream: Stream, stride: int = 1) -> Spans:
    """The sentences, or with a stride those together that begin within it; every text with a character has one.

    A sentence longer than `LONGEST` is cut, so that a long text costs no more than its length.
    """
    count = len(stream.codes)
    starts = np.zeros(count, bool)
    starts[1:] = stream.kinds[:-1] == END
    first = stream.starts[:-1]
    numbers = np.repeat(np.arange(-1, len(first)), np.diff(stream.starts, prepend=0))
    starts[first[first < count]] = True
    begins = np.flatnonzero(starts)
    rows = numbers[begins]
    if stride > 1 and len(begins):
        place = (begins - first[rows]) // stride
        kept = np.concatenate([[True], (np.diff(place) != 0) | (np.diff(rows) != 0)])
        begins, rows = begins[kept], rows[kept]
    pieces = np.maximum(1, -(-np.diff(np.append(begins, count)) // LONGEST))
    inside = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begins, rows = np.repeat(begins, pieces) + inside * LONGEST, np.repeat(rows, pieces)
    return Spans(begins, np.diff(np.append(begins, count)), rows)


def english(stream: Stream) -> Iterator[Grams]:
    """Words, pairs of words, and the character n-grams of a word with its edges."""
    codes = np.where(stream.kinds == LETTER, stream.codes, np.uint16(32)).astype(np.uint32)
    letter = stream.kinds == LETTER
    if not letter.any():
        return
    yield from _words(codes, letter, stream.kinds)
    usable = stream.kinds != HAN
    inner = letter.copy()  # whether all characters between the first and the last are letters
    hashes = (_START ^ codes) * _PRIME
    for size in range(2, max(ENGLISH_GRAMS) + 1):
        hashes = (hashes[:-1] ^ codes[size - 1 :]) * _PRIME
        if size > 2:
            inner = (
                inner[1 : 1 + len(hashes)]
                if size == 3
                else inner[: len(hashes)] & letter[size - 2 : len(hashes) + size - 2]
            )
        if size in ENGLISH_GRAMS:
            fits = inner & usable[: len(hashes)] & usable[size - 1 :]
            for edge in (True, False):
                found = np.flatnonzero(fits & (letter[: len(hashes)] != edge))
                # what begins with the space before a word belongs to the word, not to what stands before
                yield Grams(found + edge, mixed(hashes[found] ^ np.uint32(size)), found + size)


def _words(codes: Hashes, letter: npt.NDArray[np.bool_], kinds: npt.NDArray[np.uint8]) -> Iterator[Grams]:
    edges = np.diff(np.concatenate([[0], letter.view(np.int8), [0]]))
    first, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    powers = np.cumprod(np.full(64, 0x01000193, np.uint32), dtype=np.uint32)
    inside = np.flatnonzero(letter)
    position = inside - np.repeat(first, end - first)
    terms = (codes[inside] + np.uint32(1)) * powers[np.minimum(position, 63)]
    begins = np.cumsum(end - first) - (end - first)
    words = np.add.reduceat(terms, begins, dtype=np.uint32)
    yield Grams(first, mixed(words ^ np.uint32(0x5BD1E995)), end)
    follows = (
        np.flatnonzero((first[1:] - end[:-1] == 1) & (kinds[end[:-1]] != END))
        if len(first) > 1
        else np.zeros(0, np.int64)
    )
    pairs = words[follows] * np.uint32(0x9E3779B1) ^ words[follows + 1]
    yield Grams(first[follows], mixed(pairs ^ np.uint32(0x27D4EB2F)), end[1:][follows])


def chinese(stream: Stream) -> Iterator[Grams]:
    """N-grams of Han characters, the letters beside them, and the edges of their sentence."""
    han = stream.kinds == HAN
    if not han.any():
        return
    whole, edge = stream.kinds >= LETTER, stream.kinds == END
    usable = whole | edge
    codes = stream.codes.astype(np.uint32)
    hashes, some, inner = (_START ^ codes) * _PRIME, han, whole
    for size in range(1, max(CHINESE_GRAMS) + 1):
        if size > 1:
            hashes = (hashes[:-1] ^ codes[size - 1 :]) * _PRIME
            some = some[:-1] | han[size - 1 :]
        if size > 2:  # all but the first and the last
            inner = inner[1:-1] if size == 3 else inner[:-1] & whole[size - 2 : -1]
        count = len(hashes)
        fits = some & usable[:count] & usable[size - 1 :]
        places = np.flatnonzero(fits & inner if size > 2 else fits)
        # what begins or ends with an edge belongs to the characters within
        ends = places + size - edge[places + size - 1]
        yield Grams(places + edge[places], mixed(hashes[places] ^ np.uint32(0xC0 + size)), ends)
