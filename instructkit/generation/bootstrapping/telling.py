"""What became of each thing a model proposed: rows for the output, and rejects with their reasons."""

from collections.abc import Sequence

import pyarrow as pa

from instructkit.generation.bootstrapping.candidates import Candidate, Row
from instructkit.generation.client.model import Model
from instructkit.records.hashing import row_ids
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.schema import build_examples, example_schema
from instructkit.records.stream import Counts

ADDED = (pa.field("is_classification", pa.bool_()), pa.field("request", pa.string()))
SCHEMA = example_schema(ADDED)


class Telling:
    """Makes batches of rows, counts them, and fills the rejects."""

    def __init__(self, task: str, model: Model, counts: Counts, sink: Rejects) -> None:
        self._task, self._source, self._spent = task, model.name, model.spent
        self._counts, self._sink = counts, sink

    def keep(self, rows: Sequence[Row], key: str) -> pa.RecordBatch:
        """The examples of one task as a batch; ``key`` is the request that proposed it."""
        self._counts.rows_in += len(rows)
        self._spent.accepted += len(rows)
        return self._batch(rows, key)

    def refuse_candidate(self, candidate: Candidate, reasons: list[Reason]) -> None:
        """A task that may not stay, with every reason."""
        given, output = candidate.examples[0] if candidate.examples else ("", "")
        self.refuse(Row(candidate.instruction, given, output, ""), candidate.key, reasons)

    def refuse(self, row: Row, key: str, reasons: list[Reason]) -> None:
        """An example that may not stay."""
        self._count(reasons)
        if row.instruction:
            self._sink.add_rows(self._batch([row], key), [reasons])
        else:
            self._sink.add_raw(key, 0, row.output, reasons)

    def refuse_text(self, number: int, text: str, reason: Reason) -> None:
        """An answer, or a piece of one, that holds no task."""
        self._count([reason])
        self._sink.add_raw(f"{self._task}: answers", number, text, [reason])

    def _count(self, reasons: list[Reason]) -> None:
        self._counts.rows_in += 1
        self._counts.rows_dropped += 1
        self._spent.rejected += 1
        self._counts.reasons.update({rule for rule, _, _ in reasons})

    def _batch(self, rows: Sequence[Row], key: str) -> pa.RecordBatch:
        texts = {name: pa.array([getattr(row, name) for row in rows], pa.string())
                 for name in ("instruction", "input", "output", "template")}  # fmt: skip
        texts["parent"] = row_ids([pa.array([rows[0].instruction] * len(rows), pa.string())], len(rows))
        extras = {
            "is_classification": pa.array([row.classification for row in rows], pa.bool_()),
            "request": pa.array([key] * len(rows), pa.string()),
        }
        return build_examples(
            texts, len(rows), task=self._task, source=self._source, template=self._task, extras=extras
        )
