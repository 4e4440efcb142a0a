"""For dedup.py: what is right to remove, found without instructkit's code, and how what was removed compares.

Two rows are the same if the Jaccard similarity of their sets of shingles reaches the threshold. Shingles are numbered
exactly, not hashed. `join` finds all such pairs by a prefix filter (Chaudhuri et al. 2006: two sets that reach the
threshold share one of the rarest shingles of each); `brute_force` compares all rows with all.
"""

import json
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

from dedup_sets import plain_tokens

NGRAM = 5
Pairs = np.ndarray  # a row for each: the earlier row, the later row; and their similarity


@dataclass
class Sets:
    """The shingles of each row: sorted numbers, the rarest lowest."""

    shingles: np.ndarray
    ends: np.ndarray  # where each row's shingles begin, and where the last ends


def read_sets(path: Path, words_only: bool) -> Sets:
    """The sets of shingles of a file's outputs; a text of ``words_only`` is split at spaces and nothing else."""
    ids: defaultdict[str, int] = defaultdict()
    ids.default_factory = ids.__len__
    stream: list[np.ndarray] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            text = unicodedata.normalize("NFC", json.loads(line)["output"]).lower()
            words = text.split(" ") if words_only else plain_tokens(text)
            stream.append(np.fromiter(map(ids.__getitem__, words), np.int32, len(words)))
    return sets_of(stream, len(ids))


