"""Columns as JSON text, a column at once: the same characters that ``json.dumps(..., ensure_ascii=False)`` gives.

Text, whole numbers, truth values, and lists and structs of them are put together by Arrow's kernels; other types
(floats, times, bytes) are spelled value by value.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.buffers import buffers
from instructkit.records.lists import list_lengths, lists_of
from instructkit.records.values import python_values

# in this order: the backslash first, since the others bring one
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_CONTROLS = {chr(code): f"\\u{code:04x}" for code in range(0x20) if chr(code) not in _SHORT}
_ESCAPES = {**_SHORT, **_CONTROLS}

Way = Callable[[Any], Any]  # what becomes of a value before it is spelled


def object_texts(columns: Sequence[pa.Array], names: Sequence[str], ways: Sequence[Way | None]) -> pa.StringArray:
    """The object of each row: string, one a row. A column with a way goes through Python, value by value."""
    pieces: list[Any] = []
    for number, (name, column, way) in enumerate(zip(names, columns, ways, strict=True)):
        head = ("{" if number == 0 else ", ") + json.dumps(name, ensure_ascii=False) + ": "
        pieces += [pa.scalar(head, pa.string()), value_texts(column) if way is None else spelled(column, way)]
    return pc.binary_join_element_wise(*pieces, pa.scalar("}", pa.string()), "")


def value_texts(column: pa.Array) -> pa.StringArray:
    """The values of a column as JSON, a null as ``null``."""
    kind = column.type
    if pa.types.is_string(kind):
        found = _quoted(column)
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        found = pc.cast(column, pa.string())
    elif pa.types.is_list(kind):
        elements = value_texts(column.flatten())
        joined = pc.binary_join(lists_of(list_lengths(column), elements), ", ")
        found = pc.binary_join_element_wise("[", joined, "]", "")
    elif pa.types.is_struct(kind) and len(kind):
        fields = [pc.struct_field(column, number) for number in range(len(kind))]
        found = object_texts(fields, [child.name for child in kind], [None] * len(fields))
    else:
        return spelled(column)
    if not column.null_count:
        return found
    return pc.if_else(column.is_valid(), found, "null")


def spelled(column: pa.Array, way: Way | None = None) -> pa.StringArray:
    """The same, value by value in Python."""
    values = python_values(column)
    given = values if way is None else map(way, values)
    return pa.array(map(value_text, given), pa.string())


def value_text(value: Any) -> str:
    """A value as JSON. NaN and the infinities, which JSON has no word for and other readers refuse, are ``null``."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=str, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def text_bytes(texts: pa.StringArray) -> bytes:
    """The texts one after the other."""
    data, ends = buffers(texts)
    return data[ends[0] : ends[-1]].tobytes()


def _quoted(texts: pa.StringArray) -> pa.StringArray:
    for character in _present(texts):
        texts = pc.replace_substring(texts, character, _ESCAPES[character])
    return pc.binary_join_element_wise('"', texts, '"', "")


def _present(texts: pa.StringArray) -> list[str]:
    """The characters of a column that JSON does not take as they are, in the order in which they are escaped."""
    data = texts.buffers()[2]
    if data is None:
        return []
    counted = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    return [character for character in _ESCAPES if counted[ord(character)]]
