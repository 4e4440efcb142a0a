"""What an example is: ten columns, in this order, then whatever else the user brought."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.hashing import json_texts, row_ids

TURN = pa.struct([("role", pa.string()), ("content", pa.string())])
HISTORY = pa.list_(TURN)

EXAMPLE = pa.schema(
    [
        ("id", pa.string()),
        ("instruction", pa.string()),
        ("input", pa.string()),
        ("output", pa.string()),
        ("system", pa.string()),
        ("history", HISTORY),
        ("task", pa.string()),
        ("source", pa.string()),
        ("parent", pa.string()),
        ("template", pa.string()),
    ]
)
WHOLE_TEXT = "pretraining:text"  # the template of a row that is a text alone: its instruction, without an answer
CONTENT = ("system", "history", "instruction", "input", "output")  # what makes two rows the same example


def example_schema(extras: Sequence[pa.Field] = ()) -> pa.Schema:
    """The schema of examples that carry these extra columns."""
    return pa.schema([*EXAMPLE, *extras])


def extra_name(name: str, taken: set[str]) -> str:
    """The name a user's column keeps: its own, or ``raw_NAME`` (``raw_NAME_2``, ...) where ours stands."""
    if name not in taken:
        return name
    candidate, number = f"raw_{name}", 1
    while candidate in taken:
        number += 1
        candidate = f"raw_{name}_{number}"
    return candidate


def build_examples(
    values: dict[str, pa.Array],
    rows: int,
    *,
    task: str,
    source: str,
    template: str,
    extras: dict[str, pa.Array],
) -> pa.RecordBatch:
    """Put columns together to a batch of examples; what is missing takes its default.

    A missing or empty id is the hash of the row's content; a missing parent is the row's own id.
    """
    columns = {
        "instruction": as_text(values["instruction"]),
        "input": as_text(values.get("input"), rows),
        "output": as_text(values.get("output"), rows),
        "system": as_text(values.get("system"), rows),
        "history": as_history(values.get("history"), rows),
        "task": or_default(values.get("task"), repeat(task, rows), rows),
        "source": or_default(values.get("source"), repeat(source, rows), rows),
        "template": or_default(values.get("template"), repeat(template, rows), rows),
    }
    given = values.get("id")
    if given is None or any_empty(as_text(given)):
        columns["id"] = or_default(given, row_ids([columns[name] for name in CONTENT], rows), rows)
    else:
        columns["id"] = as_text(given)
    columns["parent"] = or_default(values.get("parent"), columns["id"], rows)
    return pa.RecordBatch.from_arrays(
        [*(columns[name] for name in EXAMPLE.names), *extras.values()],
        schema=example_schema([pa.field(name, column.type) for name, column in extras.items()]),
    )


def repeat(text: str, rows: int) -> pa.StringArray:
    """A column that holds one text in every row."""
    return pa.repeat(pa.scalar(text, pa.string()), rows)


def as_text(column: pa.Array | None, rows: int = 0) -> pa.StringArray:
    """A column as text: a null becomes "", a number its digits, a list or struct its JSON."""
    if column is None:
        return repeat("", rows)
    if pa.types.is_nested(column.type):
        column = json_texts(column)
    elif not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    return column if column.null_count == 0 else pc.fill_null(column, "")


def no_history(rows: int) -> pa.ListArray:
    """A column without earlier turns."""
    return pa.ListArray.from_arrays(pa.array(np.zeros(rows + 1, np.int32)), pa.array([], TURN), type=HISTORY)


def as_history(column: pa.Array | None, rows: int = 0) -> pa.ListArray:
    """Earlier turns as list<struct<role, content>>, from turns in any dialect, pairs, or texts that take turns."""
    if column is None or pa.types.is_null(column.type):
        return no_history(rows if column is None else len(column))
    if column.type == HISTORY:
        return column if column.null_count == 0 else pc.fill_null(column, pa.scalar([], HISTORY))
    from instructkit.records.layouts.turns import read_history

    return pa.array([read_history(value) for value in column.to_pylist()], HISTORY)


def or_default(column: pa.Array | None, default: pa.StringArray, rows: int) -> pa.StringArray:
    """A column as text, with the default where it is null or empty."""
    if column is None:
        return default
    text = as_text(column, rows)
    return pc.if_else(pc.equal(text, ""), default, text) if any_empty(text) else text


def any_empty(text: pa.StringArray) -> bool:
    """Whether one of the texts is empty; a null is not."""
    return bool(pc.any(pc.equal(text, "")).as_py())
