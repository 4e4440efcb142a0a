"""How many rows of each group a mixture takes: the plan, before a row is written."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from instructkit.errors import UsageError


@dataclass(frozen=True)
class MixSettings:
    """What a mixture is to be."""

    by: str = "task"
    cap: int | None = None  # K: a group counts as no larger than this
    temperature: float = 1.0  # T: 1 is proportional, larger is more even
    weights: Mapping[str, float] = field(default_factory=dict)  # multiply a group's rate
    size: int | None = None  # rows in all
    max_epochs: int = 1  # how often a row may be taken
    order: str = "shuffle"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cap is not None and self.cap < 1:
            raise UsageError(f"a cap is at least 1 row, not {self.cap}")
        if not 0.01 <= self.temperature < math.inf:  # smaller ones overflow, and one group is all there is long before
            raise UsageError(f"the temperature is a number from 0.01, not {self.temperature}")
        if self.size is not None and self.size < 0:
            raise UsageError(f"the size is a number of rows, not {self.size}")
        if self.max_epochs < 1:
            raise UsageError(f"a row is taken at least once at most, so max_epochs is 1 or more, not {self.max_epochs}")
        if self.order not in ("shuffle", "given"):
            raise UsageError(f"the order is shuffle or given, not {self.order!r}")
        for group, weight in self.weights.items():
            if not 0 <= weight < math.inf:
                raise UsageError(f"the weight of {group} is a number from 0, not {weight}")


@dataclass(frozen=True)
class Share:
    """One group's line in the plan."""

    group: str
    rows: int
    rate: float  # of the mixture it should be, in [0, 1]
    taken: int

    @property
    def epochs(self) -> float:
        """How often the group's rows are seen."""
        return self.taken / self.rows if self.rows else 0.0

    def to_json(self) -> dict[str, float | int | str]:
        """The line as plain JSON values."""
        return {"group": self.group, "rows": self.rows, "rate": self.rate, "taken": self.taken, "epochs": self.epochs}


@dataclass(frozen=True)
class MixPlan:
    """What a mixture will take of each group, and what could not be as asked."""

    shares: tuple[Share, ...]
    notes: tuple[str, ...] = ()

    @property
    def taken(self) -> int:
        """Rows in all."""
        return sum(share.taken for share in self.shares)


def mixing_rates(rows: Mapping[str, int], settings: MixSettings) -> dict[str, float]:
    """Each group's share of the mixture, adding up to 1.

    r_g = w_g * min(n_g, K)^(1/T), divided by the sum over the groups: examples-proportional mixing with an
    artificial limit K and a temperature T (Raffel et al. 2020, section 3.5.2; SeqIO's ``mixing_rate_num_examples``
    scales the same way), times the user's weights.
    """
    limited = {group: min(count, settings.cap or count) for group, count in rows.items()}
    largest = max(limited.values(), default=1) or 1
    raw = {  # relative to the largest group, for a small temperature makes powers that no float holds
        group: settings.weights.get(group, 1.0) * (count / largest) ** (1 / settings.temperature)
        for group, count in limited.items()
    }
    total = sum(raw.values())
    return {group: rate / total if total else 0.0 for group, rate in raw.items()}


def make_plan(rows: Mapping[str, int], settings: MixSettings) -> MixPlan:
    """Settle the exact number of rows of each group.

    With ``size``, the rates are met to the row by largest remainder; what a short group lacks the others give, by
    their rates. Without it, temperature 1 and no weights take min(n, cap) of each group; else the largest mixture is
    made in which every share is as asked.

    Raises `UsageError` where a weight names a group that is not there.
    """
    unknown = sorted(set(settings.weights) - set(rows))
    if unknown and rows:
        raise UsageError(
            f"--weight names {unknown[0]!r}, which is no {settings.by} here; there are {', '.join(sorted(rows))}"
        )
    groups = sorted(rows)
    rates = mixing_rates({group: rows[group] for group in groups}, settings)
    limits = {group: (min(rows[group], settings.cap) if settings.cap and not settings.size else rows[group])
              * settings.max_epochs for group in groups}  # fmt: skip
    notes: list[str] = []
    if settings.size is not None:
        taken, notes = _fill(rates, limits, settings.size)
    elif settings.temperature == 1 and not settings.weights:
        taken = {group: min(rows[group], settings.cap or rows[group]) for group in groups}
    else:
        taken, notes = _largest_exact(rates, limits)
    return MixPlan(tuple(Share(group, rows[group], rates[group], taken[group]) for group in groups), tuple(notes))


def _fill(rates: Mapping[str, float], limits: Mapping[str, int], size: int) -> tuple[dict[str, int], list[str]]:
    """Deal ``size`` rows by the rates; what a group lacks goes to those that still have rows."""
    taken = dict.fromkeys(rates, 0)
    notes = []
    left = size
    while left:
        open_groups = {group: rate for group, rate in rates.items() if rate > 0 and taken[group] < limits[group]}
        if not open_groups:
            notes = [f"only {size - left:,} of {size:,} rows can be had: every group is used up "
                     "(--max-epochs N takes a row N times)"]  # fmt: skip
            break
        dealt = largest_remainder(open_groups, left)
        for group, count in dealt.items():
            given = min(count, limits[group] - taken[group])
            taken[group] += given
            left -= given
            if given < count:
                notes.append(f"{group} is short of {count - given:,} rows; the others give them")
    return taken, notes


def largest_remainder(rates: Mapping[str, float], size: int) -> dict[str, int]:
    """Deal ``size`` whole rows by rates: the floors, then one more to the largest fractions (Hamilton's method)."""
    total = sum(rates.values())
    exact = {group: size * rate / total for group, rate in rates.items()}
    dealt = {group: int(share) for group, share in exact.items()}
    by_fraction = sorted(exact, key=lambda group: (dealt[group] - exact[group], group))
    for group in by_fraction[: size - sum(dealt.values())]:
        dealt[group] += 1
    return dealt


def _largest_exact(rates: Mapping[str, float], limits: Mapping[str, int]) -> tuple[dict[str, int], list[str]]:
    """The largest mixture in which no group is asked for more than it has."""
    wanted = {group: rate for group, rate in rates.items() if rate > 0}
    if not wanted:
        return dict.fromkeys(rates, 0), []
    tightest = min(wanted, key=lambda group: (limits[group] / wanted[group], group))
    size = int(limits[tightest] / wanted[tightest] + 1e-9)
    dealt = largest_remainder(wanted, size)
    # rounding may ask one row too many of a group that gives all it has
    taken = {group: min(dealt.get(group, 0), limits[group]) for group in rates}
    return taken, [f"{tightest} sets the size: with more rows its share would fall short (--size says otherwise)"]
