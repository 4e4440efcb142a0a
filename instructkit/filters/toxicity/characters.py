"""Texts as one stream of folded characters, in which ``F*CK``, ``f u c k``, ``sh1t``, ``傻 逼`` read as they are meant.

All of a batch is one array, so that the work is NumPy's; a text's result does not hang on the texts beside it.
"""

import functools
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.uint16]
Places = npt.NDArray[np.int64]

DROPPED, SPACE, END, LETTER, DIGIT, MARK, HAN = range(7)  # what a character is
_TABLE = 0x1FC00  # code points that are looked up; those beyond are spaces
_MARKS = "*#@$!'’"  # they may stand in a word for a letter
_ENDS = "\n?？！。…;；\u2028\u2029"
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "#": "*"}
# letters of other scripts that are written for Latin ones
_ALIKE = dict(zip("аеорсухіѕαοι×", "aeopcyxisaoix", strict=True))
_SIMPLE = dict(zip("媽賤雞殺豬幹無爛臉滾傢個這們該東國黑兒騷種長滅蠢條還會為婦煞懶醜噁廢",
                   "妈贱鸡杀猪干无烂脸滚家个这们该东国黑儿骚种长灭蠢条还会为妇煞懒丑恶废", strict=True))  # fmt: skip


@functools.cache
def _tables() -> tuple[Codes, npt.NDArray[np.uint8]]:
    """Of each code point: the character it is read as, and what that is."""
    codes, kinds = np.full(_TABLE, 32, np.uint16), np.full(_TABLE, SPACE, np.uint8)
    for point in range(_TABLE):
        text = chr(point)
        category = unicodedata.category(text)
        if category in ("Mn", "Me", "Cf"):
            kinds[point] = DROPPED
            continue
        if not 0x4E00 <= point <= 0x9FFF:
            text = unicodedata.normalize("NFKD", text)[0].lower()[0]
        text = _ALIKE.get(text, _SIMPLE.get(text, text))
        code = ord(text)
        if code > 0xFFFF:
            continue
        codes[point] = code
        if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF:
            kinds[point] = HAN
        elif text in _ENDS:
            kinds[point] = END
        elif text in _MARKS:
            kinds[point] = MARK
        elif "0" <= text <= "9":
            kinds[point] = DIGIT
        elif unicodedata.category(text)[0] == "L":
            kinds[point] = LETTER
    return codes, kinds


@dataclass
class Stream:
    """The characters of all texts; a separator is one space or one end of a sentence."""

    codes: Codes
    kinds: npt.NDArray[np.uint8]
    places: Places  # where each stood in the texts, one after the other, each followed by a line break; the first is 1
    starts: Places  # the first character of each text in the stream, and the end

    def keep(self, kept: npt.NDArray[np.bool_]) -> None:
        """Take characters out."""
        self.codes, self.kinds, self.places = self.codes[kept], self.kinds[kept], self.places[kept]


def read(texts: pa.StringArray) -> Stream:
    """Fold the texts and undo what hides words."""
    ended = pc.binary_join_element_wise(texts, "", "\n")
    _, offsets, data = ended.buffers()
    ends = np.frombuffer(offsets, np.int32)[ended.offset : ended.offset + len(ended) + 1]
    # a line break first too: the text before must not show in what a text begins with
    joined = b"\n" + (bytes(memoryview(data)[ends[0] : ends[-1]]) if len(ended) else b"")
    points = np.frombuffer(joined.decode("utf-8", "replace").encode("utf-32-le", "replace"), np.uint32)
    lengths = pc.utf8_length(ended).to_numpy(zero_copy_only=False)
    firsts = 1 + np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    codes, kinds = _tables()
    points = np.where(points < _TABLE, points, 32)
    stream = Stream(codes[points], kinds[points], np.arange(len(points)), firsts)
    if (stream.kinds == DROPPED).any():
        stream.keep(stream.kinds != DROPPED)
    _dots(stream)
    _marks(stream)
    _digits(stream)
    _separators(stream)
    _repeats(stream)
    _spelled_out(stream)
    stream.starts = np.searchsorted(stream.places, firsts)
    return stream


def _dots(stream: Stream) -> None:
    """A dot before a space ends a sentence; any other is a space."""
    dots = np.flatnonzero(stream.codes == ord("."))
    if len(dots):
        after = stream.kinds[np.minimum(dots + 1, len(stream.kinds) - 1)]
        stream.kinds[dots[(after == SPACE) | (after == END)]] = END


