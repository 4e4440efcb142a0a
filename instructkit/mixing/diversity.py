"""Pick rows for diversity: as evenly as can be from clusters of rows that are alike.

Clusters are found on a sample by k-means on the sphere (Dhillon and Modha 2001), begun with centers that are far apart;
a row belongs to that of the nearest center. The work grows with the rows times the clusters, and these with the root of
the rows, up to `MOST_CLUSTERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.mixing.sampling import Pick, Rows
from instructkit.mixing.twice import Rows as Kept
from instructkit.mixing.vectors import Vectors, whole
from instructkit.records.hashing import Hashes

LEAST_CLUSTERS, MOST_CLUSTERS = 8, 1024
SAMPLED = 24  # rows a cluster that the centers are found on
ROUNDS = 8

Clusters = npt.NDArray[np.int32]


@dataclass
class Coverage:
    """In how many clusters a row is taken, and in how many by a random selection of the same size."""

    clusters: int = 0
    reached: int = 0
    at_random: int = 0

    def text(self) -> str:
        """The coverage in a sentence."""
        return (
            f"diverse selection: {self.reached:,} of {self.clusters:,} clusters have a row (counted in each group that "
            f"gives up rows); a random one of the same size reaches {self.at_random:,}"
        )


def cluster(kept: Kept, draws: Hashes, vectors_of: Callable[[pa.RecordBatch], Vectors]) -> Clusters:
    """The cluster of each row that are kept: int32. The same rows in another order are in the same clusters."""
    number = min(max(int(len(draws) ** 0.5), LEAST_CLUSTERS), MOST_CLUSTERS)
    sample = np.argsort(draws, kind="stable")[: number * SAMPLED]
    vectors = _sampled(kept, sample, vectors_of)
    centers = _centers(vectors, number)
    found = [_nearest(vectors_of(batch), centers) for batch in kept.batches()]
    return np.concatenate([np.zeros(0, np.int32), *found])


def _sampled(kept: Kept, sample: Rows, vectors_of: Callable[[pa.RecordBatch], Vectors]) -> Vectors:
    """The vectors of these rows, in this order."""
    ascending = np.sort(sample)
    parts: list[Vectors] = []
    start = 0
    for batch in kept.batches():
        first, last = np.searchsorted(ascending, [start, start + batch.num_rows])
        if first < last:
            parts.append(vectors_of(batch.take(pa.array(ascending[first:last] - start))))
        start += batch.num_rows
    if not parts:
        return np.zeros((0, 1), np.float32)
    together: Vectors = np.concatenate(parts)[np.argsort(np.argsort(sample))]
    return together


def _centers(vectors: Vectors, number: int) -> Vectors:
    """Centers of clusters: vectors that are far apart at first, then the middles of what is nearest to them."""
    centers = _far_apart(vectors, number)
    for _ in range(ROUNDS):
        nearest = _nearest(vectors, centers)
        sums = np.zeros(centers.shape)
        np.add.at(sums, nearest, vectors)
        moved = whole(sums)
        empty = np.bincount(nearest, minlength=len(centers)) == 0
        moved[empty] = centers[empty]
        if np.array_equal(moved, centers):
            break
        centers = moved
    return centers


def _far_apart(vectors: Vectors, number: int) -> Vectors:
    """K-centre greedy (Gonzalez 1985), from the first vector on: so that rows unlike all others have a cluster too."""
    if not len(vectors):
        return vectors
    squares = (vectors * vectors).sum(axis=1)
    chosen = [0]
    distance = np.full(len(vectors), np.inf, np.float32)
    while len(chosen) < number:
        last = chosen[-1]
        distance = np.minimum(distance, squares + squares[last] - 2 * (vectors @ vectors[last]))
        farthest = int(np.argmax(distance))
        if distance[farthest] <= 0:
            break  # the others are equal to one that is chosen
        chosen.append(farthest)
    return vectors[chosen]


def _nearest(vectors: Vectors, centers: Vectors) -> Clusters:
    # whole numbers below 2^24: the products are exact however they are added up
    return np.argmax(vectors @ centers.T, axis=1).astype(np.int32) if len(vectors) else np.zeros(0, np.int32)


def most_diverse(clusters: Clusters, draws: Hashes, coverage: Coverage) -> Pick:
    """Pick from the clusters in turn, a row each as long as they have one; within a cluster at random."""

    def pick(members: Rows, count: int) -> Rows:
        own, values = clusters[members], draws[members]
        order = np.lexsort((values, own))
        sizes = np.bincount(own)
        starts = np.cumsum(sizes) - sizes
        turn = np.arange(len(order)) - np.repeat(starts[sizes > 0], sizes[sizes > 0])  # of each row in its cluster
        chosen = order[np.lexsort((values[order], turn))[:count]]
        coverage.clusters += int((sizes > 0).sum())
        coverage.reached += len(np.unique(own[chosen]))
        coverage.at_random += len(np.unique(own[np.argsort(values, kind="stable")[:count]]))
        taken: Rows = np.sort(members[chosen])
        return taken

    return pick
