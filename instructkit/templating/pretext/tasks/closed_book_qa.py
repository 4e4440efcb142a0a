"""Whether a proposed answer to a question is right, without the text: half are, half are another document's (UDIT)."""

import re

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.mention import NAMES
from instructkit.templating.pretext.language.numbers import near_number
from instructkit.templating.pretext.language.questions import Question, questions
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task

_SENTENCES = 40  # that are looked at
_WHEN = re.compile(r"^[在于]?[\d年月日初末底]{2,12}，?")  # a date before the subject


def closed_book_qa(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A question about something named, an answer, and whether this is right."""
    right = draws.chance(0.5)
    for sentence in draws.sample(passage.sentences, _SENTENCES):
        for asked in questions(sentence, passage, draws):
            if not _is_particular(asked, sentence, passage):
                continue
            answer = asked.answer if right else _wrong(asked, passage, draws, pool)
            if answer is not None:
                why = asked.why if right else f"{asked.why}; {answer} is wrong"
                roles = {"question": asked.question, "answer": answer, "label": "yes" if right else "no"}
                return Made(roles, 0.75, why)
    return None


def _is_particular(asked: Question, sentence: str, passage: Passage) -> bool:
    """Whether a question names what it is about: a name is its subject, or in English stands in it anywhere."""
    named = [one for one in passage.mentions(sentence) if one.kind in NAMES and one.text in asked.question]
    if passage.is_chinese:
        opening = _WHEN.sub("", asked.question)
        return any(opening.startswith(one.text) for one in named)
    return bool(named)


def _wrong(asked: Question, passage: Passage, draws: Draws, pool: Pool) -> str | None:
    """An answer of the same kind that the text does not give."""
    if asked.kind in ("year", "number"):
        return near_number(asked.answer, draws)
    found = pool.names(passage.document, asked.kind, draws, 1, passage.document.text)
    return found[0] if found else None


CLOSED_BOOK_QA = Task(
    "closed-book-qa",
    "whether an answer to a question is right, without a text to look it up in",
    "answer-verification",
    ("question", "answer", "label"),
    closed_book_qa,
    balanced="label",
    by_default=False,
)
