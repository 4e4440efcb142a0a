"""Title from body, and body from title: of documents that have a title, or open with a line that is one."""

import re

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.sentences import EMPTY_BRACKETS
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import content, in_common, opening

LEAST_IN_COMMON = 0.65  # of the title's content words stand in the text, where it does not as a whole ...
LEAST_WORDS = 2  # ... and it has so many (Chinese half of it)
_LONGEST = 120  # characters
_POINTS = re.compile(r"[:：](?:\n|$)|如下|下列|下表|详见|以下|\b(?:as follows|following|listed below)\b")
_SUFFIX = re.compile(r"\s*[(（][^()（）]*[)）]$")  # what tells two entries of one name apart
_NO_OPENING = re.compile("[为由作一该此它其本]|前身|过去|后来")
_LOOK, _SAME = 600, 12  # characters
_BODY = 80  # characters of the line below a title line, at least


def title(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A document's text, and its title."""
    return _made(passage, pool, "text", "headline")


def text_from_title(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A document's title, and its opening, where this needs no list or table that stands below it."""
    found = _made(passage, pool, "text", "title")
    return None if found is None or _POINTS.search(str(found.roles["text"])) else found


def _made(passage: Passage, pool: Pool, text_role: str, title_role: str) -> Made | None:
    found = title_of(passage)
    if found is None or pool.share_title(passage.document):
        return None
    text = opening(passage, 250, 2500)
    named, where = found
    share = in_common(named, text, passage.is_chinese)
    stands = _SUFFIX.sub("", named) in text
    if not text or not _begins(passage, text) or text.startswith(f"{named}\n"):
        return None
    if not stands and (
        share < LEAST_IN_COMMON or len(content(named, passage.is_chinese)) < LEAST_WORDS // (1 + passage.is_chinese)
    ):
        return None
    why = f"{where}; " + ("it stands in the text" if stands else f"{share:.0%} of its content words stand in the text")
    return Made({text_role: text, title_role: named}, 0.9 if stands else share, why)


def _begins(passage: Passage, text: str) -> bool:
    """Whether an opening is that of the document: its first sentence was not left out, and leans on nothing."""
    first = passage.paragraphs[0][0]
    start = "".join(EMPTY_BRACKETS.sub("", passage.text[:_LOOK]).split())
    return first[:_SAME] in text and "".join(first.split())[:_SAME] in start and not passage.leans_back(first) and (
        not _NO_OPENING.match(first)
    )  # fmt: skip


def title_of(passage: Passage) -> tuple[str, str] | None:
    """A document's title and where it stood; None where it has none."""
    if not passage.is_first:
        return None
    given = re.split(r"\s+[|–—]\s+|\s+-\s+(?=[^-]*$)|_(?=[\u4e00-\u9fff])", passage.document.title.strip())[0]
    given = given.replace("_", " ").strip()
    if given and len(given) <= _LONGEST and not given.endswith("列表") and not given.startswith("List of"):
        return given, "its title"
    lines = passage.lines
    if (
        len(lines) > 1
        and is_title_line(lines[0], passage.is_chinese)
        and len(lines[1]) >= _BODY // (1 + passage.is_chinese)
    ):
        return lines[0].lstrip("#= ").rstrip("#= "), "its first line"
    return None


def is_title_line(line: str, is_chinese: bool) -> bool:
    """Whether a line can be a title: short, without an end mark, and no fragment of a list."""
    text = line.strip("#= ")
    if text.endswith((".", "。", ",", "，", ":", "：", ";", "；", "!", "！", "…", ")", "|")) or "://" in text:
        return False
    if is_chinese:
        return 3 <= len(text) <= 40
    listed = text.split()
    return 2 <= len(listed) <= 16 and text[:1].isupper() and not re.search(r"\d{1,2}[:/]\d{2}|@|\|", text)


TITLE = Task(
    "title",
    "the title of a document",
    "headline-generation",
    ("text", "headline"),
    title,
    unfit=("en-role-sub-editor", "en-newsletter", "zh-role-editor", "zh-push"),  # which speak of news
)
TEXT_FROM_TITLE = Task(
    "text-from-title",
    "the text under a title",
    "text-from-title",
    ("title", "text"),
    text_from_title,
    by_default=False,
)
