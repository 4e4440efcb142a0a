"""The plan of a mixture: how many rows each group gives, before one is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from instructkit.errors import BadInput
from instructkit.mixing.raking import CLOSE, rake
from instructkit.mixing.rates import Group, check_names, deal, first_of, largest_remainder, mixing_rates, name_of
from instructkit.mixing.settings import PRETRAINING, Constraint, MixSettings

MANY_EPOCHS = 4  # from more on, repeating is worth ever less than new text (Muennighoff et al. 2023, section 5)
MOST = 0.5  # of a mixture, before one group is all it teaches

Cell = tuple[Group, int]  # a group, and which constraints its rows satisfy: one bit each
PRETRAINING_CELL: Cell = ((PRETRAINING,), -1)


@dataclass
class Tally:
    """What there is to mix: the rows, characters and estimated tokens of each cell, and the groups' mean scores."""

    rows: dict[Cell, int] = field(default_factory=dict)
    chars: dict[Cell, int] = field(default_factory=dict)
    tokens: dict[Cell, int] = field(default_factory=dict)
    scores: dict[Group, tuple[float, int]] = field(default_factory=dict)  # their sum, and how many there are

    @property
    def of_groups(self) -> dict[Group, int]:
        """The rows of each group, by name, without the pre-training text."""
        return _by_group({cell: rows for cell, rows in self.rows.items() if cell != PRETRAINING_CELL})

    def factors(self) -> dict[Group, float]:
        """Each group's mean score over the mean of all; 1 where a group has none. Raises `BadInput` below 0."""
        total, number = (sum(one[place] for one in self.scores.values()) for place in (0, 1))
        if not number:
            return {}
        overall = total / number
        # rounded, for the last digits of a sum hang on the batches it was made of
        means = {group: float(f"{score / count:.12g}") if count else overall
                 for group, (score, count) in self.scores.items()}  # fmt: skip
        worst = min(means, key=lambda group: (means[group], group))
        if means[worst] < 0 or overall <= 0:
            raise BadInput(
                f"the mean score of {name_of(worst)} is {means[worst]:g}: rates are multiplied by scores from 0"
            )
        return {group: mean / overall for group, mean in means.items()}

    def mean(self, cell: Cell, measure: str) -> float:
        """The mean length of a cell's rows: 1 when counted by rows."""
        if measure == "rows":
            return 1.0
        return (self.chars if measure == "chars" else self.tokens).get(cell, 0) / max(self.rows[cell], 1)


@dataclass(frozen=True)
class Share:
    """One group's line in the plan."""

    group: str
    rows: int
    natural: float  # of all rows, in [0, 1]
    rate: float  # of the mixture it should be, in [0, 1]
    taken: int
    tokens: int  # of what is taken, estimated from the mean of its rows; 0 where they were not counted

    @property
    def epochs(self) -> float:
        """How often the group's rows are seen."""
        return self.taken / self.rows if self.rows else 0.0

    def to_json(self) -> dict[str, float | int | str]:
        """The line as plain JSON values."""
        line: dict[str, float | int | str] = {
            "group": self.group, "rows": self.rows, "natural": self.natural, "rate": self.rate, "taken": self.taken,
            "epochs": self.epochs,
        }  # fmt: skip
        return line | {"tokens": self.tokens} if self.tokens else line


