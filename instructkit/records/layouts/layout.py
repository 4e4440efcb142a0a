"""What a layout is: how to recognise it, which columns it uses up, how its rows become examples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.records.schema import CONTENT, EXAMPLE

BadRow = tuple[int, str, str]  # row in the batch, rule, what was found


@dataclass
class Converted:
    """A batch's examples: their columns, the row of the batch each came from, the rows that gave none."""

    values: dict[str, pa.Array]
    rows: npt.NDArray[np.int64]
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True)
class Layout:
    """One shape of rows."""

    name: str
    why: Callable[[pa.Schema], str | None]  # what gives it away in these columns, or None
    used: Callable[[pa.Schema], Sequence[str]]  # the columns whose content is in the example's own
    convert: Callable[[pa.RecordBatch], Converted]
    every_turn: Callable[[pa.RecordBatch], Converted] | None = None  # of conversations: an example for each answer
    asking: Callable[[pa.RecordBatch], Converted] | None = None  # of conversations: the last turn may be a question
    grows: bool = False  # the examples of a row repeat its text, so few bytes of rows are converted at a time

    def texts(self, schema: pa.Schema) -> list[str]:
        """The columns that are the text of examples as they stand; those of turns hold more than text."""
        made_of = [name for name in self.used(schema) if name not in EXAMPLE.names or name in CONTENT]
        return made_of if self.every_turn is None else [name for name in made_of if name in CONTENT]


def present(schema: pa.Schema, *names: str) -> str | None:
    """The first of these columns that is there."""
    return next((name for name in names if name in schema.names), None)
