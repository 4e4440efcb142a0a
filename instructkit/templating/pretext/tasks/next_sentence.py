"""Which sentence comes next: the one that does, one from further on, and two from other documents."""

from instructkit.templating.pretext.document import Passage, length
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task, Value
from instructkit.templating.pretext.tasks.shared import join, run_of

_WORDS = (6, 60)


def next_sentence(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """Two to four sentences, the next one, and three that are not."""
    run = run_of(passage, draws, 3, 5)
    if not run:
        return None
    context, following = run[:-1], run[-1]
    # what leans back, or speaks of the same, belongs here more surely than anything from elsewhere
    if not _WORDS[0] <= length(following) <= _WORDS[1] or not all(_WORDS[0] <= length(one) for one in context):
        return None
    least, most = (30, 300) if not passage.is_chinese else (15, 150)
    wrong = pool.sentences(passage.document, draws, 3, least, most)
    if len(wrong) < 3 or following in wrong:
        return None
    roles: dict[str, Value] = {
        "text": join(context, passage.is_chinese),
        "choices": draws.shuffled([following, *wrong]),
        "answer": following,
    }
    return Made(roles, 0.9, f"the sentence after {len(context)} others; three from other documents beside it")


NEXT_SENTENCE = Task(
    "next-sentence",
    "which of four sentences comes next",
    "next-sentence",
    ("text", "choices", "answer"),
    next_sentence,
)
