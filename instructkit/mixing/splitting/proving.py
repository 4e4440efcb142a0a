"""What stands on two sides, counted from the rows as they go out."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.dedup.arrays import I64, Rows
from instructkit.dedup.linking import Links
from instructkit.mixing.splitting.assigning import Mask
from instructkit.mixing.splitting.gathering import value_hashes
from instructkit.mixing.splitting.report import HELD_OUT, Border
from instructkit.mixing.splitting.settings import SIDES, TRAIN, Sides, SplitSettings
from instructkit.records.hashing import Hashes

SHOWN = 10  # ids of rows that leak
LOW = np.uint64(3)  # the bits that a side takes


class Proof:
    """Notes each row that goes out: its side, and its values (8 bytes a row for each column)."""

    def __init__(self, rows: int, settings: SplitSettings) -> None:
        self._settings = settings
        self.sides: Sides = np.full(rows, -1, np.int8)
        columns = dict.fromkeys([*settings.by, "parent"])
        self._values: dict[str, list[Hashes]] = {name: [] for name in columns}
        self._named: dict[str, list[Mask]] = {name: [] for name in columns}

    def add(self, rows: I64, batch: pa.RecordBatch, labels: pa.Array) -> None:
        """Note rows of a batch, by their numbers, as they were given to sides by the column ``labels``."""
        coded = labels.dictionary_encode()
        codes = np.array([SIDES.index(name) for name in coded.dictionary.to_pylist()], np.int8)
        self.sides[rows] = codes[np.asarray(coded.indices)]
        for name in self._values:
            values, empty = value_hashes(batch, name)
            self._values[name].append(values)
            self._named[name].append(~empty)

    def finish(self, links: Links, clusters: Rows | None, held: Mask | None) -> Iterator[tuple[Border, I64]]:
        """What was found of each border, and the rows beside the training ones that cross it.

        ``held`` are the rows of tasks that are held out.
        """
        out = np.flatnonzero(self.sides >= 0)
        for name in list(self._values):
            named = np.concatenate([*self._named.pop(name), np.zeros(0, bool)])
            values = np.concatenate([*self._values.pop(name), np.zeros(0, np.uint64)])
            yield self._shared(name, values[named], out[named])
        if clusters is not None:
            inside = out[clusters[out] >= 0]
            yield self._shared("cluster", clusters[inside].astype(np.uint64) << np.uint64(2), inside)
        if held is not None:
            outside = np.flatnonzero(held & (self.sides >= 0) & (self.sides != SIDES.index("test")))
            yield (
                Border(f"{HELD_OUT} {self._settings.hold_out_by}", int(held.sum()), len(outside), len(outside)),
                outside,
            )
        crossing = np.flatnonzero(links.across(self.sides) & (self.sides != TRAIN))
        threshold = self._settings.threshold
        yield (
            Border("near-duplicates", len(out), len(crossing), len(crossing), threshold, links.search),
            crossing,
        )

    def _shared(self, name: str, values: Any, rows: I64) -> tuple[Border, I64]:
        """The values that stand on two sides: sorted with the side in their two lowest bits, neighbors tell."""
        if not len(values):
            return Border(name, 0, 0, 0), rows[:0]
        sides = self.sides[rows]
        packed = (values & ~LOW) | sides.astype(np.uint64)
        packed.sort()
        apart = packed[1:] ^ packed[:-1]
        looked_at = 1 + int((apart > LOW).sum())
        crossing = np.unique(packed[1:][(apart != 0) & (apart <= LOW)] & ~LOW)
        if not len(crossing):
            return Border(name, looked_at, 0, 0), rows[:0]
        found = rows[np.isin(values & ~LOW, crossing) & (sides != TRAIN)]
        return Border(name, looked_at, len(crossing), len(found)), found
