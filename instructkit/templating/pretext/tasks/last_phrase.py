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
# no place to cut: inside a name or an expression
_BOUND = re.compile(
    r"[A-Z][\w.]* \|(?:of|and|for|in|on|the) (?:the )?[A-Z]"
    r"|\b(?:bit|part|lot|kind|sort|type|number|one|some|most|all|out|because|instead|as well) \|(?:of|as)\b"
    r"|\b(?:due|according|able|prior|close|back|used|going|want|need|have|has|had) \|to\b|\|and -"
)
_WORDS = (2, 8)
_LEAST = 8  # words of the sentence


def last_phrase(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """One to three sentences without the last phrase, and this."""
    for run in runs_of(passage, draws, 1, 3):
        last = run[-1]
        if length(last) < _LEAST or last.endswith(("?", "？", ")", "”", '"')):
            continue
        cuts = [one.end() for one in (_CHINESE_PHRASE if passage.is_chinese else _PHRASE).finditer(last)]
        fitting = [cut for cut in cuts if _is_phrase(run, last[:cut], last[cut:])]
        if fitting:
            cut = draws.choose(fitting)
            text = join([*run[:-1], last[:cut].rstrip()], passage.is_chinese)
            return Made({"text": text, "ending": last[cut:]}, 0.9, "the last phrase of a sentence is left out")
    return None


def _is_phrase(run: list[str], before: str, phrase: str) -> bool:
    """Whether the end of a sentence can be told: some words, no part of an expression, no bare fact."""
    if not _WORDS[0] <= length(phrase) <= _WORDS[1] or len(before) < len(phrase) or _BOUND.search(f"{before}|{phrase}"):
        return False
    told = " ".join([*run[:-1], before])
    facts = re.findall(r"[^\s]*[\d@][^\s]*", phrase)
    return phrase.count('"') % 2 == 0 and phrase.count("”") == phrase.count("“") and all(one in told for one in facts)


LAST_PHRASE = Task(
    "last-phrase",
    "the last phrase of a text",
    "phrase-completion",
    ("text", "ending"),
    last_phrase,
)
