"""The same judgement for few rows, in plain Python: done before the compiled loops would be loaded.

Sets of shingles are sets of tuples of words here. `neighbours` gives the same answers; the tests hold them together.
"""

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.arrays import Rows
from instructkit.dedup.settings import ROUNDING, DedupSettings
from instructkit.dedup.texts import Field, joined_texts
from instructkit.dedup.verdicts import EXACT, NEAR, Verdicts
from instructkit.records.characters import token_texts
from instructkit.records.hashing import Hashes

ROWS, BYTES = 1_200, 1_000_000  # of input that is judged here: some third of a second
LEAST = 0.5  # the threshold: below it too many rows meet
Shingles = frozenset[tuple[str, ...]]
_Placed = tuple[int, tuple[str, ...]]  # a shingle, and the field it stands in


class PlainRows:
    """Few rows in memory, to be judged once or more."""

    def __init__(
        self,
        batches: Sequence[pa.RecordBatch],
        origins: Hashes,
        ngram: int,
        fields: tuple[Field, ...],
        rank: Rows | None,
    ) -> None:
        self._guarded = [field.guarded for field in fields]
        self._rank = rank
        self._origins = origins.tolist()
        rows = len(self._origins)
        self._order = range(rows) if rank is None else np.argsort(rank).tolist()
        self._tokens: list[tuple[tuple[str, ...], ...]] = []
        for batch in batches:
            columns = [joined_texts(batch, field).to_pylist() for field in fields]
            for texts in zip(*columns, strict=True):
                self._tokens.append(tuple(tuple(token_texts(unicodedata.normalize("NFC", text))) for text in texts))
        self._sets = [tuple(_shingles(tokens, ngram) for tokens in row) for row in self._tokens]

    def find(self, settings: DedupSettings) -> Verdicts:
        """Judge all rows."""
        found = Verdicts.of(len(self._sets))
        first: dict[tuple[tuple[str, ...], ...], int] = {}
        for row in self._order:
            tokens = self._tokens[row]
            if any(tokens) and first.setdefault(tokens, row) != row:
                _drop(found, row, first[tokens], 1.0, EXACT)
        if not settings.exact:
            self.drop_near(found, settings)
        return found

    def drop_near(self, found: Verdicts, settings: DedupSettings) -> None:
        """Let the rows leave that are alike another; the exact duplicates have left."""
        found.search = "exhaustive"
        threshold = settings.threshold
        posted: defaultdict[_Placed, list[int]] = defaultdict(list)
        for row, prefix in self._prefixes((row for row in self._order if found.stays[row]), threshold):
            best, kept = 0.0, -1
            for other in sorted(set(chain.from_iterable(posted[shingle] for shingle in prefix))):
                if self._origins[row] and self._origins[row] == self._origins[other]:
                    continue
                alike = self._similarity(row, other, threshold)
                if alike > best:
                    best, kept = alike, other
            if kept >= 0:
                _drop(found, row, kept, best, NEAR)
                continue
            for shingle in prefix:
                posted[shingle].append(row)
        found.pass_on(np.array(self._origins, np.uint64), self._rank)

    def alike(self, threshold: float) -> tuple[Rows, Rows, Rows]:
        """All pairs of rows that are alike, whatever their origin: two arrays, after the first row of each text.

        Only rows that are the first of their text are in pairs.
        """
        first: dict[tuple[tuple[str, ...], ...], int] = {}
        firsts = [first.setdefault(tokens, row) if any(tokens) else row for row, tokens in enumerate(self._tokens)]
        pairs = []
        posted: defaultdict[_Placed, list[int]] = defaultdict(list)
        for row, prefix in self._prefixes((row for row, one in enumerate(firsts) if row == one), threshold):
            for other in set(chain.from_iterable(posted[shingle] for shingle in prefix)):
                if self._similarity(row, other, threshold) > 0:
                    pairs.append((row, other))
            for shingle in prefix:
                posted[shingle].append(row)
        one, other_one = np.array(pairs, np.int32).reshape(-1, 2).T
        return np.array(firsts, np.int32), one, other_one

    def _prefixes(self, rows: Iterable[int], threshold: float) -> Iterator[tuple[int, list[_Placed]]]:
        """The rows that may be alike another, each with the shingles that it shares one of with any it is alike."""
        every = [
            list(chain.from_iterable(((n, one) for one in part) for n, part in enumerate(row))) for row in self._sets
        ]
        often = Counter(chain.from_iterable(every))
        for row in rows:
            size = len(every[row])
            again = [shingle for shingle in every[row] if often[shingle] > 1]
            left = size - math.ceil(threshold * size - ROUNDING) + 1 - (size - len(again))
            if size and left > 0:
                yield row, sorted(again, key=lambda shingle: (often[shingle], shingle))[:left]

    def _similarity(self, row: int, other: int, threshold: float) -> float:
        """Similarity over all fields; 0 below the threshold, over all or in a guarded field."""
        shared = total = 0
        for guarded, one, two in zip(self._guarded, self._sets[row], self._sets[other], strict=True):
            both = len(one & two)
            either = len(one) + len(two) - both
            if guarded and both < threshold * either - ROUNDING:
                return 0.0
            shared += both
            total += either
        similarity = shared / total
        return max(similarity, threshold) if similarity >= threshold - ROUNDING else 0.0

    def in_fields(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The similarity of pairs of rows in each field: pairs x fields; NaN where both are empty."""
        found = np.full((len(rows), len(self._guarded)), np.nan)
        for place, (row, other) in enumerate(zip(rows.tolist(), others.tolist(), strict=True)):
            for field, (one, two) in enumerate(zip(self._sets[row], self._sets[other], strict=True)):
                if one or two:
                    found[place, field] = len(one & two) / len(one | two)
        return found


def _drop(found: Verdicts, row: int, kept: int, similarity: float, reason: np.int8) -> None:
    found.drop(np.array([row], np.int32), np.array([kept], np.int32), similarity, reason)


def _shingles(tokens: tuple[str, ...], ngram: int) -> Shingles:
    width = min(ngram, len(tokens))
    return frozenset(tokens[at : at + width] for at in range(len(tokens) - width + 1)) if tokens else frozenset()
