"""The texts of a batch, however deep they lie: taken out as columns, and put back changed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.records.lists import list_lengths, lists_of

Rows = npt.NDArray[np.int64]


def holds_text(kind: pa.DataType) -> bool:
    """Whether values of this type can hold a text."""
    if _is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_dictionary(kind):
        return holds_text(kind.value_type)
    if pa.types.is_map(kind):
        return holds_text(kind.key_type) or holds_text(kind.item_type)
    if pa.types.is_struct(kind):
        return any(holds_text(child.type) for child in kind)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def leaves(column: pa.Array, rows: Rows) -> Iterator[tuple[pa.StringArray, Rows]]:
    """The texts in a column and the row of each; ``rows`` are those of the column's values."""
    kind = column.type
    if not holds_text(kind):
        return
    if _is_list(kind):
        yield from leaves(column.flatten(), np.repeat(rows, list_lengths(column)))
    elif pa.types.is_struct(kind):
        for child in column.flatten():  # with the nulls of the structs
            yield from leaves(child, rows)
    elif pa.types.is_dictionary(kind):
        yield from leaves(column.dictionary_decode(), rows)
    elif pa.types.is_nested(kind):  # maps and lists of a fixed size are too rare for a way of their own
        texts = [list(_texts(value)) for value in column.to_pylist()]
        owners = np.repeat(rows, [len(some) for some in texts])
        yield pa.array([text for some in texts for text in some], pa.string()), owners
    else:
        yield column.cast(pa.string()), rows


def rebuilt(column: pa.Array, texts: Iterator[pa.StringArray]) -> pa.Array:
    """The column with its texts replaced, given in the order of `leaves`."""
    kind = column.type
    if not holds_text(kind):
        return column
    if _is_list(kind):
        elements = rebuilt(column.flatten(), texts)
        return lists_of(list_lengths(column), elements, column.is_null()).cast(kind)
    if pa.types.is_struct(kind):
        children = [rebuilt(child, texts) for child in column.flatten()]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=column.is_null())
    if pa.types.is_dictionary(kind):
        return rebuilt(column.dictionary_decode(), texts).dictionary_encode().cast(kind)
    if pa.types.is_nested(kind):
        changed = iter(next(texts).to_pylist())
        return pa.array([_with(value, changed) for value in column.to_pylist()], kind)
    return next(texts).cast(kind)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _with(value: Any, texts: Iterator[str]) -> Any:
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, (list, tuple)):
        return type(value)(_with(one, texts) for one in value)
    if isinstance(value, dict):
        return {name: _with(one, texts) for name, one in value.items()}
    return value
