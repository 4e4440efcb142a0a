"""Which rows hang together, where it is known which two do."""

import numpy as np

from instructkit.dedup.arrays import Rows


def components(rows: int, one: Rows, other: Rows) -> Rows:
    """For each row the lowest row that it hangs together with, through any number of the pairs (one, other).

    Each round hooks the root of a pair to the lower root of the two and then lets every row point at its root
    (Shiloach and Vishkin 1982): few rounds, whatever the order of the pairs.
    """
    roots = np.arange(rows, dtype=np.int32)
    while len(one):
        low, high = np.minimum(roots[one], roots[other]), np.maximum(roots[one], roots[other])
        apart = low != high
        one, other = one[apart], other[apart]
        np.minimum.at(roots, high[apart], low[apart])
        while not np.array_equal(above := roots[roots], roots):
            roots = above
    return roots
