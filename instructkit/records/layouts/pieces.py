"""Rows whose examples repeat their text, few at a time."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.records.batching import row_bytes

PIECE = 1 << 18  # bytes of rows: what becomes of these stays far below the 2 GB that a column of text can hold

Numbered = Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int64]]]


def pieces(batches: Numbered) -> Numbered:
    """The same rows, few bytes at a time."""
    for batch, numbers in batches:
        ends = np.cumsum(row_bytes(batch)) // PIECE
        cuts = np.flatnonzero(np.diff(ends)) + 1
        for start, end in zip([0, *cuts.tolist()], [*cuts.tolist(), batch.num_rows], strict=True):
            yield batch.slice(start, end - start), numbers[start:end]
