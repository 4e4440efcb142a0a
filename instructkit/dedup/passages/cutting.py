"""A text without some of its parts: white space around them tidied, no words run together, paragraphs kept."""

import functools
import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.arrays import I64
from instructkit.dedup.passages.graphemes import whole
from instructkit.dedup.passages.runs import Runs
from instructkit.dedup.passages.tokens import CLOSES, COMPOSES, ENDS, ENDS_ALWAYS, OPENS, PAUSES, RUNS_ON, Tokens
from instructkit.engine.jit import copy_bytes, inner, jit
from instructkit.records.buffers import buffers
from instructkit.records.characters import COMBINES, MAY_CHANGE, characters, composed
from instructkit.records.tokens import BYTES, OFFSETS, normalised

_BREAK = ord("\n")
_SPACE = ord(" ")
_CLINGS = ENDS | ENDS_ALWAYS | CLOSES | PAUSES  # to what stands before it, if no space does
LEFT_OR_RIGHT, ONE, NONE = np.uint8(0), np.uint8(1), np.uint8(2)  # the spaces that stay around a cut within a line


def without(texts: pa.StringArray, tokens: Tokens, cuts: Runs) -> pa.StringArray:
    """Texts (of which these are the tokens) without some runs of their tokens."""
    goes_on = (np.diff(cuts.rows) == 0) & (cuts.starts[1:] == cuts.ends[:-1])
    heads = np.flatnonzero(np.concatenate([[True], ~goes_on]))
    rows, first = cuts.rows[heads], cuts.starts[heads]
    last = cuts.ends[np.append(heads[1:], len(cuts.ends)) - 1]
    rows, first, last = whole(tokens, rows, first, last)
    at_start, at_end = first == tokens.bounds[rows], last == tokens.bounds[rows + 1]
    # white space lies between the token before and the first cut, and between the last cut and the token behind
    before, behind = np.maximum(first - 1, 0), np.minimum(last, len(tokens.starts) - 1)
    places = np.stack(
        [
            np.where(at_start, tokens.offsets[rows], tokens.ends[before]),
            tokens.starts[first],
            tokens.ends[last - 1],
            np.where(at_end, tokens.offsets[rows + 1], tokens.starts[behind]),
        ],
        axis=1,
    ).astype(np.int64)
    places -= tokens.offsets[rows].astype(np.int64)[:, None]
    one, other = tokens.flags[before], tokens.flags[behind]
    no_left, no_right = places[:, 0] == places[:, 1], places[:, 2] == places[:, 3]
    spaces = np.full(len(rows), LEFT_OR_RIGHT, np.uint8)
    spaces[no_left & no_right & ((one & other & RUNS_ON) | (other & COMPOSES) > 0)] = ONE
    spaces[(no_right & (other & _CLINGS > 0)) | (no_left & (one & OPENS > 0))] = NONE
    bounds = np.searchsorted(rows, np.arange(len(texts) + 1)).astype(np.int64)
    _as_written(texts, places, bounds)
    data, offsets = buffers(texts)
    left = np.empty(int(offsets[-1] - offsets[0]) + len(places) + 1, np.uint8)
    new_offsets = np.zeros(len(offsets), np.int32)
    used = cut(data, offsets, bounds, places, spaces, left, new_offsets)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(new_offsets), pa.py_buffer(left[:used].tobytes()))


@inner()
def line_breaks(data: Any, start: int, end: int) -> Any:
    """How many line breaks there are in a stretch, and where the last one ends."""
    found, last = 0, start
    for at in range(start, end):
        if data[at] == _BREAK:
            found += 1
            last = at + 1
    return found, last


