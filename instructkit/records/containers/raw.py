"""What a container gives: columns as they are, row numbers, and the rows that could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Lineage

Numbers = npt.NDArray[np.int64]
TEXT_SHOWN = 100_000  # characters of an unreadable row that the rejects file keeps


class BadRows:
    """Counts the rows that make no example and sends them to the rejects file.

    Raises `BadInput` when there are more than ``at_most`` of them.
    """

    def __init__(self, rejects: Rejects, at_most: int | None = None, counts: Counts | None = None) -> None:
        self.counts = Counts() if counts is None else counts
        self.rejects = rejects
        self.at_most = at_most
        self.first: str | None = None

    def add(self, file: str, row: int, rule: str, found: str, text: str, threshold: str = "") -> None:
        """Record one row: where it stands (from 1), the rule it broke, what was found, its text."""
        self.counts.drop(rule)
        self.rejects.add_raw(file, int(row), text[:TEXT_SHOWN], [(rule, found, threshold)])
        if self.first is None:
            self.first = f"row {row}: {found}"
        self.rejects.bad_rows += 1
        if self.at_most is not None and self.rejects.bad_rows > self.at_most:
            raise BadInput(
                f"{file}: {self.rejects.bad_rows} bad rows, more than --max-bad {self.at_most} allows "
                f"(row {row}: {rule}, {found})"
            )


@dataclass
class Raw:
    """An opened source, drained once."""

    name: str
    schema: pa.Schema
    batches: Iterator[tuple[pa.RecordBatch, Numbers]]  # each with its rows' numbers in the file, from 1
    labels: dict[str, list[str]] = field(default_factory=dict)  # class names of integer columns
    lineage: Lineage = field(default_factory=list)
    steps: list[Counts] = field(default_factory=list)  # of the lineage's steps; complete when drained
    task: dict[str, Any] | None = None  # of a Super-NaturalInstructions task, all but its instances
    private: frozenset[str] = frozenset()  # columns with user ids: no hash may hang on them
    limited: frozenset[str] = frozenset()  # columns that stand beside the examples even where a role takes all of them


def numbered(batches: Iterator[pa.RecordBatch], start: int = 1) -> Iterator[tuple[pa.RecordBatch, Numbers]]:
    """Number the rows of batches one after the other."""
    for batch in batches:
        yield batch, np.arange(start, start + batch.num_rows, dtype=np.int64)
        start += batch.num_rows


def first_rows(
    batches: Iterator[tuple[pa.RecordBatch, Numbers]], limit: int
) -> Iterator[tuple[pa.RecordBatch, Numbers]]:
    """The first ``limit`` rows of numbered batches; one batch at least, for its columns."""
    for batch, numbers in batches:
        rows = min(limit, batch.num_rows)
        yield batch.slice(0, rows), numbers[:rows]
        limit -= rows
        if limit <= 0:
            return


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type a column is read as: dictionaries, views and large types become their plain kind."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_list_view,
             pa.types.is_large_list_view)  # fmt: skip
    if any(is_one(kind) for is_one in lists):
        return pa.list_(plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(child.name, plain_type(child.type)) for child in kind])
    if pa.types.is_map(kind):
        return pa.list_(pa.struct([("key", plain_type(kind.key_type)), ("value", plain_type(kind.item_type))]))
    return kind


def plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Cast a batch to the plain types of ``schema``."""
    if batch.schema.equals(schema):
        return batch.replace_schema_metadata(None)
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema in plain types, without metadata; raises `BadInput` for two columns of one name."""
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise BadInput(f"there are two columns named {twice[0]!r}; rename one")
    return pa.schema([pa.field(child.name, plain_type(child.type)) for child in schema])
