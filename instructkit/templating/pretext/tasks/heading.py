"""The heading of a section: a short line of its own above a paragraph."""

import re

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.sentences import is_whole, split
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import in_common, join
from instructkit.templating.pretext.tasks.title import is_title_line

LEAST_HEADINGS = 2
LEAST_IN_COMMON = 0.6  # of the heading's content words stand in the section
_BODY = (150, 2500)  # characters; Chinese half of it
_PLAIN = re.compile(r"^[#=\s\d.、一二三四五六七八九十()（）]+|[=\s]+$")


def heading(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """The text of a section, and its heading."""
    lines = passage.lines
    titles = [is_title_line(line, passage.is_chinese) for line in lines]
    starts = [
        place for place in range(int(passage.is_first), len(lines) - 1) if titles[place] and not titles[place + 1]
    ]
    if len(starts) < LEAST_HEADINGS:  # a lone short line is a question, a label or a line of a list
        return None
    least, most = (size // (1 + passage.is_chinese) for size in _BODY)
    for start in draws.shuffled(starts):
        named = _PLAIN.sub("", lines[start])
        body = _section(lines, start, most, passage.is_chinese)
        share = in_common(named, body, passage.is_chinese)
        if (
            named
            and not named.endswith(("?", "？"))
            and len(body) >= least
            and share >= LEAST_IN_COMMON
            and named not in body[: len(named) + 2]
        ):
            why = f"the line above the section; {share:.0%} of its content words stand in it"
            return Made({"text": body, "heading": named}, 0.5 + 0.5 * share, why)
    return None


def _section(lines: list[str], start: int, most: int, is_chinese: bool) -> str:
    """The whole sentences below a heading, up to the next one."""
    found: list[str] = []
    size = 0
    for line in lines[start + 1 :]:
        if is_title_line(line, is_chinese) or size + len(line) > most:
            break
        whole = [one for one in split(line, is_chinese) if is_whole(one, is_chinese)]
        if whole:
            found.append(join(whole, is_chinese))
            size += len(found[-1])
    return "\n".join(found)


HEADING = Task(
    "heading",
    "the heading of a section",
    "section-heading",
    ("text", "heading"),
    heading,
    by_default=False,
)
