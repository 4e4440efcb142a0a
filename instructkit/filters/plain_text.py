"""Plain text in a filter: a column of texts stands where answers do while it is judged, and then in its old place."""

from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.examining import Examiner
from instructkit.filters.judging import Judge, Judged, make_judge
from instructkit.records.columns import check_text_column
from instructkit.records.containers.raw import plain, plain_schema
from instructkit.records.schema import EXAMPLE, example_schema, extra_name, no_history, repeat
from instructkit.records.stream import Records

_OUTPUT = EXAMPLE.get_field_index("output")


@dataclass(frozen=True)
class TextJudge:
    """A judge of examples for rows of plain text; picklable, called with a batch of such rows on a worker."""

    judge: Judge
    rows: pa.Schema  # as they come
    column: str  # of the texts

    @property
    def schema(self) -> pa.Schema:
        """Of the rows that stay: as they came, then what the examiners add."""
        return pa.schema([self.judge.schema.field(place).with_name(name) for place, name in self._places()])

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """Judge the rows of a batch."""
        judged = self.judge(as_examples(batch, self.column))
        columns = [judged.kept.column(place) for place, _ in self._places()]
        return replace(judged, kept=pa.RecordBatch.from_arrays(columns, schema=self.schema))

    def _places(self) -> list[tuple[int, str]]:
        """The columns of the rows that stay, by their places in those of the judge, with their names here."""
        extras = iter(range(len(EXAMPLE), len(self.judge.schema)))
        own = [(_OUTPUT if name == self.column else next(extras), name) for name in self.rows.names]
        taken = set(self.rows.names)
        added = []
        for place in extras:
            name = extra_name(self.judge.schema.field(place).name, taken)
            taken.add(name)
            added.append((place, name))
        return own + added


def make_text_judge(examiners: list[Examiner], rows: pa.Schema, column: str, *, tag: bool) -> TextJudge:
    """`make_judge` for rows of plain text."""
    return TextJudge(make_judge(examiners, examples_schema(rows, column), tag=tag), rows, column)


def as_examples(batch: pa.RecordBatch, column: str) -> pa.RecordBatch:
    """Rows of plain text as examples: a text is an output without a prompt, other columns stand after ours."""
    rows = batch.num_rows
    texts = {"output": pc.fill_null(batch.column(column), ""), "history": no_history(rows)}
    extras = [batch.column(name) for name in batch.schema.names if name != column]
    columns = [*(texts[name] if name in texts else repeat("", rows) for name in EXAMPLE.names), *extras]
    return pa.RecordBatch.from_arrays(columns, schema=examples_schema(batch.schema, column))


def examples_schema(rows: pa.Schema, column: str) -> pa.Schema:
    """The columns of `as_examples`."""
    taken = {*EXAMPLE.names, *rows.names}
    extras = []
    for child in rows:
        if child.name != column:
            name = extra_name(child.name, taken) if child.name in EXAMPLE.names else child.name
            taken.add(name)
            extras.append(child.with_name(name))
    return example_schema(extras)


def text_rows(reader: object, column: str) -> Records:
    """What a caller has as rows of plain text. Raises `BadInput` without such a column of text."""
    records = Records.plain(reader)
    schema = plain_schema(records.schema)
    check_text_column(schema, "the stream", column)
    return replace(records, schema=schema, batches=(plain(batch, schema) for batch in records.batches))
