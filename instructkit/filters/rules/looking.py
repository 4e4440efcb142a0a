"""A slow look at the few rows that a quick pattern lets through."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.filters.rule import Mask, Verdict


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
    rows = np.flatnonzero(mask_of(candidates)).tolist()
    evidence = {row: said for row in rows if (said := why(*(str(column[row]) for column in columns)))}
    return Verdict.found(len(candidates), evidence)
