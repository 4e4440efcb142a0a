"""What is never torn apart: rows that share a value, a cluster or their text, through any number of others."""

from dataclasses import dataclass

import numpy as np

from instructkit.dedup.arrays import Rows
from instructkit.dedup.components import components
from instructkit.dedup.linking import Links
from instructkit.dedup.partitions import parts_of
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


def make_units(gathered: Gathered, settings: SplitSettings, links: Links | None, clusters: Rows | None) -> Units:
    """Unite the rows of one value, of one cluster, and those that are near-duplicates.

    ``links`` are the pairs of these, ``clusters`` the number of each row's cluster, or -1. A unit's key is the lowest
    hash of its rows' values in the first column they are kept together by.
    """
    pairs: list[tuple[Rows, Rows]] = []
    keys: Hashes = np.zeros(0, np.uint64)
    for place, column in enumerate(settings.by):
        values = gathered.values(column)
        pairs.append(equals_of(values))
        keys = values if place == 0 else keys
    if clusters is not None:
        inside = np.flatnonzero(clusters >= 0).astype(np.int32)
        one, other = equals_of(clusters[inside].astype(np.uint64))
        pairs.append((inside[one], inside[other]))
    rows = len(keys)
    roots = components(rows, *(np.concatenate([pair[side] for pair in pairs]) for side in range(2)))
    if links is not None:
        roots = links.groups(roots)
    of_row = (np.cumsum(roots == np.arange(rows, dtype=np.int32), dtype=np.int32) - np.int32(1))[roots]
    lowest = np.full(int(of_row.max()) + 1, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(lowest, of_row, keys)
    return Units(of_row, lowest, np.bincount(of_row, minlength=len(lowest)).astype(np.int32))


def equals_of(values: Hashes) -> tuple[Rows, Rows]:
    """The rows whose value an earlier row has, each with the last of these."""
    found, before = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for part in parts_of(values):
        rows = part[np.argsort(values[part], kind="stable")].astype(np.int32)
        again = values[rows[1:]] == values[rows[:-1]]
        found.append(rows[1:][again])
        before.append(rows[:-1][again])
    return np.concatenate(found), np.concatenate(before)


def kinds_of(units: Units, tasks: Rows, names: list[str]) -> Hashes:
    """A number for each unit that is the same for units that hold the same tasks, whatever else there is."""
    of_task = scramble(np.array([salt(0, f"task {name}") for name in names], np.uint64))
    found = np.zeros(len(units), np.uint64)
    if len(names) == 1:
        found[:] = of_task[0]
        return found
    held = units.of_row.astype(np.int64) * len(names)
    held += tasks
    held.sort()
    held = held[np.concatenate([np.ones(1, bool), held[1:] != held[:-1]])]  # each task of a unit once
    np.add.at(found, held // len(names), of_task[held % len(names)])
    return found
