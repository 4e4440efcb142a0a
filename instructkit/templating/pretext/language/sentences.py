"""Sentences of running text, English and Chinese."""

import re
from functools import cache

from instructkit.templating.pretext.language.wordlists import words

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]?[A-Z0-9])")
_CHINESE_END = re.compile(r"[。！？!?…；]+[”’」』）)\"]*")
_GLUED = re.compile(r"(?<=[a-z)\]”0-9][.!?])(?=[A-Z][a-z]+[\s,])")  # two paragraphs whose break was lost
EMPTY_BRACKETS = re.compile(r"\s?[(（][\s,;，、；:：/-]*[)）]")
_LAST_WORD = re.compile(r"[\w.&'’-]+$")
_INITIAL = re.compile(r"^(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+)$")


def paragraphs(text: str, chinese: bool) -> list[str]:
    """The paragraphs of a text: its lines, and where a line break was lost between two sentences.

    Brackets from which all was taken out go too.
    """
    found = [EMPTY_BRACKETS.sub("", line).strip() for line in text.splitlines()]
    if not chinese:
        found = [part for line in found for part in _GLUED.split(line)]
    return [line for line in found if line]


def split(paragraph: str, chinese: bool) -> list[str]:
    """The sentences of a paragraph, with their end marks; the last may lack one."""
    return _split_chinese(paragraph) if chinese else _split_english(paragraph)


def _split_chinese(paragraph: str) -> list[str]:
    found: list[str] = []
    start = 0
    for end in _CHINESE_END.finditer(paragraph):
        if end.group()[0] == "；":
            continue
        if _open_quote(paragraph, start, end.start()) and end.group()[-1] not in "”’」』）)":
            continue
        found.append(paragraph[start : end.end()].strip())
        start = end.end()
    return [one for one in (*found, paragraph[start:].strip()) if one]


def _open_quote(text: str, start: int, end: int) -> bool:
    return any(
        text.count(left, start, end) > text.count(right, start, end) for left, right in ("“”", "「」", "『』", "《》")
    )


def _split_english(paragraph: str) -> list[str]:
    found: list[str] = []
    start = 0
    for end in _END.finditer(paragraph):
        if end.group()[0] == "." and _is_abbreviation(paragraph[max(start, end.start() - 20) : end.start()]):
            continue
        if paragraph.count("(", start, end.end()) > paragraph.count(")", start, end.end()):
            continue
        found.append(paragraph[start : end.end()].strip())
        start = end.end()
    rest = paragraph[start:].strip()
    return [*found, rest] if rest else found


def _is_abbreviation(before: str) -> bool:
    word = _LAST_WORD.search(before)
    return word is not None and (
        bool(_INITIAL.match(word.group())) or word.group().lower().rpartition(".")[2] in _abbreviations()
    )


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(word.rstrip(".").lower() for word in words("en_abbreviations"))


_JOINED_WORDS = re.compile(
    r"(?<=[a-z]{4})[A-Z][A-Za-z]|(?<=[a-z][,:])[A-Z]|(?<=[\s\"”)]\.)[A-Z]"
)  # by a lost line break
_JOINED_HEADING = re.compile(
    r"[A-Z][^.!?:;,()\"“”]{3,50} (?:The|In|During|After|As|At|On|For|From|Since|When|While|According|This|It|He|She|"
    r"They|Many|A) [a-z]"
)


_MARKS = (
    "  ",
    "formula_",
    "codice_",
    "\ufffd",
    "[edit]",
    "[citation",
    "-{",
    "}-",
    "<br",
    "<nowiki",
    "「」",
    "《》",
    "“”",
    "（，",
    "（；",
    "：）",
)


_BREAKS_OFF = re.compile(r"(?:[和与及、]。|\b(?:i\.e|e\.g|and|or|of|the|a|an|with|to)\.)$|^\d [a-z]")


def _is_torn(sentence: str, chinese: bool) -> bool:
    """Whether something was taken out of a sentence, or another text was joined to it."""
    if any(mark in sentence for mark in _MARKS) or _BREAKS_OFF.search(sentence):
        return True
    return not chinese and (
        " ." in sentence or _JOINED_WORDS.search(sentence) is not None or _JOINED_HEADING.match(sentence) is not None
    )


def is_whole(sentence: str, chinese: bool) -> bool:
    """Whether a sentence ends and opens as one, closes what it opens, and shows no sign that a part was taken out."""
    if chinese:
        ends = sentence.endswith(("。", "！", "？", "。”", "！”", "？”"))
        opens = not sentence.startswith(("，", "、", "。", "）", "”"))
        even = sentence.count("（") == sentence.count("）")
        return (
            ends and opens and even and sentence.count("“") == sentence.count("”") and not _is_torn(sentence, chinese)
        )
    if not sentence.endswith((".", "!", "?", '."', ".”", "!”", "?”", ".)")) or sentence.endswith("..."):
        return False
    opens = sentence[0].isupper() or sentence[0] in "\"“'‘0123456789"
    even = sentence.count('"') % 2 == 0 and sentence.count("“") == sentence.count("”")
    return opens and even and sentence.count("(") == sentence.count(")") and not _is_torn(sentence, chinese)
