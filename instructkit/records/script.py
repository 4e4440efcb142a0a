"""Which writing system a text is in, by counting characters: enough to choose between en and zh."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

HAN_SHARE = 0.2  # a Chinese text with many Latin names still reaches it; an English one with a Chinese name does not

# a Han character (U+3400 to U+9FFF) is three bytes of UTF-8 that begin with E4..E9, or with E3 and then 90..BF;
# kana (U+3040 to U+30FF) begins with E3 81..83
_HAN_FIRST, _HAN_LAST, _SHARED_LEAD = 0xE4, 0xE9, 0xE3
_HAN_SECOND, _KANA_SECOND = (0x90, 0xBF), (0x81, 0x83)


def is_chinese(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Whether each text reads as Chinese: a fifth of its characters are Han, and it holds next to no kana."""
    if not len(texts) or pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return np.zeros(len(texts), bool)
    han, kana = _counts(texts)
    length = pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False)
    chinese: npt.NDArray[np.bool_] = (han > 0) & (han >= HAN_SHARE * length) & (kana * 10 <= han)
    return chinese


def _counts(texts: pa.StringArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Han characters and kana in each text, from the bytes' patterns."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    lead = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    second = np.append(lead[1:], np.uint8(0))
    shared = lead == _SHARED_LEAD
    han = (lead >= _HAN_FIRST) & (lead <= _HAN_LAST)
    han |= shared & (second >= _HAN_SECOND[0]) & (second <= _HAN_SECOND[1])
    kana = shared & (second >= _KANA_SECOND[0]) & (second <= _KANA_SECOND[1])
    return _per_text(han, ends - ends[0]), _per_text(kana, ends - ends[0])


def _per_text(found: npt.NDArray[np.bool_], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    places = np.flatnonzero(found)
    return np.diff(np.searchsorted(places, ends))
