"""Which writing system a text is in, by counting characters: enough to choose between en and zh."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

HAN_SHARE = 0.2  # a Chinese text with many Latin names still reaches it; an English one with a Chinese name does not


def is_chinese(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Whether each text reads as Chinese: a fifth of its characters are Han, and it holds next to no kana."""
    found = np.zeros(len(texts), bool)
    beyond = np.flatnonzero(~pc.fill_null(pc.string_is_ascii(texts), True).to_numpy(zero_copy_only=False))
    if len(beyond):
        found[beyond] = _reads_as_chinese(texts if len(beyond) == len(texts) else texts.take(pa.array(beyond)))
    return found


def _reads_as_chinese(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    from instructkit.records.han import count_scripts

    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    han, kana, length = np.zeros((3, len(texts)), np.int64)
    count_scripts(np.frombuffer(data, np.uint8), ends, han, kana, length)
    chinese: npt.NDArray[np.bool_] = (han > 0) & (han >= HAN_SHARE * length) & (kana * 10 <= han)
    return chinese
