"""`recovering` as compiled loops over Arrow buffers."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import pyarrow as pa

from instructkit.engine.jit import copy_bytes, inner, jit, pointer, same_bytes
from instructkit.templating.inversion.folding_loops import addresses
from instructkit.templating.templates import Mask, Places

if TYPE_CHECKING:
    from instructkit.templating.inversion.recovering import Recovery


class _Program:
    """The pieces of all phrasings as arrays: a role's place, or -1 less a literal's."""

    def __init__(self, recovery: "Recovery") -> None:
        places = {name: place for place, name in enumerate(recovery.names)}
        literals: dict[str, int] = {}
        pieces: list[int] = []
        ends = [0]
        for parts in recovery.phrasings:
            for part in parts or ((), (), ()):
                for is_role, text in part:
                    pieces.append(places[text] if is_role else -1 - literals.setdefault(text, len(literals)))
                ends.append(len(pieces))
        spelled = [text.encode() for text in literals]
        self.literals = np.frombuffer(b"".join(spelled) or b"\0", np.uint8)
        self.literal_ends = np.cumsum([0, *map(len, spelled)]).astype(np.int64)
        self.pieces = np.array([*pieces, 0], np.int64)
        self.ends = np.array(ends, np.int64)
        self.readable = np.array([parts is not None for parts in recovery.phrasings], bool)
        self.widest = max(np.diff(self.ends).tolist(), default=0) + 1


@functools.lru_cache(maxsize=256)
def _program(recovery: "Recovery") -> _Program:
    return _Program(recovery)


def recover(
    recovery: "Recovery", parts: Sequence[pa.StringArray], numbers: Places
) -> tuple[dict[str, pa.StringArray], Mask]:
    """`recovering.Recovery.recover`."""
    program = _program(recovery)
    rows = len(numbers)
    first = np.zeros((max(len(recovery.names), 1), rows), np.int64)
    length = np.full((max(len(recovery.names), 1), rows), -1, np.int64)
    read = program.readable[numbers]
    if rows:
        table = addresses(parts)
        _read(table, numbers, program.pieces, program.ends, program.literals.ctypes.data, program.literal_ends,
              program.widest, first, length, read)  # fmt: skip
    length[:, ~read] = -1
    found = {name: _gather(first[place], length[place]) for place, name in enumerate(recovery.names)}
    return found, read


def _gather(first: Places, length: Places) -> pa.StringArray:
    """Texts by their addresses and lengths; a length below zero is a null."""
    ends = np.concatenate([[0], np.cumsum(np.maximum(length, 0))])
    data = pa.allocate_buffer(int(ends[-1]))
    _copy(first, length, ends, data.address)
    there = length >= 0
    mask = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    buffers = [mask, pa.py_buffer(ends.astype(np.int32)), data]
    return pa.Array.from_buffers(pa.string(), len(length), buffers)


@jit()
def _copy(first: Any, length: Any, ends: Any, data: int) -> None:
    for row in range(len(length)):
        if length[row] > 0:
            copy_bytes(data + ends[row], first[row], length[row])


@inner()
def _byte(at: int) -> Any:
    return numba.carray(pointer(at), (1,), np.uint8)[0]


@jit()
def _find(first: int, last: int, literal: int, size: int) -> Any:
    """The first place of a literal between two addresses, or -1."""
    for at in range(first, last - size + 1):
        if _byte(at) == _byte(literal) and same_bytes(at, literal, size):
            return at
    return -1


@inner()
def _find_last(first: int, last: int, literal: int, size: int) -> Any:
    """The last place."""
    for at in range(last - size, first - 1, -1):
        if _byte(at) == _byte(literal) and same_bytes(at, literal, size):
            return at
    return -1


@jit()
def _spans(first: int, last: int, pieces: Any, at: int, end: int, literals: int, ends: Any, places: Any) -> Any:
    """Write where each role of a text begins and ends; gives how many, or -1 where that can't be told.

    Texts are between addresses; ``ends`` are those of the literals behind ``literals``.
    """
    if at < end and pieces[at] < 0:
        begin = ends[-pieces[at] - 1]
        size = ends[-pieces[at]] - begin
        if last - first < size or not same_bytes(first, literals + begin, size):
            return -1
        first += size
        at += 1
    if at < end and pieces[end - 1] < 0:
        begin = ends[-pieces[end - 1] - 1]
        size = ends[-pieces[end - 1]] - begin
        if last - first < size or not same_bytes(last - size, literals + begin, size):
            return -1
        last -= size
        end -= 1
    if at == end:
        return 0 if first == last else -1
    found = 0
    places[0, 0] = first
    for piece in range(at + 1, end, 2):  # as far to the left as may be
        begin = ends[-pieces[piece] - 1]
        size = ends[-pieces[piece]] - begin
        place = _find(places[found, 0], last, literals + begin, size)
        if place < 0:
            return -1
        places[found, 1] = place
        found += 1
        places[found, 0] = place + size
    places[found, 1] = last
    edge = last
    back = found - 1
    for piece in range(end - 2, at, -2):  # and to the right: where they differ there are two readings
        begin = ends[-pieces[piece] - 1]
        size = ends[-pieces[piece]] - begin
        edge = _find_last(first, edge, literals + begin, size)
        if edge != places[back, 1]:
            return -1
        back -= 1
    return found + 1


@jit()
def _read(table: Any, numbers: Any, pieces: Any, piece_ends: Any, literals: int, literal_ends: Any, widest: int,
          first: Any, length: Any, read: Any) -> None:  # fmt: skip
    rows = len(numbers)
    places = np.zeros((widest + 1, 2), np.int64)
    for part in range(3):
        offsets = numba.carray(pointer(table[part, 0]), (rows + 1,), np.int32)
        base = table[part, 1]
        for row in range(rows):
            if not read[row]:
                continue
            at = piece_ends[3 * numbers[row] + part]
            end = piece_ends[3 * numbers[row] + part + 1]
            found = _spans(
                base + offsets[row], base + offsets[row + 1], pieces, at, end, literals, literal_ends, places
            )
            if found < 0:
                read[row] = False
                continue
            place = 0
            for piece in range(at, end):
                role = pieces[piece]
                if role < 0:
                    continue
                size = places[place, 1] - places[place, 0]
                if length[role, row] < 0:
                    first[role, row] = places[place, 0]
                    length[role, row] = size
                elif length[role, row] != size or not same_bytes(first[role, row], places[place, 0], size):
                    read[row] = False
                    break
                place += 1
