"""Writing text: JSON lines, a JSON array, CSV, TSV, plain text."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from instructkit.errors import UsageError
from instructkit.records.containers.json_text import object_texts, text_bytes, value_text
from instructkit.records.hashing import json_texts
from instructkit.records.part import PartFile, disk_errors
from instructkit.records.stream import Counts
from instructkit.records.values import python_values

# metadata of a field, for JSON: its structs are written without the keys that are null; its texts are JSON, which is
# written as it stands; with WHERE_GIVEN a row whose value is null has no such key
SPARSE, AS_JSON = {b"instructkit": b"sparse"}, {b"instructkit": b"json"}
WHERE_GIVEN = {b"instructkit-null": b"left out"}


class Encoder(Protocol):
    """Turns batches into bytes."""

    def __init__(self, schema: pa.Schema) -> None: ...

    def head(self) -> bytes:
        """What stands before the rows."""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The rows' bytes."""

    def tail(self) -> bytes:
        """What stands after the rows."""


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


_WAYS: dict[bytes | None, Callable[[Any], Any]] = {b"sparse": _without_nulls, b"json": _parsed}


class _JsonLines:
    def __init__(self, schema: pa.Schema) -> None:
        self._names = schema.names
        self._where_given = {field.name for field in schema if b"instructkit-null" in (field.metadata or {})}
        self._ways = [_WAYS.get((field.metadata or {}).get(b"instructkit")) for field in schema]

    def head(self) -> bytes:
        return b""

    def texts(self, batch: pa.RecordBatch, end: str) -> bytes:
        """The rows as JSON, each with its end behind it."""
        if not batch.num_columns:
            rows: int = batch.num_rows
            return ("{}" + end).encode() * rows
        if self._where_given:
            return "".join(line + end for line in self._row_by_row(batch)).encode()
        objects = object_texts(batch.columns, self._names, self._ways)
        return text_bytes(pc.binary_join_element_wise(objects, pa.scalar(end, pa.string()), ""))

    def _row_by_row(self, batch: pa.RecordBatch) -> Iterator[str]:
        columns = [python_values(column) for column in batch.columns]
        columns = [values if way is None else [*map(way, values)]
                   for way, values in zip(self._ways, columns, strict=True)]  # fmt: skip
        for row in zip(*columns, strict=True):
            given = {name: value for name, value in zip(self._names, row, strict=True)
                     if value is not None or name not in self._where_given}  # fmt: skip
            yield value_text(given)

    def rows(self, batch: pa.RecordBatch) -> bytes:
        return self.texts(batch, "\n")

    def tail(self) -> bytes:
        return b""


class _JsonArray(_JsonLines):
    def __init__(self, schema: pa.Schema) -> None:
        super().__init__(schema)
        self._before = b""

    def head(self) -> bytes:
        return b"[\n"

    def rows(self, batch: pa.RecordBatch) -> bytes:
        if not batch.num_rows:
            return b""
        text = self._before + self.texts(batch, ",\n")[:-2]
        self._before = b",\n"
        return text

    def tail(self) -> bytes:
        return b"\n]\n"


class _Csv:
    delimiter = ","

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = pa.schema([(field.name, _flat_type(field.type)) for field in schema])
        self._options = pyarrow.csv.WriteOptions(include_header=False, delimiter=self.delimiter)

    def head(self) -> bytes:
        header = pyarrow.csv.WriteOptions(include_header=True, delimiter=self.delimiter)
        return self._encode(self._schema.empty_table(), header)

    def rows(self, batch: pa.RecordBatch) -> bytes:
        columns = [json_texts(column) if pa.types.is_nested(column.type) else column for column in batch.columns]
        return self._encode(pa.Table.from_arrays(columns, schema=self._schema), self._options)

    def tail(self) -> bytes:
        return b""

    @staticmethod
    def _encode(table: pa.Table, options: pyarrow.csv.WriteOptions) -> bytes:
        out = io.BytesIO()
        pyarrow.csv.write_csv(table, out, options)
        return out.getvalue()


def _flat_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_nested(kind) else kind


class _Tsv(_Csv):
    delimiter = "\t"


class _Text:
    """A row a line: instruction, input and output joined, line breaks inside written as ``\\n``."""

    def __init__(self, schema: pa.Schema) -> None:
        wanted = ("instruction", "input", "output")
        self._names = [name for name in wanted if name in schema.names]
        if "instruction" not in self._names:  # plain text
            self._names = ["text"] if "text" in schema.names else schema.names[:1]
            if self._names != ["text"] and len(schema.names) > 1:
                raise UsageError(f"a .txt file holds one column; of {', '.join(schema.names)} none is called text: "
                                 "write .jsonl")  # fmt: skip
            if pa.types.is_nested(schema.field(self._names[0]).type):
                raise UsageError(f"a .txt file holds text, and {self._names[0]} is none: write .jsonl")

    def head(self) -> bytes:
        return b""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        columns = [python_values(batch.column(name)) for name in self._names]
        texts = ("\n".join(str(part) for part in row if part) for row in zip(*columns, strict=True))
        return "".join(text.replace("\\", "\\\\").replace("\n", "\\n") + "\n" for text in texts).encode()

    def tail(self) -> bytes:
        return b""


ENCODERS: dict[str, type[Encoder]] = {
    "jsonl": _JsonLines,
    "json": _JsonArray,
    "csv": _Csv,
    "tsv": _Tsv,
    "txt": _Text,
}


class TextWriter:
    """JSON lines, a JSON array, CSV, TSV or plain text; these hold no lineage."""

    def __init__(self, part: PartFile, schema: pa.Schema, container: str, compression: str | None) -> None:
        self._encoder = ENCODERS[container](schema)  # it may refuse the schema: before a file is made
        self._part = part
        self._sink = part.sink()
        self._out = pa.CompressedOutputStream(self._sink, compression) if compression else self._sink
        with disk_errors(part.path):
            self._out.write(self._encoder.head())

    def write(self, batch: pa.RecordBatch) -> None:
        with disk_errors(self._part.path):
            self._out.write(self._encoder.rows(batch))

    def finish(self, counts: list[Counts]) -> None:
        with disk_errors(self._part.path):
            self._out.write(self._encoder.tail())
            self._out.close()
            if not self._sink.closed:
                self._sink.close()
        self._part.commit()

    def abort(self) -> None:
        with contextlib.suppress(OSError, pa.ArrowInvalid):  # a compressor writes its last bytes to the full disk
            self._out.close()
        self._sink.close()
        self._part.discard()


class StdoutWriter:
    """JSON lines on stdout, for a reader that is no step of ours."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        self._encoder = _JsonLines(schema)
        self._sink = sink

    def write(self, batch: pa.RecordBatch) -> None:
        self._sink.write(self._encoder.rows(batch))

    def finish(self, counts: list[Counts]) -> None:
        self._sink.flush()

    def abort(self) -> None:
        return
