"""The templates of a PromptSource library over a source's columns.

The prompt stands whole in ``instruction``, the target in ``output``, the choices in a column ``answer_choices``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.lists import list_lengths, list_starts
from instructkit.records.schema import as_text, repeat
from instructkit.templating.library.promptsource import PromptTemplate, loaded
from instructkit.templating.templates import OPENING, Bad, Keys, Mask, Places, Texts

ANSWER_CHOICES = {"answer_choices": pa.list_(pa.string())}


@dataclass
class Filled:
    """A batch's columns under the names the templates use."""

    columns: Mapping[str, pa.Array]
    rows: int
    bad: list[Bad]


@dataclass(frozen=True)
class PromptTemplates:
    """Templates of one ``templates.yaml``, by their places in it: all that a worker needs, picklable."""

    path: str
    dataset: str
    chosen: tuple[int, ...]
    filling: Mapping[str, str]  # name in the templates: column
    labels: tuple[str, ...] = ()  # the words of a text column that templates use as a number, in the numbers' order

    @property
    def _templates(self) -> list[PromptTemplate]:
        library = loaded(self.path)
        return [library.templates[place] for place in self.chosen]

    @property
    def task(self) -> str:
        """The dataset and its subset."""
        return self.dataset

    @property
    def names(self) -> Sequence[str]:
        """DATASET/SUBSET/NAME."""
        return [f"{self.dataset}/{one.name}" for one in self._templates]

    @property
    def languages(self) -> Sequence[str]:
        """The first language each names."""
        return [one.languages[0] if one.languages else "en" for one in self._templates]

    @property
    def columns(self) -> Sequence[str]:
        """The columns that any template takes."""
        return sorted(set(self.filling.values()))

    @property
    def extras(self) -> Mapping[str, pa.DataType]:
        """The answer choices."""
        return ANSWER_CHOICES

    @property
    def variant(self) -> str:
        """They are put as they are."""
        return ""

    @property
    def in_columns(self) -> bool:
        """Whether none needs Jinja for each row."""
        return all(one.in_columns for one in self._templates)

    def fill(self, batch: pa.RecordBatch) -> Filled:
        """The columns under the names the templates use."""
        columns = {name: batch.column(column) for name, column in self.filling.items()}
        if self.labels:
            numbers = frozenset().union(*(one.jinja.numbers for one in self._templates))
            columns |= {name: self._numbered(columns[name]) for name in numbers & set(columns)}
        return Filled(columns, batch.num_rows, [])

    def _numbered(self, values: pa.Array) -> pa.Array:
        """The places of words among the labels; what is none stays null."""
        if not pa.types.is_string(values.type):
            return values
        known = pa.array([label.lower() for label in self.labels])
        return pc.index_in(pc.utf8_lower(pc.utf8_trim_whitespace(values)), known)

    def opening(self, filled: Filled) -> pa.StringArray:
        """The first characters of each row's texts."""
        return self._said(filled, OPENING)

    def topic(self, filled: Filled) -> pa.StringArray:
        """All that the templates take, for which part is the answer can't be known."""
        return self._said(filled, None)

    def _said(self, filled: Filled, length: int | None) -> pa.StringArray:
        texts = [values for values in filled.columns.values() if pa.types.is_string(values.type)]
        texts = [pc.fill_null(text if length is None else pc.utf8_slice_codeunits(text, 0, length), "") for text in
                 texts or [as_text(values) for values in filled.columns.values()]]  # fmt: skip
        return pc.binary_join_element_wise(*texts, "\n") if texts else repeat("", filled.rows)

    def group(self, filled: Filled) -> Places:
        """All rows are of one group."""
        return np.zeros(filled.rows, np.int64)

    def label(self, filled: Filled) -> Places:
        """The target of the first template that has choices, by its hash."""
        from instructkit.records.hashing import draw

        for number, one in enumerate(self._templates):
            if one.choices is not None:
                texts = self._render(filled, np.arange(filled.rows), number, np.zeros(filled.rows, np.uint64))
                hashes = draw(pc.fill_null(texts.output, ""), 0, "label")
                codes: Places = (hashes >> np.uint64(1)).astype(np.int64)
                return codes
        return np.zeros(filled.rows, np.int64)

    @property
    def may_fail(self) -> bool:
        """Whether a template applies is known when it has been rendered."""
        return True

    def applies(self, filled: Filled, options: Mask | None) -> tuple[Places, Mask]:
        """All may."""
        return np.zeros(filled.rows, np.int64), np.ones((1, len(self.chosen)), bool)

    def serves(self, filled: Filled) -> Mask:
        """Whether a template makes a prompt and a target of a row."""
        found = np.ones((filled.rows, len(self.chosen)), bool)
        keys = np.zeros(filled.rows, np.uint64)
        for number in range(len(self.chosen)):
            found[list(self._render(filled, np.arange(filled.rows), number, keys).failed), number] = False
        return found

    def render(self, filled: Filled, rows: Places, numbers: Places, keys: Keys, options: Mask | None) -> Texts:
        """Put templates to rows, one to each."""
        return Texts.by_number(
            numbers, ANSWER_CHOICES, lambda number, here: self._render(filled, rows[here], number, keys[here])
        )

    def _render(self, filled: Filled, rows: Places, number: int, keys: Keys) -> Texts:
        whole = len(rows) == filled.rows and bool((rows == np.arange(len(rows))).all())
        places = pa.array(rows)
        columns = {name: values if whole else values.take(places) for name, values in filled.columns.items()}
        made = self._templates[number].render(columns, len(rows), keys)
        counts = list_lengths(made.parts)
        prompt, target = (_part(made.parts, counts, place) for place in (0, 1))
        empty = ~_filled(prompt) | ~_filled(target)
        failed = {row: ("template_failed", why, "") for row, why in made.failures.items()}
        for row in np.flatnonzero((counts != 2) | empty):
            failed.setdefault(int(row), ("template_does_not_apply", _why(int(counts[row])), ""))
        choices = made.choices if made.choices is not None else pa.nulls(len(rows), ANSWER_CHOICES["answer_choices"])
        return Texts(prompt, repeat("", len(rows)), target, {"answer_choices": choices}, failed)


def _why(parts: int) -> str:
    return "its prompt or its target is empty" if parts == 2 else f"it gives {parts} parts, not a prompt and a target"


def _part(parts: pa.ListArray, counts: npt.NDArray[np.int64], place: int) -> pa.StringArray:
    return parts.flatten().take(pa.array(list_starts(counts) + place, mask=counts != 2))


def _filled(texts: pa.StringArray) -> Mask:
    found: Mask = pc.fill_null(pc.not_equal(texts, ""), False).to_numpy(zero_copy_only=False)
    return found
