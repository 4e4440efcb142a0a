"""Join literals and columns row by row, each row by its own template, in one compiled pass over the Arrow buffers.

Rows of one batch are put by many templates. Rendering each template over its rows and sorting the texts back copies
every text three times; here each is written once, where it belongs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.jit import copy_bytes, jit, pointer
from instructkit.errors import BadInput

Places = npt.NDArray[np.int64]
MOST_BYTES = 2**31 - 1  # of one string array: its offsets are 32 bits


@dataclass(frozen=True)
class Joiner:
    """Templates as lists of pieces: a literal, or a column by its name."""

    names: tuple[str, ...]
    literals: npt.NDArray[np.uint8]
    literal_ends: Places
    pieces: Places  # a column's place, or -1 less a literal's
    ends: Places  # where each template's pieces end

    @classmethod
    def of(cls, templates: Sequence[Sequence[tuple[bool, str]]]) -> "Joiner":
        """Templates given as (is a column, its name or the literal's text)."""
        names: dict[str, int] = {}
        literals: dict[str, int] = {}
        pieces: list[int] = []
        ends = [0]
        for parts in templates:
            for is_column, text in parts:
                if is_column:
                    pieces.append(names.setdefault(text, len(names)))
                else:
                    pieces.append(-1 - literals.setdefault(text, len(literals)))
            ends.append(len(pieces))
        spelled = [text.encode() for text in literals]
        return cls(
            tuple(names),
            np.frombuffer(b"".join(spelled) or b"\0", np.uint8),
            np.cumsum([0, *map(len, spelled)]).astype(np.int64),
            np.array(pieces, np.int64),
            np.array(ends, np.int64),
        )

    def join(self, columns: Mapping[str, pa.StringArray], rows: Places, numbers: Places) -> pa.StringArray:
        """The text of each of ``rows`` by the template of its number; a column of one value serves all rows.

        Raises `BadInput` where the texts of one call pass 2 GB.
        """
        if not len(rows):  # an empty column may have no buffers at all
            return pa.array([], pa.string())
        held = [columns[name] for name in self.names]  # keeps the buffers while their addresses are used
        table = np.zeros((max(len(held), 1), 3), np.int64)
        for place, column in enumerate(held):
            table[place] = _addresses(column)
        lengths = np.zeros(len(rows), np.int64)
        _measure(rows, numbers, self.pieces, self.ends, self.literal_ends, table, lengths)
        ends = np.concatenate([[0], np.cumsum(lengths)])
        if ends[-1] > MOST_BYTES:
            raise BadInput("the examples of one batch pass 2 GB; ask for fewer of each row (--per-row)")
        data = pa.allocate_buffer(int(ends[-1]))
        addresses = self.literals.ctypes.data, data.address
        _write(rows, numbers, self.pieces, self.ends, self.literal_ends, table, ends, *addresses)
        buffers = [None, pa.py_buffer(ends.astype(np.int32)), data]
        return pa.StringArray.from_buffers(len(rows), buffers[1], buffers[2])


def _addresses(column: pa.StringArray) -> tuple[int, int, int]:
    """Where a column's offsets and bytes are, and whether each row has a value of its own (1) or all have one (0)."""
    _, offsets, data = column.buffers()
    start = offsets.address + 4 * column.offset
    return start, 0 if data is None else data.address, int(len(column) != 1)


@jit()
def _measure(rows: Any, numbers: Any, pieces: Any, ends: Any, literal_ends: Any, table: Any, lengths: Any) -> None:
    for place in range(len(rows)):
        size = 0
        for at in range(ends[numbers[place]], ends[numbers[place] + 1]):
            piece = pieces[at]
            if piece < 0:
                size += literal_ends[-piece] - literal_ends[-piece - 1]
            else:
                row = rows[place] * table[piece, 2]
                offsets = numba.carray(pointer(table[piece, 0]), (row + 2,), np.int32)
                size += offsets[row + 1] - offsets[row]
        lengths[place] = size


@jit()
def _write(
    rows: Any, numbers: Any, pieces: Any, ends: Any, literal_ends: Any, table: Any, starts: Any, literals: int, out: int
) -> None:
    for place in range(len(rows)):
        to = out + starts[place]
        for at in range(ends[numbers[place]], ends[numbers[place] + 1]):
            piece = pieces[at]
            if piece < 0:
                first = literal_ends[-piece - 1]
                size = literal_ends[-piece] - first
                copy_bytes(to, literals + first, size)
            else:
                row = rows[place] * table[piece, 2]
                offsets = numba.carray(pointer(table[piece, 0]), (row + 2,), np.int32)
                size = np.int64(offsets[row + 1] - offsets[row])
                copy_bytes(to, table[piece, 1] + offsets[row], size)
            to += size


@jit()
def rank(base: Any, salts: Any, signatures: Any, table: Any, ranked: Any, draws: Any) -> None:
    """Write the templates that apply to each row to ``ranked``, by their draws, lowest first, -1 behind the last.

    A draw is `records.hashing.redraw`. ``table[signature]`` says which templates apply; a signature below zero: none.
    ``draws`` is room for one row's draws, as wide as ``ranked``.
    """
    wide = ranked.shape[1]
    for row in range(len(base)):
        count = 0
        signature = signatures[row]
        for number in range(len(salts) if signature >= 0 else 0):
            if not table[signature, number]:
                continue
            value = base[row] ^ salts[number]
            value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            value ^= value >> np.uint64(31)
            if count == wide and value >= draws[wide - 1]:
                continue
            at = count if count < wide else wide - 1
            while at > 0 and value < draws[at - 1]:
                draws[at] = draws[at - 1]
                ranked[row, at] = ranked[row, at - 1]
                at -= 1
            draws[at] = value
            ranked[row, at] = number
            count = min(count + 1, wide)
        ranked[row, count:] = -1
