"""`folding` as compiled loops over Arrow buffers."""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.jit import inner, jit, pointer
from instructkit.templating.inversion.folding import (
    ALONE,
    ENOUGH,
    HAN,
    IDEOGRAPH,
    LETTER,
    OTHER,
    UNSPACED,
    WORD,
)

Addresses = npt.NDArray[np.int64]


def weights(texts: pa.StringArray, classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """`folding.weight` of each text; 0 of a null."""
    out = np.zeros(len(texts), np.int64)
    if len(texts):
        held = texts.fill_null("") if texts.null_count else texts
        _weigh(addresses([held]), classes, out)
    return out


def found_in(
    asked: pa.StringArray, given: Sequence[pa.StringArray], folded: npt.NDArray[np.uint16], out: npt.NDArray[np.bool_]
) -> None:
    """Write `folding.stands_in` to ``out``."""
    if not len(asked) or not given:
        return
    held = [column.fill_null("") if column.null_count else column for column in (asked, *given)]
    places = addresses(held)
    _find(places, folded, out)


def addresses(columns: Sequence[pa.StringArray]) -> Addresses:
    """Where each column's offsets and bytes are: int64, columns x 2."""
    table = np.zeros((len(columns), 2), np.int64)
    for place, column in enumerate(columns):
        _, offsets, data = column.buffers()
        table[place] = offsets.address + 4 * column.offset, 0 if data is None else data.address
    return table


@jit()
def _byte(at: int) -> Any:
    return np.int64(numba.carray(pointer(at), (1,), np.uint8)[0])


@inner()
def _decode(at: int) -> Any:
    """The code point at an address of UTF-8 bytes, and the address behind it."""
    lead = _byte(at)
    if lead < 0x80:
        return lead, at + 1
    if lead < 0xE0:
        return ((lead & 0x1F) << 6) | (_byte(at + 1) & 0x3F), at + 2
    if lead < 0xF0:
        return ((lead & 0x0F) << 12) | ((_byte(at + 1) & 0x3F) << 6) | (_byte(at + 2) & 0x3F), at + 3
    high = ((lead & 0x07) << 18) | ((_byte(at + 1) & 0x3F) << 12)
    return high | ((_byte(at + 2) & 0x3F) << 6) | (_byte(at + 3) & 0x3F), at + 4


@jit()
def _weigh(table: Any, classes: Any, out: Any) -> None:
    offsets = numba.carray(pointer(table[0, 0]), (len(out) + 1,), np.int32)
    for row in range(len(out)):
        at = table[0, 1] + offsets[row]
        end = table[0, 1] + offsets[row + 1]
        total = 0
        inside = False
        while at < end and total < ENOUGH:
            point, at = _decode(at)
            kind = np.int64(0)
            if point < 0x10000:
                kind = np.int64(classes[point])
            elif 0x20000 <= point < 0x40000:
                kind = np.int64(IDEOGRAPH)
            if kind == LETTER:
                if not inside:
                    total += WORD
                inside = True
            elif kind != OTHER:
                if kind == IDEOGRAPH:
                    total += HAN
                elif kind == ALONE:
                    total += UNSPACED
                inside = False
        out[row] = min(total, ENOUGH)


@inner()
def _folded(at: int, last: int, folded: Any, out: Any, size: int, most: int) -> Any:
    """Write a text's folded code points to ``out`` behind ``size``; stops when they pass ``most``."""
    while at < last and size <= most:
        point, at = _decode(at)
        to = point
        if point < 0x10000:
            to = np.int64(folded[point])
        if to != 0:
            out[size] = to
            size += 1
    return size


@jit()
def _characters(at: int, size: int) -> Any:
    count = 0
    for byte in numba.carray(pointer(at), (size,), np.uint8):
        count += (byte & 0xC0) != 0x80
    return count


@inner()
def _letters_at_least(at: int, size: int) -> Any:
    """A number of code points that folding leaves: ASCII letters and digits, and the ideographs from U+5000 on."""
    count = 0
    for byte in numba.carray(pointer(at), (size,), np.uint8):  # without a branch: many bytes at a time
        digit = np.uint8(byte - 0x30) < 10
        letter = np.uint8((byte | 0x20) - 0x61) < 26
        ideograph = np.uint8(byte - 0xE5) < 5
        count += np.int64(digit) + np.int64(letter) + np.int64(ideograph)
    return count


@jit()
def _find(table: Any, folded: Any, out: Any) -> None:
    rows = len(out)
    asked_at = numba.carray(pointer(table[0, 0]), (rows + 1,), np.int32)
    texts = len(table)
    room = np.int64(1024)
    text = np.empty(room, np.int32)
    needle = np.empty(room, np.int32)
    borders = np.empty(room, np.int32)
    for row in range(rows):
        most = 0
        for place in range(1, texts):
            ends = numba.carray(pointer(table[place, 0]), (rows + 1,), np.int32)
            most += _characters(table[place, 1] + ends[row], ends[row + 1] - ends[row])
        if most + 2 > room:
            room = most + 2
            text, needle, borders = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
        size = min(np.int64(asked_at[row + 1] - asked_at[row]), 8 * most + 64)
        if _letters_at_least(table[0, 1] + asked_at[row], size) > most:
            continue  # it is longer than all that is given
        length = _folded(table[0, 1] + asked_at[row], table[0, 1] + asked_at[row + 1], folded, needle, 0, most)
        if length == 0 or length > most:
            continue  # nothing is asked for, or more than all that is given
        size = 0
        for place in range(1, texts):
            ends = numba.carray(pointer(table[place, 0]), (rows + 1,), np.int32)
            size = _folded(table[place, 1] + ends[row], table[place, 1] + ends[row + 1], folded, text, size, most)
        out[row] = _holds(text, size, needle, length, borders)


@inner()
def _holds(text: Any, size: int, needle: Any, length: int, borders: Any) -> bool:
    """Whether the one holds the other (Knuth, Morris, Pratt 1977)."""
    if length > size:
        return False
    borders[0] = 0
    matched = 0
    for at in range(1, length):
        while matched > 0 and needle[at] != needle[matched]:
            matched = borders[matched - 1]
        if needle[at] == needle[matched]:
            matched += 1
        borders[at] = matched
    matched = 0
    for at in range(size):
        while matched > 0 and text[at] != needle[matched]:
            matched = borders[matched - 1]
        if text[at] == needle[matched]:
            matched += 1
        if matched == length:
            return True
    return False
