"""Words taken out of a text that can be told from the rest: those that come again, and names' second mention."""

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language import chinese, english
from instructkit.templating.pretext.language.wordlists import words
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import join, runs_of

MOST = 4
APART = 40  # characters from one gap to the next; Chinese half of it
_LENGTH = (120, 1200)  # characters; Chinese half of it


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
    again = draws.sample([word for word, starts in places.items() if len(starts) > 1], MOST)
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
    why = f"{len(gaps)} words that stand in the text twice or more are taken out once"
    return Made({"text": "".join(masked), "words": answer}, 0.9, why)


def _places(text: str, is_chinese: bool) -> dict[str, list[int]]:
    """Where each content word stands, as it is written."""
    found: dict[str, list[int]] = {}
    if is_chinese:
        wanted = set(chinese.content_words(text))
        at = 0
        for word, _ in chinese.tagged(text):
            if word in wanted:
                found.setdefault(word, []).append(at)
            at += len(word)
        return found
    stop = words("en_stopwords")
    for one in english.WORD.finditer(text):
        if len(one.group()) > 2 and one.group().lower() not in stop:
            found.setdefault(one.group(), []).append(one.start())
    return found


MASKED_WORDS = Task(
    "masked-words",
    "the words that were taken out of a text",
    "masked-words",
    ("text", "words"),
    masked_words,
)
