"""Render a template over columns.

`Template` runs as a program of column operations where it can: literals and fields are joined by Arrow, a choice is
looked up once for each label, an ``if`` splits the rows. What is left (loops that collect, macros, random choices) is
rendered row by row in Jinja's sandbox. Both give the text that Jinja gives. Nothing is ever cut.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from jinja2.nodes import TemplateData

from instructkit.engine.bounds import TemplateTooLarge
from instructkit.engine.sandbox import ERRORS, environment, rendered, why
from instructkit.errors import BadInput
from instructkit.records.schema import repeat
from instructkit.records.values import python_values
from instructkit.templating.rendering import program
from instructkit.templating.rendering.program import Choose, Insert, Literal, Part, Program

Columns = Mapping[str, pa.Array]
Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

MOST_TOO_LARGE = 20  # rows of a batch

_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d{1,15}")
_WHITESPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())


@functools.lru_cache(maxsize=8192)
def template(source: str, strict: bool = True) -> "Template":
    """A template, compiled once; ``strict`` ones refuse names that are not there, others put nothing for them.

    Raises `BadInput` for what is no Jinja.
    """
    return Template(source, strict)


class Template:
    """A compiled template: ``names`` are those it takes from outside, ``program`` its column operations, if any."""

    def __init__(self, source: str, strict: bool = True) -> None:
        self.source = source
        self.environment = environment(strict)
        tree = program.parse(source, self.environment)
        self.every_name = program.names_of(tree, source)  # with those that a column may hide, e.g. range
        self.names = self.every_name - set(self.environment.globals)
        self.numbers = program.number_names(tree)
        try:
            self.program = program.build(tree, self.environment)
        except RecursionError as error:
            raise BadInput(f"the template {program.shown(source)} is nested too deep") from error

    @functools.cached_property
    def whole(self) -> Any:
        """The template as Jinja compiles it."""
        return self.environment.from_string(self.source)

    @functools.cached_property
    def literals(self) -> list[str]:
        """The texts that stand in it as they are."""
        tree = self.environment.parse(self.source)
        return [node.data for node in tree.find_all(TemplateData)]

    @functools.cached_property
    def plain(self) -> tuple[tuple[bool, str], ...] | None:
        """Its pieces (is a name, the name or the text), where it is no more than literals and names; else None."""
        pieces: list[tuple[bool, str]] = []
        for step in self.program or ():
            if isinstance(step, Literal):
                pieces.append((False, step.text))
            elif isinstance(step, Insert) and not step.path and not step.filters:
                pieces.append((True, step.name))
            else:
                return None
        return None if self.program is None else tuple(pieces)

    @property
    def is_plain(self) -> bool:
        """Whether it is rendered by column operations."""
        return self.program is not None

    def render(
        self,
        columns: Columns,
        rows: int,
        *,
        constants: Mapping[str, Any] | None = None,
        keys: Keys | None = None,
        failures: dict[int, str] | None = None,
    ) -> pa.StringArray:
        """The text of each row: string, one a row.

        ``constants`` have one value for all rows; ``keys`` are the rows' random numbers, for filters that draw. A row
        that fails is null, and ``failures`` says why; without ``failures`` the first failure is raised, as `BadInput`.
        """
        told: dict[int, str] = {}
        frame = _Frame(self, columns, np.arange(rows), constants or {}, told, rows)
        texts = frame.by_jinja(keys) if self.program is None else frame.text(self.program)
        if told and failures is None:
            row = min(told)
            raise BadInput(f"a template failed on row {row + 1} ({told[row]})")
        if failures is not None:
            failures.update(told)
        return texts


@dataclass
class _Frame:
    """The rows that a part of a program runs on."""

    template: Template
    columns: Columns
    rows: Places  # in the batch
    constants: Mapping[str, Any]
    failures: dict[int, str]
    total: int
    taken: dict[str, pa.Array] = field(default_factory=dict)
    too_large: list[int] = field(default_factory=lambda: [0])  # rows that passed the bounds; one count for all frames

    def column(self, name: str) -> pa.Array:
        """A column's values for these rows."""
        if len(self.rows) == self.total:
            return self.columns[name]
        if name not in self.taken:
            self.taken[name] = self.columns[name].take(pa.array(self.rows))
        return self.taken[name]

    def text(self, steps: Program) -> pa.StringArray:
        """The joined texts of a program's steps."""
        literals = [step.text for step in steps if isinstance(step, Literal)]
        if len(literals) == len(steps):
            return repeat("".join(literals), len(self.rows))
        pieces = [pa.scalar(step.text) if isinstance(step, Literal) else self._step(step) for step in steps]
        return pieces[0] if len(pieces) == 1 else pc.binary_join_element_wise(*pieces, "")

    def _step(self, step: Part | Insert | Choose) -> pa.StringArray:
        if isinstance(step, Choose):
            return self._choose(step)
        if isinstance(step, Insert):
            found = self._insert(step)
            if found is not None:
                return found
            step = step.part
        results, which = self._distinct(step.names, step.evaluate)
        return pa.array(results, pa.string()).take(pa.array(which))

    def _insert(self, step: Insert) -> pa.StringArray | None:
        """A field through filters; None where it takes Jinja."""
        if step.name not in self.columns or step.name in self.constants:
            return None
        values = _reach(self.column(step.name), step.path)
        if values is None or (step.filters and not pa.types.is_string(values.type)):
            return None
        if step.of_text and values.null_count:
            return None
        text = _said(values)
        for name, arguments in step.filters:
            text = FILTERS[name](text, *arguments)
        return text

    def _choose(self, step: Choose) -> pa.StringArray:
        chosen = self._test(step)
        pieces: list[pa.Array] = []
        places: list[Places] = []
        for wanted, steps in ((1, step.then), (0, step.otherwise), (-1, None)):
            here = np.flatnonzero(chosen == wanted)
            if len(here):
                texts = pa.nulls(len(here), pa.string()) if steps is None else self._narrow(here).text(steps)
                pieces.append(texts)
                places.append(here)
        if len(pieces) <= 1:
            return pieces[0] if pieces else repeat("", 0)
        back = np.argsort(np.concatenate(places), kind="stable")
        return pa.concat_arrays(pieces).take(pa.array(back))

    def _narrow(self, places: Places) -> "_Frame":
        if len(places) == len(self.rows):
            return self
        return _Frame(self.template, self.columns, self.rows[places], self.constants, self.failures, self.total,
                      too_large=self.too_large)  # fmt: skip

    def _test(self, step: Choose) -> npt.NDArray[np.int8]:
        """Which branch each row takes: 1, 0, or -1 where the test itself fails."""
        name = step.truth_of
        is_text = name in self.columns and name not in {*self.constants, *self.template.numbers}
        if is_text and pa.types.is_string(self.columns[name].type):
            filled = pc.fill_null(pc.not_equal(self.column(name), ""), False)
            truth: npt.NDArray[np.int8] = filled.to_numpy(zero_copy_only=False).astype(np.int8)
            return np.int8(1) - truth if step.negated else truth
        results, which = self._distinct(step.test.names, step.test.evaluate)
        flags = np.array([-1 if result is None else int(result) for result in results], np.int8)
        return flags[which]

    def _distinct(self, names: tuple[str, ...], evaluate: Callable[..., Any]) -> tuple[list[Any], Places]:
        """A part's value for each distinct combination of what it depends on, and each row's combination."""
        used = [name for name in names if name in self.columns and name not in self.constants]
        kept, which = _combinations([self.column(name) for name in used], len(self.rows))
        results: list[Any] = []
        for number, values in enumerate(self._values(used, kept, [self.column(name) for name in used])):
            try:
                results.append(evaluate(values))
            except ERRORS as error:
                self._count(error)
                results.append(None)
                for row in self.rows[which == number]:
                    self.failures.setdefault(int(row), why(error))
        return results, which

    def by_jinja(self, keys: Keys | None) -> pa.StringArray:
        """Every row by Jinja."""
        known = sorted(self.template.every_name)
        used = [name for name in known if name in self.columns and name not in self.constants]
        texts: list[str | None] = []
        columns = [self.columns[name] for name in used]
        for row, values in enumerate(self._values(used, None, columns)):
            try:
                texts.append(rendered(self.template.whole, values, 0 if keys is None else int(keys[row])))
            except ERRORS as error:
                self._count(error)
                texts.append(None)
                self.failures[row] = why(error)
        return pa.array(texts, pa.string())

    def _count(self, error: BaseException) -> None:
        """Give up on a template that passes its bounds on row after row: each costs as long as the bounds allow."""
        self.too_large[0] += isinstance(error, TemplateTooLarge)
        if self.too_large[0] > MOST_TOO_LARGE:
            shown = program.shown(self.template.source)
            raise BadInput(f"the template {shown} passes its bounds on row after row: {error}") from error

    def _values(self, names: list[str], rows: Places | None, columns: list[pa.Array]) -> Any:
        """The values of some rows as a template sees them, one mapping a row."""
        places = None if rows is None else pa.array(rows)
        lists = [python_values(column if places is None else column.take(places)) for column in columns]
        for place, name in enumerate(names):
            if name in self.template.numbers and pa.types.is_string(columns[place].type):
                lists[place] = [_as_number(value) for value in lists[place]]
        count = self.total if rows is None else len(rows)
        for values in zip(*lists, strict=True) if names else [()] * count:
            given = {name: list(value) if isinstance(value, list) else value for name, value in self.constants.items()}
            given.update(zip(names, values, strict=True))
            yield given


