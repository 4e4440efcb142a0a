"""Prompts that ask for what is not there, and answers that are not what was asked for."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Verdict, rule
from instructkit.filters.rules.looking import looked_into, mask_of

_TEXT_EN = (
    r"(?:text|sentence|paragraph|passage|article|poem|story|stories|dialogue|conversation|review|e-?mail|code|snippet|"
    r"tweet|question|excerpt|statement|document|abstract|phrase|quote|data|table|list|equation|expression|input)s?"
)
_GIVEN_EN = rf"(?:the|this|these|each of the) (?:following|given|below) (?:\w+ ){{0,2}}?{_TEXT_EN}\b"
_TEXT_ZH = (
    r"(?:文本|句子|段落|文章|短文|诗歌?|故事|对话|评论|邮件|代码|内容|材料|问题|文字|新闻|摘要|列表|数据|表格|单词|词语|"
    r"短语|词汇|一?段话|一?句话)"
)
_GIVEN_ZH = (
    r"(?:以下|(?<![板桌床地楼水山底树车台墙])下面|下列|如下|给定的?|所给的?)"
    rf"(?:的|这|这段|这篇|这个|一段|一篇|几个|\w){{0,4}}?{_TEXT_ZH}(?!集)"
)
_GIVEN = re.compile(rf"(?i){_GIVEN_EN}|{_GIVEN_ZH}")
_MAY_GIVE = r"(?i)\b(?:following|given|below)\b|以下|下面|下列|如下|给定|所给"
_CONTENT_AFTER = re.compile(r"[:：\n\"“'‘「『《`(（\[{<|/]|[.!?。！？]\s*\S|\d")
_FOREGOING, _FOREGOING_HAN = 60, 12  # characters before the sentence that asks: they may be the text


@rule("missing_input", source="ours: Self-Instruct's instances refer to inputs that were never written")
def missing_input(
    instruction: pa.StringArray, input: pa.StringArray, history: pa.ListArray, system: pa.StringArray
) -> Verdict:
    """The instruction speaks of "the following text", and nothing follows: no input, no earlier turn."""
    bare = pc.and_(pc.equal(pc.utf8_trim_whitespace(input), ""), pc.equal(pc.list_value_length(history), 0))
    bare = pc.and_(bare, pc.less(pc.utf8_length(system), _FOREGOING))
    return looked_into(pc.and_(bare, pc.match_substring_regex(instruction, _MAY_GIVE)), why_missing, instruction)


def why_missing(instruction: str) -> str:
    """The words that speak of a text which is not there, or ""."""
    found = None
    for found in _GIVEN.finditer(instruction):  # noqa: B007 - the last one
        pass
    if found is None or _CONTENT_AFTER.search(instruction, found.end()):
        return ""
    start = max(instruction.rfind(mark, 0, found.start()) for mark in ".!?。！？\n")
    long = _FOREGOING_HAN if found[0] > "\u2e80" else _FOREGOING
    return "" if start >= long or len(instruction) - found.end() > 100 else found[0]


# how a language is called when an answer in it is asked for
_CALLED = {
    "en": ("english", "英文", "英语"), "zh": ("chinese", "mandarin", "中文", "汉语"), "fr": ("french", "法语", "法文"),
    "de": ("german", "德语", "德文"), "es": ("spanish", "西班牙语"), "it": ("italian", "意大利语"),
    "pt": ("portuguese", "葡萄牙语"), "ru": ("russian", "俄语", "俄文"), "ja": ("japanese", "日语", "日文"),
    "ko": ("korean", "韩语", "韩文"), "ar": ("arabic", "阿拉伯语"), "hi": ("hindi", "印地语"),
    "tr": ("turkish", "土耳其语"), "nl": ("dutch", "荷兰语"), "pl": ("polish", "波兰语"), "sv": ("swedish", "瑞典语"),
    "vi": ("vietnamese", "越南语"), "th": ("thai", "泰语"), "el": ("greek", "希腊语"), "he": ("hebrew", "希伯来语"),
}  # fmt: skip
NAMED = {name: code for code, names in _CALLED.items() for name in names}
_EN = "|".join(name for name in NAMED if name.isascii())
_ZH = "|".join(name for name in NAMED if not name.isascii())
_NOT_ASKED = "(?:style|manner|inspired|class|literature|history|culture|food|cuisine|grammar|verb|word|noun)"
_ASKED = re.compile(
    rf"(?i)\b(?:translate|rewrite|write|respond|reply|answer|convert|summari[sz]e|paraphrase)\b[^.?!\n]{{0,120}}?"
    rf"\b(?:in|into|to) ({_EN})\b(?! ?-| {_NOT_ASKED})"
    rf"|(?:翻译|译|转换)(?:成|为|到)({_ZH})|用({_ZH})(?:来)?(?:回答|写|回复|作答|表达|概括|总结|改写)"
)
_MAY_ASK = rf"(?i)\b(?:{_EN})\b|{_ZH}"


@rule("asked_language", source="ours")
def asked_language(instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray) -> Verdict:
    """The instruction asks for an answer in a language, and the output is surely in another."""
    from instructkit.filters.language.identifying import UNKNOWN, identify_all

    rows, asked = [], []
    for row in np.flatnonzero(mask_of(pc.match_substring_regex(instruction, _MAY_ASK))).tolist():
        found = list(_ASKED.finditer(str(instruction[row])))
        if found:
            rows.append(row)
            asked.append({NAMED[next(filter(None, one.groups())).lower()] for one in found})
    if not rows:
        return Verdict.found(len(output), {})
    languages, confidences = identify_all(output.take(pa.array(rows)), 0.8)
    evidence = {
        row: f"{language} {confidence:.2f}, asked for {', '.join(sorted(wanted))}"
        for row, wanted, language, confidence in zip(rows, asked, languages, confidences, strict=True)
        if language != UNKNOWN and language not in wanted and not _names(str(output[row]), wanted)
    }
    return Verdict.found(len(output), evidence)


def _names(output: str, wanted: set[str]) -> bool:
    """Whether an answer names the language it was asked for: it talks of the translation."""
    lower = output.lower()
    return any(name in lower for name, code in NAMED.items() if code in wanted)


@rule("echoed_instruction", source="ours: models tuned on echoes repeat the question")
def echoed_instruction(instruction: pa.StringArray, output: pa.StringArray) -> Verdict:
    """The output begins with the whole instruction, of 40 characters or more, and goes on."""
    long = pc.and_(
        pc.greater_equal(pc.utf8_length(instruction), 40),
        pc.greater(pc.utf8_length(output), pc.utf8_length(instruction)),
    )
    same = pc.equal(pc.utf8_slice_codeunits(instruction, 0, 20), pc.utf8_slice_codeunits(output, 0, 20))
    return looked_into(pc.and_(long, same), _why_echo, instruction, output)


_CODE = re.compile(r"(?m)^[ \t]{0,40}(?:def|class|import|from|function|public|SELECT|#include)\b|```|[{};]$")


def _why_echo(instruction: str, output: str) -> str:
    if _CODE.search(instruction):
        return ""  # code that is completed stands in the answer whole
    begins = output.startswith(instruction.strip()) and len(output.strip()) > len(instruction.strip())
    return "begins with the instruction" if begins else ""
