"""Read columns as they are: texts and labels that are no examples."""

import re
from collections.abc import Sequence

import pyarrow as pa

from instructkit.errors import BadInput, UsageError
from instructkit.records.containers.raw import BadRows, Raw
from instructkit.records.reading import concatenate, describe_inputs, open_container
from instructkit.records.rejects import Rejects
from instructkit.records.sources import Source, parse_from, resolve
from instructkit.records.stream import Records

_NAME = re.compile(r"[^\W\d][\w.-]{0,39}")


def open_columns(
    path: str, layout: str | None, bad: BadRows | None = None, workers: int | None = None
) -> tuple[Raw, Source]:
    """Open a source's columns; ``layout`` says what kind of file it is (``--from``).

    Raises `BadInput` for what can't be read at all, `UsageError` for a kind that is none.
    """
    container, _ = parse_from(layout, ())
    source = resolve(path, container)
    return open_container(source, bad or BadRows(Rejects()), workers), source


def check_column(schema: pa.Schema, name: str, column: str) -> None:
    """Raise `UsageError` where rows have no such column; ``name`` is what they came from."""
    if column not in schema.names:
        # without a header the first row stands there, and is not for an error's eyes
        shown = [one for one in schema.names if _NAME.fullmatch(one)]
        has = f"it has {', '.join(shown)}" if shown else "is its first line a header?"
        raise UsageError(f"{name} has no column {column!r}; {has}")


def check_text_column(schema: pa.Schema, name: str, column: str) -> None:
    """Raise `UsageError` where rows have no such column, `BadInput` where it holds no text."""
    check_column(schema, name, column)
    if not pa.types.is_string(schema.field(column).type):
        raise BadInput(f"{name}: the column {column!r} holds {schema.field(column).type}, not text")


def read_columns(
    sources: Sequence[str],
    column: str,
    *,
    layout: str | None = None,
    rejects: Rejects | None = None,
    max_bad: int | None = None,
    workers: int | None = None,
) -> Records:
    """Several sources as one stream of rows as they are, each with a column of text of this name.

    Rows that can't be read go to ``rejects``. Raises `BadInput` where a source lacks the column.
    """
    rejects = rejects or Rejects()
    streams = [_stream(path, column, layout, BadRows(rejects, max_bad), workers) for path in sources]
    return streams[0] if len(streams) == 1 else concatenate(streams)


def _stream(path: str, column: str, layout: str | None, bad: BadRows, workers: int | None) -> Records:
    raw, source = open_columns(path, layout, bad, workers)
    check_text_column(raw.schema, raw.name, column)
    batches = (batch for batch, _ in raw.batches)
    return Records(raw.schema, batches, raw.lineage, lambda: raw.steps, bad.counts, describe_inputs(source))
