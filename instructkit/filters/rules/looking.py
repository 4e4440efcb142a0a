"""A slow look at the few rows that a quick pattern lets through."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from instructkit.filters.rule import Mask, Verdict

FENCE = "```"  # around code


def mask_of(found: pa.BooleanArray) -> Mask:
    """An Arrow mask as a NumPy one."""
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def looked_into(candidates: pa.BooleanArray, why: Callable[..., str], *columns: pa.StringArray) -> Verdict:
    """The rows among the candidates for which ``why``, given their texts, says what is wrong."""
    rows = np.flatnonzero(mask_of(candidates))
    chosen = pa.array(rows)
    texts = zip(*(column.take(chosen).to_pylist() for column in columns), strict=True) if len(rows) else ()
    evidence = {row: said for row, text in zip(rows.tolist(), texts, strict=True) if (said := why(*text))}
    return Verdict.found(len(candidates), evidence)
