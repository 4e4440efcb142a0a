"""What a share may be asked of: the values of a column, or of a property that is told from a row.

A column of the rows goes before a property of its name.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.mixing.settings import Constraint
from instructkit.records.lists import list_lengths
from instructkit.records.schema import as_text
from instructkit.records.script import is_chinese

Flags = npt.NDArray[np.bool_]


def _chain_of_thought(batch: pa.RecordBatch) -> Flags:
    """Whether the phrasing asks for a rationale: the library marks such with cot in their names."""
    return _flags(pc.match_substring_regex(as_text(batch.column("template")), r"(^|[^\pL\pN])cot($|[^\pL\pN])"))


def _few_shot(batch: pa.RecordBatch) -> Flags:
    """Whether demonstrations stand before the row's own question."""
    if "demonstrations" not in batch.schema.names or not pa.types.is_list(batch.schema.field("demonstrations").type):
        return np.zeros(batch.num_rows, bool)
    several: Flags = list_lengths(batch.column("demonstrations")) > 0
    return several


def _chinese(batch: pa.RecordBatch) -> Flags:
    """Whether instruction, input and output together read as Chinese."""
    texts = [as_text(batch.column(name)) for name in ("instruction", "input", "output")]
    return is_chinese(pc.binary_join_element_wise(*texts, "\n"))


def _with_history(batch: pa.RecordBatch) -> Flags:
    several: Flags = list_lengths(batch.column("history")) > 0
    return several


# a property's name, its two values, and what tells the first
PROPERTIES: dict[str, tuple[tuple[str, str], Callable[[pa.RecordBatch], Flags]]] = {
    "cot": (("yes", "no"), _chain_of_thought),
    "shots": (("few", "zero"), _few_shot),
    "language": (("zh", "other"), _chinese),
    "turns": (("several", "one"), _with_history),
}


def check_constraint(one: Constraint, schema: pa.Schema) -> None:
    """Raise `UsageError` for a share of what is neither a column of texts or numbers nor a property."""
    if one.column in schema.names:
        kind = schema.field(one.column).type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise UsageError(f"--share {one}: the column holds {kind}, not texts or numbers")
        return
    if one.column not in PROPERTIES:
        raise UsageError(f"--share {one}: no such column; the columns are {', '.join(schema.names)}, and what is told "
                         f"from a row is {', '.join(PROPERTIES)}")  # fmt: skip
    values = PROPERTIES[one.column][0]
    if one.value not in values:
        raise UsageError(
            f"--share {one}: {one.column} is {' or '.join(values)}; other values need a column of that name"
        )


def satisfies(batch: pa.RecordBatch, one: Constraint) -> Flags:
    """Whether each row has the value."""
    if one.column in batch.schema.names:
        return _flags(pc.equal(as_text(batch.column(one.column)), one.value))
    values, tell = PROPERTIES[one.column]
    found = tell(batch)
    return found if one.value == values[0] else ~found


def _flags(array: Any) -> Flags:
    flags: Flags = array.to_numpy(zero_copy_only=False)
    return flags