def _combinations(columns: list[pa.Array], rows: int) -> tuple[Places, Places]:
    """A row of each distinct combination of values, and the combination of each row."""
    if not columns:
        return np.zeros(min(rows, 1), np.int64), np.zeros(rows, np.int64)
    if any(pa.types.is_nested(column.type) for column in columns):
        every = np.arange(rows)
        return every, every
    codes = np.zeros(rows, np.int64)
    for column in columns:
        encoded = column.dictionary_encode(null_encoding="encode")
        here = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        codes = codes * (len(encoded.dictionary) + 1) + here
        _, codes = np.unique(codes, return_inverse=True)
    _, kept, which = np.unique(codes, return_index=True, return_inverse=True)
    return kept.astype(np.int64), which.astype(np.int64)


def _as_number(value: Any) -> Any:
    """The number that a text spells just as Python would: columns of CSV are text."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and str(float(value)) == value:
        return float(value)
    return value


def _reach(values: pa.Array, path: tuple[str | int, ...]) -> pa.Array | None:
    """What stands at a path in each row; None where Jinja must see for itself."""
    for step in path:
        if isinstance(step, str):
            if not pa.types.is_struct(values.type) or values.null_count or values.type.get_field_index(step) < 0:
                return None
            values = pc.struct_field(values, step)
        elif pa.types.is_list(values.type) and not values.null_count:
            return _element(values, step)
        else:
            return None
    return values


def _element(values: pa.ListArray, place: int) -> pa.Array | None:
    """One element of each list; a place that is not there is the empty text, as Jinja's undefined is."""
    lengths = pc.list_value_length(values).to_numpy(zero_copy_only=False).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    at = np.where(place < 0, lengths + place, place)
    there = (at >= 0) & (at < lengths)
    if not there.all() and not pa.types.is_string(values.type.value_type):
        return None
    flat = values.flatten()
    if flat.null_count:
        return None
    found = flat.take(pa.array(np.where(there, starts + at, 0), mask=~there))
    return found if there.all() else pc.fill_null(found, "")


