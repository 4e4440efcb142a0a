"""Where dropped rows go: each with every rule it failed, none in silence."""

import contextlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from instructkit.records.part import Writer

REASON = pa.struct([("rule", pa.string()), ("value", pa.string()), ("threshold", pa.string())])
REASONS = pa.list_(REASON)
ORIGIN = pa.struct([("file", pa.string()), ("row", pa.int64()), ("text", pa.string())])

Reason = tuple[str, str, str]  # rule, value, threshold
_FLUSH = 1024


class Rejects:
    """The file of dropped rows: the stream's columns, then ``reasons`` and ``origin``.

    ``origin`` (file, row number from 1, text) is filled for a row that could not become an example; the
    example columns of such a row are empty. Without a path nothing is written; the counts are kept anyway.
    ``owned``: the one step that was given the path closes it.
    """

    def __init__(self, path: str | None = None, *, owned: bool = False) -> None:
        self._path = path
        self._owned = owned
        self.bad_rows = 0  # of all the sources of a run, that made no example
        self._renamed: dict[str, str] = {}
        self._schema: pa.Schema | None = None
        self._writer: Writer | None = None
        self._raw: list[tuple[str, int, str, list[Reason]]] = []
        if path is not None:
            from instructkit.records.writing import check_target

            check_target(path)

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        elif self._writer is not None:
            self._writer.abort()

    @contextlib.contextmanager
    def unless_it_fails(self) -> Iterator[None]:
        """Leave nothing of this file where rows are read before the step runs, and the reading fails."""
        try:
            yield
        except BaseException:
            if self._writer is not None:
                self._writer.abort()
            raise

    def over(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass a step's batches on, and close with the last one where the step alone fills this file."""
        try:
            yield from batches
        except BaseException:
            if self._owned and self._writer is not None:
                self._writer.abort()
            raise
        if self._owned:
            self.close()

    @property
    def wanted(self) -> bool:
        """Whether there is a file to fill."""
        return self._path is not None

    def bind(self, schema: pa.Schema, *, anew: bool = False) -> None:
        """Say which columns the dropped rows will have; the first word counts, or ``anew`` the last before a row."""
        from instructkit.records.schema import extra_name

        if anew and self._writer is None:
            self._schema, self._renamed = None, {}
        if self._schema is None:
            taken = {"reasons", "origin", *(name for name in schema.names if name not in ("reasons", "origin"))}
            for name in {"reasons", "origin"} & set(schema.names):  # a user's own
                self._renamed[name] = extra_name(name, taken)
                taken.add(self._renamed[name])
            fields = [pa.field(self._renamed.get(field.name, field.name), field.type) for field in schema]
            self._schema = pa.schema([*fields, pa.field("reasons", REASONS), pa.field("origin", ORIGIN)])

    def add_rows(self, batch: pa.RecordBatch, reasons: Sequence[list[Reason]]) -> None:
        """Add rows of the stream, each with its reasons."""
        if self._path is None or not batch.num_rows:
            return
        self.bind(batch.schema)
        self._flush()
        columns = {self._renamed.get(name, name): batch.column(name) for name in batch.schema.names}
        columns["reasons"] = _reasons(reasons)
        self._write(columns, batch.num_rows)

    def add_raw(self, file: str, row: int, text: str, reasons: list[Reason]) -> None:
        """Add a row that could not become an example: where it stood, and its text."""
        if self._path is None:
            return
        self._raw.append((file, row, text, reasons))
        if len(self._raw) >= _FLUSH and self._schema is not None:
            self._flush()

    def close(self) -> None:
        """Write what is left and put the file in its place."""
        if self._path is None:
            return
        from instructkit.records.schema import EXAMPLE

        self.bind(EXAMPLE)
        self._flush()
        self._write({}, 0)
        assert self._writer is not None  # noqa: S101 - _write has opened it
        self._writer.finish([])

    def _flush(self) -> None:
        if not self._raw:
            return
        files, rows, texts, reasons = zip(*self._raw, strict=True)
        self._raw = []
        origin = pa.StructArray.from_arrays(
            [pa.array(files, pa.string()), pa.array(rows, pa.int64()), pa.array(texts, pa.string())],
            fields=list(ORIGIN),
        )
        self._write({"reasons": _reasons(reasons), "origin": origin, "source": pa.array(files)}, len(files))

    def _write(self, columns: dict[str, pa.Array], rows: int) -> None:
        from instructkit.records.writing import open_writer

        assert self._schema is not None  # noqa: S101 - every way here has bound it
        assert self._path is not None  # noqa: S101
        if self._writer is None:
            self._writer = open_writer(self._path, self._schema)
        if rows:
            filled = [self._column(columns, field, rows) for field in self._schema]
            self._writer.write(pa.RecordBatch.from_arrays(filled, schema=self._schema))

    @staticmethod
    def _column(columns: dict[str, pa.Array], field: pa.Field, rows: int) -> pa.Array:
        column = columns.get(field.name)
        if column is None:
            return pa.array([""] * rows) if field.type == pa.string() else pa.nulls(rows, field.type)
        return column if column.type == field.type else column.cast(field.type)


def _reasons(reasons: Sequence[list[Reason]]) -> pa.Array:
    return pa.array(
        [[{"rule": rule, "value": value, "threshold": threshold} for rule, value, threshold in row] for row in reasons],
        REASONS,
    )
