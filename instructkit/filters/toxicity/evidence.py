"""What carries the score of a flagged text: the words the model weighs most, as they stand, and their categories."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.filters.toxicity import characters, grams
from instructkit.filters.toxicity.categories import CATEGORIES, categories, harmful_words
from instructkit.filters.toxicity.characters import HAN, LETTER, Places, Stream
from instructkit.filters.toxicity.grams import WINDOW
from instructkit.filters.toxicity.model import LANGUAGES, Model, Table

MOST = 5  # words that are shown
LEAST, LEAST_HAN = 0.35, 0.4  # of what the heaviest word, or Han character, weighs; lighter ones are not shown
LONGEST_WORD = 40  # characters
# stretches of a text that are looked at, the worst first: a long text of nothing but abuse has said it by then
STRETCHES = 40
_ENDS = set(map(ord, "\n?？!！。；;…"))  # no phrase goes on after them
_JOINTS = "-'’_@$*#!"  # inside a word
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
    count = len(stream.codes)
    total = np.zeros(count, np.int64)
    carried = np.zeros(count + 1)  # differences of what each character carries: whole numbers, so their sums are exact
    for one in LANGUAGES[name](stream):
        weights = table.look_up(one.hashes).astype(np.int64)
        total[one.places] += weights
        share = weights * _PARTS // (one.ends - one.places)
        carried += np.bincount(one.places, share, count + 1) - np.bincount(one.ends, share, count + 1)
    if not total.any():
        return
    carries = np.cumsum(carried.astype(np.int64))[:-1]
    for row, begin, end, score in _worst(table, total, stream, threshold):
        evidence = found[row]
        folded = "".join(map(chr, stream.codes[begin:end].tolist()))
        evidence.labels += categories(folded, name, score)
        words = _words(stream, points, carries, begin, end, folded)
        if score >= evidence.score:
            evidence.score = score
            evidence.words = list(dict.fromkeys([*words, *evidence.words]))[:MOST]
        else:
            evidence.words = list(dict.fromkeys([*evidence.words, *words]))[:MOST]


def _worst(table: Table, total: Places, stream: Stream, threshold: float) -> Iterator[tuple[int, int, int, float]]:
    """The text, begin, end and score of the stretches that are looked at."""
    seen: set[tuple[int, int]] = set()
    for spans in (grams.spans(stream, WINDOW), grams.spans(stream)):
        scores = table.score(total, spans).astype(np.float32)  # as rows are flagged by
        flagged = np.flatnonzero(scores >= np.float32(threshold))
        flagged = flagged[np.lexsort((flagged, -scores[flagged], spans.rows[flagged]))]
        rows = spans.rows[flagged]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        for number in np.sort(flagged[rank < STRETCHES]).tolist():
            begin = int(spans.begins[number])
            end = begin + int(spans.lengths[number])
            if (begin, end) not in seen:
                seen.add((begin, end))
                yield int(spans.rows[number]), begin, end, float(scores[number])


def _words(stream: Stream, points: npt.NDArray[np.uint32], carries: Places, begin: int, end: int,
           folded: str) -> list[str]:  # fmt: skip
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
    heavy = np.flatnonzero((weights > 0) & (weights >= least))
    places = stream.places[begin:end]
    pieces: dict[tuple[int, int], int] = {}  # first and last character in the texts: weight
    known = harmful_words(folded) if han[heavy].any() else []
    for start, limit, weight in zip(
        starts[heavy].tolist(), limits[heavy].tolist(), weights[heavy].tolist(), strict=True
    ):
        last = limit - 1 if word[limit - 1] else limit - 2
        for piece in _whole(points, places, start, last, kinds[start] == HAN, known):
            pieces[piece] = pieces.get(piece, 0) + weight
    phrases: list[tuple[int, int, int]] = []  # weight, first and last
    for (first, last), weight in sorted(pieces.items()):
        if phrases and first <= phrases[-1][2]:
            phrases[-1] = (phrases[-1][0] + weight, phrases[-1][1], max(last, phrases[-1][2]))
        elif (
            phrases
            and first - phrases[-1][2] <= 2
            and last - phrases[-1][1] < LONGEST_WORD
            and not _ENDS.intersection(points[phrases[-1][2] + 1 : first].tolist())
        ):
            phrases[-1] = (phrases[-1][0] + weight, phrases[-1][1], last)
        else:
            phrases.append((weight, first, last))
    heaviest = sorted(phrases, key=lambda phrase: (-phrase[0], phrase[1]))[:MOST]
    return ["".join(map(chr, points[first : last + 1].tolist())) for _, first, last in heaviest]


def _whole(points: npt.NDArray[np.uint32], places: Places, start: int, last: int, han: bool,
           known: list[tuple[int, int]]) -> list[tuple[int, int]]:  # fmt: skip
    """Where the word around some characters stands in the texts, or of Han characters the words that are known.

    Chinese has no spaces: characters that are in no known word are shown with the whole run they stand in.
    """
    if not han:
        return [_around(points, int(places[start]), int(places[last]), _in_word)]
    inside = [pair for pair in known if pair[0] <= start < pair[1]]
    if inside:
        return [(int(places[first]), int(places[end - 1])) for first, end in inside]
    run = _around(points, int(places[start]), int(places[last]), _in_run)
    if any(run[0] <= places[first] <= run[1] for first, _ in known):
        return []  # the run's known words tell more than all of it
    return [run]


def _around(points: npt.NDArray[np.uint32], first: int, last: int, belongs: Callable[[str], bool]) -> tuple[int, int]:
    """The characters on both sides that belong to the same word, a joint (fuck-up, moron's) among them."""
    lowest, highest = last - LONGEST_WORD, first + LONGEST_WORD
    while first > lowest and belongs(_at(points, first - 1)):
        first -= 1
    while last < highest and belongs(_at(points, last + 1)):
        last += 1
    if belongs is _in_word:
        while last < highest and _at(points, last) == "*" == _at(points, last + 1):
            last += 1  # f***
        if _at(points, first - 1) in "$@":
            first -= 1  # $tupid
        if first - 1 > lowest and _at(points, first - 1) in _JOINTS and _in_word(_at(points, first - 2)):
            return _around(points, first - 2, last, belongs)
        if last + 1 < highest and _at(points, last + 1) in _JOINTS and _in_word(_at(points, last + 2)):
            return _around(points, first, last + 2, belongs)
    return first, last


def _at(points: npt.NDArray[np.uint32], place: int) -> str:
    return chr(int(points[place])) if 0 <= place < len(points) else "\n"


def _in_word(character: str) -> bool:
    return character.isalnum() and not _in_run(character)


def _in_run(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"
