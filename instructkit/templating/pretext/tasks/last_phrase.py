"""The last phrase of a text: a few words from the last comma or preposition on."""

import re

from instructkit.templating.pretext.document import Passage, length
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import join, runs_of

_PHRASE = re.compile(
    r"(?<=[\w,;]) (?=(?:of|in|to|for|with|by|from|on|at|as|into|and|or|but|which|who|that|because|than|over|under|"
    r"through) )"
)
_CHINESE_PHRASE = re.compile(
    r"(?<=[，；、])(?=[^，。；、]{3,20}[。！]$)|(?<=[的为是在了于])(?=[^，。；、的]{3,12}[。！]$)"
)
_IN_NAME = re.compile(r"[A-Z][\w.]* \|(?:of|and|for|in|on|the) (?:the )?[A-Z]")
_WORDS = (2, 8)
_LEAST = 8  # words of the sentence


def last_phrase(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """One to three sentences without the last phrase, and this."""
    for run in runs_of(passage, draws, 1, 3):
        last = run[-1]
        if length(last) < _LEAST or last.endswith(("?", "？", ")", "”", '"')):
            continue
        cuts = [one.end() for one in (_CHINESE_PHRASE if passage.is_chinese else _PHRASE).finditer(last)]
        fitting = [cut for cut in cuts if _WORDS[0] <= length(last[cut:]) <= _WORDS[1] and cut * 2 > len(last)
                   and not _IN_NAME.search(f"{last[:cut]}|{last[cut:]}")]  # fmt: skip
        if fitting:
            cut = draws.choose(fitting)
            text = join([*run[:-1], last[:cut].rstrip()], passage.is_chinese)
            return Made({"text": text, "ending": last[cut:]}, 0.9, "the last phrase of a sentence is left out")
    return None


LAST_PHRASE = Task(
    "last-phrase",
    "the last phrase of a text",
    "phrase-completion",
    ("text", "ending"),
    last_phrase,
)
