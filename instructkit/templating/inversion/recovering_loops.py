"""`recovering` as compiled loops over Arrow buffers."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import pyarrow as pa

from instructkit.engine.jit import jit, pointer
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
        _read(table, numbers, program.pieces, program.ends, program.literals, program.literal_ends,
              program.widest, first, length, read)  # fmt: skip
    length[:, ~read] = -1
    found = {name: _gather(first[place], length[place]) for place, name in enumerate(recovery.names)}
    return found, read


def _gather(first: Places, length: Places) -> pa.StringArray:
    """Texts by their addresses and lengths; a length below zero is a null."""
    ends = np.concatenate([[0], np.cumsum(np.maximum(length, 0))])
    data = np.empty(int(ends[-1]), np.uint8)
    _copy(first, length, ends, data)
    there = length >= 0
    mask = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    buffers = [mask, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(length), buffers)


@jit()
def _copy(first: Any, length: Any, ends: Any, data: Any) -> None:
    for row in range(len(length)):
        if length[row] > 0:
            data[ends[row] : ends[row + 1]] = numba.carray(pointer(first[row]), (length[row],), np.uint8)


@jit()
def _same(one: Any, at: int, other: Any, start: int, size: int) -> bool:
    for place in range(size):  # noqa: SIM110 - numba knows no all()
        if one[at + place] != other[start + place]:
            return False
    return True


@jit()
def _find(text: Any, first: int, last: int, literals: Any, start: int, size: int) -> int:
    for at in range(first, last - size + 1):
        if text[at] == literals[start] and _same(text, at, literals, start, size):
            return at
    return -1


@jit()
def _find_last(text: Any, first: int, last: int, literals: Any, start: int, size: int) -> int:
    for at in range(last - size, first - 1, -1):
        if text[at] == literals[start] and _same(text, at, literals, start, size):
            return at
    return -1


@jit()
def _spans(text: Any, first: int, last: int, pieces: Any, at: int, end: int, literals: Any, literal_ends: Any,
           starts: Any, ends: Any) -> int:  # fmt: skip
    """Write where the roles stand; gives how many, or -1 where that can't be told."""
    if at < end and pieces[at] < 0:
        begin = literal_ends[-pieces[at] - 1]
        size = literal_ends[-pieces[at]] - begin
        if last - first < size or not _same(text, first, literals, begin, size):
            return -1
        first += size
        at += 1
    if at < end and pieces[end - 1] < 0:
        begin = literal_ends[-pieces[end - 1] - 1]
        size = literal_ends[-pieces[end - 1]] - begin
        if last - first < size or not _same(text, last - size, literals, begin, size):
            return -1
        last -= size
        end -= 1
    if at == end:
        return 0 if first == last else -1
    found = 0
    starts[0] = first
    for piece in range(at + 1, end, 2):
        begin = literal_ends[-pieces[piece] - 1]
        size = literal_ends[-pieces[piece]] - begin
        place = _find(text, starts[found], last, literals, begin, size)
        if place < 0:
            return -1
        ends[found] = place
        found += 1
        starts[found] = place + size
    ends[found] = last
    edge = last
    back = found - 1
    for piece in range(end - 2, at, -2):
        begin = literal_ends[-pieces[piece] - 1]
        size = literal_ends[-pieces[piece]] - begin
        edge = _find_last(text, first, edge, literals, begin, size)
        if edge != ends[back]:
            return -1
        back -= 1
    return found + 1


@jit()
def _read(table: Any, numbers: Any, pieces: Any, piece_ends: Any, literals: Any, literal_ends: Any, widest: int,
          first: Any, length: Any, read: Any) -> None:  # fmt: skip
    rows = len(numbers)
    starts = np.zeros(widest + 1, np.int64)
    ends = np.zeros(widest + 1, np.int64)
    for part in range(3):
        offsets = numba.carray(pointer(table[part, 0]), (rows + 1,), np.int32)
        base = table[part, 1]
        text = numba.carray(pointer(base), (offsets[rows],), np.uint8)
        for row in range(rows):
            if not read[row]:
                continue
            at = piece_ends[3 * numbers[row] + part]
            end = piece_ends[3 * numbers[row] + part + 1]
            found = _spans(text, np.int64(offsets[row]), np.int64(offsets[row + 1]), pieces, at, end, literals,
                           literal_ends, starts, ends)  # fmt: skip
            if found < 0:
                read[row] = False
                continue
            place = 0
            for piece in range(at, end):
                role = pieces[piece]
                if role < 0:
                    continue
                size = ends[place] - starts[place]
                if length[role, row] < 0:
                    first[role, row] = base + starts[place]
                    length[role, row] = size
                else:
                    held = numba.carray(pointer(first[role, row]), (length[role, row],), np.uint8)
                    if length[role, row] != size or not _same(held, 0, text, starts[place], size):
                        read[row] = False
                        break
                place += 1
