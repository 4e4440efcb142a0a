"""Lists of an Arrow column: their lengths, and the same lists with other elements."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def list_lengths(lists: pa.ListArray) -> npt.NDArray[np.int64]:
    """The number of elements of each list, 0 of a null: int64, one a row."""
    lengths: npt.NDArray[np.int64] = (
        pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return lengths


def list_starts(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each list begins among the elements of all."""
    starts: npt.NDArray[np.int64] = np.cumsum(lengths) - lengths
    return starts


def lists_of(lengths: npt.NDArray[np.int64], elements: pa.Array, nulls: pa.Array | None = None) -> pa.ListArray:
    """Lists of these lengths over the elements of all, one after the other; ``nulls`` marks those that are null."""
    ends = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    return pa.ListArray.from_arrays(ends, elements, mask=nulls)
