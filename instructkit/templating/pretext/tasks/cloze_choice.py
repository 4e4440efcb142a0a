"""A text with a gap, and four names of one kind, of which the one that it mentions before fills it."""

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.mention import NAMES
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task, Value
from instructkit.templating.pretext.tasks.shared import join

GAP = "____"
WRONG = 3
_LENGTH = (40, 280)  # characters; Chinese half of it
_SENTENCES = 30  # that are looked at
_BEFORE = 4  # sentences that are shown before it


def cloze_choice(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A sentence without a name that the sentences before it mention, and this among others of its kind."""
    least, most = (size // (1 + passage.is_chinese) for size in _LENGTH)
    places = [(paragraph, place) for paragraph in passage.paragraphs for place, one in enumerate(paragraph)
              if place and least <= len(one) <= most]  # fmt: skip
    for paragraph, place in draws.sample(places, _SENTENCES):
        sentence = paragraph[place]
        context = join(paragraph[max(place - _BEFORE, 0) : place], passage.is_chinese)
        for one in draws.shuffled(passage.mentions(sentence)):
            if one.kind not in NAMES or sentence.count(one.text) > 1 or one.text not in context:
                continue
            wrong = pool.names(passage.document, one.kind, draws, WRONG, passage.document.text)
            if len(wrong) == WRONG:
                gapped = sentence[: one.start] + GAP + sentence[one.end :]
                text = join([context, gapped], passage.is_chinese)
                choices = draws.shuffled([one.text, *wrong])
                roles: dict[str, Value] = {"text": text, "choices": choices, "answer": one.text}
                return Made(roles, 0.8, f"the {one.kind} {one.text} is taken out; three others of its kind beside it")
    return None


CLOZE_CHOICE = Task(
    "cloze-choice",
    "which of four names fills the gap of a text",
    "cloze-choice",
    ("text", "choices", "answer"),
    cloze_choice,
)
