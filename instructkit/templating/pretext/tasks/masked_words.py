"""Words taken out of a text that can be told from the rest: they come again, beside the same word."""

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language import chinese, english
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import join, runs_of

MOST = 4
APART = 40  # characters from one gap to the next; Chinese half of it
_LENGTH = (160, 1200)  # characters; Chinese half of it


def masked_words(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A few sentences with numbered gaps, and the words that fill them."""
    least, most = (size // (1 + passage.is_chinese) for size in _LENGTH)
    for run in runs_of(passage, draws, 2, 6):
        text = join(run, passage.is_chinese)
        if least <= len(text) <= most:
            made = _masked(text, passage.is_chinese, draws)
            if made is not None:
                return made
    return None


def _masked(text: str, is_chinese: bool, draws: Draws) -> Made | None:
    places = _places(text, is_chinese)
    again = draws.sample(list(places), MOST)
    gaps: list[tuple[int, str]] = []
    apart = APART // (1 + is_chinese)
    for word in again:
        start = draws.choose(places[word])
        if all(abs(start - other) >= apart for other, _ in gaps):
            gaps.append((start, word))
    if not gaps:
        return None
    gaps.sort()
    masked, at = [], 0
    for number, (start, word) in enumerate(gaps, 1):
        masked += [text[at:start], f"[{number}]"]
        at = start + len(word)
    masked.append(text[at:])
    answer = "\n".join(f"[{number}] {word}" for number, (_, word) in enumerate(gaps, 1))
    why = f"{len(gaps)} words that stand elsewhere in the text beside the same word are taken out"
    return Made({"text": "".join(masked), "words": answer}, 0.9, why)


def _places(text: str, is_chinese: bool) -> dict[str, list[int]]:
    """Where each content word stands that another mention tells: the word before or behind is the same there."""
    listed = _chinese_words(text) if is_chinese else [(one.group(), one.start()) for one in english.WORD.finditer(text)]
    every = [word for word, _ in listed]
    wanted = set(chinese.content_words(text)) if is_chinese else {word for word in every if english.is_content(word)}
    found: dict[str, list[tuple[int, str, str]]] = {}
    for (word, start), before, behind in zip(listed, ["", *every], [*every[1:], ""], strict=False):
        if word in wanted:
            found.setdefault(word, []).append((start, before.lower(), behind.lower()))
    return {word: told for word, mentions in found.items() if (told := _told(mentions))}


def _told(mentions: list[tuple[int, str, str]]) -> list[int]:
    return [
        start
        for start, before, behind in mentions
        if any(start != other and (before == left or behind == right) for other, left, right in mentions)
    ]


def _chinese_words(text: str) -> list[tuple[str, int]]:
    found, at = [], 0
    for word, _ in chinese.tagged(text):
        found.append((word, at))
        at += len(word)
    return found


MASKED_WORDS = Task(
    "masked-words",
    "the words that were taken out of a text",
    "masked-words",
    ("text", "words"),
    masked_words,
)
