"""Bitmaps that tell what was seen, in compiled loops."""

from typing import Any

import numpy as np

from instructkit.engine.jit import inner


@inner("uint64(uint64[::1], uint64)")
def bit(marks: Any, slot: Any) -> Any:
    """A bit of a bitmap: 1 or 0; ``slot`` is taken modulo its bits, a power of 2."""
    slot &= np.uint64(64 * len(marks) - 1)
    return (marks[slot >> np.uint64(6)] >> (slot & np.uint64(63))) & np.uint64(1)
