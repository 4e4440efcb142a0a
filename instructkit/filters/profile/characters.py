"""What each character is to the counting of words and lines: a table of bits."""

import functools
import unicodedata

import numpy as np
import numpy.typing as npt

from instructkit.records.characters import UNSPACED

LETTER = np.uint16(1)  # str.isalpha
DIGIT = np.uint16(2)  # 0 to 9
SPACE = np.uint16(4)  # str.isspace
UPPER = np.uint16(8)
LOWER = np.uint16(16)
MARK = np.uint16(32)  # punctuation, Unicode's P
SYMBOL = np.uint16(64)  # punctuation, symbols and controls: a word of these alone is none
TERMINAL = np.uint16(128)  # ends a sentence
AFFIX = np.uint16(256)  # stands off from the word it leads or ends
QUOTE = np.uint16(512)
BREAK = np.uint16(1024)  # str.splitlines breaks here
ALONE = np.uint16(2048)  # of a script without spaces: a word by itself
HAN = np.uint16(4096)
CURRENCY = np.uint16(8192)
ICON = np.uint16(16384)  # other symbols: emoji, arrows

# Unicode 15's property Sentence_Terminal in the basic plane, which FineWeb takes for the end of a line, and spaCy for
# that of a sentence
_TERMINAL = "!.?։؝؞؟۔܀܁܂߹࠷࠹࠽࠾।॥၊။።፧፨᙮᜵᜶។៕᠃᠉᥄᥅᪨᪩᪪᪫᭎᭏᭚᭛᭞᭟᭽᭾᭿᰻᰼᱾᱿․‼‽⁇⁈⁉⳹⳺⳻⸮⸼⹓⹔⹠⹡。꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꧈꧉꩝꩞꩟꫰꫱꯫︒︕︖﹒﹖﹗！．？｡"
# the marks that spaCy 3's tokenizers cut off on either side of a word (lang/char_classes.py: punctuation and quotes)
_AFFIXES = "….,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪%=—–§+"
_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧"
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@functools.cache
def classes() -> npt.NDArray[np.uint16]:
    """The bits of each character of the basic plane: uint16, 65,536."""
    text = list(map(chr, range(0x10000)))
    categories = np.array(list(map(unicodedata.category, text)))
    major = np.array([category[0] for category in categories])
    table = np.zeros(0x10000, np.uint16)

    def mark(bit: np.uint16, chosen: npt.NDArray[np.bool_]) -> None:
        table[chosen] |= bit

    def among(characters: str) -> npt.NDArray[np.bool_]:
        chosen = np.zeros(0x10000, bool)
        chosen[list(map(ord, characters))] = True
        return chosen

    mark(LETTER, np.array(list(map(str.isalpha, text))))
    mark(DIGIT, among("0123456789"))
    mark(SPACE, np.array(list(map(str.isspace, text))))
    mark(UPPER, np.array(list(map(str.isupper, text))))
    mark(LOWER, np.array(list(map(str.islower, text))))
    mark(MARK, major == "P")
    mark(SYMBOL, np.isin(major, ("P", "S")) | (categories == "Cc"))
    mark(TERMINAL, among(_TERMINAL))
    mark(AFFIX, among(_AFFIXES + _QUOTES) | (categories == "Sc") | (categories == "So"))
    mark(QUOTE, among(_QUOTES))
    mark(BREAK, among(_BREAKS))
    mark(CURRENCY, categories == "Sc")
    mark(ICON, categories == "So")
    for first, last in UNSPACED:
        table[first : last + 1][table[first : last + 1] & LETTER > 0] |= ALONE
    han = np.zeros(0x10000, bool)
    for first, last in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)):
        han[first : last + 1] = True
    mark(HAN, han)
    return table


BEYOND = int(ICON | AFFIX | SYMBOL)  # a character beyond the basic plane: mostly emoji
BEYOND_HAN = int(LETTER | ALONE | HAN)  # from U+20000 on: rare ideographs
