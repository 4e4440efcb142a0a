"""What is never torn apart: rows that share a value, a cluster or their text, through any number of others."""

from dataclasses import dataclass

import numpy as np

from instructkit.dedup.arrays import Rows
from instructkit.dedup.components import components
from instructkit.mixing.splitting.gathering import Gathered
from instructkit.mixing.splitting.settings import SplitSettings
from instructkit.records.hashing import Hashes, salt, scramble


@dataclass(frozen=True)
class Units:
    """The unit of each row, and of each unit its key (a hash that hangs on its values alone) and its rows."""

    of_row: Rows
    keys: Hashes
    sizes: Rows

    def __len__(self) -> int:
        return len(self.keys)


def make_units(gathered: Gathered, settings: SplitSettings, near: Rows | None, clusters: Rows | None) -> Units:
    """Unite the rows of one value, of one cluster, and those that are near-duplicates.

    ``near`` names for each row the first it is alike; ``clusters`` the number of each row's cluster, or -1. A unit's
    key is the lowest hash of its rows' values in the first column they are kept together by.
    """
    pairs: list[tuple[Rows, Rows]] = []
    keys: Hashes = np.zeros(0, np.uint64)
    for place, column in enumerate(settings.by):
        values = gathered.values(column)
        pairs.append(_pairs(first_of(values)))
        keys = values if place == 0 else keys
    if near is not None:
        pairs.append(_pairs(near))
    if clusters is not None:
        inside = np.flatnonzero(clusters >= 0).astype(np.int32)
        pairs.append((inside, inside[first_of(clusters[inside])]))
    rows = len(keys)
    roots = components(rows, *(np.concatenate([pair[side] for pair in pairs]) for side in range(2)))
    is_root = roots == np.arange(rows, dtype=np.int32)
    of_row = (np.cumsum(is_root, dtype=np.int32) - np.int32(1))[roots]
    lowest = np.full(int(is_root.sum()), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(lowest, of_row, keys)
    return Units(of_row, lowest, np.bincount(of_row, minlength=len(lowest)).astype(np.int32))


def first_of(values: Hashes | Rows) -> Rows:
    """For each row the first that has its value."""
    order = np.argsort(values, kind="stable").astype(np.int32)
    ordered = values[order]
    new = np.concatenate([np.ones(1, bool), ordered[1:] != ordered[:-1]])[: len(order)]
    place = np.maximum.accumulate(np.where(new, np.arange(len(order), dtype=np.int32), np.int32(0)))
    firsts = np.empty(len(order), np.int32)
    firsts[order] = order[place]
    return firsts


def _pairs(firsts: Rows) -> tuple[Rows, Rows]:
    """The rows that are not the first, each with the first."""
    rows = np.flatnonzero(firsts != np.arange(len(firsts), dtype=np.int32)).astype(np.int32)
    return rows, firsts[rows]


def strata(units: Units, tasks: Rows, names: list[str]) -> Hashes:
    """A number for each unit that is the same for units that hold the same tasks, whatever else there is."""
    kinds = np.unique(units.of_row.astype(np.int64) * len(names) + tasks)
    of_task = scramble(np.array([salt(0, f"task {name}") for name in names], np.uint64))
    found = np.zeros(len(units), np.uint64)
    np.add.at(found, kinds // len(names), of_task[kinds % len(names)])
    return found
