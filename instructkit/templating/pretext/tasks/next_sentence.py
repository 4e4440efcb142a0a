"""Which sentence comes next: the one that does, one from further on, and two from other documents."""

from instructkit.templating.pretext.document import Passage, length
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task, Value
from instructkit.templating.pretext.tasks.shared import join, runs_of

_WORDS = (6, 60)
_WRONG = (30, 300)  # characters; Chinese half of it


def next_sentence(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """Two to four sentences, the next one, and three that are not."""
    for run in runs_of(passage, draws, 3, 5):
        if not all(_WORDS[0] <= length(one) <= _WORDS[1] for one in run):
            continue
        context, following = run[:-1], run[-1]
        least, most = (size // (1 + passage.is_chinese) for size in _WRONG)
        wrong = pool.sentences(passage.document, draws, 3, least, most)
        if len(wrong) < 3 or following in wrong:
            return None
        choices = draws.shuffled([following, *wrong])
        roles: dict[str, Value] = {
            "text": join(context, passage.is_chinese),
            "choices": choices,
            "answer": following,
        }
        return Made(roles, 0.9, f"the sentence after {len(context)} others; three from other documents beside it")
    return None


NEXT_SENTENCE = Task(
    "next-sentence",
    "which of four sentences comes next",
    "next-sentence",
    ("text", "choices", "answer"),
    next_sentence,
)
