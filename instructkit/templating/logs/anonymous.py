"""User ids as user_1, user_2, ..., before anything else is made of the rows.

What a later step sees (examples, ids that are hashes, rejects, logs) is made of rows without the ids, so it can't
give them away.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.containers.raw import Numbers, Raw
from instructkit.records.hashing import json_texts
from instructkit.records.lists import list_lengths, lists_of
from instructkit.templating.logs.json_text import OWN_IDS, SHORTEST
from instructkit.templating.logs.users import Path, folded

Rows = npt.NDArray[np.int64]


class Users:
    """The number of each user, in order of first appearance; one for all sources of a run.

    Columns of one name share their numbers, on whatever level they stand.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def labels(self, name: str, texts: pa.StringArray) -> pa.StringArray:
        """``user_N`` for each user; nulls and blanks stay."""
        numbers = self._numbers.setdefault(folded(name), {})
        coded = texts.dictionary_encode()
        labels = [
            user and f"user_{numbers.setdefault(user, len(numbers) + 1)}" for user in coded.dictionary.to_pylist()
        ]
        return pa.array(labels, pa.string()).take(coded.indices)


def anonymous(raw: Raw, paths: Sequence[Path], users: Users) -> Raw:
    """The same rows with numbers in the place of user ids.

    An ``id`` or ``parent`` that holds the id of its row's user is emptied.
    """
    if not paths:
        return raw

    def clean(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for name in OWN_IDS:
            if (name,) not in paths and name in columns and pa.types.is_string(columns[name].type):
                columns[name] = _untold(columns[name], [_leaves(columns, path) for path in paths])
        for name in dict.fromkeys(folded(path[-1]) for path in paths):
            _number(columns, [path for path in paths if folded(path[-1]) == name], users)
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def batches() -> Iterator[tuple[pa.RecordBatch, Numbers]]:
        for batch, numbers in raw.batches:
            yield clean(batch), numbers

    schema = clean(_no_rows(raw.schema)).schema
    labels = {name: words for name, words in raw.labels.items() if (name,) not in paths}
    return replace(raw, schema=schema, batches=batches(), labels=labels)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], child.type) for child in schema], schema=schema)


def as_key(values: pa.Array) -> pa.StringArray:
    """Ids as text without blanks at their ends, whatever their type; NaN is null."""
    kind = values.type
    if pa.types.is_nested(kind):
        values = json_texts(values)
    elif pa.types.is_binary(kind):
        values = pa.array([one and one.hex() for one in values.to_pylist()], pa.string())
    elif pa.types.is_floating(kind):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    return pc.utf8_trim_whitespace(values if pa.types.is_string(values.type) else pc.cast(values, pa.string()))


def _number(columns: dict[str, pa.Array], paths: Sequence[Path], users: Users) -> None:
    """Number the users of all fields of one name, row by row, so that where a batch ends changes nothing."""
    found = [_leaves(columns, path) for path in paths]
    order = np.argsort(np.concatenate([rows for _, rows in found]), kind="stable")
    keys = pa.concat_arrays([as_key(values) for values, _ in found]).take(pa.array(order))
    labels = users.labels(paths[0][-1], keys).take(pa.array(np.argsort(order, kind="stable")))
    start = 0
    for path, (values, _) in zip(paths, found, strict=True):
        own = labels.slice(start, len(values))
        columns[path[0]] = _with_leaf(columns[path[0]], path[1:], own)
        start += len(values)


def _leaves(columns: Mapping[str, pa.Array], path: Path) -> tuple[pa.Array, Rows]:
    column = columns[path[0]]
    return _leaf(column, np.arange(len(column)), path[1:])


def _leaf(array: pa.Array, rows: Rows, path: Path) -> tuple[pa.Array, Rows]:
    """The values at the end of a path, and the row of each."""
    if not path:
        return array, rows
    if pa.types.is_list(array.type):
        return _leaf(array.flatten(), np.repeat(rows, list_lengths(array)), path)
    return _leaf(array.flatten()[array.type.get_field_index(path[0])], rows, path[1:])


def _with_leaf(array: pa.Array, path: Path, leaf: pa.Array) -> pa.Array:
    """The same values but for those at the end of a path."""
    if not path:
        return leaf
    nulls = array.is_null() if array.null_count else None
    if pa.types.is_list(array.type):
        return lists_of(list_lengths(array), _with_leaf(array.flatten(), path, leaf), nulls)
    children = array.flatten()
    place = array.type.get_field_index(path[0])
    children[place] = _with_leaf(children[place], path[1:], leaf)
    return pa.StructArray.from_arrays(children, names=[child.name for child in array.type], mask=nulls)


def _untold(ids: pa.StringArray, users: Sequence[tuple[pa.Array, Rows]]) -> pa.StringArray:
    """Row ids without those that a user's id stands in; an empty one becomes the hash of the row's content."""
    values = ids.to_pylist()
    told = {row for found, rows in users for user, row in zip(as_key(found).to_pylist(), rows.tolist(), strict=True)
            if user and len(user) >= SHORTEST and user in (values[row] or "")}  # fmt: skip
    return pa.array([None if row in told else one for row, one in enumerate(values)], pa.string()) if told else ids
