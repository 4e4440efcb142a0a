"""The bytes and offsets of a column of texts, as compiled loops and NumPy read them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int32]


def buffers(texts: pa.Array) -> tuple[Bytes, Offsets]:
    """The UTF-8 bytes that a column's texts lie in, and their offsets there (rows + 1); no copy.

    The texts have no nulls. Both arrays are read-only, and so of one type for a compiled loop, wherever they come from.
    """
    if not len(texts):  # an empty column may have no buffers at all
        data, starts = np.zeros(1, np.uint8), np.zeros(1, np.int32)
    else:
        _, offsets, held = texts.buffers()
        starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        data = np.frombuffer(held, np.uint8) if held is not None and held.size else np.zeros(1, np.uint8)
    starts.flags.writeable = data.flags.writeable = False
    return data, starts
