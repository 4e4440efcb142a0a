"""What `phrase` needs of templates, whoever wrote them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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

    def applies(self, filled: Any, options: Mask | None) -> Mask:
        """Which template may be put to which row: bool, rows x templates; ``options``: rows that show choices."""

    def serves(self, filled: Any) -> Mask:
        """Which row may be put by which template, whatever its language: bool, rows x templates."""

    def render(self, filled: Any, rows: Places, number: int, keys: Keys, options: Mask | None) -> Texts:
        """Put one template to some rows; ``keys`` are their random numbers, which choose styles and symbols."""

    def topic(self, filled: Any) -> pa.StringArray:
        """What is given in each row, without the answer: by it rows are compared."""

    def group(self, filled: Any) -> Places:
        """A number for each row: rows demonstrate only rows of their own group (language)."""

    def label(self, filled: Any) -> Places:
        """The number of each row's label, 0 where there are none: by it demonstrations are balanced."""
