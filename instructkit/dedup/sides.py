"""Sides that rows are on, as bits, and rows that have one text."""

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import Mask, Rows
from instructkit.dedup.components import components

Sides = npt.NDArray[np.int8]  # of each row, from 0; -1 for a row that is on none


def with_copies(firsts: Rows, united: Rows | None) -> Rows:
    """For each row the lowest it hangs together with when equal rows do, and what is united anyway."""
    rows = np.arange(len(firsts), dtype=np.int32)
    others = [firsts] if united is None else [firsts, united]
    moved = [np.flatnonzero(other != rows).astype(np.int32) for other in others]
    return components(
        len(rows), np.concatenate(moved), np.concatenate([one[at] for one, at in zip(others, moved, strict=True)])
    )


def side_masks(sides: Sides, firsts: Rows) -> npt.NDArray[np.uint8]:
    """For the first of equal rows a bit for each side they are on."""
    masks = np.zeros(len(sides), np.uint8)
    np.bitwise_or.at(masks, firsts, _bits(sides))
    return masks


def on_another_side(sides: Sides, near: npt.NDArray[np.uint8]) -> Mask:
    """The rows for which ``near`` has a bit that is not their own side's."""
    found: Mask = (sides >= 0) & ((near & ~_bits(sides)) != 0)
    return found


def _bits(sides: Sides) -> npt.NDArray[np.uint8]:
    bits: npt.NDArray[np.uint8] = np.where(sides >= 0, 1 << np.maximum(sides, 0), 0).astype(np.uint8)
    return bits
