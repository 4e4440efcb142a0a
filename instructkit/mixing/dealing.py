"""The rows of each cell: by the rates, within what there is, with the shares that were asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from instructkit.errors import BadInput
from instructkit.mixing.raking import CLOSE, rake
from instructkit.mixing.rates import Group, deal, largest_remainder, mixing_rates, name_of
from instructkit.mixing.settings import Constraint, MixSettings
from instructkit.mixing.tally import Cell, Tally, by_group, inside_groups


class Dealing:
    """One plan in the making: everything but the pre-training text."""

    def __init__(self, tally: Tally, settings: MixSettings, size: int | None) -> None:
        self.settings, self.size = settings, size
        self.cells = {cell: rows for cell, rows in sorted(tally.rows.items()) if cell[1] >= 0}
        self.rows = by_group(self.cells)
        self.factors = tally.factors()
        self.limits = {cell: rows * settings.epochs_of(name_of(cell[0])) for cell, rows in self.cells.items()}
        self.fixed = {group: settings.rule(name_of(group)).rows or 0 for group in self.rows
                      if settings.rule(name_of(group)).rows is not None}  # fmt: skip
        self.notes: list[str] = []

    def settle(self) -> tuple[dict[Cell, int], dict[Group, float], list[str]]:
        """The rows of each cell, the rates of the groups, and notes."""
        settings, given = self.settings, self._fixed_cells()
        free = {group: rows for group, rows in self.rows.items() if group not in self.fixed}
        rates = mixing_rates(free, settings, self.factors)
        raked = self._raked(rates, self._constraints(given)) if settings.shares and free else {}
        rates_asked = settings.temperature != 1 or settings.weights or self.factors or any(
            settings.rule(name_of(group)).share is not None for group in free)  # fmt: skip
        if self.size is not None:
            left = self.size - sum(given.values())
            if left < 0:
                raise BadInput(f"the recipe's fixed rows are {sum(given.values()):,}, more than the size {self.size:,}")
            taken = self._of_size(rates, raked, left) if free else self._nobody(left)
        elif settings.shares:
            taken = self._largest_with_shares(raked, bool(rates_asked))
        elif rates_asked:
            taken = self._largest(rates)
        else:
            taken = {(group, 0): settings.cap_of(name_of(group), rows) for group, rows in free.items()}
        total = sum(taken.values()) + sum(given.values())
        if raked:  # what the groups have by the shares; where no rates are asked, what they give
            bent: Mapping[Cell, float] = raked if rates_asked or self.size is not None else taken
            whole_of_it = sum(bent.values()) or 1
            of_groups = by_group(bent)
            rates = {group: of_groups.get(group, 0) / whole_of_it for group in rates}
        whole = {**{group: rate * (1 - sum(given.values()) / total if total else 1) for group, rate in rates.items()},
                 **{group: rows / total if total else 0.0 for group, rows in by_group(given).items()}}  # fmt: skip
        return {cell: taken.get(cell, 0) + given.get(cell, 0) for cell in self.cells}, whole, self.notes

    def _fixed_cells(self) -> dict[Cell, int]:
        """The groups with a fixed number of rows: dealt to their cells as these are large."""
        given: dict[Cell, int] = {}
        limits = inside_groups(self.limits)
        for group, wanted in self.fixed.items():
            inside = limits[group]
            dealt, notes = self._deal(dict(inside), inside, wanted)
            given.update(dealt)
            self.notes += notes
        return given

    def _nobody(self, left: int) -> dict[Cell, int]:
        if left:
            raise BadInput(f"every group has a fixed number of rows, {left:,} fewer than the size {self.size:,}")
        return {}

    def _of_size(self, rates: dict[Group, float], wanted: dict[Cell, float], size: int) -> dict[Cell, int]:
        if not self.settings.shares:
            return self._dealt({(group, 0): rate for group, rate in rates.items()}, size)
        patterns = sorted({pattern for _, pattern in wanted})
        of_patterns = {one: sum(share for cell, share in wanted.items() if cell[1] == one) for one in patterns}
        counts = largest_remainder(of_patterns, size)
        taken: dict[Cell, int] = {}
        for pattern in patterns:
            inside = {cell: share for cell, share in wanted.items() if cell[1] == pattern}
            taken.update(self._dealt(inside, counts[pattern], f"rows with {_pattern_name(pattern, self.settings)}"))
        return taken

    def _constraints(self, given: Mapping[Cell, int]) -> tuple[Constraint, ...]:
        """The shares that the other rows must have, so that all have those asked for beside what is fixed."""
        fixed = sum(given.values())
        left = (self.size or 0) - fixed
        if not fixed or left <= 0:
            return tuple(self.settings.shares)
        found = []
        for bit, one in enumerate(self.settings.shares):
            inside = one.share * (self.size or 0) - sum(rows for cell, rows in given.items() if cell[1] >> bit & 1)
            if not -1 < inside < left + 1:  # a share is met to the row
                raise BadInput(f"the recipe's fixed rows leave no room for --share {one}:{one.share:g}")
            found.append(replace(one, share=min(max(inside / left, CLOSE), 1 - CLOSE)))
        return tuple(found)

    def _dealt(self, wanted: dict[Cell, float], size: int, what: str = "rows") -> dict[Cell, int]:
        taken, notes = self._deal(wanted, {cell: self.limits[cell] for cell in wanted}, size, what)
        self.notes += notes
        return taken

    def _deal(
        self, wanted: Mapping[Cell, float], limits: Mapping[Cell, int], size: int, what: str = "rows"
    ) -> tuple[dict[Cell, int], list[str]]:
        return deal(wanted, limits, size, self.settings.on_shortage, self._name, what)

    def _name(self, cell: Cell) -> str:
        """A cell as a note names it: its group, and where there are constraints what its rows have of them."""
        pattern = f" ({_pattern_name(cell[1], self.settings)})" if self.settings.shares else ""
        return (name_of(cell[0]) or "(none)") + pattern

    def _raked(self, rates: dict[Group, float], constraints: Sequence[Constraint]) -> dict[Cell, float]:
        """The shares of the cells, by rates and constraints."""
        groups = sorted(rates)
        patterns = sorted({pattern for _, pattern in self.cells})
        rows = np.array([[self.cells.get((group, one), 0) for one in patterns] for group in groups], np.int64)
        satisfied = np.array([[bool(one >> bit & 1) for bit in range(len(constraints))] for one in patterns])
        wanted = np.array([rates[group] for group in groups])
        shares = rake(rows, wanted, satisfied, constraints)
        off = float(np.abs(shares.sum(axis=1) - wanted).max())
        if off > 0.005:
            self.notes.append(f"--share bends the groups' rates, by up to {off:.1%} of the mixture")
        return {(group, one): float(shares[row, place]) for row, group in enumerate(groups)
                for place, one in enumerate(patterns) if rows[row, place]}  # fmt: skip

    def _largest(self, rates: dict[Group, float]) -> dict[Cell, int]:
        """The largest mixture in which no group is asked for more than it has."""
        return self._largest_exact({(group, 0): rate for group, rate in rates.items()}, self._capped())

    def _largest_with_shares(self, wanted: dict[Cell, float], rates_asked: bool) -> dict[Cell, int]:
        limits = self._capped()
        if rates_asked:
            return self._largest_exact(wanted, limits)
        # groups may give as they have: the constraint that runs out first sets the size
        patterns = sorted({pattern for _, pattern in wanted})
        shares = {one: sum(share for cell, share in wanted.items() if cell[1] == one) for one in patterns}
        supply = {one: sum(limits[cell] for cell in wanted if cell[1] == one) for one in patterns}
        tightest = min((one for one in patterns if shares[one] > 0), key=lambda one: (supply[one] / shares[one], one))
        size = int(supply[tightest] / shares[tightest] + 1e-9)
        counts = largest_remainder({one: shares[one] for one in patterns}, size)
        taken: dict[Cell, int] = {}
        for one in patterns:
            inside = {cell: float(limits[cell]) for cell in wanted if cell[1] == one}
            count = min(counts[one], supply[one])
            dealt, _ = self._deal(inside, {cell: limits[cell] for cell in inside}, count)
            taken.update(dealt)
        self.notes.append(
            f"rows with {_pattern_name(tightest, self.settings)} set the size: with more, the shares would not hold "
            "(--size says otherwise)"
        )
        return taken

    def _capped(self) -> dict[Cell, int]:
        """The most rows that each cell may give where no size is asked: its group's cap, dealt to its cells."""
        found: dict[Cell, int] = {}
        for group, inside in inside_groups(self.cells).items():
            name = name_of(group)
            cap = self.settings.cap_of(name, self.rows[group])
            found.update(largest_remainder(inside, cap * self.settings.epochs_of(name)))
        return found

    def _largest_exact(self, wanted: dict[Cell, float], limits: dict[Cell, int]) -> dict[Cell, int]:
        asked = {cell: rate for cell, rate in wanted.items() if rate > 0}
        if not asked:
            self.notes.append("the rate of every group is 0: no row is taken")
            return {}
        tightest = min(asked, key=lambda cell: (limits[cell] / asked[cell], cell))
        size = int(limits[tightest] / asked[tightest] + 1e-9)
        dealt = largest_remainder(asked, size)
        self.notes.append(
            f"{self._name(tightest)} sets the size: with more rows its share would fall short (--size says otherwise)"
        )
        # rounding may ask one row too many of a group that gives all it has
        return {cell: min(count, limits[cell]) for cell, count in dealt.items()}


def _pattern_name(pattern: int, settings: MixSettings) -> str:
    """What the rows of a pattern have: "language=zh", "no language=zh"."""
    return " ".join(str(one) if pattern >> bit & 1 else f"no {one}" for bit, one in enumerate(settings.shares))
