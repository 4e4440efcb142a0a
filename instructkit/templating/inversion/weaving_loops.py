"""`weaving` as a compiled loop over Arrow buffers: each text is copied once."""

from typing import Any

import numba
import numpy as np
import pyarrow as pa

from instructkit.engine.jit import copy_bytes, jit, pointer
from instructkit.templating.inversion.folding_loops import addresses
from instructkit.templating.templates import Places


def weave(first: pa.StringArray, second: pa.StringArray, rows: Places) -> pa.StringArray:
    """`weaving.woven` of texts."""
    table = addresses([first, second])
    count = len(first) + len(second)
    ends = np.zeros(count + 1, np.int32)
    size = _measure(table, len(first), rows, ends)
    data = pa.allocate_buffer(size)  # its pool keeps the pages, which NumPy would ask the system for each time
    _write(table, len(first), rows, ends, data.address)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), data)


@jit()
def _measure(table: Any, count: int, rows: Any, ends: Any) -> Any:
    first = numba.carray(pointer(table[0, 0]), (count + 1,), np.int32)
    second = numba.carray(pointer(table[1, 0]), (len(rows) + 1,), np.int32)
    at = 0
    added = 0
    for row in range(count):
        ends[at + 1] = ends[at] + first[row + 1] - first[row]
        at += 1
        if added < len(rows) and rows[added] == row:
            ends[at + 1] = ends[at] + second[added + 1] - second[added]
            at += 1
            added += 1
    return np.int64(ends[at])


@jit()
def _write(table: Any, count: int, rows: Any, ends: Any, data: int) -> None:
    first = numba.carray(pointer(table[0, 0]), (count + 1,), np.int32)
    second = numba.carray(pointer(table[1, 0]), (len(rows) + 1,), np.int32)
    at = 0
    added = 0
    for row in range(count):
        copy_bytes(data + ends[at], table[0, 1] + first[row], np.int64(first[row + 1] - first[row]))
        at += 1
        if added < len(rows) and rows[added] == row:
            copy_bytes(data + ends[at], table[1, 1] + second[added], np.int64(second[added + 1] - second[added]))
            at += 1
            added += 1