def _said(values: pa.Array) -> pa.StringArray:
    """Values as Jinja says them: as Python's ``str`` does."""
    kind = values.type
    if pa.types.is_string(kind):
        return pc.fill_null(values, "None") if values.null_count else values
    if pa.types.is_integer(kind):
        return pc.fill_null(pc.cast(values, pa.string()), "None")
    return pa.array([str(value) for value in values.to_pylist()], pa.string())


def _in_ascii(kernel: Callable[[pa.Array], pa.Array], method: Callable[[str], str]) -> Callable[[pa.Array], pa.Array]:
    """A change of case: by Arrow for ASCII, by Python beyond, whose rules (ß, final sigma) Arrow does not share."""

    def change(texts: pa.StringArray) -> pa.StringArray:
        ascii_only = pc.string_is_ascii(texts)
        if pc.all(ascii_only).as_py() is not False:
            return kernel(texts)
        pairs = zip(texts.to_pylist(), ascii_only.to_pylist(), strict=True)
        python = pa.array([None if plain else method(text) for text, plain in pairs], pa.string())
        return pc.if_else(ascii_only, kernel(texts), python)

    return change


def trim(texts: pa.StringArray) -> pa.StringArray:
    """Texts without white space at their ends, as ``str.strip`` takes it."""
    return pc.utf8_trim(texts, _WHITESPACE)


FILTERS: dict[str, Callable[..., pa.Array]] = {
    "lower": _in_ascii(pc.ascii_lower, str.lower),
    "upper": _in_ascii(pc.ascii_upper, str.upper),
    "trim": trim,
    "string": lambda texts: texts,
    "replace": pc.replace_substring,
}
