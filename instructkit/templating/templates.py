"""What `phrase` needs of templates, whoever wrote them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

OPENING = 24  # characters of a row's texts that its draws hang on

Bad = tuple[int, str, str, str]  # row, rule, value, threshold
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


@dataclass
class Texts:
    """Rendered rows; a row that failed is null in all of them and told in ``failed``."""

    instruction: pa.StringArray
    input: pa.StringArray
    output: pa.StringArray
    extras: dict[str, pa.Array] = field(default_factory=dict)
    failed: dict[int, tuple[str, str, str]] = field(default_factory=dict)  # row: rule, value, threshold

    def __len__(self) -> int:
        return len(self.instruction)

    def take(self, places: Places) -> "Texts":
        """Some of the rows, none of which failed."""
        rows = pa.array(places)
        columns = {name: column.take(rows) for name, column in self.columns().items()}
        extras = {name: columns[name] for name in self.extras}
        return Texts(columns["instruction"], columns["input"], columns["output"], extras)

    @classmethod
    def together(cls, pieces: Sequence["Texts"], extras: Mapping[str, pa.DataType]) -> "Texts":
        """Pieces one after the other; their failures are not kept."""
        kinds = {"instruction": pa.string(), "input": pa.string(), "output": pa.string(), **extras}
        columns = {
            name: pa.concat_arrays([pa.array([], kind), *(piece.columns()[name] for piece in pieces)])
            for name, kind in kinds.items()
        }
        own = {name: columns[name] for name in extras}
        return cls(columns["instruction"], columns["input"], columns["output"], own)

    @classmethod
    def by_number(
        cls, numbers: Places, extras: Mapping[str, pa.DataType], render: Callable[[int, Places], "Texts"]
    ) -> "Texts":
        """Render each template over its places, and put the texts in order."""
        order: list[Places] = []
        pieces: list[Texts] = []
        failed: dict[int, tuple[str, str, str]] = {}
        for number in np.unique(numbers):
            places = np.flatnonzero(numbers == number)
            piece = render(int(number), places)
            failed.update((int(places[row]), why) for row, why in piece.failed.items())
            order.append(places)
            pieces.append(piece)
        if len(pieces) == 1:
            return replace(pieces[0], failed=failed)
        back = np.argsort(np.concatenate([np.zeros(0, np.int64), *order]), kind="stable")
        return replace(cls.together(pieces, extras).take(back), failed=failed)

    def columns(self) -> dict[str, pa.Array]:
        """The texts by their names."""
        return {"instruction": self.instruction, "input": self.input, "output": self.output} | self.extras


class Templates(Protocol):
    """Templates of one task over the columns of one source."""

    @property
    def task(self) -> str:
        """What stands in the column ``task``."""

    @property
    def names(self) -> Sequence[str]:
        """What stands in the column ``template``, and what a row's draw hangs on."""

    @property
    def languages(self) -> Sequence[str]:
        """The language of each template, as a code."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns of the source that they take."""

    @property
    def extras(self) -> Mapping[str, pa.DataType]:
        """The columns that rendering adds."""

    @property
    def variant(self) -> str:
        """What about the rendering is not as usual: part of an example's id."""

    @property
    def in_columns(self) -> bool:
        """Whether all of them are rendered without a Python loop over rows."""

    def fill(self, batch: pa.RecordBatch) -> Any:
        """The values of a batch of raw rows, as `render` takes them; its ``bad`` are the rows that have none."""

    def opening(self, filled: Any) -> pa.StringArray:
        """The first characters of each row's texts, which its draws hang on."""

    @property
    def may_fail(self) -> bool:
        """Whether a template that applies may still make nothing of a row."""

    def applies(self, filled: Any, options: Mask | None) -> tuple[Places, Mask]:
        """Which template may be put to which row: each row's kind, and a table of kinds x templates.

        ``options`` are the rows that show their choices; None: as each template has it.
        """

    def serves(self, filled: Any) -> Mask:
        """Which row may be put by which template, whatever its language: bool, rows x templates."""

    def render(self, filled: Any, rows: Places, numbers: Places, keys: Keys, options: Mask | None) -> Texts:
        """Put templates to rows, one to each; ``keys`` are their random numbers, which choose styles and symbols."""

    def topic(self, filled: Any) -> pa.StringArray:
        """What is given in each row, without the answer: by it rows are compared."""

    def group(self, filled: Any) -> Places:
        """A number for each row: rows demonstrate only rows of their own group (language)."""

    def label(self, filled: Any) -> Places:
        """The number of each row's label, 0 where there are none: by it demonstrations are balanced."""
