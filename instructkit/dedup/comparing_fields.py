"""How alike two rows are in each field, for the file of duplicates."""

from typing import Any

import numpy as np

from instructkit.dedup.comparing import fill, shared
from instructkit.engine.jit import jit


@jit("void(int64[::1], int64[::1], uint64[::1], int64[::1], uint32[:,::1], uint64[::1], float64[:,::1])")
def by_field(ones: Any, others: Any, shingles: Any, ends: Any, sizes: Any, table: Any, out: Any) -> None:
    """Write the similarity of each pair of rows in each field; nothing for a field in which both are empty."""
    for pair in range(len(ones)):
        one, other = ones[pair], others[pair]
        mask = fill(table, shingles, ends[other], ends[other + 1])
        start = ends[one]
        for field in range(sizes.shape[1]):
            size, against = np.int64(sizes[one, field]), np.int64(sizes[other, field])
            found = shared(table, mask, shingles, start, start + size, 0)
            out[pair, field] = found / (size + against - found) if size + against else np.nan
            start += size
