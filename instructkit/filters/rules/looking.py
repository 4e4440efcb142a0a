"""A slow look at the few rows that a quick pattern lets through."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.filters.rule import Mask, Verdict

FENCE = "```"  # around code


def offsets_of(column: pa.StringArray) -> npt.NDArray[np.int32]:
    """Where each text of a column begins and ends among `bytes_of`: (texts + 1)."""
    if not len(column):
        return np.zeros(1, np.int32)
    _, offsets, _ = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    found: npt.NDArray[np.int32] = ends - ends[0]
    return found


def bytes_of(column: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The bytes of all texts of a column, one after the other; no copy."""
    _, offsets, data = column.buffers()
    if not len(column) or data is None:
        return np.zeros(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]


def mask_of(found: pa.BooleanArray) -> Mask:
    """An Arrow mask as a NumPy one."""
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def looked_into(candidates: pa.BooleanArray, why: Callable[..., str], *columns: pa.StringArray) -> Verdict:
    """The rows among the candidates for which ``why``, given their texts, says what is wrong."""
    rows = np.flatnonzero(mask_of(candidates))
    chosen = pa.array(rows)
    texts = zip(*(column.take(chosen).to_pylist() for column in columns), strict=True) if len(rows) else ()
    evidence = {row: said for row, text in zip(rows.tolist(), texts, strict=True) if (said := why(*text))}
    return Verdict.found(len(candidates), evidence)
