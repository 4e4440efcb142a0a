"""What carries the score of a flagged text: the words the model weighs most, as they stand, and their categories."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.filters.toxicity import characters, grams
from instructkit.filters.toxicity.categories import CATEGORIES, categories
from instructkit.filters.toxicity.characters import END, HAN, LETTER, Places, Stream
from instructkit.filters.toxicity.grams import WINDOW
from instructkit.filters.toxicity.model import LANGUAGES, Model, Table

MOST = 5  # words that are shown
LEAST, LEAST_HAN = 0.25, 0.4  # of what the heaviest word, or Han character, weighs; lighter ones are not shown
LONGEST_WORD = 40  # characters
_PARTS = 5040  # an n-gram's weight is dealt to its characters in whole numbers: sums are the same in any batch


@dataclass
class Evidence:
    """Of one text: its score, its categories, and the words, heaviest first."""

    score: float
    labels: list[str]
    words: list[str]


def explain(model: Model, texts: pa.StringArray, threshold: float) -> list[Evidence]:
    """The evidence in texts; only the stretches that reach the threshold are looked at."""
    stream = characters.read(texts)
    points = np.frombuffer(
        "\n".join(["", *texts.to_pylist(), ""]).encode("utf-32-le", "replace"), np.uint32
    )  # the places of a stream count from the line break before the first text
    found = [Evidence(0.0, [], []) for _ in range(len(texts))]
    for name, table in model.tables.items():
        _explain_in(found, stream, points, name, table, threshold)
    for one in found:
        one.labels = [label for label in CATEGORIES if label in one.labels] or ["toxic"]
    return found


def _explain_in(found: list[Evidence], stream: Stream, points: npt.NDArray[np.uint32], name: str, table: Table,
                threshold: float) -> None:  # fmt: skip
    total = np.zeros(len(stream.codes), np.int64)
    carried = np.zeros(len(stream.codes) + 1, np.int64)  # differences of what each character carries
    for one in LANGUAGES[name](stream):
        weights = table.look_up(one.hashes).astype(np.int64)
        total[one.places] += weights
        share = weights * _PARTS // (one.ends - one.places)
        np.add.at(carried, one.places, share)
        np.add.at(carried, one.ends, -share)
    if not total.any():
        return
    carries = np.cumsum(carried)[:-1]
    seen: set[tuple[int, int]] = set()
    for spans in (grams.spans(stream, WINDOW), grams.spans(stream)):
        scores = table.score(total, spans).astype(np.float32)  # as rows are flagged by
        for number in np.flatnonzero(scores >= np.float32(threshold)).tolist():
            begin, score, evidence = int(spans.begins[number]), float(scores[number]), found[int(spans.rows[number])]
            end = begin + int(spans.lengths[number])
            if (begin, end) in seen:
                continue
            seen.add((begin, end))
            folded = "".join(map(chr, stream.codes[begin:end].tolist()))
            evidence.labels += categories(folded, name, score)
            words = _words(stream, points, carries, begin, end)
            if score >= evidence.score:
                evidence.score = score
                evidence.words = list(dict.fromkeys([*words, *evidence.words]))[:MOST]
            else:
                evidence.words = list(dict.fromkeys([*evidence.words, *words]))[:MOST]


def _words(stream: Stream, points: npt.NDArray[np.uint32], carries: Places, begin: int, end: int) -> list[str]:
    """The heaviest words of a stretch; those that stand side by side are one phrase."""
    kinds = stream.kinds[begin:end]
    word = kinds >= LETTER
    opens = word & ~np.concatenate([[False], word[:-1]])
    opens |= (kinds == HAN) | np.concatenate([[False], (kinds[:-1] == HAN) & (kinds[1:] == LETTER)])
    starts = np.flatnonzero(opens)
    if not len(starts):
        return []
    limits = np.append(starts[1:], end - begin)
    weights = np.add.reduceat(carries[begin:end] * word, starts)
    han = kinds[starts] == HAN
    least = np.where(han, LEAST_HAN, LEAST) * weights.max()
    phrases: list[tuple[int, int, int]] = []  # weight, first and last character
    heavy = np.flatnonzero((weights > 0) & (weights >= least))
    for start, limit, weight in zip(
        starts[heavy].tolist(), limits[heavy].tolist(), weights[heavy].tolist(), strict=True
    ):
        last = limit - 1 if word[limit - 1] else limit - 2
        if (
            phrases
            and start - phrases[-1][2] <= 2
            and last - phrases[-1][1] < LONGEST_WORD
            and not (kinds[phrases[-1][2] : start] == END).any()
        ):
            phrases[-1] = (phrases[-1][0] + weight, phrases[-1][1], last)
        else:
            phrases.append((weight, start, last))
    places = stream.places[begin:end]
    heaviest = sorted(phrases, key=lambda phrase: (-phrase[0], phrase[1]))[:MOST]
    return ["".join(map(chr, points[places[first] : places[last] + 1].tolist())) for _, first, last in heaviest]
