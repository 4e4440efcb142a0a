"""Summary by lead: the first three sentences of a document sum up the rest (UDIT; the baseline of news summaries)."""

import re
from collections import Counter

from instructkit.templating.pretext.document import Passage, length
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import in_common, join, words_of

LEAD = 3  # sentences
LEAST = 10  # sentences of a document
LEAST_OF_TEXT = 0.5  # of the rest's most frequent content words stand in the lead
LEAST_AT_END = 0.2  # of the lead's content words come again in the last third
_FREQUENT = 6
_ADDRESSES = re.compile(r"\b(?:you|your|click|buy|call us|we|our)\b|目前.{0,10}(?:不明|未知)|你|您|我们", re.IGNORECASE)
# a chronicle goes from date to date: its first sentences sum up nothing
_OPENS_WITH_TIME = re.compile(
    r"(?:In|On|By|During|After|Since|From) [^,]{0,20}\d{4}|.{0,4}\d{3,4}年|.{0,6}[年月日]，|同年|翌年|次年"
    "|大约.{1,8}年前|此时|此后|后来"
)
LEAST_IN_COMMON = 0.45  # of the lead's content words stand in the rest


def summary_lead(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A document without its first three sentences, and these."""
    if not passage.is_first or len(passage.sentences) < LEAST or len(passage.paragraphs[0]) < 2:
        return None
    lead = passage.sentences[:LEAD]
    if any(one.endswith(("?", "？")) for one in lead) or length("".join(lead)) > 130:
        return None
    if not passage.is_statement(lead[0]) or any(_OPENS_WITH_TIME.match(one) for one in lead[1:]):
        return None
    rest = _without(passage.paragraphs, LEAD)
    if not rest or passage.leans_back(rest[0][0]) or _ADDRESSES.search(" ".join(lead)):
        return None
    document = "\n".join(join(paragraph, passage.is_chinese) for paragraph in rest)
    summary = join(lead, passage.is_chinese)
    if _of_the_text(document, summary, passage.is_chinese) < LEAST_OF_TEXT:
        return None
    end = document[-len(document) // 3 :]
    if in_common(summary, end, passage.is_chinese) < LEAST_AT_END:
        return None
    share = in_common(summary, document, passage.is_chinese)
    if share < LEAST_IN_COMMON:
        return None
    why = f"its first {LEAD} sentences; {share:.0%} of their content words come again"
    return Made({"document": document, "summary": summary}, share, why)


def _of_the_text(document: str, summary: str, is_chinese: bool) -> float:
    """The share of a document's most frequent content words that stand in its summary."""
    counts = Counter(words_of(document, is_chinese))
    often = [word for word, count in counts.most_common(_FREQUENT) if count > 1]
    said = summary.lower()
    return sum(word in said for word in often) / len(often) if often else 0.0


def _without(paragraphs: list[list[str]], number: int) -> list[list[str]]:
    """Paragraphs without their first sentences."""
    found = []
    for paragraph in paragraphs:
        found.append(paragraph[number:])
        number = max(number - len(paragraph), 0)
    return [paragraph for paragraph in found if paragraph]


SUMMARY_LEAD = Task(
    "summary-lead",
    "the first three sentences of a document as a summary of the rest",
    "summarization",
    ("document", "summary"),
    summary_lead,
    by_default=False,
)
