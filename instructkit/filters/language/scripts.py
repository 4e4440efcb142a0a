"""What the letters of a text tell of its language: how many of each script it has."""

import functools

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# scripts that one language of lid.176 writes nearly alone, as ranges of code points (Unicode 15 blocks)
BLOCKS: dict[str, tuple[tuple[int, int], ...]] = {
    "han": ((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
    "kana": ((0x3040, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)),
    "bopomofo": ((0x3100, 0x312F), (0x31A0, 0x31BF)),
    "hangul": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF)),
    "el": ((0x0370, 0x03FF), (0x1F00, 0x1FFF)),
    "hy": ((0x0531, 0x058F),),
    "gu": ((0x0A80, 0x0AFF),),
    "pa": ((0x0A00, 0x0A7F),),
    "ta": ((0x0B80, 0x0BFF),),
    "te": ((0x0C00, 0x0C7F),),
    "kn": ((0x0C80, 0x0CFF),),
    "ml": ((0x0D00, 0x0D7F),),
    "si": ((0x0D80, 0x0DFF),),
    "or": ((0x0B00, 0x0B7F),),
    "th": ((0x0E00, 0x0E7F),),
    "lo": ((0x0E80, 0x0EFF),),
    "my": ((0x1000, 0x109F),),
    "ka": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF)),
    "km": ((0x1780, 0x17FF),),
}
SCRIPTS = ("other", *BLOCKS)  # "other" letters tell nothing: Latin, Cyrillic, Arabic, Devanagari, ...
_ASTRAL_HAN = 0x20000  # and what comes after: rare ideographs
EASTERN = ("han", "kana", "bopomofo", "hangul")
_NOT_A_LETTER = 255


@functools.cache
def _table() -> npt.NDArray[np.uint8]:
    """The script of each character of the basic plane: a place in `SCRIPTS`, or `_NOT_A_LETTER`."""
    letters = np.fromiter(map(str.isalpha, map(chr, range(0x10000))), bool, 0x10000)
    table = np.where(letters, 0, _NOT_A_LETTER).astype(np.uint8)
    for number, ranges in enumerate(BLOCKS.values(), start=1):
        for first, last in ranges:
            span = table[first : last + 1]
            span[span != _NOT_A_LETTER] = number
    return table


def letters_by_script(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    """How many letters of each script each text has: (texts, ``len(SCRIPTS)``)."""
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    points = np.frombuffer("".join(texts.to_pylist()).encode("utf-32-le"), np.uint32)
    table = _table()
    scripts = table[np.minimum(points, 0xFFFF)]
    scripts[points >= 0x10000] = 0
    scripts[points >= _ASTRAL_HAN] = SCRIPTS.index("han")
    rows = np.repeat(np.arange(len(texts)), lengths)
    told = scripts != _NOT_A_LETTER
    size = len(SCRIPTS)
    counts = np.bincount(rows[told] * size + scripts[told], minlength=len(texts) * size)
    found: npt.NDArray[np.int64] = counts.reshape(len(texts), size)
    return found


def language_by_script(counts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """The language the script alone tells of each text ("" where it tells none), and the share of letters that do.

    A third of the letters is enough for Chinese, Japanese and Korean, whose texts may hold many English words; for the
    other scripts it is half. Kana make a text Japanese, Hangul Korean; Han without either is Chinese.
    """
    letters = np.maximum(counts.sum(axis=1), 1)
    shares = counts / letters[:, None]
    at = {name: SCRIPTS.index(name) for name in SCRIPTS}
    eastern = sum(counts[:, at[name]] for name in EASTERN)
    languages = np.full(len(counts), "", object)
    sure = np.zeros(len(counts))
    for name in BLOCKS:
        if name not in EASTERN:
            languages[shares[:, at[name]] >= 0.5] = name
    own = languages != ""
    sure[own] = shares[own].max(axis=1)
    east = eastern * 3 >= letters
    east &= eastern > 0
    languages[east] = "zh"
    languages[east & (counts[:, at["kana"]] * 10 > counts[:, at["han"]])] = "ja"
    languages[east & (counts[:, at["hangul"]] * 2 > eastern)] = "ko"
    sure[east] = (eastern / letters)[east]
    return languages, sure
