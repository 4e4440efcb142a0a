"""Parquet files."""

import contextlib
import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from instructkit.errors import BadInput
from instructkit.records.batching import ROWS
from instructkit.records.containers.arrow import counts_metadata, label_names
from instructkit.records.containers.raw import Raw, numbered, plain, plain_schema
from instructkit.records.part import PartFile, disk_errors
from instructkit.records.sources import Source
from instructkit.records.stream import LINEAGE_KEY, Counts, lineage_of

COUNTS_KEY = b"instructkit_counts"


def open_parquet(source: Source) -> Raw:
    """Open a Parquet file, a few thousand rows at a time."""
    if source.path == "-":
        raise BadInput("Parquet is read from a file, not from stdin; save it first")
    try:
        file = pq.ParquetFile(source.path, pre_buffer=False, memory_map=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput(f"{source.name} is no Parquet file, or a damaged one ({error})") from error
    schema = plain_schema(file.schema_arrow)
    footer = (file.metadata.metadata or {}).get(COUNTS_KEY)
    steps = [Counts.from_json(entry) for entry in json.loads(footer)] if footer else []

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in file.iter_batches(batch_size=ROWS):
                batch.validate(full=True)
                yield plain(batch, schema)
        except (pa.ArrowInvalid, OSError) as error:
            raise BadInput(f"{source.name} is damaged ({error})") from error

    return Raw(source.name, schema, numbered(batches()), label_names(file.schema_arrow),
               lineage_of(file.schema_arrow), steps)  # fmt: skip


class ParquetWriter:
    """Parquet with the lineage in its schema and the counts in its footer."""

    def __init__(self, part: PartFile, schema: pa.Schema) -> None:
        self._part, self._schema = part, schema
        self._held: list[pa.RecordBatch] = []
        self._held_rows = self._held_bytes = 0
        self._sink = part.sink()
        self._writer = pq.ParquetWriter(self._sink, schema, compression="zstd")

    def write(self, batch: pa.RecordBatch) -> None:
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self._held_bytes += batch.nbytes
        if self._held_rows >= 65536 or self._held_bytes >= 64 << 20:
            self._row_group()

    def finish(self, counts: list[Counts]) -> None:
        self._row_group()
        with disk_errors(self._part.path):
            if counts:
                entries = counts_metadata(counts)
                self._writer.add_key_value_metadata({COUNTS_KEY: entries[LINEAGE_KEY]})
            self._writer.close()
            self._sink.close()
        self._part.commit()

    def abort(self) -> None:
        with contextlib.suppress(OSError, pa.ArrowException):
            self._writer.close()  # else it tries when it is collected, and complains on stderr
        self._sink.close()
        self._part.discard()

    def _row_group(self) -> None:
        if self._held:
            with disk_errors(self._part.path):
                self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held, self._held_rows, self._held_bytes = [], 0, 0
