"""Which rows of each group are taken, how often, and the place of each in the mixture."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.mixing.gathering import Codes, Gathered, Numbers
from instructkit.mixing.plans import MixPlan
from instructkit.mixing.rates import Group
from instructkit.mixing.settings import MixSettings
from instructkit.mixing.tally import Cell, by_group
from instructkit.records.hashing import Hashes, redraw, salt

FEW_GROUPS = 32  # with more, the rows are sorted by group once, for 8 bytes a row
_ALL = 2**64 - 1

Rows = npt.NDArray[np.int64]
Pick = Callable[[Rows, int], Rows]  # of these rows so many


@dataclass
class Epoch:
    """The rows taken for the first time, the second, ...: ascending, each with its place in the mixture."""

    mask: npt.NDArray[np.bool_] | None  # of all rows, in the first epoch ...
    rows: Rows | None  # ... or the rows
    places: Hashes  # of all rows where there is a mask, else of the rows; the smaller come first

    def within(self, start: int, stop: int) -> tuple[Rows, Hashes]:
        """The rows taken of those from ``start`` to ``stop``, counted from ``start``, and their places."""
        if self.mask is not None:
            inside = np.flatnonzero(self.mask[start:stop])
            return inside, self.places[start:stop][inside]
        assert self.rows is not None  # noqa: S101 - it is one or the other
        first, last = np.searchsorted(self.rows, [start, stop])
        return self.rows[first:last] - start, self.places[first:last]


def lay_out(gathered: Gathered, plan: MixPlan, settings: MixSettings, pick: Pick) -> list[Epoch]:
    """Take each cell's rows and give each a place; the draws are used up, for their room is that of the places.

    Whole epochs take all rows of a cell; of the rest of its count ``pick`` chooses. In a shuffle each group's rows are
    in a random order, those of an epoch before those of the next, and the groups are interleaved evenly (see
    `Interleaving`). A curriculum does so in each of its stages, which take the same part of each group, from the easy
    rows to the hard.
    """
    mask = np.zeros(len(gathered.codes), bool)
    places = gathered.draws
    later: list[tuple[list[Rows], list[Hashes]]] = []
    interleaving = Interleaving(plan.cells, settings.seed)
    for group, members in _by_group(gathered.names, gathered.codes):
        rows, epochs = _taken(members, plan.cells, pick)
        if not len(rows):
            continue
        own = _places(group, rows, epochs, gathered, settings, interleaving)
        for epoch in range(int(epochs.max()), -1, -1):  # the first last: it takes the room of the draws
            inside = epochs == epoch
            if epoch == 0:
                mask[rows[inside]] = True
                places[rows[inside]] = own[inside]
                continue
            while len(later) < epoch:
                later.append(([], []))
            later[epoch - 1][0].append(rows[inside])
            later[epoch - 1][1].append(own[inside])
    return [Epoch(mask, None, places), *(_joined(*one) for one in later)]


class Interleaving:
    """Slots for the rows of all groups, so that any stretch of the mixture has about its shares.

    The k-th slot of a group's n lies at a random point of the k-th n-th of a circle. The circle is cut at a slot that
    is drawn from all: so every group is as likely at every place of the mixture as its share says.
    """

    def __init__(self, cells: Mapping[Cell, int], seed: int) -> None:
        self._seed = seed
        counts = by_group(cells)
        drawn = int(salt(seed, "first place")) % max(sum(counts.values()), 1)
        self._cut = np.uint64(0)
        for group, count in counts.items():
            if drawn < count:
                self._cut = self._slots(group, count, 0, _ALL)[drawn]
                break
            drawn -= count

    def places(self, group: Group, count: int) -> Hashes:
        """The places of a group's rows, ascending."""
        slots = self._slots(group, count, 0, _ALL)
        first = int(np.searchsorted(slots, self._cut))
        rotated: Hashes = np.concatenate([slots[first:], slots[:first]]) - self._cut  # around 2^64
        return rotated

    def stage(self, group: Group, count: int, number: int, stages: int) -> Hashes:
        """The places of a group's rows in one stage of a curriculum, ascending."""
        return self._slots(group, count, number * (_ALL // stages), _ALL // stages)

    def _slots(self, group: Group, count: int, start: int, width: int) -> Hashes:
        if not count:
            return np.zeros(0, np.uint64)
        step = np.uint64(width // count)
        numbers = np.arange(count, dtype=np.uint64)
        slots: Hashes = np.uint64(start) + numbers * step + redraw(numbers, self._seed, f"slot {start} {group}") % step
        return slots


def _joined(rows: Sequence[Rows], places: Sequence[Hashes]) -> Epoch:
    together = np.concatenate(rows)
    order = np.argsort(together)
    return Epoch(None, together[order], np.concatenate(places)[order])


def _by_group(names: Sequence[Cell], codes: Codes) -> Iterator[tuple[Group, list[tuple[Cell, Rows]]]]:
    """The rows of each group, cell by cell."""
    groups: dict[Group, list[int]] = {}
    for code, (group, _) in enumerate(names):
        groups.setdefault(group, []).append(code)
    if len(names) <= FEW_GROUPS:
        for group, inside in groups.items():
            yield group, [(names[code], np.flatnonzero(codes == code)) for code in inside]
        return
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(names) + 1))
    for group, inside in groups.items():
        yield group, [(names[code], order[edges[code] : edges[code + 1]]) for code in inside]


def _taken(members: list[tuple[Cell, Rows]], wanted: Any, pick: Pick) -> tuple[Rows, npt.NDArray[np.int32]]:
    """The rows of a group that are taken, and the epoch of each; a row stands there once for each epoch."""
    rows, epochs = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    for cell, inside in members:
        left, epoch = wanted.get(cell, 0), 0
        while left > 0:
            part = inside if left >= len(inside) else pick(inside, left)
            rows.append(part)
            epochs.append(np.full(len(part), epoch, np.int32))
            left -= len(part)
            epoch += 1
    return np.concatenate(rows), np.concatenate(epochs)


def _places(
    group: Group,
    rows: Rows,
    epochs: npt.NDArray[np.int32],
    gathered: Gathered,
    settings: MixSettings,
    interleaving: Interleaving,
) -> Hashes:
    """The places of a group's rows, from 0 to 2^64."""
    salted = gathered.draws[rows]
    for epoch in range(int(epochs.max()) + 1):
        inside = epochs == epoch
        salted[inside] = redraw(salted[inside], settings.seed, f"order {epoch}")
    places = np.empty(len(rows), np.uint64)
    if gathered.difficulty is None:
        order = np.lexsort((salted, epochs)) if epochs.any() else np.argsort(salted, kind="stable")
        places[order] = interleaving.places(group, len(rows))
        return places
    by_difficulty = np.lexsort((salted, gathered.difficulty[rows]))
    ends = [len(rows) * stage // settings.stages for stage in range(settings.stages + 1)]
    for stage in range(settings.stages):
        inside = by_difficulty[ends[stage] : ends[stage + 1]]
        if not len(inside):  # of a small group in many stages
            continue
        order = np.lexsort((salted[inside], epochs[inside]))
        places[inside[order]] = interleaving.stage(group, len(inside), stage, settings.stages)
    return places


def lowest_draws(draws: Hashes) -> Pick:
    """Pick at random: the rows with the lowest draws; of equal draws the earlier rows."""

    def pick(members: Rows, count: int) -> Rows:
        values = draws[members]
        limit = np.partition(values, count - 1)[count - 1]
        chosen = values < limit
        chosen[np.flatnonzero(values == limit)[: count - int(np.count_nonzero(chosen))]] = True
        taken: Rows = members[chosen]
        return taken

    return pick


def highest_scores(scores: Numbers, draws: Hashes) -> Pick:
    """Pick the rows with the highest scores, those of equal scores at random; a row without a score comes last."""

    def pick(members: Rows, count: int) -> Rows:
        order = np.lexsort((draws[members], -scores[members]))  # nan sorts last
        taken: Rows = np.sort(members[order[:count]])
        return taken

    return pick
