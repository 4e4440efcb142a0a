"""A sentence with a gap, and four things of one kind of which one fills it."""

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.mention import Mention
from instructkit.templating.pretext.language.numbers import near_number
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task, Value
from instructkit.templating.pretext.tasks.shared import join

GAP = "____"
WRONG = 3
_LENGTH = (40, 280)  # characters; Chinese half of it
_SENTENCES = 30  # that are looked at


def cloze_choice(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A sentence without one of its names or years, and this among others of its kind."""
    least, most = (size // (1 + passage.is_chinese) for size in _LENGTH)
    places = [(paragraph, place) for paragraph in passage.paragraphs for place, one in enumerate(paragraph)
              if least <= len(one) <= most]  # fmt: skip
    for paragraph, place in draws.sample(places, _SENTENCES):
        sentence = paragraph[place]
        if place == 0 and not passage.stands_alone(sentence):
            continue
        for one in draws.shuffled(passage.mentions(sentence)):
            before = "" if place == 0 else join(paragraph[max(place - 2, 0) : place], passage.is_chinese)
            if one.kind in ("month", "date", "number") or sentence.count(one.text) > 1 or one.text in before:
                continue
            wrong = _wrong(one, passage, draws, pool)
            if len(wrong) == WRONG:
                gapped = sentence[: one.start] + GAP + sentence[one.end :]
                text = join([before, gapped], passage.is_chinese).strip()
                roles: dict[str, Value] = {
                    "text": text,
                    "choices": draws.shuffled([one.text, *wrong]),
                    "answer": one.text,
                }
                return Made(roles, 0.8, f"the {one.kind} {one.text} is taken out; three others of its kind beside it")
    return None


def _wrong(one: Mention, passage: Passage, draws: Draws, pool: Pool) -> list[str]:
    """Others of the same kind that stand nowhere in the document."""
    if one.kind in ("person", "place", "organisation"):
        return pool.names(passage.document, one.kind, draws, WRONG, passage.document.text)
    found: list[str] = []
    for _ in range(WRONG * 6):
        other = near_number(one.text, draws)
        if other is not None and other not in found and other not in passage.text:
            found.append(other)
        if len(found) == WRONG:
            break
    return found


CLOZE_CHOICE = Task(
    "cloze-choice",
    "which of four names or years fills the gap of a sentence",
    "cloze-choice",
    ("text", "choices", "answer"),
    cloze_choice,
)