def sets_of(texts: list[np.ndarray], words: int) -> Sets:
    """The shingles of texts given as the numbers of their words."""
    lengths = np.array([len(text) for text in texts], np.int32)
    tokens = np.concatenate(texts)
    row = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    follows = np.cumsum(lengths).astype(np.int32)[row] - np.arange(len(tokens), dtype=np.int32)  # words to the end
    grams = tokens.astype(np.int64)
    assert words**3 < 2**63
    assert len(tokens) * words**2 < 2**63
    for width in (3, 5):  # number the runs of words by the run they begin with and the two words behind it
        reach = np.flatnonzero(follows >= width)
        longer = (grams[reach] * words + tokens[reach + width - 2]) * words + tokens[reach + width - 1]
        order = np.argsort(longer)
        grams = np.zeros(len(tokens), np.int64)
        grams[reach[order]] = np.cumsum(np.diff(longer[order], prepend=longer[order[:1]]) != 0)
        del reach, longer, order
    whole = follows >= NGRAM
    found, rows = grams[whole], row[whole]
    short: dict[bytes, int] = {}  # a text of fewer words is one shingle
    first = int(found.max()) + 1 if len(found) else 0
    few = [number for number in range(len(texts)) if 0 < lengths[number] < NGRAM]
    more = [first + short.setdefault(texts[number].tobytes(), len(short)) for number in few]
    found = np.concatenate([found, np.array(more, np.int64)])
    rows = np.concatenate([rows.astype(np.int64), np.array(few, np.int64)])
    count = first + len(short)
    del grams, row, follows, whole
    each = rows * count + found
    each.sort()
    each = each[np.diff(each, prepend=-1) > 0]
    rows, found = each // count, each % count
    rank = np.empty(count, np.int64)
    rank[np.argsort(np.bincount(found, minlength=count), kind="stable")] = np.arange(count)
    each = np.sort(rows * count + rank[found])
    return Sets(each % count, np.searchsorted(each // count, np.arange(len(texts) + 1)))


@numba.njit(cache=True)
def similarity(shingles: Any, ends: Any, one: int, other: int) -> float:
    place, end = ends[one], ends[one + 1]
    second, second_end = ends[other], ends[other + 1]
    union = end - place + second_end - second
    both = 0
    while place < end and second < second_end:
        if shingles[place] == shingles[second]:
            both += 1
            place += 1
            second += 1
        elif shingles[place] < shingles[second]:
            place += 1
        else:
            second += 1
    return both / (union - both) if union > both else 0.0


@numba.njit(cache=True)
def brute_force_from(shingles: Any, ends: Any, threshold: float, one: int, others: Any, values: Any) -> int:
    found = 0
    for other in range(one + 1, len(ends) - 1):
        value = similarity(shingles, ends, one, other)
        if value >= threshold:
            others[found], values[found] = other, value
            found += 1
    return found


def brute_force(sets: Sets, threshold: float) -> tuple[Pairs, np.ndarray]:
    """All pairs of rows at or above the threshold, and their similarities, by comparing all rows with all."""
    rows = len(sets.ends) - 1
    others, values = np.empty(rows, np.int64), np.empty(rows)
    pairs, similarities = [np.empty((0, 2), np.int64)], [np.empty(0)]
    for one in range(rows):
        if found := brute_force_from(sets.shingles, sets.ends, threshold, one, others, values):
            pairs.append(np.column_stack([np.full(found, one), others[:found]]))
            similarities.append(values[:found].copy())
    return np.concatenate(pairs), np.concatenate(similarities)


@numba.njit(cache=True)
def join_rows(shingles: Any, ends: Any, threshold: float, lists: Any, list_ends: Any, counts: Any, out: Any) -> int:
    """The pairs; ``lists`` holds for each shingle the rows in whose prefix it is, ascending."""
    seen = np.full(len(ends), -1, np.int64)
    found = 0
    for row in range(len(ends) - 1):
        for place in range(ends[row], ends[row] + counts[row]):
            shingle = shingles[place]
            for at in range(list_ends[shingle], list_ends[shingle + 1]):
                other = lists[at]
                if other >= row:
                    break
                if seen[other] != row:
                    seen[other] = row
                    if similarity(shingles, ends, other, row) >= threshold:
                        if found < len(out):
                            out[found, 0], out[found, 1] = other, row
                        found += 1
    return found


def join(sets: Sets, threshold: float) -> Pairs:
    """All pairs of rows at or above the threshold."""
    sizes = np.diff(sets.ends)
    prefixes = np.maximum(0, sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1)
    prefixes[sizes == 0] = 0
    within = np.arange(len(sets.shingles)) - np.repeat(sets.ends[:-1], sizes) < np.repeat(prefixes, sizes)
    listed = sets.shingles[within]
    order = np.argsort(listed, kind="stable")
    lists = np.repeat(np.arange(len(sizes)), sizes)[within][order]
    list_ends = np.searchsorted(listed[order], np.arange(int(sets.shingles.max(initial=0)) + 2))
    out = np.empty((10 * len(sizes) + 1000, 2), np.int64)
    while (found := join_rows(sets.shingles, sets.ends, threshold, lists, list_ends, prefixes, out)) > len(out):
        out = np.empty((found, 2), np.int64)
    return out[:found]


def greedy(pairs: Pairs, rows: int) -> np.ndarray:
    """Which rows stay if each leaves that is like an earlier row that stays."""
    stays = np.ones(rows, bool)
    for earlier, later in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]:
        if stays[earlier]:
            stays[later] = False
    return stays


@dataclass
class Verdict:
    """What a tool kept, beside what is right."""

    kept: int
    wrong: int  # rows that left without a row at or above the threshold that stays
    removed: int
    missed: int  # pairs at or above the threshold of which both stayed
    pairs: int
    otherwise: int  # rows treated otherwise than by the exact pass in which the earliest stays

    @property
    def precision(self) -> float:
        """Of the rows that left: those with a row at or above the threshold that stays."""
        return 1 - self.wrong / self.removed if self.removed else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs at or above the threshold: those of which not both stayed."""
        return 1 - self.missed / self.pairs if self.pairs else 1.0


def judge(kept: np.ndarray, pairs: Pairs, rows: int) -> Verdict:
    """Compare the numbers of the rows that a tool kept with all pairs at or above the threshold."""
    stays = np.zeros(rows, bool)
    stays[kept] = True
    one, other = pairs[:, 0], pairs[:, 1]
    partner = np.zeros(rows, bool)  # that stays
    partner[one[stays[other]]] = True
    partner[other[stays[one]]] = True
    return Verdict(
        kept=int(stays.sum()),
        wrong=int((~stays & ~partner).sum()),
        removed=int((~stays).sum()),
        missed=int((stays[one] & stays[other]).sum()),
        pairs=len(pairs),
        otherwise=int((stays != greedy(pairs, rows)).sum()),
    )
