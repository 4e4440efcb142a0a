"""Summary by gap sentence: the sentence that says most of what the others say (PEGASUS, Zhang et al. 2020)."""

from collections import Counter
from collections.abc import Mapping

from instructkit.templating.pretext.document import Passage, length
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.mention import NAMES
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import content_words, in_common, join, stem, tokens

LEAST_ROUGE = 0.20  # ROUGE-1 (F1) of the sentence against the others (UDIT: 20 of 100)
LEAST_IN_COMMON = 0.6  # of the sentence's content words stand in the others
_SENTENCES = (4, 8)
_WORDS = (8, 45)


def summary_gap(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A paragraph without its most telling sentence, and this."""
    fitting = [one for one in passage.paragraphs if len(one) >= _SENTENCES[0]]
    if not fitting:
        return None
    paragraph = draws.choose(fitting)[: _SENTENCES[1]]
    counts = [Counter(tokens(one, passage.is_chinese)) for one in paragraph]
    whole: Counter[str] = Counter()
    for one in counts:
        whole.update(one)
    scored = [(rouge_1(one, whole), place) for place, one in enumerate(counts)]
    score, best = max(scored, key=lambda one: (one[0], -one[1]))
    sentence = paragraph[best]
    if score < LEAST_ROUGE or best > 0 or not _WORDS[0] <= length(sentence) <= _WORDS[1]:
        return None
    rest = join(paragraph[1:], passage.is_chinese)
    if passage.leans_back(paragraph[1]) or not _is_about(sentence, paragraph[1:], passage.is_chinese):
        return None
    told = [one for one in passage.mentions(sentence) if one.text not in rest]
    if in_common(sentence, rest, passage.is_chinese) < LEAST_IN_COMMON or not passage.is_statement(sentence):
        return None
    if any(one.kind not in NAMES for one in told) or len(told) > 1:  # what only it tells is no summary
        return None
    why = f"sentence {best + 1} of {len(paragraph)} has the highest ROUGE-1 with the others, {score:.2f}"
    return Made({"document": rest, "summary": sentence}, min(score * 2, 1.0), why)


def _is_about(sentence: str, others: list[str], is_chinese: bool) -> bool:
    """Whether the first content word of a sentence, its subject mostly, is named in half of the others."""
    found = content_words(sentence, is_chinese)
    return bool(found) and sum(stem(found[0].lower()) in one.lower() for one in others) * 2 >= len(others)


def rouge_1(candidate: Mapping[str, int], whole: Mapping[str, int]) -> float:
    """ROUGE-1 as F1 (Lin 2004) of a part of a text against the rest of it, both as counted tokens.

    ``whole`` counts the part's own tokens too.
    """
    shared = sum(min(count, whole[token] - count) for token, count in candidate.items())
    size = sum(whole.values())
    return 2 * shared / size if size else 0.0


SUMMARY_GAP = Task(
    "summary-gap",
    "the sentence that says most of what a paragraph says, as its summary",
    "summarization",
    ("document", "summary"),
    summary_gap,
    by_default=False,
)
