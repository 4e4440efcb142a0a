"""Characters that no author typed: text decoded wrongly, control characters."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Columns, Verdict, derived, rule
from instructkit.filters.rules.looking import looked_into

FIELDS = ("instruction", "input", "output")
# UTF-8 read as Windows-1252 or Latin-1: a lead byte's letter, then what its continuation bytes become
_CONTINUED = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_C1 = "\u0080-\u009f"
_MISREAD = (
    f"[ÂÃ][{_CONTINUED}]|â[€‚„†‡ˆ‰Š‹Œ{_C1}][{_CONTINUED}]|[ä-éð][{_CONTINUED}][{_CONTINUED}]|ï[»¼½][{_CONTINUED}]"
)
# what Chinese becomes: GBK filled with U+FFFD's bytes, and freed memory of Visual C++
_CHINESE = "锟斤拷|锘锘|烫烫烫烫|屯屯屯屯"
_ABOUT_ENCODINGS = re.compile(r"(?i)mojibake|garbled|encod|charset|utf-?8|乱码|编码")
_MAYBE = rf"{_MISREAD}|{_CHINESE}|\x{{FFFD}}"
_STRETCH = re.compile(rf"(?:[\u00c2-\u00f4][{_CONTINUED}]{{1,3}})+")


_CONTROL = r"[\x00-\x08\x0b\x0e-\x1f\x7f]"


@derived
def odd(columns: Columns) -> pa.BooleanArray:
    """The rows that may have what the rules about characters look for: most have none of it."""
    found = [pc.match_substring_regex(columns[name], f"{_MAYBE}|{_CONTROL}") for name in FIELDS]
    return pc.or_(pc.or_(found[0], found[1]), found[2])


@rule("mojibake", source="ours: UTF-8 read as Windows-1252, as ftfy looks for it; replacement characters; 锟斤拷")
def mojibake(
    odd: pa.BooleanArray, instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray
) -> Verdict:
    """A text was decoded wrongly: â€™ for ’, Ã© for é, replacement characters, 锟斤拷."""
    return looked_into(odd, why_mojibake, instruction, input, output)


def why_mojibake(*texts: str) -> str:
    """The first stretch of a row's texts that was decoded wrongly, or ""."""
    if any(_ABOUT_ENCODINGS.search(text) for text in texts):
        return ""
    for text in texts:
        if found := re.search(rf"{_CHINESE}|\ufffd", text):
            return found[0]
        for stretch in _STRETCH.finditer(text):
            # ä to é begin one character of Chinese in three: alone they may be a word's end before a quotation mark
            alone = "ä" <= stretch[0][0] <= "é" and len(stretch[0]) < 6
            if not alone and reads_as_utf8(stretch[0]):
                return stretch[0][:40]
    return ""


def reads_as_utf8(text: str) -> bool:
    """Whether the bytes of a text in Windows-1252 (Latin-1 where it has none) are UTF-8 of something else."""
    data = bytearray()
    for character in text:
        try:
            data += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > 0xFF:
                return False
            data.append(ord(character))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@rule("control_characters", source="ours")
def control_characters(
    odd: pa.BooleanArray, instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray
) -> Verdict:
    """A text has control characters, such as NUL or those of a terminal."""
    return looked_into(odd, _first_control, instruction, input, output)


def _first_control(*texts: str) -> str:
    found = re.search(_CONTROL, "".join(texts))
    return f"U+{ord(found[0]):04X}" if found else ""


_DEAD = (
    r"(?i)https?://(?:www\.)?(?:[\s)\]，。<]|$)|\]\(\s{0,9}(?:(?:#|url|link)\s{0,9})?\)|"
    r"\[(?:insert )?(?:link|url)(?: here)?\](?:[^(]|$)|https?://(?:www\.)?(?:your-?(?:site|domain|website|link)|link|url)\b"
)


@rule("dead_links", source="ours", presets=("strict",))
def dead_links(output: pa.StringArray) -> Verdict:
    """The output has a link to nothing: a bare https://, [link](), [insert link here]."""
    return looked_into(pc.match_substring_regex(output, _DEAD), _first_dead, output)


def _first_dead(output: str) -> str:
    outside = "".join(output.split("```")[::2])  # code may build an address
    found = re.search(_DEAD, outside)
    return found[0].strip() if found else ""
