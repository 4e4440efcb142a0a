"""Nearness by embeddings.

The pool is cut into cells around some of its rows (an inverted file: Sivic and Zisserman 2003); a query looks only into
the cells nearest to it, so the cost of one grows with the root of the pool.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.records.embedding import Vectors, embed

Places = npt.NDArray[np.int64]

CELLS = 16  # that a query looks into


@dataclass(frozen=True)
class Cells:
    """A pool's vectors, by the cell each is in."""

    vectors: Vectors
    centers: Vectors
    rows: Places  # ordered by cell
    ends: Places

    @classmethod
    def of(cls, texts: pa.StringArray) -> "Cells":
        """Cut a pool into cells; its rows are in an order drawn at random, so the first serve as centers."""
        vectors = embed(texts)
        centers = vectors[: max(int(len(vectors) ** 0.5), 1)]
        cell = _blocks(vectors, lambda block: np.argmax(_rounded(block @ centers.T), axis=1))
        ends = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=len(centers)))]).astype(np.int64)
        return cls(vectors, centers, np.argsort(cell, kind="stable"), ends)

    def nearest(self, texts: pa.StringArray, number: int) -> tuple[Places, Vectors]:
        """The nearest rows of each text and their cosines, best first: queries x ``number``; -1 behind the last."""
        queries = embed(texts)
        probes = min(CELLS, len(self.centers))
        near = _rounded(queries @ self.centers.T)
        cells = np.argpartition(-near, probes - 1, axis=1)[:, :probes]
        found = np.full((len(queries), probes * number), -1, np.int64)
        cosine = np.full(found.shape, -2.0, np.float32)
        query, place = np.divmod(np.argsort(cells, axis=None, kind="stable"), probes)
        bounds = np.searchsorted(cells[query, place], np.arange(len(self.centers) + 1))
        for cell in range(len(self.centers)):
            here = slice(bounds[cell], bounds[cell + 1])
            members = self.rows[self.ends[cell] : self.ends[cell + 1]]
            if bounds[cell] == bounds[cell + 1] or not len(members):
                continue
            likeness = _rounded(queries[query[here]] @ self.vectors[members].T)
            best = np.argsort(-likeness, axis=1, kind="stable")[:, :number]
            columns = place[here][:, None] * number + np.arange(best.shape[1])
            found[query[here][:, None], columns] = members[best]
            cosine[query[here][:, None], columns] = np.take_along_axis(likeness, best, axis=1)
        order = np.lexsort((found, -cosine), axis=1)[:, :number]
        return np.take_along_axis(found, order, axis=1), np.take_along_axis(cosine, order, axis=1)


def _rounded(cosines: Vectors) -> Vectors:
    """Cosines without their last digits, which hang on how many rows are multiplied at once."""
    found: Vectors = np.round(cosines, 4)
    return found


def _blocks(vectors: Vectors, function: Any, rows: int = 8192) -> Places:
    pieces = [function(vectors[start : start + rows]) for start in range(0, len(vectors), rows)]
    return np.concatenate([np.zeros(0, np.int64), *pieces]).astype(np.int64)
