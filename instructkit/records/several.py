"""Several inputs that are to be one: each holds rows and is given once, and their columns have one type."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput, NoRows, UsageError
from instructkit.records.schema import EXAMPLE, as_text
from instructkit.records.stream import Records, close

log = logging.getLogger("instructkit")

GO_ON = "--allow-empty goes on without it"
ON_CONFLICT = ("refuse", "text", "rename", "drop")


@dataclass(frozen=True)
class Several:
    """What is asked of several inputs.

    ``on_conflict``: a column whose types clash is refused, made text in all, renamed where it differs from the first,
    or dropped from all. Whole and other numbers do not clash. ``allow_empty``: an input may hold no rows.
    """

    on_conflict: str = "refuse"
    allow_empty: bool = False

    def __post_init__(self) -> None:
        if self.on_conflict not in ON_CONFLICT:
            raise UsageError(f"--on-conflict is {', '.join(ON_CONFLICT)}, not {self.on_conflict!r}")

    def settle(self, streams: list[Records]) -> list[Records]:
        """The streams as asked. Raises `BadInput` for clashing types, and, once read, for a stream without rows."""
        _note_equal_bytes(streams)
        settled = self._of_one_type(streams)
        return settled if self.allow_empty else [_holding_rows(stream) for stream in settled]

    def nothing(self, error: NoRows) -> Records:
        """What stands for an input that holds nothing at all, where that is allowed. Raises `BadInput`."""
        if not self.allow_empty:
            raise BadInput(f"{error}; {GO_ON}") from error
        return Records(EXAMPLE, iter(()))

    def _of_one_type(self, streams: list[Records]) -> list[Records]:
        for name in dict.fromkeys(name for stream in streams for name in stream.schema.names):
            holding = [stream for stream in streams if name in stream.schema.names]
            types = list(dict.fromkeys(stream.schema.field(name).type for stream in holding))
            if len({_kind(one) for one in types}) < 2:
                continue
            if self.on_conflict == "refuse":
                said = " and ".join(f"{one} in {_first_with(holding, name, one)}" for one in types[:3])
                raise BadInput(
                    f"the column {name!r} is {said}: --on-conflict text makes both text, rename keeps them apart, drop "
                    "leaves the column out"
                )
            taken = {name for stream in streams for name in stream.schema.names}
            streams = [self._changed(stream, name, types, taken) if name in stream.schema.names else stream
                       for stream in streams]  # fmt: skip
            log.info("note: the column %s has several types: %s", name, _DONE[self.on_conflict])
        return streams

    def _changed(self, stream: Records, name: str, types: list[pa.DataType], taken: set[str]) -> Records:
        place = stream.schema.get_field_index(name)
        kind = stream.schema.field(name).type
        if self.on_conflict == "drop":
            return _mapped(stream, stream.schema.remove(place), lambda batch: batch.drop_columns([name]))
        if self.on_conflict == "text":
            schema = stream.schema.set(place, pa.field(name, pa.string()))
            return _mapped(stream, schema, lambda batch: _with_text(batch, place, schema))
        number = list(dict.fromkeys(map(_kind, types))).index(_kind(kind)) + 1
        if number == 1:
            return stream
        schema = stream.schema.set(place, pa.field(_free(f"{name}_{number}", taken), kind))
        return _mapped(stream, schema, lambda batch: pa.RecordBatch.from_arrays(batch.columns, schema=schema))


_DONE = {"text": "it is text now", "rename": "it is renamed in some inputs", "drop": "it is left out"}


def check_given_once(names: tuple[str, ...]) -> None:
    """Raise `UsageError` where one file is given twice."""
    seen: dict[Any, str] = {}
    for name in names:
        key = name if name == "-" or name.startswith("hub:") else Path(name).resolve()
        if key in seen:
            raise UsageError(f"{name} is given twice; to take its rows more often, give it a --weight or --max-epochs")
        seen[key] = name


def _note_equal_bytes(streams: list[Records]) -> None:
    seen: dict[str, str] = {}
    for entry in (entry for stream in streams for entry in stream.inputs):
        digest = entry.get("xxh3_128")
        if digest in seen:
            log.info("note: %s holds the same bytes as %s: its rows are there twice", entry["name"], seen[digest])
        elif digest is not None:
            seen[digest] = entry["name"]


def _kind(kind: pa.DataType) -> str:
    return "number" if pa.types.is_integer(kind) or pa.types.is_floating(kind) else str(kind)


def _name(stream: Records) -> str:
    return str(stream.inputs[0]["name"]) if stream.inputs else "stdin"


def _first_with(streams: list[Records], name: str, kind: pa.DataType) -> str:
    return next(_name(stream) for stream in streams if stream.schema.field(name).type == kind)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_2"
    return name


def _with_text(batch: pa.RecordBatch, place: int, schema: pa.Schema) -> pa.RecordBatch:
    columns = batch.columns
    missing = columns[place].is_null()
    text = as_text(columns[place])
    columns[place] = pc.if_else(missing, pa.scalar(None, pa.string()), text)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _mapped(stream: Records, schema: pa.Schema, change: Any) -> Records:
    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from map(change, stream.batches)
        finally:
            close(stream.batches)

    source = stream.again
    again = None if source is None else lambda: map(change, source())
    return replace(stream, schema=schema, batches=batches(), again=again)


def _holding_rows(stream: Records) -> Records:
    def batches() -> Iterator[pa.RecordBatch]:
        rows = 0
        try:
            for batch in stream.batches:
                rows += batch.num_rows
                yield batch
        finally:
            close(stream.batches)
        if not rows:
            raise BadInput(f"{_name(stream)} holds no rows; {GO_ON}")

    return replace(stream, batches=batches())
