"""Scrambling 64 bits, in a compiled loop."""

from typing import Any

import numpy as np

from instructkit.engine.jit import inner


@inner("uint64(uint64)")
def mix(value: Any) -> Any:
    """Scramble 64 bits (the finalizer of SplitMix64, Steele et al. 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