@dataclass(frozen=True)
class MixPlan:
    """What a mixture will take of each group, and what could not be as asked."""

    shares: tuple[Share, ...]
    notes: tuple[str, ...] = ()
    cells: Mapping[Cell, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """Rows in all."""
        return sum(share.taken for share in self.shares)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return {"mixture": [share.to_json() for share in self.shares], "rows": self.taken, "notes": list(self.notes)}


def make_plan(tally: Tally, settings: MixSettings) -> MixPlan:
    """Settle the exact number of rows of each group.

    With ``size``, the rates are met to the row by largest remainder. Without it, temperature 1 and nothing else that
    asks for rates take min(n, cap) of each group; else the largest mixture is made in which every share is as asked.

    Raises `UsageError` for the name of a group that is not there, `BadInput` for what can't be had.
    """
    rows = tally.of_groups
    check_names(rows, settings)
    if not rows:
        return MixPlan(())
    text, size, notes = 0, settings.size, []
    if settings.pretraining_share is not None and size is not None:
        text = _text_of_size(tally, settings, size)
        size -= text
    cells, rates, said = _Planning(tally, settings, size).settle()
    notes += said
    if settings.pretraining_share is not None:
        if settings.size is None:
            text = _text_beside(tally, settings, cells)
        cells, rates = _with_text(tally, settings, cells, rates, text)
    shares = _shares(tally, cells, rates)
    return MixPlan(shares, tuple(notes + _warnings(shares)), cells)


class _Planning:
    """One plan in the making: everything but the pre-training text."""

    def __init__(self, tally: Tally, settings: MixSettings, size: int | None) -> None:
        self.settings, self.size = settings, size
        self.cells = {cell: rows for cell, rows in sorted(tally.rows.items()) if cell[1] >= 0}
        self.rows = _by_group(self.cells)
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
            of_groups = _by_group(bent)
            rates = {group: of_groups.get(group, 0) / whole_of_it for group in rates}
        whole = {**{group: rate * (1 - sum(given.values()) / total if total else 1) for group, rate in rates.items()},
                 **{group: rows / total if total else 0.0 for group, rows in _by_group(given).items()}}  # fmt: skip
        return {cell: taken.get(cell, 0) + given.get(cell, 0) for cell in self.cells}, whole, self.notes

    def _fixed_cells(self) -> dict[Cell, int]:
        """The groups with a fixed number of rows: dealt to their cells as these are large."""
        given: dict[Cell, int] = {}
        limits = _inside_groups(self.limits)
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
        for group, inside in _inside_groups(self.cells).items():
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


Number = TypeVar("Number", int, float)


def _by_group(cells: Mapping[Cell, Number]) -> dict[Group, Number]:
    """The sum over each group's cells, by name."""
    found: dict[Group, Number] = {}
    for (group, _), number in sorted(cells.items()):
        found[group] = found[group] + number if group in found else number
    return found


def _inside_groups(cells: Mapping[Cell, Number]) -> dict[Group, dict[Cell, Number]]:
    """The cells of each group."""
    found: dict[Group, dict[Cell, Number]] = {}
    for cell, number in cells.items():
        found.setdefault(cell[0], {})[cell] = number
    return found


def _pattern_name(pattern: int, settings: MixSettings) -> str:
    """What the rows of a pattern have: "language=zh", "no language=zh"."""
    return " ".join(str(one) if pattern >> bit & 1 else f"no {one}" for bit, one in enumerate(settings.shares))


def _text_of_size(tally: Tally, settings: MixSettings, size: int) -> int:
    """The rows of pre-training text in a mixture of so many rows, by the mean length of the others' rows."""
    share = settings.pretraining_share or 0.0
    rest, own = _mean_of_others(tally, settings), tally.mean(PRETRAINING_CELL, settings.count_by)
    # x rows of length ``own`` are this share of x * own + (size - x) * rest
    exact = share * size * rest / (own * (1 - share) + share * rest) if own + rest else 0.0
    return min(int(exact + 0.5), size)


def _mean_of_others(tally: Tally, settings: MixSettings) -> float:
    """The mean length of a row of the groups as the rates mix them."""
    rows = tally.of_groups
    rates = mixing_rates(rows, settings, tally.factors())
    whole = _by_group({cell: tally.mean(cell, settings.count_by) * count for cell, count in tally.rows.items()
                       if cell != PRETRAINING_CELL})  # fmt: skip
    return sum(rate * whole[group] / max(rows[group], 1) for group, rate in rates.items())


def _text_beside(tally: Tally, settings: MixSettings, cells: Mapping[Cell, int]) -> int:
    """The rows of pre-training text beside what is taken of the groups."""
    share = settings.pretraining_share or 0.0
    taken = sum(tally.mean(cell, settings.count_by) * rows for cell, rows in cells.items() if rows)
    own = tally.mean(PRETRAINING_CELL, settings.count_by)
    return int(share / (1 - share) * taken / own + 0.5) if own else 0


def _with_text(
    tally: Tally, settings: MixSettings, cells: dict[Cell, int], rates: dict[Group, float], wanted: int
) -> tuple[dict[Cell, int], dict[Group, float]]:
    """The plan with the pre-training text in it."""
    most = tally.rows.get(PRETRAINING_CELL, 0) * settings.max_epochs
    if wanted > most and settings.on_shortage != "smaller":
        raise BadInput(
            f"--pretraining-share {settings.pretraining_share:g} asks for {wanted:,} rows of text, and {most:,} may be "
            "taken: give more text, a smaller share, --max-epochs, or --on-shortage smaller"
        )
    text = min(wanted, most)
    total = sum(cells.values()) + wanted
    rate = wanted / total if total else 0.0
    found = {group: share * (1 - rate) for group, share in rates.items()}
    own = PRETRAINING_CELL[0]
    return {**cells, PRETRAINING_CELL: text}, {**found, own: found.get(own, 0.0) + rate}


def _shares(tally: Tally, cells: Mapping[Cell, int], rates: Mapping[Group, float]) -> tuple[Share, ...]:
    taken, rows = _by_group(cells), _by_group(tally.rows)
    everything = sum(rows.values())
    tokens = {cell: round(tally.mean(cell, "tokens") * count) for cell, count in cells.items()}
    held = _by_group(tokens)
    return tuple(
        Share(name_of(group), rows[group], rows[group] / everything if everything else 0.0, rates[group],
              taken[group], held[group])
        for group in rows
    )  # fmt: skip


def _warnings(shares: tuple[Share, ...]) -> list[str]:
    total = sum(share.taken for share in shares)
    found = [
        f"warning: {share.group or '(none)'} is taken {share.epochs:.1f} times; past {MANY_EPOCHS} that teaches little"
        for share in shares
        if share.epochs > MANY_EPOCHS
    ]
    found = first_of(found, f"groups are taken more than {MANY_EPOCHS} times")
    if len(shares) > 1:
        found += [f"warning: {share.group or '(none)'} is {share.taken / total:.0%} of the mixture"
                  for share in shares if total and share.taken > MOST * total]  # fmt: skip
    return found
