"""Which rows demonstrate a task before another row: at random, by label, the nearest, the most different.

Rows are compared by the words of what they give (never of their answers). Nearness is BM25 (Robertson and Zaragoza
2009) over an inverted index of a bounded pool, at a bounded cost for each row: rare words are looked up first, and the
look-up ends after ``POSTINGS`` entries. A row is never demonstrated by itself, by a copy or near copy of itself, or by
a row that one prompt already holds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.jit import jit
from instructkit.records.buffers import buffers
from instructkit.records.characters import characters
from instructkit.records.hashing import Hashes, draw, redraw
from instructkit.records.scrambling import mix
from instructkit.records.tokens import normalised, tokenise
from instructkit.templating.prompting.embedding import Cells
from instructkit.templating.prompting.shots import METHODS

BALANCED, NEAREST, DIVERSE, MMR = 1, 2, 3, 4  # their places among the methods

K1, B = 1.2, 0.75  # BM25's usual constants (Robertson and Zaragoza 2009, section 3.5)
POSTINGS = 20_000  # entries of the inverted index that one row may look at
NEAR = 32  # the nearest rows that are judged further, and the random ones that `diverse` chooses from
TRIES = 200  # draws before a random choice looks through the rows in turn ...
LOOKS = 20_000  # ... and rows it looks through before it gives up
LABEL_TRIES = 16  # draws before a label makes way for the next
SAME = 0.8  # Jaccard similarity of the sets of tokens from which two rows are copies
RELEVANCE = 0.5  # of MMR (Carbonell and Goldstein 1998): the weight of nearness against difference
TOKENS = 512  # of a text that are compared

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Texts:
    """Texts as sorted distinct tokens: those of row ``i`` are ``tokens[ends[i]:ends[i + 1]]``, with their counts."""

    tokens: Hashes
    counts: npt.NDArray[np.int32]
    ends: Numbers
    lengths: Numbers
    hashes: Hashes  # equal for texts that are the same but for case and space

    @classmethod
    def of(cls, texts: pa.StringArray) -> "Texts":
        """Tokenise texts."""
        folded = normalised(texts)
        data, offsets = buffers(folded)
        sizes = np.minimum(np.diff(offsets).astype(np.int64), TOKENS)
        room = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        tokens = np.zeros(max(int(room[-1]), 1), np.uint64)
        counts = np.zeros(len(tokens), np.int32)
        rows = len(texts)
        kept, lengths, hashes = np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros(rows, np.uint64)
        longest = int(np.diff(offsets).max(initial=1))
        _tokenise_all(data, offsets, characters(), room, tokens, counts, kept, lengths, hashes, max(longest, 1))
        place = np.arange(len(tokens)) if room[-1] else np.zeros(0, np.int64)
        held = place - np.repeat(room[:-1], sizes) < np.repeat(kept, sizes)
        ends = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return cls(tokens[: len(held)][held], counts[: len(held)][held], ends, lengths, hashes)


@jit()
def _tokenise_all(
    data: Any, offsets: Any, classes: Any, room: Any, tokens: Any, counts: Any, kept: Any, lengths: Any, hashes: Any,
    longest: int,
) -> None:  # fmt: skip
    buffer = np.zeros(longest, np.uint64)
    for row in range(len(kept)):
        number = tokenise(data, offsets[row], offsets[row + 1], classes, buffer)
        value = np.uint64(number)
        for place in range(number):
            value = mix(value ^ buffer[place])
        hashes[row] = value
        lengths[row] = number
        used = min(number, room[row + 1] - room[row])
        ordered = np.sort(buffer[:used])
        at = room[row] - 1
        for place in range(used):
            if place == 0 or ordered[place] != ordered[place - 1]:
                at += 1
                tokens[at] = ordered[place]
            counts[at] += 1
        kept[row] = at + 1 - room[row]


@dataclass(frozen=True)
class Pool:
    """The rows that may demonstrate, indexed by their tokens and labels."""

    texts: Texts
    parents: Hashes
    groups: Numbers
    allowed: npt.NDArray[np.bool_]  # templates x rows
    vocabulary: Hashes
    posting_ends: Numbers
    postings: npt.NDArray[np.int32]
    impacts: npt.NDArray[np.float32]
    by_label: Numbers  # rows ordered by group and label
    label_ends: Numbers  # where each label of each group ends among them, from 0
    group_ends: Numbers  # where the labels of each group end, from 0
    cells: Cells | None = None  # nearness by embeddings, in place of BM25

    def __len__(self) -> int:
        return len(self.parents)

    @classmethod
    def of(
        cls, texts: pa.StringArray, parents: pa.StringArray, groups: Numbers, labels: Numbers,
        allowed: npt.NDArray[np.bool_], by_embedding: bool = False,
    ) -> "Pool":  # fmt: skip
        """Index the texts of a pool's rows, which come in an order drawn at random."""
        found = Texts.of(texts)
        rows = len(found.lengths)
        vocabulary, ids = np.unique(found.tokens, return_inverse=True)
        holders = np.repeat(np.arange(rows, dtype=np.int32), np.diff(found.ends))
        order = np.lexsort((holders, ids))
        frequency = np.bincount(ids, minlength=len(vocabulary))
        idf = np.log1p((rows - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        average = max(float(found.lengths.mean()) if rows else 1.0, 1.0)
        norm = K1 * (1 - B + B * found.lengths / average)
        counts = found.counts.astype(np.float64)
        impact = (idf[ids] * counts * (K1 + 1) / (counts + norm[holders])).astype(np.float32)
        ends = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        by_label = np.lexsort((labels, groups)).astype(np.int64)
        group, label = groups[by_label], labels[by_label]
        changes = np.flatnonzero((group[1:] != group[:-1]) | (label[1:] != label[:-1])) + 1
        starts = np.concatenate([np.zeros(min(rows, 1), np.int64), changes])
        group_ends = np.searchsorted(group[starts], np.arange(int(group.max(initial=0)) + 2)).astype(np.int64)
        return cls(
            found, draw(parents, 0, "parent"), groups, allowed, vocabulary, ends, holders[order],
            impact[order], by_label, np.concatenate([starts, [rows]]), group_ends,
            Cells.of(texts) if by_embedding and rows else None,
        )  # fmt: skip

    def choose(
        self,
        method: str,
        order: str,
        texts: pa.StringArray,
        parents: pa.StringArray,
        groups: Numbers,
        numbers: Numbers,
        wanted: Numbers,
        keys: Hashes,
    ) -> tuple[Numbers, Numbers]:
        """The pool's rows for each query, in the order to be shown: int64, queries x most wanted, -1 behind the last.

        ``numbers`` are the queries' templates, ``wanted`` how many each wants. Gives also each one's rank by choice,
        0 the first chosen: by it they are left out where they don't fit.
        """
        queries = Texts.of(texts)
        most = int(wanted.max(initial=0))
        given = np.zeros((0, NEAR), np.int64), np.zeros((0, NEAR), np.float32)
        if self.cells is not None and most and method in ("nearest", "mmr"):
            given = self.cells.nearest(texts, NEAR)
        chosen = np.full((len(wanted), most), -1, np.int64)
        near = np.zeros((len(wanted), most), np.float32)
        if most and len(self):
            asked = (
                queries.tokens,
                queries.ends,
                queries.hashes,
                draw(parents, 0, "parent"),
                groups,
                numbers,
                wanted,
                keys,
            )
            pool = (self.texts.tokens, self.texts.ends, self.texts.hashes, self.parents, self.groups, self.allowed,
                    self.by_label, self.label_ends, self.group_ends)  # fmt: skip
            index = (self.vocabulary, self.posting_ends, self.postings, self.impacts)
            _choose_all(METHODS.index(method), asked, pool, index, given, chosen, near)
        return self._ordered(chosen, near, order, keys)

    def _ordered(
        self, chosen: Numbers, near: npt.NDArray[np.float32], order: str, keys: Hashes
    ) -> tuple[Numbers, Numbers]:
        ranks = np.broadcast_to(np.arange(chosen.shape[1]), chosen.shape)
        if order == "similar-last":
            value = near.astype(np.float64)
        elif order == "simple-first":
            value = self.texts.lengths[chosen].astype(np.float64) if len(self) else near.astype(np.float64)
        else:
            turns = keys[:, None] + ranks.astype(np.uint64)
            value = (redraw(turns, 0, "order of demonstrations") >> np.uint64(11)).astype(np.float64)
        value = np.where(chosen < 0, np.inf, value)
        places = np.argsort(value, axis=1, kind="stable")
        return np.take_along_axis(chosen, places, axis=1), np.take_along_axis(ranks, places, axis=1)


@jit()
def _similar(one: Any, first: int, last: int, other: Any, start: int, end: int) -> Any:
    """Jaccard similarity of two sorted sets."""
    shared = 0
    a, b = first, start
    while a < last and b < end:
        if one[a] < other[b]:
            a += 1
        elif one[a] > other[b]:
            b += 1
        else:
            shared += 1
            a += 1
            b += 1
    both = (last - first) + (end - start) - shared
    return shared / both if both else 0.0


# Numba takes arrays, not objects: the queries are (tokens, ends, hashes, parents, groups, templates, wanted, keys), the
# pool is (tokens, ends, hashes, parents, groups, allowed, labels' rows, labels' ends, groups' ends), its index
# (vocabulary, ends, postings, impacts).


@jit()
def _choose_all(method: int, queries: Any, pool: Any, index: Any, given: Any, chosen: Any, near: Any) -> None:
    wanted = queries[6]
    rows = len(pool[3])
    scores = np.zeros(rows, np.float32)
    touched = np.zeros(rows, np.int64)
    nearest = np.zeros(NEAR, np.int64)
    points = np.zeros(NEAR, np.float32)
    for query in range(len(wanted)):
        want = wanted[query]
        if want == 0:
            continue
        found = 0
        if method in (NEAREST, MMR) and len(given[0]):
            while found < given[0].shape[1] and given[0][query, found] >= 0:
                nearest[found] = given[0][query, found]
                points[found] = max(given[1][query, found], np.float32(0.0))
                found += 1
        elif method in (NEAREST, MMR):
            found = _nearest(
                queries[0], queries[1][query], queries[1][query + 1], index, scores, touched, nearest, points
            )
        elif method == DIVERSE:
            found = _any_rows(query, queries, pool, nearest, points)
        count = _best(method, query, want, found, nearest, points, queries, pool, chosen, near) if found else 0
        _at_random(method == BALANCED, query, count, want, queries, pool, chosen, near)


@jit()
def _best(
    method: int, query: int, want: int, found: int, nearest: Any, points: Any, queries: Any, pool: Any, chosen: Any,
    near: Any,
) -> int:  # fmt: skip
    """Take one after the other: the nearest, the least like those taken, or the best of both; gives their number."""
    closeness = np.zeros(found, np.float32)
    likeness = np.zeros(found, np.float64)  # to the most like of those taken
    for place in range(found):
        closeness[place] = _fits(nearest[place], query, 0, queries, pool, chosen[query])
    best_points = max(points[0], np.float32(1e-9))
    count = 0
    while count < want:
        best, best_value = -1, -1e30
        for place in range(found):
            if closeness[place] < 0:
                continue
            value = np.float64(points[place])
            if method == DIVERSE:
                value = -likeness[place]
            elif method == MMR:
                value = RELEVANCE * points[place] / best_points - (1 - RELEVANCE) * likeness[place]
            if value > best_value:
                best, best_value = place, value
        if best < 0:
            break
        taken = nearest[best]
        chosen[query, count] = taken
        near[query, count] = closeness[best] if method == DIVERSE else points[best]
        closeness[best] = -1.0
        count += 1
        for place in range(found):
            if closeness[place] >= 0:
                alike = _alike(taken, nearest[place], pool)
                likeness[place] = max(likeness[place], alike)
                if alike >= SAME:
                    closeness[place] = -1.0
    return count


@jit()
def _group(query: int, queries: Any, pool: Any) -> Any:
    """The labels of the query's group: the first, and the one behind the last."""
    group = queries[4][query]
    return (pool[8][group], pool[8][group + 1]) if group + 1 < len(pool[8]) else (0, 0)


@jit()
def _any_rows(query: int, queries: Any, pool: Any, nearest: Any, points: Any) -> int:
    """Rows of the query's group, drawn at random; gives their number."""
    first, last = _group(query, queries, pool)
    start, end = pool[7][first], pool[7][last]
    for turn in range(NEAR if end > start else 0):
        value = mix(queries[7][query] + np.uint64(turn))
        nearest[turn] = pool[6][start + np.int64(value % np.uint64(end - start))]
        points[turn] = 0.0
    return NEAR if end > start else 0


@jit()
def _at_random(
    balanced: bool, query: int, count: int, want: int, queries: Any, pool: Any, chosen: Any, near: Any
) -> None:
    """Fill up with random rows of the query's group, by turns of each label where asked."""
    by_label, label_ends = pool[6], pool[7]
    first, last = _group(query, queries, pool)
    start, end = label_ends[first], label_ends[last]
    if end == start:
        return
    key = queries[7][query]
    label = np.int64(mix(key ^ np.uint64(0x9E3779B97F4A7C15)) % np.uint64(last - first))
    missed = 0
    for turn in range(TRIES):
        if count == want:
            return
        value = mix(key + np.uint64(0x5851F42D) + np.uint64(turn))
        low, high = (label_ends[first + label], label_ends[first + label + 1]) if balanced else (start, end)
        candidate = by_label[low + np.int64(value % np.uint64(high - low))]
        before = count
        count = _take(candidate, query, count, queries, pool, chosen, near)
        missed = 0 if count > before else missed + 1
        if count > before or missed == LABEL_TRIES:
            label, missed = (label + 1) % (last - first), 0
    begin = np.int64(mix(key + np.uint64(0x2545F491)) % np.uint64(end - start))
    for turn in range(min(end - start, LOOKS)):  # few rows fit: they are looked for one after the other
        if count == want:
            return
        candidate = by_label[start + (begin + turn) % (end - start)]
        count = _take(candidate, query, count, queries, pool, chosen, near)


@jit()
def _take(candidate: int, query: int, count: int, queries: Any, pool: Any, chosen: Any, near: Any) -> int:
    likeness = _fits(candidate, query, count, queries, pool, chosen[query])
    if likeness < 0:
        return count
    chosen[query, count] = candidate
    near[query, count] = likeness
    return count + 1


@jit()
def _fits(candidate: int, query: int, count: int, queries: Any, pool: Any, chosen: Any) -> Any:
    """The similarity to the query of a row that may demonstrate it, -1 of one that may not."""
    tokens, ends, hashes, parents, groups, allowed = pool[0], pool[1], pool[2], pool[3], pool[4], pool[5]
    if not allowed[queries[5][query], candidate] or groups[candidate] != queries[4][query]:
        return -1.0
    if parents[candidate] == queries[3][query] or hashes[candidate] == queries[2][query]:
        return -1.0
    near = _similar(queries[0], queries[1][query], queries[1][query + 1], tokens, ends[candidate], ends[candidate + 1])
    if near >= SAME:
        return -1.0
    for place in range(count):
        if _alike(chosen[place], candidate, pool) >= SAME:
            return -1.0
    return near


@jit()
def _alike(one: int, other: int, pool: Any) -> Any:
    """The similarity of two rows of the pool."""
    tokens, ends, hashes = pool[0], pool[1], pool[2]
    if one == other or hashes[one] == hashes[other]:
        return 1.0
    return _similar(tokens, ends[one], ends[one + 1], tokens, ends[other], ends[other + 1])


@jit()
def _nearest(
    tokens: Any, first: int, last: int, index: Any, scores: Any, touched: Any, nearest: Any, points: Any
) -> int:
    """The rows of the highest BM25, best first; gives their number. Leaves ``scores`` at zero."""
    vocabulary, posting_ends, postings, impacts = index
    known = np.zeros(last - first, np.int64)
    sizes = np.zeros(last - first, np.int64)
    terms = 0
    for place in range(first, last):
        at = np.searchsorted(vocabulary, tokens[place])
        if at < len(vocabulary) and vocabulary[at] == tokens[place]:
            known[terms] = at
            sizes[terms] = posting_ends[at + 1] - posting_ends[at]
            terms += 1
    order = np.argsort(sizes[:terms])
    seen = 0
    looked = 0
    for place in range(terms):
        term = known[order[place]]
        size = posting_ends[term + 1] - posting_ends[term]
        if looked and looked + size > POSTINGS:
            break
        looked += size
        for at in range(posting_ends[term], posting_ends[term] + min(size, POSTINGS)):
            row = postings[at]
            if scores[row] == 0.0:
                touched[seen] = row
                seen += 1
            scores[row] += impacts[at]
    found = 0
    for place in range(seen):
        row = touched[place]
        score = scores[row]
        scores[row] = 0.0
        if found == len(nearest) and (
            score < points[found - 1] or (score == points[found - 1] and row > nearest[found - 1])
        ):
            continue
        at = found if found < len(nearest) else found - 1
        while at > 0 and (score > points[at - 1] or (score == points[at - 1] and row < nearest[at - 1])):
            points[at] = points[at - 1]
            nearest[at] = nearest[at - 1]
            at -= 1
        points[at] = score
        nearest[at] = row
        if found < len(nearest):
            found += 1
    return found
