"""Which unit goes to which side: shares met in every task, as nearly as whole units allow."""

from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import Rows
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
    members, names = _by_kind(kinds, free)
    rows = np.array([int(units.sizes[one].sum()) for one in members], np.int64)
    largest = np.array([int(units.sizes[one].max()) for one in members], np.int64)
    for side, count in wanted.items():
        if not count:
            continue
        purpose = f"split {SIDES[side]}"
        ties = redraw(names, seed, f"ties {SIDES[side]}")
        quotas = deal(rows, count, ties)
        over = 0
        for kind in np.lexsort((ties, -largest)).tolist():
            need = int(quotas[kind]) + over
            taken = _drawn(units, members[kind], sides, need, seed, purpose)
            sides[taken] = side
            over = need - int(units.sizes[taken].sum())
        if over > 0:
            sides[_drawn(units, np.flatnonzero(free).astype(np.int32), sides, over, seed, purpose)] = side
        rest = np.flatnonzero(sides == TRAIN)
        if not (sides == side).any() and len(rest) > 1:  # more than was asked for, rather than nothing
            smallest = rest[units.sizes[rest] == units.sizes[rest].min()]
            sides[smallest[np.argmin(redraw(units.keys[smallest], seed, purpose))]] = side
    return sides


def _by_kind(kinds: Hashes, free: Mask) -> tuple[list[Rows], Hashes]:
    """The units of each kind that are free, and what each kind is."""
    order = np.flatnonzero(free).astype(np.int32)
    order = order[np.argsort(kinds[order], kind="stable")]
    ordered = kinds[order]
    starts = np.flatnonzero(np.concatenate([np.ones(1, bool), ordered[1:] != ordered[:-1]]))
    return np.split(order, starts[1:]), ordered[starts]


def _drawn(units: Units, members: Rows, sides: Sides, need: int, seed: int, purpose: str) -> Rows:
    """The units among some that go to a side for which so many rows are needed."""
    if need <= 0:
        return members[:0]
    left = members[sides[members] == TRAIN]
    left = left[np.argsort(redraw(units.keys[left], seed, purpose), kind="stable")]
    taken: Rows = left[fill(units.sizes[left], need)]
    return taken


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
    left = np.arange(len(sizes), dtype=np.int32)
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