def _marks(stream: Stream) -> None:
    """Marks between letters are letters (f*ck, sh!t); so are two or more after one or two letters (f***, a$$)."""
    found = np.flatnonzero(stream.kinds == MARK)
    if not len(found):
        return
    codes, kinds = stream.codes, stream.kinds
    first = np.concatenate([[True], np.diff(found) > 1])
    start, last = found[first], found[np.concatenate([first[1:], [True]])]
    before = np.where(start > 0, kinds[start - 1], SPACE)
    after = kinds[np.minimum(last + 1, len(kinds) - 1)]
    inside = (before == LETTER) & (after == LETTER)
    word_before = np.where(start > 2, kinds[start - 3], SPACE)  # what stands before two letters
    one_before = np.where(start > 1, kinds[start - 2], SPACE)
    short = (one_before < LETTER) | ((one_before == LETTER) & (word_before < LETTER))
    inside |= (before == LETTER) & (after < LETTER) & short & (last > start) & (codes[start] != ord("'"))
    which = np.cumsum(first) - 1
    single = (last == start)[which]
    loud = (codes[found] == ord("!")) & ~inside[which]
    kinds[found] = np.where(loud, END, SPACE)
    quiet = inside[which] & ((codes[found] == ord("'")) | (codes[found] == ord("’")))
    letters = codes[found]
    for mark in "@$!#":
        letters = np.where(letters == ord(mark), ord(_LEET[mark]) if mark != "$" else ord("s"), letters)
    letters = np.where(single | (codes[found] == ord("$")), letters, ord("*")).astype(np.uint16)
    kept = inside[which] & ~quiet & (first | (codes[found] == ord("$")))
    # one star that ends a Chinese word hides its last character (傻*)
    kept |= single & (before == HAN)[which] & (after <= END)[which] & (codes[found] == ord("*"))
    kinds[found[kept]] = LETTER
    codes[found[kept]] = letters[kept]
    gone = found[(inside[which] & ~kept) | quiet]
    if len(gone):
        mask = np.ones(len(codes), bool)
        mask[gone] = False
        stream.keep(mask)


def _digits(stream: Stream) -> None:
    """A digit between letters is the letter it looks like (sh1t, b0y)."""
    found = np.flatnonzero(stream.kinds == DIGIT)
    found = found[(found > 0) & (found < len(stream.kinds) - 1)]
    found = found[(stream.kinds[found - 1] == LETTER) & (stream.kinds[found + 1] == LETTER)]
    if len(found):
        letters = np.arange(128, dtype=np.uint16)
        for digit in "013457":
            letters[ord(digit)] = ord(_LEET[digit])
        stream.codes[found] = letters[stream.codes[found]]
    stream.kinds[stream.kinds == DIGIT] = LETTER


def _separators(stream: Stream) -> None:
    """One separator between words, an end of a sentence where one of them is; none between Han characters."""
    kinds = stream.kinds
    separates = kinds <= END
    run_starts = separates.copy()
    run_starts[1:] &= ~separates[:-1]
    first = np.flatnonzero(run_starts)
    if not len(first):
        return
    ends = np.flatnonzero(kinds == END)
    limits = np.append(first[1:], len(kinds))
    ended = np.searchsorted(ends, limits) > np.searchsorted(ends, first)
    kept = ~separates
    following = np.concatenate([kinds[1:], [END]])
    run_last = separates & (following > END)
    last = np.flatnonzero(run_last)
    if len(last) < len(first):
        last = np.append(last, len(kinds) - 1)
    after = kinds[np.minimum(last + 1, len(kinds) - 1)]
    before = np.where(first > 0, kinds[first - 1], END)
    kinds[first] = np.where(ended, END, SPACE)
    stream.codes[first] = np.where(ended, 10, 32)
    kept[first] = ended | (before != HAN) | (after != HAN)
    stream.keep(kept)


def _repeats(stream: Stream) -> None:
    """A character three times or more is written once (fuuuck, 哈哈哈哈)."""
    same = np.zeros(len(stream.codes) + 1, bool)
    same[1:-1] = (stream.codes[1:] == stream.codes[:-1]) & (stream.kinds[1:] >= LETTER)
    beside = np.zeros(len(stream.codes), bool)
    beside[1:] = same[:-2]
    beside |= same[1:]
    long = same[:-1] & beside
    if long.any():
        stream.keep(~long)


def _spelled_out(stream: Stream) -> None:
    """Three or more single letters are a word (f u c k, f.u.c.k)."""
    kinds = stream.kinds
    if len(kinds) < 5:
        return
    separates = kinds <= END
    alone = np.zeros(len(kinds), bool)
    alone[1:-1] = (kinds[1:-1] == LETTER) & separates[:-2] & separates[2:]
    alone[0] = kinds[0] == LETTER and separates[1]
    gap = np.zeros(len(kinds) + 4, bool)  # two more on each side
    gap[3:-3] = (kinds[1:-1] == SPACE) & alone[:-2] & alone[2:]
    gone = gap[2:-2] & (gap[:-4] | gap[4:])
    if gone.any():
        stream.keep(~gone)
