"""What a rule is, and the table of all rules."""

import difflib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.errors import UsageError

Mask = npt.NDArray[np.bool_]


class Verdict:
    """What a rule found in a batch: the rows that fail, and the value measured of each row.

    A value is a number, or the text that shows what is wrong; null where there is nothing to say.
    """

    def __init__(self, fails: Mask, values: pa.Array | Mapping[int, str]) -> None:
        self.fails = fails
        self._values = values  # a column, or the texts by row

    @classmethod
    def of(cls, fails: Mask, values: npt.NDArray[Any]) -> "Verdict":
        """Rows that fail, with one value a row in an array."""
        return cls(fails, pa.array(values))

    @classmethod
    def found(cls, rows: int, evidence: Mapping[int, str]) -> "Verdict":
        """The rows in which something was found, and what."""
        fails = np.zeros(rows, bool)
        fails[list(evidence)] = True
        return cls(fails, evidence)

    @property
    def values(self) -> pa.Array:
        """The values as a column."""
        if isinstance(self._values, pa.Array):
            return self._values
        return pa.array([self._values.get(row) for row in range(len(self.fails))], pa.string())

    def value(self, row: int) -> str:
        """The value of a row, as the rejects file shows it."""
        if not isinstance(self._values, pa.Array):
            return str(self._values.get(row))
        value = self._values[row].as_py()
        return f"{value:.4g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Rule:
    """One test of an example: the columns it looks at, its threshold and where that comes from."""

    name: str
    about: str
    columns: tuple[str, ...]
    threshold_name: str | None
    default: Any
    source: str
    presets: tuple[str, ...]
    check: Callable[..., Verdict]

    def __call__(self, batch: "Columns", threshold: Any) -> Verdict:
        """Judge the rows of a batch."""
        columns = [batch[name] for name in self.columns]
        if self.threshold_name is None:
            return self.check(*columns)
        return self.check(*columns, **{self.threshold_name: threshold})


class Columns(dict[str, Any]):
    """The columns of a batch by name, and what several rules want of them, made once: see `derived`."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        super().__init__()
        self._batch = batch

    def optional(self, name: str) -> pa.Array | None:
        """A column of the user's own, where there is one of this name."""
        return self._batch.column(name) if name in self._batch.schema.names else None

    def __missing__(self, name: str) -> Any:
        if name in DERIVED:
            self[name] = DERIVED[name](self)
        else:
            self[name] = self._batch.column(name)
        return self[name]


RULES: dict[str, Rule] = {}
DERIVED: dict[str, Callable[[Columns], Any]] = {}


def derived(make: Callable[[Columns], Any]) -> Callable[[Columns], Any]:
    """Let rules take what this makes of a batch's columns, by its name."""
    DERIVED[make.__name__] = make
    return make


def rule(
    name: str, *, source: str, presets: tuple[str, ...] = ("instruction",)
) -> Callable[[Callable[..., Verdict]], Callable[..., Verdict]]:
    """Enter a function in the table of rules.

    Its positional parameters name the columns it judges, or what is `derived` of them; its one keyword parameter, if
    any, is the threshold, whose default stands in the signature.
    """

    def enter(check: Callable[..., Verdict]) -> Callable[..., Verdict]:
        parameters = inspect.signature(check).parameters.values()
        columns = tuple(one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD)
        keywords = [one for one in parameters if one.kind is one.KEYWORD_ONLY]
        threshold = keywords[0] if keywords else None
        about = (inspect.getdoc(check) or "").split("\n")[0]
        RULES[name] = Rule(name, about, columns, threshold.name if threshold else None,
                           threshold.default if threshold else None, source, presets, check)  # fmt: skip
        return check

    return enter


def limit(
    name: str,
    about: str,
    measure: Callable[..., npt.NDArray[Any]],
    of: tuple[str, ...],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    source: str,
    presets: tuple[str, ...] = (),
) -> None:
    """Enter a rule that fails the rows of which a measure of the columns ``of`` is above, or below, a threshold."""
    threshold_name, default = ("at_most", at_most) if at_most is not None else ("at_least", at_least)
    compare = np.greater if at_most is not None else np.less

    def check(*columns: Any, **threshold: Any) -> Verdict:
        values = measure(*columns)
        return Verdict.of(compare(values, threshold[threshold_name]), values)

    RULES[name] = Rule(name, about, of, threshold_name, default, source, presets, check)


def parse_rule(text: str) -> tuple[str, Any]:
    """Read ``--rule NAME[=VALUE]``: a threshold, ``off`` to leave a rule out, or nothing to switch it on.

    Raises `UsageError` for an unknown name, listing the known ones, and a value of the wrong kind.
    """
    name, _, value = text.partition("=")
    if name not in RULES:
        near = difflib.get_close_matches(name, RULES, 3)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"there is no rule {name!r}; {meant}known rules (filter --list): {', '.join(sorted(RULES))}")
    known = RULES[name]
    if text.endswith("="):
        raise UsageError(f"--rule {text}: give a threshold, off, or the name alone")
    if value == "off":
        return name, None
    if not value:
        return name, known.default
    if known.threshold_name is None:
        raise UsageError(f"the rule {name} has no threshold: --rule {name} or --rule {name}=off")
    try:
        threshold = type(known.default)(value)
        if not 0 <= threshold <= (1 if _is_share(known.default) else math.inf):  # nothing is above or below "nan"
            raise ValueError(value)
        return name, threshold
    except ValueError as error:
        whole = "whole " if isinstance(known.default, int) else ""
        wanted = "share from 0 to 1" if _is_share(known.default) else f"{whole}number from 0 on"
        raise UsageError(f"--rule {text}: {value!r} is no {wanted}") from error


def _is_share(default: Any) -> bool:
    return isinstance(default, float) and default < 1
