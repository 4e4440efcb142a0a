"""A column's values in Python."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def python_values(column: pa.Array) -> list[Any]:
    """The values of a column, as ``to_pylist`` gives them, but times in nanoseconds as text and durations as numbers.

    Python's own times are of microseconds; pyarrow goes through pandas for finer ones, and a command loads no pandas.
    """
    readable = _readable(column.type)
    texts = column if readable == column.type else pc.cast(column, readable)
    if pa.types.is_timestamp(column.type) and readable != column.type:  # +0100 as Python writes it, +01:00
        texts = pc.replace_substring_regex(texts, r"([+-]\d\d)(\d\d)$", r"\1:\2")
    values: list[Any] = texts.to_pylist()
    return values


def _readable(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return pa.string() if kind.unit == "ns" else kind
    if pa.types.is_duration(kind):
        return pa.int64() if kind.unit == "ns" else kind
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_readable(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([child.with_type(_readable(child.type)) for child in kind])
    return kind
