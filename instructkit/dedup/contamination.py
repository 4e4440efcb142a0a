"""Rows that overlap an evaluation file: a long run of tokens stands in both, or a text is nearly the same."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.dedup.bitmaps import bit
from instructkit.dedup.evaluation import STEP, Evaluation
from instructkit.dedup.settings import ROUNDING
from instructkit.dedup.shingling import sets_of
from instructkit.dedup.texts import FIELDS, field_texts
from instructkit.engine.jit import inner, jit
from instructkit.records.buffers import buffers
from instructkit.records.characters import characters, token_texts
from instructkit.records.scrambling import mix
from instructkit.records.tokens import TEXTS, tokenise

SHOWN = 60  # characters of what two texts have in common


@dataclass(frozen=True)
class Overlap:
    """A row that overlaps an evaluation file."""

    row: int
    file: str
    number: int  # of the evaluation row
    value: str
    threshold: str


def overlaps(batch: pa.RecordBatch, evaluation: Evaluation) -> list[Overlap]:
    """The rows of a batch of which a text shares a run with an evaluation text, or is nearly the same."""
    found: dict[int, Overlap] = {}
    for field in FIELDS["all"]:
        texts = field_texts(batch, field)
        for row, length, last, place in _runs(texts, evaluation):
            if row not in found:
                file, number = evaluation.rows[place]
                both = _shown(str(texts[row].as_py()), last, length)
                value = f"{length} tokens of {file} row {number}: {both}"
                found[row] = Overlap(row, file, number, value, str(length))
        for row, similarity, place in _near(texts, evaluation):
            if row not in found:
                file, number = evaluation.rows[place]
                value = f"{similarity:.4g} of {file} row {number}"
                found[row] = Overlap(row, file, number, value, str(evaluation.threshold))
    return [found[row] for row in sorted(found)]


def _runs(texts: pa.StringArray, evaluation: Evaluation) -> list[tuple[int, int, int, int]]:
    """Of each text that shares a run: its row, the run's length and last token, and the evaluation row."""
    data, offsets = buffers(texts)
    hits, lengths, lasts = (np.full(len(texts), -1, np.int64) for _ in range(3))
    runs = evaluation.runs
    search(data, offsets, characters(), runs.keys, runs.seen, evaluation.lengths, hits, lengths, lasts)
    rows = np.flatnonzero(hits >= 0)
    return list(
        zip(*(part.tolist() for part in (rows, lengths[rows], lasts[rows], runs.places[hits[rows]])), strict=True)
    )


def _near(texts: pa.StringArray, evaluation: Evaluation) -> list[tuple[int, float, int]]:
    """Of each text that is nearly an evaluation text: its row, the similarity, and the evaluation row."""
    shingles, sizes, _ = sets_of(texts, evaluation.ngram)
    hits, similarity = np.full(len(texts), -1, np.int64), np.zeros(len(texts), np.float64)
    index = evaluation.shingles
    nearest(shingles, sizes, index.keys, index.places, index.seen, evaluation.sizes, evaluation.threshold, hits,
            similarity)  # fmt: skip
    rows = np.flatnonzero(hits >= 0)
    places = evaluation.row_of[hits[rows]]
    return list(zip(*(part.tolist() for part in (rows, similarity[rows], places)), strict=True))


def _shown(text: str, last: int, length: int) -> str:
    """The tokens that two texts have in common, as many as can be shown."""
    words = token_texts(text)[last - length + 1 : last + 1]
    spaced = " " if any(len(word) > 1 for word in words) else ""
    both = spaced.join(words)
    return both if len(both) <= SHOWN else both[: SHOWN - 1] + "…"


@inner("int64(uint64[::1], uint64)")
def lowest(keys: Any, value: Any) -> int:
    """The first place of a number among sorted ones, or where it would stand."""
    first, last = 0, len(keys)
    while first < last:
        middle = (first + last) // 2
        if keys[middle] < value:
            first = middle + 1
        else:
            last = middle
    return first


@jit(f"void({TEXTS}, uint32[::1], uint64[::1], uint64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def search(
    data: Any, offsets: Any, table: Any, runs: Any, seen: Any, widths: Any, hits: Any, lengths: Any, lasts: Any
) -> None:  # fmt: skip
    """For each text the place in ``runs`` (sorted) of its first run that is there, longest runs first."""
    longest = 0
    for row in range(len(hits)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    tokens = np.empty(longest + 1, np.uint64)
    for row in range(len(hits)):
        count = tokenise(data, offsets[row], offsets[row + 1], table, tokens)
        for number in range(len(widths) - 1, -1, -1):
            width = widths[number]
            if hits[row] >= 0:
                break
            power = np.uint64(1)
            for _ in range(width - 1):
                power *= STEP
            rolling = np.uint64(0)
            for place in range(count):
                if place >= width:
                    rolling -= tokens[place - width] * power
                rolling = rolling * STEP + tokens[place]
                if place < width - 1:
                    continue
                # as run_hash, whose first value is the width
                value = mix(rolling + np.uint64(width) * power * STEP)
                if bit(seen, value) == 0:
                    continue
                at = lowest(runs, value)
                if at < len(runs) and runs[at] == value:
                    hits[row] = at
                    lengths[row] = width
                    lasts[row] = place
                    break


@jit(
    "void(uint64[::1], uint32[::1], uint64[::1], int64[::1], uint64[::1], int32[::1], float64, int64[::1], "
    "float64[::1])"
)
def nearest(
    shingles: Any, sizes: Any, keys: Any, places: Any, seen: Any, text_sizes: Any, threshold: float, hits: Any,
    similarity: Any,
) -> None:  # fmt: skip
    """For each text the most similar evaluation text that reaches the threshold; the first of those that are equal."""
    counts = np.zeros(len(text_sizes), np.int32)
    touched = np.empty(len(text_sizes), np.int64)
    start = 0
    for row in range(len(sizes)):
        used = 0
        end = start + np.int64(sizes[row])
        for place in range(start, end):
            value = shingles[place]
            if bit(seen, value) == 0:
                continue
            at = lowest(keys, value)
            while at < len(keys) and keys[at] == value:
                text = places[at]
                if counts[text] == 0:
                    touched[used] = text
                    used += 1
                counts[text] += 1
                at += 1
        for number in range(used):
            text = touched[number]
            alike = counts[text] / (end - start + text_sizes[text] - counts[text])
            counts[text] = 0
            better = alike > similarity[row] or (alike == similarity[row] and text < hits[row])
            if alike >= threshold - ROUNDING and better:
                hits[row] = text
                similarity[row] = alike
        start = end
