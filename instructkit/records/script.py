"""Which writing system a text is in, by counting characters: enough to choose between en and zh."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine.worth import worth_compiling
from instructkit.records.buffers import buffers

HAN_SHARE = 0.2  # a Chinese text with many Latin names still reaches it; an English one with a Chinese name does not


def is_chinese(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Whether each text reads as Chinese: a fifth of its characters are Han, and it holds next to no kana."""
    found = np.zeros(len(texts), bool)
    beyond = np.flatnonzero(~pc.fill_null(pc.string_is_ascii(texts), True).to_numpy(zero_copy_only=False))
    if len(beyond):
        found[beyond] = _reads_as_chinese(texts if len(beyond) == len(texts) else texts.take(pa.array(beyond)))
    return found


def _reads_as_chinese(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    han, kana, length = count_scripts(*buffers(texts))
    chinese: npt.NDArray[np.bool_] = (han > 0) & (han >= HAN_SHARE * length) & (kana * 10 <= han)
    return chinese


def count_scripts(data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """The Han characters, kana and all characters of each text: int64, 3 x texts.

    A Han character (U+3400 to U+9FFF) is three bytes that begin with E4..E9, or with E3 and then 90..BF; kana (U+3040
    to U+30FF) begins with E3 81..83.
    """
    if worth_compiling():
        from instructkit.records.han import count_all

        counts = np.zeros((3, len(ends) - 1), np.int64)
        count_all(data, ends, counts[0], counts[1], counts[2])
        return counts
    lead = data[ends[0] : ends[-1]]
    second = np.append(lead[1:], np.uint8(0))
    shared = lead == 0xE3
    han = ((lead >= 0xE4) & (lead <= 0xE9)) | (shared & (second >= 0x90) & (second <= 0xBF))
    kana = shared & (second >= 0x81) & (second <= 0x83)
    begins = (lead & 0xC0) != 0x80
    places = ends.astype(np.int64) - ends[0]
    return np.stack([np.diff(np.searchsorted(np.flatnonzero(found), places)) for found in (han, kana, begins)])
