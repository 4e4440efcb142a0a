"""The texts of a batch, however deep they lie: taken out as columns, and put back changed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput
from instructkit.records.lists import list_lengths, lists_of

# whose values all have the one type ``value_type``
_OF_VALUES = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
    pa.types.is_fixed_size_list,
    pa.types.is_dictionary,
    pa.types.is_run_end_encoded,
)
_NOT_FROM_PYTHON = (pa.types.is_union, pa.types.is_run_end_encoded)

Rows = npt.NDArray[np.int64]


def holds_text(kind: pa.DataType) -> bool:
    """Whether values of this type can hold a text."""
    if isinstance(kind, pa.BaseExtensionType):
        return holds_text(kind.storage_type)
    if any(is_one(kind) for is_one in _OF_VALUES):
        return holds_text(kind.value_type)
    if pa.types.is_map(kind):
        return holds_text(kind.key_type) or holds_text(kind.item_type)
    if pa.types.is_struct(kind) or pa.types.is_union(kind):
        return any(holds_text(child.type) for child in kind)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def leaves(column: pa.Array, rows: Rows) -> Iterator[tuple[pa.StringArray, Rows]]:
    """The texts in a column and the row of each; ``rows`` are those of the column's values.

    Raises `BadInput` for texts in a type they can't be put back into.
    """
    kind = column.type
    if not holds_text(kind):
        return
    if isinstance(kind, pa.BaseExtensionType):
        yield from leaves(column.storage, rows)
    elif _is_list(kind):
        yield from leaves(column.flatten(), np.repeat(rows, list_lengths(column)))
    elif pa.types.is_struct(kind):
        for child in column.flatten():  # with the nulls of the structs
            yield from leaves(child, rows)
    elif pa.types.is_dictionary(kind):
        yield from leaves(column.dictionary_decode(), rows)
    elif pa.types.is_run_end_encoded(kind):
        yield from leaves(pc.run_end_decode(column), rows)
    elif pa.types.is_nested(kind):  # maps, views and lists of a fixed size are too rare for a way of their own
        _refuse_unknown(kind)
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
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, rebuilt(column.storage, texts))
    if _is_list(kind):
        elements = rebuilt(column.flatten(), texts)
        return lists_of(list_lengths(column), elements, column.is_null()).cast(kind)
    if pa.types.is_struct(kind):
        children = [rebuilt(child, texts) for child in column.flatten()]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=column.is_null())
    if pa.types.is_dictionary(kind):
        return rebuilt(column.dictionary_decode(), texts).dictionary_encode().cast(kind)
    if pa.types.is_run_end_encoded(kind):
        changed = rebuilt(pc.run_end_decode(column), texts)
        return pc.run_end_encode(changed, run_end_type=kind.run_end_type)
    if pa.types.is_nested(kind):
        listed = iter(next(texts).to_pylist())
        return pa.array([_with(value, listed) for value in column.to_pylist()], kind)
    return next(texts).cast(kind)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _refuse_unknown(kind: pa.DataType) -> None:
    """Values that Python knows lists, dicts and texts of can be made again from them, others can't."""
    if any(is_one(kind) for is_one in _NOT_FROM_PYTHON) or isinstance(kind, pa.BaseExtensionType):
        raise BadInput(f"texts of the type {kind} can't be searched for personal data; cast the column to another type")
    for place in range(kind.num_fields):
        _refuse_unknown(kind.field(place).type)


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
