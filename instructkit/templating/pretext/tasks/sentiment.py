"""Sentiment by lexicon: a few sentences whose opinion words agree.

The confidence rule is that of UDIT (pseudo-labels from unlabelled text): less than 0.78 of the words' weight is
neutral, and one side outweighs the other by more than 0.05. English words are weighed by VADER (Hutto and Gilbert
2014); Chinese ones in the same way by a list of our own.
"""

import functools
import re
from typing import Any

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language import chinese
from instructkit.templating.pretext.language.english import WORD
from instructkit.templating.pretext.language.wordlists import valences, words
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import join

MOST_NEUTRAL = 0.78
LEAST_LEAD = 0.05
_TRIES = 20
_SPAN = (30, 400)  # characters; Chinese half of it
_VALENCE = 1.0  # a word adds its valence and this much for being a word, as in VADER


# somebody speaks of himself: an encyclopedia that tells of the best picture judges nothing
_SPEAKS = re.compile(
    r"\b(?:I|I['’](?:m|ve|d|ll)|my|me|we|we['’](?:re|ve|d))\b|我们?(?![爱国])|[你您]|太.{1,6}了|真的?[是很]|实在|简直"
)
# somebody sells, asks or advises
_SELLS = re.compile(
    r"\b(?:our|us|your|customers?|clients?|services?|guarantee[ds]?|offers?|provides?|contact|call|order|visit|giveaway|"
    r"subscribe|if|can|will|would|could|should|please)\b|如果|可以|请|欢迎|客户|我公司|本店|我们的",
    re.IGNORECASE,
)


def sentiment(passage: Passage, draws: Draws, _: Pool) -> Made | None:
    """A few sentences of one opinion, and which."""
    spans = [
        (paragraph, start) for paragraph in passage.paragraphs for start in range(len(paragraph))
    ]  # a span begins with any sentence
    if not spans or not _SPEAKS.search(passage.text) or not _opinions(passage.text, passage.is_chinese, said=True):
        return None
    weigh = _weigh_chinese if passage.is_chinese else _weigh_english
    for paragraph, start in draws.sample(spans, _TRIES):
        text = join(paragraph[start : start + 1 + draws.below(3)], passage.is_chinese)
        least, most = (size // (1 + passage.is_chinese) for size in _SPAN)
        if not least <= len(text) <= most or text.count("?") + text.count("？"):
            continue
        opinions = _opinions(text, passage.is_chinese)
        if not opinions or not _SPEAKS.search(text) or _SELLS.search(text):
            continue
        if not passage.is_chinese and len(opinions) == 1 and not _is_said(text, next(iter(opinions))):
            continue
        positive, negative, neutral = weigh(text)
        lead = positive - negative
        if neutral >= MOST_NEUTRAL or abs(lead) <= LEAST_LEAD or min(positive, negative) > abs(lead) / 4:
            continue
        if any((lead > 0) != (sign > 0) for sign in opinions.values()):
            continue
        why = f"{', '.join(sorted(opinions))}: positive {positive:.2f}, negative {negative:.2f}, neutral {neutral:.2f}"
        label = "positive" if lead > 0 else "negative"
        return Made({"text": text, "label": label}, min(0.5 + abs(lead), 1.0), why)
    return None


def _opinions(text: str, is_chinese: bool, said: bool = False) -> dict[str, float]:
    """The words of a text that judge, rather than tell of something good or bad, with their signs.

    None where a negation may turn one of them, unless all that is ``said`` is asked for.
    """
    if is_chinese:
        return {word: value for word, value in valences("zh_opinions").items() if word in text}
    known = valences("en_opinions")
    listed = set(WORD.findall(text.lower()))
    found = listed & known.keys()
    turned = bool(found) and not said and not words("en_negations").isdisjoint(listed)
    return {} if turned else {word: known[word] for word in found}


_SAYS = re.compile(
    r"(?:\b(?:am|is|was|are|were|be|been|look(?:s|ed)?|feels?|felt|tastes?|tasted|sounds?|so|really|very|absolutely|truly|"
    r"totally|a|an|how|what an?)|I|we) (?:[a-z]+ly )?$",
    re.IGNORECASE,
)


def _is_said(text: str, word: str) -> bool:
    """Whether a lone opinion word says something, and does not merely adorn a thing beside the point."""
    at = re.search(rf"\b{word}\b", text, re.IGNORECASE)
    return at is not None and _SAYS.search(text, 0, at.start()) is not None


@functools.cache
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def _weigh_english(text: str) -> tuple[float, float, float]:
    """The shares of a text that are positive, negative and neutral."""
    scores = _vader().polarity_scores(text)
    return scores["pos"], scores["neg"], scores["neu"]


def _weigh_chinese(text: str) -> tuple[float, float, float]:
    known = valences("zh_sentiment")
    degrees = valences("zh_degrees")
    negations, stop = words("zh_negations"), words("zh_stopwords")
    positive = negative = neutral = 0.0
    degree, flipped, behind = 1.0, False, 9  # words since the last degree or negation
    for word, tag in chinese.tagged(text):
        behind += 1
        if word in negations:
            flipped, behind = not flipped, 0
        elif word in degrees:
            degree, behind = degrees[word], 0
        elif word in known:
            value = known[word] * (degree if behind <= 2 else 1.0) * (-0.74 if flipped and behind <= 3 else 1.0)
            positive += max(value, 0) + _VALENCE * (value > 0)
            negative += max(-value, 0) + _VALENCE * (value < 0)
            degree, flipped = 1.0, False
        elif tag != "x" and word not in stop:
            neutral += 1
        elif tag == "x":
            degree, flipped = 1.0, False
    whole = (positive + negative + neutral) or 1.0
    return positive / whole, negative / whole, neutral / whole


SENTIMENT = Task(
    "sentiment",
    "positive or negative, by a lexicon of opinion words",
    "sentiment",
    ("text", "label"),
    sentiment,
    balanced="label",
    unfit=(
        "en-question",
        "en-role-analyst",
        "en-role-customer-care",
        "en-fill-in",
        "zh-text-in-instruction",
        "zh-role-analyst",
        "zh-role-service",
        "zh-fill-in",
    ),
    by_default=False,
)
