"""Which unit goes to which side: shares met in every task, as nearly as whole units allow."""

from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.mixing.splitting.settings import SIDES, TRAIN, Sides
from instructkit.mixing.splitting.units import Units
from instructkit.records.hashing import Hashes, redraw

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


def assign(units: Units, kinds: Hashes, free: Mask, wanted: dict[int, int], seed: int) -> Sides:
    """The side of each unit that is free; -1 for the others.

    ``kinds`` is a number for each unit, equal for units that hold the same tasks. Each kind gives a side rows by
    largest remainder. Its units are taken in the order of a hash of seed, side and key; one that is too large is passed
    over, and what is over or short in the end is left to the next kind, those of the largest units first. So the sum
    comes as near as the units of the last kinds allow.
    """
    sides = np.where(free, TRAIN, -1).astype(np.int8)
    numbers, first, rows = _kinds(units, kinds, free)
    largest = np.zeros(len(rows), np.int64)
    np.maximum.at(largest, numbers[free], units.sizes[free])
    for side, count in wanted.items():
        if not count:
            continue
        ties = redraw(first, seed, f"ties {SIDES[side]}")
        quotas = deal(rows, count, ties)
        draws = redraw(units.keys, seed, f"split {SIDES[side]}")
        left = np.flatnonzero(sides == TRAIN)
        left = left[np.lexsort((draws[left], numbers[left]))]
        edges = np.searchsorted(numbers[left], np.arange(len(rows) + 1))
        over = 0
        for kind in np.lexsort((ties, -largest)).tolist():
            members = left[edges[kind] : edges[kind + 1]]
            need = int(quotas[kind]) + over
            taken = members[fill(units.sizes[members], need)]
            sides[taken] = side
            over = need - int(units.sizes[taken].sum())
        rest = np.flatnonzero(sides == TRAIN)
        rest = rest[np.argsort(draws[rest], kind="stable")]
        chosen = fill(units.sizes[rest], over)
        if not chosen.any() and not (sides == side).any() and len(rest) > 1:
            chosen[np.argmin(units.sizes[rest])] = True  # more than was asked for, rather than nothing
        sides[rest[chosen]] = side
    return sides


def _kinds(units: Units, kinds: Hashes, free: Mask) -> tuple[Numbers, Hashes, Numbers]:
    """Kinds as numbers from 0, by unit (those that are not free are 0), what each was, and the rows of each."""
    found, inside = np.unique(kinds[free], return_inverse=True)
    numbers = np.zeros(len(kinds), np.int64)
    numbers[free] = inside
    rows = np.zeros(len(found), np.int64)
    np.add.at(rows, inside, units.sizes[free])
    return numbers, found, rows


def deal(rows: Numbers, count: int, ties: Hashes) -> Numbers:
    """Deal a number of rows to groups in proportion to their rows: the floors, then one to each largest remainder.

    Of equal remainders those with the lower ``ties`` are first (Hamilton's method, in whole numbers).
    """
    total = max(1, int(rows.sum()))
    shares = [divmod(int(one) * count, total) for one in rows.tolist()]
    dealt = np.array([whole for whole, _ in shares], np.int64)
    remainders = np.array([remainder for _, remainder in shares], np.int64)
    dealt[np.lexsort((ties, -remainders))[: count - int(dealt.sum())]] += 1
    return dealt


def fill(sizes: npt.NDArray[Any], need: int) -> Mask:
    """Which of some units are taken, in their order, so that their rows come as near to ``need`` as they may.

    All are taken that fit; then the smallest that is left, if with it the rows come as near from above.
    """
    taken = np.zeros(len(sizes), bool)
    left = np.arange(len(sizes))
    while need > 0:
        left = left[sizes[left] <= need]
        if not len(left):
            break
        ends = np.cumsum(sizes[left], dtype=np.int64)
        count = int(np.searchsorted(ends, need, "right"))
        taken[left[:count]] = True
        need -= int(ends[count - 1])
        left = left[count:]
    rest = np.flatnonzero(~taken)
    if need > 0 and len(rest):
        smallest = rest[np.argmin(sizes[rest])]
        taken[smallest] = sizes[smallest] - need <= need
    return taken
