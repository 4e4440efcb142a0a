"""Rows that leave because the ROUGE-L F1 with an earlier row that stays is above a threshold.

Equal rows have left before, as ever. The others are taken as they come: what stays joins the pool that the later ones
are held against.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.texts import Field, joined_texts
from instructkit.dedup.verdicts import NEAR, JudgedRows, Verdicts


def whole(fields: tuple[Field, ...]) -> Field:
    """All that is compared as one text."""
    return Field(tuple(name for field in fields for name in field.columns))


class RougeRows:
    """The rows of a run, judged by ROUGE-L; ``equals`` judges which are equal, ``batches`` gives them once more."""

    def __init__(
        self, equals: JudgedRows, batches: Callable[[], Iterator[pa.RecordBatch]], field: Field, threshold: float
    ) -> None:
        self._equals = equals
        self._batches = batches
        self._field = field
        self._threshold = threshold
        self._similarity = np.zeros(0, np.float32)

    def find(self, settings: DedupSettings) -> Verdicts:
        """Judge all rows."""
        found = self._equals.find(only_equal(settings))
        self.drop_near(found, settings)
        return found

    def drop_near(self, found: Verdicts, settings: DedupSettings) -> None:
        """Let the rows leave that are alike another; the exact duplicates have left."""
        from instructkit.generation.rouge.pool import Pool
        from instructkit.generation.rouge.tokens import tokens_of

        pool = Pool(self._threshold)
        pooled, gone, kept = array("i"), array("i"), array("i")  # rows
        scores = array("f")
        row = -1
        for batch in self._batches():
            for text in joined_texts(batch, self._field).to_pylist():
                row += 1
                if not found.stays[row]:
                    continue
                tokens = tokens_of(text)
                nearest = pool.nearest(tokens)
                if nearest is None:
                    pool.add(tokens)
                    pooled.append(row)
                else:
                    gone.append(row)
                    kept.append(pooled[nearest[0]])
                    scores.append(nearest[1])
        found.drop(np.array(gone, np.int32), np.array(kept, np.int32), np.array(scores, np.float32), NEAR)
        found.pass_on(np.zeros(row + 1, np.uint64), None)  # phrasings of one raw row are compared too
        self._similarity = found.similarity

    def in_fields(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The F1 of rows that left and those they left for: pairs x 1."""
        return self._similarity[rows].astype(np.float64)[:, None]


def only_equal(settings: DedupSettings) -> DedupSettings:
    """The settings with which equal rows alone leave."""
    return replace(settings, exact=True, rouge=None)
