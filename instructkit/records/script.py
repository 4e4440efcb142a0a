"""Which writing system a text is in, by counting characters: enough to choose between en and zh."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

HAN = r"\p{Han}"
KANA = r"[\p{Hiragana}\p{Katakana}]"
HAN_SHARE = (
    0.2  # a Chinese text with many Latin names and numbers still reaches it; an English one with a name does not
)


def is_chinese(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Whether each text reads as Chinese: a fifth of its characters are Han, and it holds no kana."""
    if pc.all(pc.string_is_ascii(texts)).as_py():
        return np.zeros(len(texts), bool)
    han = _counts(texts, HAN)
    kana = _counts(texts, KANA)
    length = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    chinese: npt.NDArray[np.bool_] = (han > 0) & (han >= HAN_SHARE * length) & (kana * 10 <= han)
    return chinese


def _counts(texts: pa.StringArray, pattern: str) -> npt.NDArray[np.int64]:
    counts: npt.NDArray[np.int64] = pc.count_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return counts
