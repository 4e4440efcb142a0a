"""Cutting a stream into batches of one size, whatever sizes it came in."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.lists import list_lengths

ROWS = 8192  # rows a batch: small enough for a core's cache, large enough that per-batch costs vanish
BYTES = 32 << 20  # and no batch of more bytes than this, unless a single row is larger


def rechunk(batches: Iterable[pa.RecordBatch], rows: int = ROWS, size: int = BYTES) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches of ``rows`` rows, or fewer where they would pass ``size`` bytes.

    Where a batch ends depends on the rows alone, so equal rows give equal bytes in a file however many
    workers made them.
    """
    waiting: list[pa.RecordBatch] = []
    held_rows = held_bytes = 0
    for batch in batches:
        weights = row_bytes(batch)
        start = 0
        while start < batch.num_rows:
            fit = int(np.searchsorted(np.cumsum(weights[start : start + rows - held_rows]), size - held_bytes, "right"))
            if fit == 0 and held_rows == 0:
                fit = 1
            if fit:
                waiting.append(batch.slice(start, fit))
                held_rows += fit
                held_bytes += int(weights[start : start + fit].sum())
                start += fit
            if held_rows == rows or start < batch.num_rows:
                yield _join(waiting)
                waiting, held_rows, held_bytes = [], 0, 0
    if waiting:
        yield _join(waiting)


def _join(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    # always a fresh copy: a slice keeps its parent's buffers alive, and their stray bits in the file
    return pa.concat_batches([batches[0].slice(0, 0), *batches])


def row_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """About how many bytes each row takes: int64, one a row."""
    total = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        total += _value_bytes(column)
    return total


def _value_bytes(array: pa.Array) -> npt.NDArray[np.int64]:
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return 4 + _filled(pc.binary_length(array))
    if pa.types.is_list(kind):
        lengths = list_lengths(array)
        ends = np.concatenate([[0], np.cumsum(_value_bytes(array.flatten()))])
        last = np.cumsum(lengths)
        sizes: npt.NDArray[np.int64] = 4 + ends[last] - ends[last - lengths]
        return sizes
    if pa.types.is_struct(kind):
        total = np.zeros(len(array), np.int64)
        for child in array.flatten():
            total += _value_bytes(child)
        return total
    return np.full(len(array), 8, np.int64)


def _filled(lengths: pa.Array) -> npt.NDArray[np.int64]:
    filled: npt.NDArray[np.int64] = pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return filled
