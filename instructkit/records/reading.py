"""Read sources: open each container, tell its layout, and give one stream of examples."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput, NoRows
from instructkit.records.containers.raw import BadRows, Raw
from instructkit.records.examples import convert, plain_columns
from instructkit.records.layouts import detect
from instructkit.records.layouts.registry import NAMES
from instructkit.records.rejects import Rejects
from instructkit.records.several import Several
from instructkit.records.sources import Source, parse_from, resolve
from instructkit.records.stream import Records

log = logging.getLogger("instructkit")

QUICK = ("arrow", "directory")  # containers that can be read again for less than a copy of their rows costs


def read(
    *sources: str,
    layout: str | None = None,
    rejects: str | Rejects | None = None,
    max_bad: int | None = None,
    workers: int | None = None,
) -> pa.RecordBatchReader:
    """Read files, directories or hub datasets as one stream of examples.

    ``layout`` forces what a file is or holds (``--from``). Rows that can't be read go to ``rejects`` and are
    counted; more than ``max_bad`` of them is an error.

    Raises `BadInput` for what can't be read at all, and for plain columns, which `format` makes examples of.
    """
    sink = as_rejects(rejects)
    records = read_examples(sources, layout=layout, rejects=sink, max_bad=max_bad, workers=workers)
    records.batches = sink.over(records.batches)
    return records.to_reader()


def as_rejects(rejects: str | Rejects | None) -> Rejects:
    """A path as a rejects file."""
    return rejects if isinstance(rejects, Rejects) else Rejects(rejects, owned=True)


def read_examples(
    sources: Sequence[str],
    *,
    layout: str | None = None,
    rejects: Rejects | None = None,
    max_bad: int | None = None,
    workers: int | None = None,
    asking: bool = False,
    several: Several | None = None,
) -> Records:
    """`read`, inside: one source keeps its lineage, several become branches of the next step's.

    ``asking``: prompts that nobody has answered are examples too, with an empty output. ``several``: what is asked of
    the sources beyond that.
    """
    rejects = rejects or Rejects()
    streams = []
    for path in sources:
        try:
            streams.append(read_one(path, layout, BadRows(rejects, max_bad), workers, asking=asking))
        except NoRows as error:
            if several is None:
                raise
            streams.append(several.nothing(error))
    if several is not None:
        streams = several.settle(streams)
    merged = streams[0] if len(streams) == 1 else concatenate(streams)
    rejects.bind(merged.schema)
    return merged


def read_one(
    path: str, forced: str | None, bad: BadRows, workers: int | None = None, *, asking: bool = False
) -> Records:
    """Read one source as examples."""
    raw, layout_name, source = open_raw(path, forced, bad, workers)
    layout, why = detect(raw.schema, raw.name, layout_name, asking=asking)
    if layout is None:
        raise BadInput(plain_columns(path, why))
    if not raw.lineage:
        log.info("%s: %s (%s)", raw.name, layout.name, why)
    schema, batches = convert(raw, layout, source.stem, bad, workers)
    records = Records(schema, batches, raw.lineage, lambda: raw.steps, bad.counts, describe_inputs(source))
    if layout.name == "examples" and source.container in QUICK and Path(source.path).exists():
        before = _state(source.path)

        def again() -> Iterator[pa.RecordBatch]:
            if _state(source.path) != before:
                raise BadInput(f"{path} has changed while it was read: run the command again once it is complete")
            anew = BadRows(Rejects())  # what can't be read has been told
            return convert(open_container(source, anew, workers), layout, source.stem, anew, workers)[1]

        records.again = again
    return records


def _state(path: str) -> list[tuple[str, int, int, int]]:
    """What changes with a file's content, or with that of a folder's files."""
    place = Path(path)
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    found = [(one.name, one.stat()) for one in files]
    return [(name, told.st_ino, told.st_size, told.st_mtime_ns) for name, told in found]


def open_raw(path: str, forced: str | None, bad: BadRows, workers: int | None = None) -> tuple[Raw, str | None, Source]:
    """Open a source's columns as they are; the layout is the one forced by ``--from``, if any."""
    container, layout = parse_from(forced, NAMES)
    source = resolve(path, container)
    return open_container(source, bad, workers), layout, source


