"""Rows as vectors of whole numbers, near each other where the texts are alike.

Whole numbers, because sums of floats hang on the order in which a machine adds them: the same rows must give the same
clusters whatever the batches and the cores. A vector of at most `LENGTH` makes dot products below 2^24, which float32
holds exactly.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput, UsageError
from instructkit.records.buffers import buffers
from instructkit.records.hashing import Hashes, scramble
from instructkit.records.schema import as_text

Vectors = npt.NDArray[np.float32]  # rows x dimensions, whole numbers

DIMENSIONS = 256
LENGTH = 512.0
GRAM = 6  # bytes: six letters, or two Han characters
LONGEST = 2_000  # characters of a text that are looked at
HASHED, EMBEDDING = "hashed", "embedding"


def vectorizer(kind: str, schema: pa.Schema) -> Callable[[pa.RecordBatch], Vectors]:
    """What makes vectors of rows: hashed n-grams of the prompt, an embedding of it, or a column of lists of numbers.

    Raises `UsageError` for a column that is not there or holds no such lists.
    """
    if kind in ("", HASHED):
        return lambda batch: whole(hashed(_prompts(batch)))
    if kind == EMBEDDING:
        from instructkit.records.embedding import embed

        return lambda batch: whole(embed(_prompts(batch)))
    if kind not in schema.names:
        raise UsageError(f"--select diverse:{kind}: no such column; it is {HASHED}, {EMBEDDING}, or a column of lists")
    held = schema.field(kind).type
    lists = pa.types.is_list(held) or pa.types.is_fixed_size_list(held)
    if not (lists and (pa.types.is_floating(held.value_type) or pa.types.is_integer(held.value_type))):
        raise UsageError(f"--select diverse:{kind}: the column holds {held}, not lists of numbers")
    return lambda batch: whole(_given(batch.column(kind), kind))


def _prompts(batch: pa.RecordBatch) -> pa.StringArray:
    parts = [as_text(batch.column(name)) for name in ("instruction", "input")]
    return pc.utf8_slice_codeunits(pc.binary_join_element_wise(*parts, "\n"), 0, LONGEST)


def whole(vectors: npt.NDArray[np.float32] | npt.NDArray[np.float64]) -> Vectors:
    """Vectors of one length, in whole numbers."""
    exact = vectors.astype(np.float64)
    norms = np.sqrt((exact * exact).sum(axis=1, keepdims=True))
    scaled = np.divide(exact * LENGTH, norms, out=np.zeros_like(exact), where=norms > 0)
    # towards 0, so that none gets longer
    cut: Vectors = np.trunc(scaled).astype(np.float32)
    return cut


def hashed(texts: pa.StringArray) -> npt.NDArray[np.float64]:
    """The byte n-grams of each text, in lower case, by hash and sign (Weinberger et al. 2009), under a square root."""
    held, offsets = buffers(pc.utf8_lower(texts))
    data, ends = held[offsets[0] : offsets[-1]], (offsets - offsets[0]).astype(np.int64)
    counts = np.zeros(len(texts) * DIMENSIONS)
    grams = len(data) - GRAM + 1
    if grams > 0:
        values = np.zeros(grams, np.uint64)
        for place in range(GRAM):
            values = values << np.uint64(8) | data[place : place + grams]
        hashes: Hashes = scramble(values)
        rows = np.repeat(np.arange(len(texts)), np.diff(ends))[:grams]
        inside = np.arange(grams) + GRAM <= ends[1:][rows]
        bucket = rows * DIMENSIONS + (hashes >> np.uint64(56)).astype(np.int64)
        signs = np.where(hashes & np.uint64(1), 1.0, -1.0)
        counts = np.bincount(bucket[inside], signs[inside], len(counts)).astype(np.float64)
    table: npt.NDArray[np.float64] = counts.reshape(len(texts), DIMENSIONS)
    return np.sign(table) * np.sqrt(np.abs(table))


def _given(column: pa.Array, name: str) -> npt.NDArray[np.float64]:
    lengths = pc.list_value_length(column)
    if column.null_count or pc.count_distinct(lengths).as_py() != 1:
        raise BadInput(f"--select diverse:{name}: every row needs a vector, all of one length")
    flat = column.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    if not np.isfinite(flat).all():
        raise BadInput(f"--select diverse:{name}: a vector holds a number that is not finite")
    vectors: npt.NDArray[np.float64] = flat.reshape(len(column), -1)
    return vectors