@jit(f"int64({BYTES}, {OFFSETS}, int64[::1], int64[:,::1], uint8[::1], uint8[::1], int32[::1])")
def cut(data: Any, offsets: Any, bounds: Any, places: Any, spaces: Any, out: Any, new_offsets: Any) -> int:
    """Write the texts without what is cut from them, and where each begins; gives the bytes written.

    Each of the ``places`` tells where, from the start of its text, the white space before it begins, it begins, it
    ends, and the white space behind it ends. Of both white spaces that with more line breaks stays, and the indentation
    of the line that goes on; where there is none, ``spaces`` tell which stay.
    """
    source, target = data.ctypes.data, out.ctypes.data
    used = 0
    for row in range(len(offsets) - 1):
        new_offsets[row] = used
        at, stop = np.int64(offsets[row]), np.int64(offsets[row + 1])
        for number in range(bounds[row], bounds[row + 1] + 1):
            left, right = stop, stop
            if number < bounds[row + 1]:
                origin = np.int64(offsets[row])
                left, right = origin + places[number, 0], origin + places[number, 3]
                start, end = origin + places[number, 1], origin + places[number, 2]
            copy_bytes(target + used, source + at, left - at)
            used += left - at
            at = right
            if right == stop:
                continue
            before, last_before = line_breaks(data, left, start)
            behind, last_behind = line_breaks(data, end, right)
            first, last, indented = end, last_behind, last_behind  # the break, and where the indentation begins
            if used == new_offsets[row]:
                last = first
                if behind == 0:
                    indented = right
            elif before > behind:
                first, last = left, last_before
                if behind == 0:
                    indented, right = last_before, start
            elif behind == 0:
                first, last = left, start
                indented = right if start > left else end
                if spaces[number] == NONE:
                    last, indented = first, right
                elif spaces[number] == ONE:
                    out[used] = _SPACE
                    used += 1
            copy_bytes(target + used, source + first, last - first)
            used += last - first
            copy_bytes(target + used, source + indented, right - indented)
            used += right - indented
    new_offsets[len(offsets) - 1] = used
    return used


def _as_written(texts: pa.StringArray, places: I64, bounds: I64) -> None:
    """Turn places in the normal form of texts into places in the texts; a cut that has no such becomes empty."""
    normal = normalised(texts)
    if normal is texts:
        return
    for row in np.flatnonzero(pc.not_equal(normal, texts).to_numpy(zero_copy_only=False)).tolist():
        part = slice(bounds[row], bounds[row + 1])
        places[part] = original_places(texts[row].as_py(), places[part])


def _may_compose(character: str) -> bool:
    """Whether a character beyond the basic plane composes with the one before, changes place, or has other forms."""
    return unicodedata.normalize("NFC", character) != character or character in _second_parts()


@functools.cache
def _second_parts() -> frozenset[str]:
    """Marks, and the other characters that compose with one before them, as far as the scripts reach."""
    found = {chr(point) for point in range(0x10000, 0x20000) if unicodedata.category(chr(point))[0] == "M"}
    for point in range(0x10000, 0x20000):
        parts = unicodedata.decomposition(chr(point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(chr(int(parts[1], 16)))
    return frozenset(found)


def original_places(text: str, places: I64) -> I64:
    """Places in a text's normal form (an even number in a row: starts, ends, ...), as places in the text itself.

    The text is cut where no character composes with the one before, and each piece normalised by itself. A place inside
    such a piece is moved so that nothing is cut that does not repeat.
    """
    points = np.array(list(map(ord, text)), np.int64)
    joined = (characters()[np.minimum(points, 0xFFFF)] & (COMBINES | MAY_CHANGE)) > 0
    beyond = np.flatnonzero((points >= 0x10000) & ((points < 0x1F000) | (points >= 0x2F800)))
    joined[beyond] = [_may_compose(text[at]) for at in beyond.tolist()]
    begins = ~joined
    begins[:1] = True
    firsts = np.flatnonzero(begins)
    own = np.add.reduceat(1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000), firsts)
    normal = own.copy()
    for piece in np.unique(np.cumsum(begins)[joined] - 1).tolist():
        last = firsts[piece + 1] if piece + 1 < len(firsts) else len(text)
        normal[piece] = len(composed(text[firsts[piece] : last]).encode())
    own, normal = (np.concatenate([[0], np.cumsum(sizes)]) for sizes in (own, normal))
    later, earlier = np.searchsorted(normal, places), np.searchsorted(normal, places, "right") - 1
    left, start, end, right = own[later[:, 0]], own[later[:, 1]], own[earlier[:, 2]], own[earlier[:, 3]]
    start, end = np.maximum(start, left), np.maximum(end, start)
    return np.stack([left, start, end, np.maximum(right, end)], axis=1)
