"""From raw columns to examples, by their layout."""

import json
import logging
from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from instructkit.engine import map_batches
from instructkit.errors import BadInput
from instructkit.records.containers.raw import BadRows, Numbers, Raw, plain, plain_schema
from instructkit.records.layouts import Converted, Layout, detect
from instructkit.records.layouts.pieces import pieces
from instructkit.records.schema import EXAMPLE, any_empty, build_examples, example_schema, extra_name
from instructkit.records.stream import Records
from instructkit.records.values import python_values

log = logging.getLogger("instructkit")


def extra_fields(schema: pa.Schema, used: Sequence[str], added: Sequence[str] = ()) -> dict[str, pa.Field]:
    """The columns that ride along, by their name in the source, under the name they get beside ours and ``added``."""
    ours = {*EXAMPLE.names, *added}
    kept = [child for child in schema if child.name not in used]
    taken = ours | {child.name for child in kept}
    fields: dict[str, pa.Field] = {}
    for child in kept:
        name = extra_name(child.name, taken) if child.name in ours else child.name
        taken.add(name)
        fields[child.name] = pa.field(name, child.type)
    return fields


def convert(
    raw: Raw, layout: Layout, task: str, bad: BadRows, workers: int | None = None
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Make examples of a source's rows; a row that makes none goes to the bad rows."""
    extras = extra_fields(raw.schema, layout.used(raw.schema))
    schema = example_schema(list(extras.values()))
    if schema == raw.schema:
        return schema, (batch for batch, _ in _checked(raw, layout, bad))

    def build(batch: pa.RecordBatch) -> tuple[Converted, pa.RecordBatch]:
        found = layout.convert(batch)
        rows = len(found.rows)
        columns = {field.name: batch.column(name) for name, field in extras.items()}
        if rows != batch.num_rows or found.bad:
            columns = {name: column.take(pa.array(found.rows)) for name, column in columns.items()}
        return found, build_examples(
            found.values, rows, task=task, source=raw.name, template=layout.name, extras=columns
        )

    def batches() -> Iterator[pa.RecordBatch]:
        flying: deque[tuple[pa.RecordBatch, Numbers]] = deque()

        def rows() -> Iterator[pa.RecordBatch]:
            for batch, numbers in pieces(raw.batches) if layout.grows else raw.batches:
                flying.append((batch, numbers))
                yield batch

        for found, built in map_batches(rows(), build, workers=workers):
            batch, numbers = flying.popleft()
            for row, rule, detail in found.bad:
                bad.add(raw.name, int(numbers[row]), rule, detail, row_text(batch, row))
            if built.num_rows:
                yield built

    return schema, batches()


def _checked(raw: Raw, layout: Layout, bad: BadRows) -> Iterator[tuple[pa.RecordBatch, Numbers]]:
    """Examples as they are, but for rows without an instruction and missing ids."""
    for batch, numbers in raw.batches:
        found = layout.convert(batch)
        complete = all(column.null_count == 0 for column in batch.columns[: len(EXAMPLE)]) and not any(
            any_empty(batch.column(name)) for name in ("id", "parent")
        )
        if complete and not found.bad:
            yield batch, numbers
            continue
        for row, rule, detail in found.bad:
            bad.add(raw.name, int(numbers[row]), rule, detail, row_text(batch, row))
        kept = batch.take(pa.array(found.rows))
        extras = {field.name: kept.column(field.name) for field in list(kept.schema)[len(EXAMPLE) :]}
        yield build_examples(found.values, kept.num_rows, task="", source=raw.name, template=layout.name,
                             extras=extras), numbers[found.rows]  # fmt: skip


def row_text(batch: pa.RecordBatch, row: int) -> str:
    """A row as JSON, for the rejects file."""
    values = {
        name: python_values(column.slice(row, 1))[0]
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    return json.dumps(values, ensure_ascii=False, default=str)


def to_examples(records: Records) -> Records:
    """Make sure that a stream from outside holds examples.

    Raises `BadInput` where its columns are none that make an example.
    """
    schema = plain_schema(records.schema)

    def batches() -> Iterator[tuple[pa.RecordBatch, Numbers]]:
        start = 1
        for batch in records.batches:
            yield plain(batch, schema), np.arange(start, start + batch.num_rows)
            start += batch.num_rows

    raw = Raw("the stream", schema, batches())
    layout, why = detect(schema, raw.name)
    if layout is None:
        raise BadInput(plain_columns(raw.name, why))
    from instructkit.records.rejects import Rejects

    bad = BadRows(Rejects())
    bad.counts = records.reading
    found, converted = convert(raw, layout, "", bad)
    return Records(found, converted, records.lineage, records.counts, records.reading, records.inputs, records.branches)


def plain_columns(name: str, why: str) -> str:
    """The sentence for rows that are no examples yet."""
    return (
        f"{name} holds no examples: {why}; make some first: instructkit format {name} --task NAME "
        "(plain text: instructkit pretext; filter takes it by --text COLUMN)"
    )
