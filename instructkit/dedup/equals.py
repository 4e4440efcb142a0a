"""Rows whose texts are equal."""

import numpy as np

from instructkit.dedup.arrays import U64, Rows
from instructkit.dedup.partitions import parts_of, with_equals


def equal_rows(exact: U64, rank: Rows | None) -> tuple[Rows, Rows]:
    """The rows whose exact hash a row taken before them has, and the first row of each.

    ``exact`` is rows x 2, 0 for a row without text, which equals nothing; ``rank`` is the place of each row in the
    order, where that is not as they came.
    """
    found, firsts = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for part in parts_of(exact[:, 1]):
        rows = part[np.argsort(exact[part, 1])]
        rows = rows[with_equals(exact[rows, 1])]  # nearly all are alone
        place = rows if rank is None else rank[rows]
        rows = rows[np.lexsort((place, exact[rows, 0], exact[rows, 1]))].astype(np.int32)
        hashes = exact[rows]
        again = np.concatenate([np.zeros(1, bool), (hashes[1:] == hashes[:-1]).all(axis=1)])[: len(rows)]
        first = rows[np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))]
        again &= (hashes != 0).any(axis=1)
        found.append(rows[again])
        firsts.append(first[again])
    return np.concatenate(found), np.concatenate(firsts)
