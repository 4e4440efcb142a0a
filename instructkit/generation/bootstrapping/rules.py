"""Which proposed instructions are tasks for a model of text.

The bounds and words are Self-Instruct's (Wang et al. 2023, section 2.2 and its code) and Alpaca's (Taori et al. 2023);
those for Chinese are ours after theirs. A word keeps its case, and no script is shut out.
"""

import re
import unicodedata

import pyarrow as pa

from instructkit.generation.reading import word_count
from instructkit.records.rejects import Reason
from instructkit.records.script import is_chinese

FEWEST_WORDS, MOST_WORDS = 3, 150  # more than the one, up to the other
BLACKLIST = {
    "en": ("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot",
           "go to", "video", "audio", "music", "flowchart", "diagram"),
    "zh": ("图片", "图像", "照片", "图表", "图形", "文件", "附件", "地图", "绘制", "画出", "画一", "作图", "视频",
           "音频", "音乐", "流程图", "示意图", "思维导图", "链接", "网址"),
}  # fmt: skip
_PROGRAM = re.compile(r"write a program\b|(?:请|帮我|用\w{1,20}?)?编?写一?[个段]\w{0,20}程序", re.I)
_LISTED = {
    "en": re.compile(rf"\b(?:{'|'.join(BLACKLIST['en'])})\b", re.I),
    "zh": re.compile("|".join(BLACKLIST["zh"])),
}


def tidy(instruction: str) -> str:
    """An instruction on one line, without quotes around it and a colon at its end."""
    text = " ".join(instruction.split())
    for opening, closing in ('""', "“”", "「」"):
        if len(text) > 1 and text[0] == opening and text[-1] == closing and opening not in text[1:-1]:
            text = text[1:-1].strip()
    return text.rstrip(":： ")


def rule_reasons(instruction: str, language: str) -> list[Reason]:
    """Every rule that an instruction breaks."""
    reasons: list[Reason] = []
    words = word_count(instruction)
    if words <= FEWEST_WORDS:
        reasons.append(("too_short", f"{words:.3g} words", f"more than {FEWEST_WORDS}"))
    if words > MOST_WORDS:
        reasons.append(("too_long", f"{words:.0f} words", f"{MOST_WORDS} at most"))
    for listed in _LISTED.values():
        if found := listed.search(instruction):
            reasons.append(("blacklisted_word", found[0], "what a model of text can do"))
    if _PROGRAM.match(instruction):
        reasons.append(("write_a_program", instruction[:40], ""))
    if instruction and not _may_begin(instruction[0]):
        reasons.append(("starts_with_punctuation", instruction[0], "a letter, a digit or a quote"))
    if not any(character.isalpha() for character in instruction):
        reasons.append(("no_text", "", "a letter of any script"))
    elif bool(is_chinese(pa.array([instruction]))[0]) != (language == "zh"):
        reasons.append(("other_language", "", language))
    return reasons


def _may_begin(character: str) -> bool:
    """Whether a task may begin so: ASCII punctuation can't (Self-Instruct), “quotes” and 《titles》 may."""
    if character.isascii():
        return character.isalnum()
    return not unicodedata.category(character).startswith("P") or unicodedata.category(character) in ("Pi", "Ps")
