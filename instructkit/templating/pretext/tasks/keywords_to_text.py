"""A sentence from its keywords: content words in random order, a fifth of them and three at least (UDIT)."""

import re

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import content_words

SHARE = 0.2  # of the words
LEAST = 3
_POINTS = re.compile(r"[:：]|如下|详见|以下|下列|\b(?:following|below|above|see)\b")  # at what stands elsewhere
MOST = 8
LENGTH = (40, 200)  # characters of the sentence; Chinese 15 to 100


def keywords_to_text(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """Some content words of a sentence that stands alone, and the sentence."""
    least, most = (size // (1 + passage.is_chinese) for size in LENGTH)
    fitting = [one for one in passage.sentences if least <= len(one) <= most and passage.is_statement(one)
               and not _POINTS.search(one)]  # fmt: skip
    for text in draws.sample(fitting, 3):
        found = content_words(text, passage.is_chinese)
        if len(found) < LEAST + 1:
            continue
        number = min(max(round(SHARE * _words(text, passage.is_chinese)), LEAST, len(found) // 2), MOST, len(found))
        chosen = draws.sample(found, number)
        joined = ("、" if passage.is_chinese else ", ").join(chosen)
        why = f"{number} of the {len(found)} content words of a sentence, in random order"
        return Made({"keywords": joined, "text": text}, min(0.5 + 0.1 * number, 1.0), why)
    return None


def _words(text: str, is_chinese: bool) -> int:
    return len(text) // 2 if is_chinese else len(text.split())


KEYWORDS_TO_TEXT = Task(
    "keywords-to-text",
    "a sentence that holds given keywords",
    "keywords-to-text",
    ("keywords", "text"),
    keywords_to_text,
    unfit=("en-caption", "zh-caption", "zh-shop"),
    by_default=False,
)
