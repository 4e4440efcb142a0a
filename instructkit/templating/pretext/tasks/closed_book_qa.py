"""Whether a proposed answer to a question is right, without the text: half are, half are another document's (UDIT)."""

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.numbers import near_number
from instructkit.templating.pretext.language.questions import Question, questions
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task

_SENTENCES = 40  # that are looked at


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
    """Whether a question names what it is about, beside what it asks for."""
    return any(one.kind in ("person", "place", "organisation") and one.text in asked.question
               for one in passage.mentions(sentence))  # fmt: skip


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
)
