"""What a mixture is to be."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from instructkit.errors import UsageError

ORDERS = ("shuffle", "given", "curriculum")
SHORTAGES = ("redistribute", "refuse", "smaller")
MEASURES = ("rows", "chars", "tokens")
PRETRAINING_AS = ("continuation", "text")
PRETRAINING = "pretraining"  # the task, and the group, of rows of pre-training text
MOST_ROWS = 10**15  # below 2^53, so that floats count them
MOST_EPOCHS = 1_000  # each takes room and time of its own; past a handful it teaches nothing
MOST_STAGES = 1_000
MOST_SHARES = 16  # rows are told apart by which of them they satisfy: up to 2^16 kinds in a group
SEPARATOR = "/"  # between the names of nested groups


@dataclass(frozen=True)
class GroupRule:
    """What a recipe says of one group: a fixed share or count in place of a rate, or limits of its own."""

    share: float | None = None  # in (0, 1], of the rows beside fixed ones and pre-training text
    rows: int | None = None  # exactly so many, whatever the rates
    cap: int | None = None  # in place of the mixture's
    max_epochs: int | None = None  # in place of the mixture's

    def __post_init__(self) -> None:
        if self.share is not None and self.rows is not None:
            raise UsageError("a group has a fixed share or a fixed number of rows, not both")
        if self.share is not None and not 0 < self.share <= 1:
            raise UsageError(f"a group's share is above 0 and at most 1, not {self.share:g}")
        if self.rows is not None and self.rows < 0:
            raise UsageError(f"a group's rows are a number from 0, not {self.rows}")
        _check_cap(self.cap)
        _check_epochs(self.max_epochs)


@dataclass(frozen=True)
class Constraint:
    """A share of the mixture that rows with one value in one column must have."""

    column: str
    value: str
    share: float  # of the mixture, in (0, 1)

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise UsageError(f"--share {self}: the share is between 0 and 1, not {self.share:g}")

    def __str__(self) -> str:
        return f"{self.column}={self.value}"


@dataclass(frozen=True)
class MixSettings:
    """What a mixture is to be: its groups and their rates, its size, which rows it takes, and their order."""

    by: str | Sequence[str] = "task"  # columns that make groups; of several, each nests in the one before
    cap: int | None = None  # K: a group counts as no larger than this
    temperature: float = 1.0  # T: 1 is proportional, larger is more even, infinity equal shares
    weights: Mapping[str, float] = field(default_factory=dict)  # multiply a group's rate
    groups: Mapping[str, GroupRule] = field(default_factory=dict)  # what a recipe fixes
    quality: str | None = None  # a column of scores, whose mean in a group multiplies its rate
    shares: Sequence[Constraint] = ()
    size: int | None = None  # rows in all
    max_epochs: int = 1  # how often a row may be taken
    on_shortage: str = "redistribute"  # what a group lacks: others give it, it is refused, or left out
    select: str = "random"  # or score:COLUMN, diverse, diverse:embedding, diverse:COLUMN
    order: str = "shuffle"
    curriculum: str | None = None  # length, rarity, COLUMN, or -COLUMN: what is easy comes first
    stages: int = 10  # of a curriculum
    pretraining_share: float | None = None
    pretraining_as: str = "continuation"
    count_by: str = "rows"  # what the share of pre-training text is a share of
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "by", (self.by,) if isinstance(self.by, str) else tuple(self.by))
        object.__setattr__(self, "shares", tuple(self.shares))
        if not self.by or len(set(self.by)) < len(self.by):
            raise UsageError("--by names one column or more, each once")
        _check_cap(self.cap)
        _check_epochs(self.max_epochs)
        # smaller ones overflow, and one group is all there is long before; nan is no number
        if not self.temperature >= 0.01:
            raise UsageError(
                f"the temperature is a number from 0.01, not {self.temperature} (towards 0 the largest group is all "
                "there is; inf gives each group an equal share)"
            )
        if self.size is not None and not 0 <= self.size <= MOST_ROWS:
            raise UsageError(f"the size is a number of rows from 0 to {MOST_ROWS:,}, not {self.size}")
        for group, weight in self.weights.items():
            if not 0 <= weight < math.inf:
                raise UsageError(f"the weight of {group} is a number from 0, not {weight}")
        for name, value, known in (("order", self.order, ORDERS), ("on_shortage", self.on_shortage, SHORTAGES),
                                   ("count_by", self.count_by, MEASURES),
                                   ("pretraining_as", self.pretraining_as, PRETRAINING_AS)):  # fmt: skip
            if value not in known:
                raise UsageError(f"--{name.replace('_', '-')} is {', '.join(known[:-1])} or {known[-1]}, not {value!r}")
        self._check_select()
        self._check_curriculum()
        self._check_groups()
        if len(self.shares) > MOST_SHARES:
            raise UsageError(f"--share may be given {MOST_SHARES} times, not {len(self.shares)}")
        if self.pretraining_share is not None and not 0 < self.pretraining_share < 1:
            raise UsageError(f"--pretraining-share is between 0 and 1, not {self.pretraining_share:g}")

    def _check_groups(self) -> None:
        for group, rule in self.groups.items():
            fixed = "share" if rule.share is not None else "number of rows" if rule.rows is not None else None
            if fixed and self.weights.get(group, 1) != 1:
                raise UsageError(f"the weight of {group} has no effect beside its fixed {fixed}: leave one out")
            if rule.rows is not None and rule.cap is not None:
                raise UsageError(f"the cap of {group} has no effect beside its fixed number of rows: leave one out")
        shares = sum(rule.share or 0 for rule in self.groups.values())
        if shares > 1 + 1e-9:
            raise UsageError(f"the fixed shares of the recipe's groups add up to {shares:g}, more than 1")
        if self.size is None and self.shares and any(rule.rows is not None for rule in self.groups.values()):
            raise UsageError("--share beside groups with a fixed number of rows needs --size")

    def _check_select(self) -> None:
        kind, colon, what = self.select.partition(":")
        known = {"random": not colon, "score": bool(what), "diverse": not colon or bool(what)}
        if known.get(kind):
            return
        raise UsageError(f"--select is random, score:COLUMN, diverse or diverse:VECTORS, not {self.select!r}")

    def _check_curriculum(self) -> None:
        if (self.order == "curriculum") != (self.curriculum is not None):
            raise UsageError("--order curriculum and --curriculum (length, rarity, COLUMN or -COLUMN) go together")
        if not 1 <= self.stages <= MOST_STAGES:
            raise UsageError(f"a curriculum has 1 to {MOST_STAGES:,} stages, not {self.stages}")

    @property
    def easy_by(self) -> str:
        """What a curriculum goes by: length, rarity, a column, or nothing."""
        return (self.curriculum or "").lstrip("-")

    @property
    def easy_sign(self) -> int:
        """1 where small numbers are easy, -1 where large ones are."""
        return -1 if (self.curriculum or "").startswith("-") else 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that make groups, the outermost first."""
        return tuple(self.by)

    def rule(self, group: str) -> GroupRule:
        """What the recipe says of a group."""
        return self.groups.get(group, _NO_RULE)

    def cap_of(self, group: str, rows: int) -> int:
        """The rows that a group counts for."""
        own = self.rule(group).cap
        cap = self.cap if own is None else own
        return rows if cap is None else min(rows, cap)

    def epochs_of(self, group: str) -> int:
        """How often a group's rows may be taken."""
        return self.rule(group).max_epochs or self.max_epochs

    def arguments(self) -> dict[str, Any]:
        """The settings as lineage keeps them: what groups go by, and all that is not as usual."""
        found = asdict(self)
        found["shares"] = {str(one): one.share for one in self.shares}
        found["groups"] = {
            name: {key: value for key, value in rule.items() if value is not None}
            for name, rule in found["groups"].items()
        }
        usual = asdict(MixSettings())
        kept = {name: found[name] for name in (one.name for one in fields(self))
                if found[name] != usual[name] and found[name] not in (None, {})}  # fmt: skip
        kept.pop("seed", None)
        by = self.columns[0] if len(self.columns) == 1 else list(self.columns)
        return {"by": by, "temperature": self.temperature, "order": self.order, **kept}


def _check_cap(cap: int | None) -> None:
    if cap is not None and cap < 1:
        raise UsageError(f"a cap is at least 1 row, not {cap}")


def _check_epochs(epochs: int | None) -> None:
    if epochs is not None and not 1 <= epochs <= MOST_EPOCHS:
        raise UsageError(f"max_epochs, how often a row may be taken, is 1 to {MOST_EPOCHS:,}, not {epochs}")


_NO_RULE = GroupRule()