def open_container(source: Source, bad: BadRows, workers: int | None) -> Raw:
    """Open a container of any type."""
    try:
        if source.container == "arrow":
            from instructkit.records.containers.arrow import open_arrow

            return open_arrow(source)
        if source.container == "directory":
            from instructkit.records.containers.directory import open_directory

            return open_directory(source)
        if source.container == "parquet":
            from instructkit.records.containers.parquet import open_parquet

            return open_parquet(source)
        if source.container == "jsonl":
            from instructkit.records.containers.jsonl import open_jsonl

            return open_jsonl(source, bad, workers)
        if source.container == "json":
            from instructkit.records.containers.json_file import open_json

            return open_json(source, bad, workers)
        if source.container == "txt":
            from instructkit.records.containers.txt import open_txt

            return open_txt(source, bad)
        if source.container == "hub":
            from instructkit.records.containers.hub import open_hub

            return open_hub(source)
        from instructkit.records.containers.delimited import open_delimited

        return open_delimited(source, bad)
    except PermissionError as error:
        raise BadInput(f"{source.path} may not be read (permission denied)") from error


def describe_inputs(source: Source) -> list[dict[str, Any]]:
    """A source as lineage keeps it: its name, and the hash of each of its files."""
    from instructkit.records.hashing import file_hash

    if source.path == "-":
        return []
    if source.container == "hub":
        return [{"name": source.name}]
    if source.container == "directory":
        from instructkit.records.containers.directory import shard_paths

        shards = [{"name": shard.name, "xxh3_128": file_hash(str(shard))} for shard in shard_paths(Path(source.path))]
        return [{"name": source.name, "shards": shards}]
    if not Path(source.path).is_file():
        return [{"name": source.name}]  # a named pipe can be read only once
    return [{"name": source.name, "xxh3_128": file_hash(source.path)}]


def concatenate(streams: list[Records]) -> Records:
    """Several streams one after the other; columns that one of them lacks are null there.

    Raises `BadInput` where two inputs hold one column in types that can't be made one.
    """
    schema = unify([stream.schema for stream in streams])

    def batches() -> Iterator[pa.RecordBatch]:
        for stream in streams:
            for batch in stream.batches:
                yield widen(batch, schema)
            reading.rows_dropped += stream.reading.rows_dropped
            reading.reasons.update(stream.reading.reasons)

    merged = together(streams, schema)
    reading = merged.reading
    merged.batches = batches()
    sources = [stream.again for stream in streams]

    def again() -> Iterator[pa.RecordBatch]:
        for source in sources:
            for batch in source() if source is not None else ():
                yield widen(batch, schema)

    merged.again = None if None in sources else again
    return merged


def together(streams: list[Records], schema: pa.Schema) -> Records:
    """What stands behind several streams as the next step keeps it; one stream hands its own steps on."""
    if len(streams) == 1:
        return replace(streams[0], schema=schema)
    inputs = []
    for stream in streams:
        named = stream.inputs or [{"name": "stdin"}]
        inputs += [{**entry, "lineage": stream.lineage} if stream.lineage else entry for entry in named]
    return Records(schema, iter(()), inputs=inputs, branches=streams)


def unify(schemas: list[pa.Schema]) -> pa.Schema:
    """One schema for several inputs: the examples' columns, then every extra column of any of them."""
    fields: dict[str, pa.Field] = {}
    for schema in schemas:
        for child in schema:
            known = fields.setdefault(child.name, child)
            if known.type != child.type:
                fields[child.name] = pa.field(child.name, _common_type(child.name, known.type, child.type))
    return pa.schema(list(fields.values()))


def _common_type(name: str, one: pa.DataType, other: pa.DataType) -> pa.DataType:
    numbers = (pa.types.is_integer, pa.types.is_floating)
    if any(check(one) for check in numbers) and any(check(other) for check in numbers):
        return pa.float64() if pa.types.is_floating(one) or pa.types.is_floating(other) else pa.int64()
    if not (pa.types.is_nested(one) or pa.types.is_nested(other)):
        return pa.string()
    raise BadInput(f"two inputs hold the column {name!r} in types that do not fit ({one} and {other}); rename one")


def widen(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch the columns of a wider schema."""
    if batch.schema.equals(schema):
        return batch
    columns = []
    for child in schema:
        place = batch.schema.get_field_index(child.name)
        columns.append(pa.nulls(batch.num_rows, child.type) if place < 0 else _cast(batch.column(place), child))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _cast(column: pa.Array, child: pa.Field) -> pa.Array:
    try:
        return column.cast(child.type)
    except pa.ArrowInvalid as error:
        raise BadInput(
            f"the column {child.name!r} of one input does not fit the {child.type} of another ({error}); rename one"
        ) from error
