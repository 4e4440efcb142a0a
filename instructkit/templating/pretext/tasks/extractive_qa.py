"""Questions about a paragraph that a name, a year or a number in it answers."""

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.questions import questions
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import join

_CONTEXT = 1500  # characters; Chinese half of it
_SENTENCES = 40  # that are looked at


def extractive_qa(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A paragraph, a question and the words of the paragraph that answer it."""
    places = [
        (paragraph, place) for paragraph in passage.paragraphs if len(paragraph) > 1 for place in range(len(paragraph))
    ]
    most = _CONTEXT // (1 + passage.is_chinese)
    for paragraph, place in draws.sample(places, _SENTENCES):
        for asked in questions(paragraph[place], passage, draws):
            context = around(paragraph, place, most, passage.is_chinese)
            if context.count(asked.answer) == 1:
                roles = {"context": context, "question": asked.question, "answer": asked.answer}
                return Made(roles, 0.8, asked.why)
    return None


def around(paragraph: list[str], place: int, most: int, is_chinese: bool) -> str:
    """The sentences around one, the ones before it first, up to ``most`` characters."""
    start, end, size = place, place + 1, len(paragraph[place])
    while start > 0 or end < len(paragraph):
        if start > 0 and size + len(paragraph[start - 1]) <= most:
            start -= 1
            size += len(paragraph[start])
        elif end < len(paragraph) and size + len(paragraph[end]) <= most:
            size += len(paragraph[end])
            end += 1
        else:
            break
    return join(paragraph[start:end], is_chinese)


EXTRACTIVE_QA = Task(
    "extractive-qa",
    "a question that a name, a year or a number of the text answers",
    "reading-comprehension",
    ("context", "question", "answer"),
    extractive_qa,
)
