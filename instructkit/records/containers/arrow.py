"""Arrow IPC: the stream format (pipes, ``.arrow`` files) and the file format."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput, BrokenStream
from instructkit.records.containers.raw import Raw, numbered, plain, plain_schema
from instructkit.records.part import PartFile, disk_errors
from instructkit.records.sources import Source
from instructkit.records.stream import LINEAGE_KEY, Counts, lineage_of

END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"  # Arrow columnar format, "IPC Streaming Format"
FILE_MAGIC = b"ARROW1"


def open_arrow(source: Source) -> Raw:
    """Open an IPC stream or file; raises `BrokenStream` at its end if the end marker is missing."""
    if source.path == "-":
        return _open_stream(_Watched(sys.stdin.buffer), source.name)
    if Path(source.path).is_file():  # a named pipe can be read only once, and only a stream goes through it
        with open(source.path, "rb") as file:
            is_file_format = file.read(len(FILE_MAGIC)) == FILE_MAGIC
        if is_file_format:
            return _open_file(source)
    return _open_stream(_Watched(open(source.path, "rb")), source.name)


class _Watched:
    """A byte stream that remembers its last eight bytes: pyarrow takes a cut-off stream for a finished one."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._tail = b""
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self._tail = (self._tail + data[-8:])[-8:]
        return data

    def close(self) -> None:
        self.closed = True
        if self._stream is not sys.stdin.buffer:
            self._stream.close()

    @property
    def touched(self) -> bool:
        return bool(self._tail)

    @property
    def ended(self) -> bool:
        return self._tail == END_OF_STREAM


def _open_stream(stream: _Watched, name: str) -> Raw:
    try:
        reader = pa.ipc.open_stream(pa.PythonFile(stream, mode="r"))
        schema = plain_schema(reader.schema)
    except (pa.ArrowInvalid, OSError) as error:
        if name == "stdin" and not stream.touched:
            raise BrokenStream(
                "nothing came in on stdin: the command before this one failed or wrote nothing"
            ) from error
        raise BadInput(f"{name} is no Arrow stream, or its first bytes are cut off; "
                       "if it is another type say so, e.g. --from jsonl") from error  # fmt: skip
    steps: list[Counts] = []
    rows = numbered(_drain(reader, stream, schema, steps, name))
    return Raw(name, schema, rows, label_names(reader.schema), lineage_of(reader.schema), steps)


def _drain(
    reader: Any, stream: _Watched, schema: pa.Schema, steps: list[Counts], name: str
) -> Iterator[pa.RecordBatch]:
    try:
        for batch, metadata in reader.iter_batches_with_custom_metadata():
            if metadata is not None and LINEAGE_KEY in metadata:
                steps[:] = [Counts.from_json(entry) for entry in json.loads(metadata[LINEAGE_KEY])]
            if batch.num_rows:
                _check_text(batch, name)
                yield plain(batch, schema)
    except (pa.ArrowInvalid, OSError, EOFError) as error:
        raise BrokenStream(_broken(name)) from error
    if not stream.ended:
        raise BrokenStream(_broken(name))
    if stream.read(1):
        raise BadInput(f"{name} goes on after the end of its stream (two files joined?); give each as an input")
    stream.close()


def _check_text(batch: pa.RecordBatch, name: str) -> None:
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{name} holds damaged data ({error})") from error


def _broken(name: str) -> str:
    if name == "stdin":
        return "the stream on stdin ended too early: the command before this one failed"
    return f"{name} ends too early: the command that wrote it was cut off; make it again"


def _open_file(source: Source) -> Raw:
    try:
        reader = pa.ipc.open_file(pa.OSFile(source.path, "rb"))
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput(f"{source.name} is a damaged or cut Arrow file; make it again") from error
    schema = plain_schema(reader.schema)

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            _check_text(batch, source.name)
            yield plain(batch, schema)

    return Raw(source.name, schema, numbered(batches()), label_names(reader.schema), lineage_of(reader.schema))


def label_names(schema: pa.Schema) -> dict[str, list[str]]:
    """The class names that ``datasets`` keeps in a schema's metadata, by column."""
    text = (schema.metadata or {}).get(b"huggingface")
    if text is None:
        return {}
    try:
        features = json.loads(text)["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return {
        name: [str(label) for label in feature["names"]]
        for name, feature in features.items()
        if isinstance(feature, dict) and isinstance(feature.get("names"), list)
    }


class ArrowWriter:
    """An IPC stream: the same bytes on stdout and in an ``.arrow`` file."""

    def __init__(self, sink: Any, schema: pa.Schema, part: PartFile | None = None, place: Path | None = None) -> None:
        self._sink, self._schema, self._part = sink, schema, part
        self._place = place or (part.path if part else Path("stdout"))  # the name that messages say
        with disk_errors(self._place):
            self._writer = pa.ipc.new_stream(sink, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        with disk_errors(self._place):
            self._writer.write_batch(batch)

    def finish(self, counts: list[Counts]) -> None:
        with disk_errors(self._place):
            if counts:
                self._writer.write_batch(_empty(self._schema), custom_metadata=counts_metadata(counts))
            self._writer.close()
            self._sink.close() if self._part else self._sink.flush()
        if self._part:
            self._part.commit()

    def abort(self) -> None:
        if self._part:
            self._sink.close()
            self._part.discard()


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def counts_metadata(counts: list[Counts]) -> dict[bytes, bytes]:
    """The counts as they travel: one JSON entry a step, in the order of the lineage."""
    return {LINEAGE_KEY: json.dumps([step.to_json() for step in counts], ensure_ascii=False).encode()}
