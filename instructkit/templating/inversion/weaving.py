"""Two columns as one: values of the second, each behind a row of the first."""

import numpy as np
import pyarrow as pa

from instructkit.engine.worth import worth_compiling
from instructkit.templating.templates import Places


def woven(first: pa.Array, second: pa.Array, rows: Places) -> pa.Array:
    """The first column with each value of the second behind the row of its place in ``rows``, which ascend."""
    if pa.types.is_string(first.type) and not first.null_count and not second.null_count and worth_compiling():
        from instructkit.templating.inversion.weaving_loops import weave

        return weave(first, second, rows)
    order = np.empty(len(first) + len(rows), np.int64)
    order[np.arange(len(first)) + np.searchsorted(rows, np.arange(len(first)))] = np.arange(len(first))
    order[rows + np.arange(len(rows)) + 1] = len(first) + np.arange(len(rows))
    return pa.concat_arrays([first, second]).take(pa.array(order))
