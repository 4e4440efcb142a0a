"""Rows that are seen twice: again from the files they came from, or from a spool."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

import pyarrow as pa

from instructkit.engine import Spool
from instructkit.engine.mapping import ahead
from instructkit.errors import BadInput


class Rows(Protocol):
    """Rows that can be gone through again, in the same order."""

    rows: int
    schema: pa.Schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows."""


class Kept:
    """Keeps rows as they pass; a context manager.

    ``again`` gives the same rows once more where they lie in files that are read quickly; else a spool holds them.
    """

    def __init__(self, schema: pa.Schema, again: Callable[[], Iterator[pa.RecordBatch]] | None) -> None:
        self.rows, self.schema, self._again = 0, schema, again
        self._spool = Spool(schema) if again is None else None

    def __enter__(self) -> "Kept":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spool is not None:
            self._spool.__exit__(kind, error, trace)

    def append(self, batch: pa.RecordBatch) -> None:
        """Keep a batch."""
        self.rows += batch.num_rows
        if self._spool is not None:
            self._spool.append(batch)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as they passed. Raises `BadInput` where a file has changed since."""
        if self._spool is not None:
            yield from self._spool.batches()
            return
        assert self._again is not None  # noqa: S101 - else there is a spool
        rows = 0
        for batch in ahead(self._again()):
            rows += batch.num_rows
            if rows > self.rows:
                break
            if batch.num_rows:
                yield batch
        if rows != self.rows:
            raise BadInput("an input has changed while it was read: run the command again once it is complete")
