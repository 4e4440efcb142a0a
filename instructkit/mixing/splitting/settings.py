"""What ``split`` may be told."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from instructkit.errors import BadInput, UsageError

SIDES = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
Sides = npt.NDArray[np.int8]  # the side of each row or unit, by its place in SIDES; -1 for none

TEST_SHARE = 0.1  # where nothing is said, and no task held out
THRESHOLD = 0.8  # of near-duplicates: that of dedup
Amount = int | float  # whole: rows; with a fraction, below 1: a share of the rows


def parse_amount(text: str) -> Amount:
    """Rows ("500") or a share of them ("0.1", "10%"); raises `ValueError` for what is neither."""
    if text.endswith("%"):
        return float(text[:-1]) / 100
    try:
        return int(text)
    except ValueError:
        return float(text)


@dataclass(frozen=True)
class SplitSettings:
    """How large the sides are, and what must not stand on two of them."""

    test: Amount | None = None  # TEST_SHARE, or what is held out
    validation: Amount = 0
    by: tuple[str, ...] = ("parent",)  # rows with one value there stay together
    by_clusters: str | None = None  # a file of rows that stay together
    near_duplicates: float | None = THRESHOLD  # similarity from which rows stay together; None: they may part
    hold_out_task: tuple[str, ...] = ()  # names or globs: these tasks are the test side
    hold_out_share: float | None = None  # or tasks drawn until they hold this share of the rows
    hold_out_by: str = "task"  # the column those are names of
    on_leak: str = "warn"
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "by", tuple(dict.fromkeys(self.by)))  # one that is named twice is one
        for name, amount in (("test", self.test), ("validation", self.validation)):
            if isinstance(amount, float) and not 0 < amount < 1:
                raise UsageError(f"--{name} {amount:g}: a share lies between 0 and 1, and rows are a whole number")
            if amount is not None and amount < 0:
                raise UsageError(f"--{name} {amount}: rows are a number from 0")
        if self.near_duplicates is not None and not 0 < self.near_duplicates <= 1:
            raise UsageError(
                f"--near-duplicates is off or a similarity above 0 and up to 1, not {self.near_duplicates}"
            )
        if self.hold_out_share is not None and not 0 < self.hold_out_share < 1:
            raise UsageError(f"--hold-out-share lies between 0 and 1, not {self.hold_out_share}")
        if self.hold_out_task and self.hold_out_share is not None:
            raise UsageError("--hold-out-task names the tasks that --hold-out-share would draw: give one of the two")
        if self.holds_out and self.test is not None:
            raise UsageError("the tasks that are held out are the test side: leave out --test")
        if self.hold_out_by != "task" and not self.holds_out:
            raise UsageError(
                "--hold-out-by is about tasks held out: name them with --hold-out-task or --hold-out-share"
            )
        if not self.by:
            raise UsageError("rows are kept together by a column: name one, e.g. --by parent")
        if self.on_leak not in ("warn", "fail"):
            raise UsageError(f"on a leak it is to warn or to fail, not to {self.on_leak}")
        shares = [amount for amount in (self.wanted_test, self.validation) if isinstance(amount, float)]
        if sum(shares) >= 1:
            raise UsageError(
                f"validation and test are {sum(shares):.4g} of the rows together: nothing is left to train"
            )
        if not self.holds_out and not self.wanted_test and not self.validation:
            raise UsageError("neither a test nor a validation side is asked for: nothing is to be split")

    @property
    def holds_out(self) -> bool:
        """Whether the test side is whole tasks."""
        return bool(self.hold_out_task) or self.hold_out_share is not None

    @property
    def wanted_test(self) -> Amount:
        """The test side beside what is held out."""
        return (0 if self.holds_out else TEST_SHARE) if self.test is None else self.test

    @property
    def threshold(self) -> float:
        """The similarity of the near-duplicates that are looked for on two sides in any case."""
        return THRESHOLD if self.near_duplicates is None else self.near_duplicates

    def wanted(self, rows: int) -> dict[int, int]:
        """The rows of each side but the training one, of ``rows`` in all; 0 is no side.

        Raises `BadInput` for more rows than there are, and for a share of less than half a row.
        """
        found = {}
        for side, amount in ((TEST, self.wanted_test), (VALIDATION, self.validation)):
            found[side] = int(amount * rows + 0.5) if isinstance(amount, float) else amount
            if amount and not found[side]:
                raise BadInput(f"{amount:g} of {rows:,} rows is no row for {SIDES[side]}: ask for a larger share")
        if sum(found.values()) >= rows:
            asked = " and ".join(f"{count:,} for {SIDES[side]}" for side, count in found.items() if count)
            raise BadInput(f"{asked} of {rows:,} rows leave none to train: ask for fewer")
        return found
