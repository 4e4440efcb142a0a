"""The side of each row, before any goes out."""

import numpy as np

from instructkit.dedup.arrays import I64, Rows
from instructkit.dedup.linking import Links
from instructkit.errors import BadInput
from instructkit.mixing.splitting.assigning import Mask, assign
from instructkit.mixing.splitting.gathering import Gathered
from instructkit.mixing.splitting.holding_out import held_out, held_units
from instructkit.mixing.splitting.noting import note_units
from instructkit.mixing.splitting.report import SplitReport
from instructkit.mixing.splitting.settings import SIDES, TEST, TRAIN, Sides, SplitSettings
from instructkit.mixing.splitting.units import kinds_of, make_units

SHARED = "shares_unit_with_held_out"


class Plan:
    """The side of each row: -1 for one that is dropped. Raises `BadInput` where units are too few for the sides."""

    def __init__(
        self, gathered: Gathered, given: SplitSettings, links: Links, clusters: Rows | None, told: SplitReport
    ) -> None:
        self.units = make_units(gathered, given, links if given.near_duplicates is not None else None, clusters)
        told.units, told.largest_unit = len(self.units), int(self.units.sizes.max())
        note_units(told, gathered, given, self.units)
        self.held: Mask | None = None  # the rows of tasks that are held out
        self._names = gathered.held_by.names
        self._because = np.full(len(self.units), -1, np.int32)  # of each unit a task in it that is held out
        if given.holds_out:
            of_rows = gathered.held_by.of_rows()
            self.held = held_out(gathered.held_by, given)[of_rows]
            self._because = held_units(self.held, of_rows, self.units.of_row, len(self.units))
        free = self._because < 0
        left = int(self.units.sizes[free].sum())
        if not left:
            raise BadInput("every row shares a unit with a row that is held out: nothing is left to train")
        self.wanted = given.wanted(left)
        if len(self.units) == 1 or int(free.sum()) <= sum(map(bool, self.wanted.values())):
            raise BadInput(_too_few(int(free.sum()), left, given))
        kinds = kinds_of(self.units, gathered.tasks.of_rows(), gathered.tasks.names)
        of_units = assign(self.units, kinds, free, self.wanted, given.seed)
        self.sides: Sides = of_units[self.units.of_row]
        if self.held is not None:
            self.sides[self.held] = TEST
            self.wanted[TEST] = int(self.held.sum())
        found = np.bincount(self.sides[self.sides >= 0], minlength=len(SIDES))
        if not found[TRAIN] or any(count and not found[side] for side, count in self.wanted.items()):
            raise BadInput(_too_few(int(free.sum()), left, given))

    def reasons(self, rows: I64) -> list[list[tuple[str, str, str]]]:
        """Why rows are dropped."""
        tasks = self._because[self.units.of_row[rows]].tolist()
        return [[(SHARED, self._names[task], "")] for task in tasks]


def _too_few(units: int, rows: int, given: SplitSettings) -> str:
    by = " ".join([f"--by {' --by '.join(given.by)}", *(["--by-clusters"] if given.by_clusters else [])])
    near = given.near_duplicates is not None
    if near:
        by += f" and --near-duplicates {given.near_duplicates:g}"
    many = "one unit" if units == 1 else f"{units} units"
    hint = f"try {'--near-duplicates off, or ' if near else ''}another column with --by"
    return f"the {rows:,} rows hang together in {many} by {by}, too few for the sides: {hint}"
