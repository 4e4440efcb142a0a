"""A question that a text asks and answers itself: what stands before it, the answer, and wrong ones.

The wrong answers are sentences of later paragraphs (hard) and of other documents (easy).
"""

import re

from instructkit.templating.pretext.document import Passage, length
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task, Value
from instructkit.templating.pretext.tasks.shared import in_common, join

_ASKS = re.compile(
    r"(?:(?:And|But|So|Then|Now),? )?(?:what|why|how|when|where|who|whom|whose|which|is|are|was|were|do|does|did|can|"
    r"could|should|would|will|has|have)\b",
    re.IGNORECASE,
)
_ASKS_CHINESE = re.compile("什么|为何|怎么|怎样|如何|哪|谁|多少|几|吗|呢|是否|何时|何处|何")
_RHETORICAL = re.compile(
    r"(?:why not|who (?:knows|cares)|how (?:about|could|dare)|what (?:about|if|else|now)|so what|guess what|right|"
    r"really|(?:are|do|does|did|can|would|have) you|(?:need|want|looking)|isn't|aren't|don't|didn't|"
    r"wouldn't)\b"
    r"|.*\b(?:above|following|below)\b|(?:what|why|how|who|when|where)\?$",
    re.IGNORECASE,
)
_SELLS = re.compile(
    r"\b(?:call|contact|click|subscribe|sign up|order now|visit|email) (?:us|here|now|today|our|me)\b|[!！]"
    r"|点击|联系我们|立即",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"(?:Yes|No|Because|The (?:short )?answer|It is|It's|They|To|At its|In short|Basically|By|Possibly)\b"
    "|因为|由于|是的|答案|这是因为|部分原因|原因|其实|主要"
)
LEAST_IN_COMMON = 0.25  # of the question's content words stand in the answer
WORDS = (5, 30)
ANSWER_WORDS = (6, 70)


def natural_question(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A question in running text, its answer and three others."""
    places = [(number, place) for number, paragraph in enumerate(passage.paragraphs)
              for place, one in enumerate(paragraph[:-1]) if one.endswith(("?", "？"))]  # fmt: skip
    for number, place in draws.shuffled(places):
        paragraph = passage.paragraphs[number]
        question, answer = paragraph[place], _answer(paragraph, place, passage.is_chinese)
        before = join(paragraph[max(place - 3, 0) : place], passage.is_chinese)
        if not _is_asked(question, passage.is_chinese) or not _answers(question, answer, passage.is_chinese):
            continue
        if not before:
            continue
        hard = [one for later in passage.paragraphs[number:] for one in later
                if one not in paragraph[place : place + 4] and not one.endswith(("?", "？"))
                and ANSWER_WORDS[0] <= length(one) <= ANSWER_WORDS[1] and passage.stands_alone(one)
                and in_common(one, question, passage.is_chinese) < 0.3]  # fmt: skip
        least, most = (30, 300) if not passage.is_chinese else (15, 150)
        wrong = draws.sample(hard, 1)
        wrong += pool.sentences(passage.document, draws, 3 - len(wrong), least, most)
        if len(wrong) < 3:
            continue
        share = in_common(question, answer, passage.is_chinese)
        roles: dict[str, Value] = {
            "question": question,
            "answer": answer,
            "choices": draws.shuffled([answer, *wrong]),
            "context": before,
        }
        return Made(
            roles,
            min(0.6 + share / 2, 1.0),
            f"the text asks and goes on to answer; {share:.0%} of the question's content words in the answer",
        )
    return None


def _answer(paragraph: list[str], place: int, is_chinese: bool) -> str:
    """The sentence behind a question; two where the first is short."""
    first = paragraph[place + 1]
    rest = paragraph[place + 2 : place + 3] if length(first) < 8 else []
    return join([first, *rest], is_chinese)


def _is_asked(question: str, is_chinese: bool) -> bool:
    fits = WORDS[0] <= length(question) <= WORDS[1]
    asks = _ASKS_CHINESE.search(question) if is_chinese else _ASKS.match(question)
    return fits and bool(asks) and not _RHETORICAL.match(question) and not question.startswith(("“", '"'))


def _answers(question: str, answer: str, is_chinese: bool) -> bool:
    """Whether a sentence is likely the answer: no question, no sales talk, and it takes up the question's words."""
    fits = ANSWER_WORDS[0] <= length(answer) <= ANSWER_WORDS[1] and not answer.endswith(("?", "？"))
    return (
        fits
        and not _SELLS.search(answer)
        and (_ANSWERS.match(answer) is not None or in_common(question, answer, is_chinese) >= LEAST_IN_COMMON)
    )


NATURAL_QUESTION = Task(
    "natural-question",
    "a question that the text asks and answers, with wrong answers beside the right one",
    "multiple-choice-question-answering",
    ("question", "choices", "answer", "context"),
    natural_question,
)
