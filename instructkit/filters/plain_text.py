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


SLOTS = ("id", "task", "source", "parent", "template")  # of an example, that a text's own columns of these names take


@dataclass(frozen=True)
class TextJudge:
    """A judge of examples for rows of plain text; picklable, called with a batch of such rows on a worker."""

    judge: Judge
    column: str  # of the texts
    schema: pa.Schema  # of the rows that stay: as they came, then what the examiners add
    places: tuple[int, ...]  # of these columns among those of the judge

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """Judge the rows of a batch."""
        judged = self.judge(as_examples(batch, self.column))
        columns = [judged.kept.column(place) for place in self.places]
        text = self.schema.get_field_index(self.column)
        there = judged.kept.column(len(EXAMPLE))
        if pc.any(pc.invert(there)).as_py():  # what was null is null again
            columns[text] = pc.if_else(there, columns[text], pa.scalar(None, pa.string()))
        return replace(judged, kept=pa.RecordBatch.from_arrays(columns, schema=self.schema))


def _in_slot(child: pa.Field) -> bool:
    return child.name in SLOTS and bool(pa.types.is_string(child.type))


def make_text_judge(examiners: list[Examiner], rows: pa.Schema, column: str, *, tag: bool) -> TextJudge:
    """`make_judge` for rows of plain text."""
    judge = make_judge(examiners, examples_schema(rows, column), tag=tag)
    extras = iter(range(len(EXAMPLE) + 1, len(judge.schema)))
    names, places = list(rows.names), []
    for child in rows:
        if child.name == column:
            places.append(_OUTPUT)
        else:
            places.append(EXAMPLE.get_field_index(child.name) if _in_slot(child) else next(extras))
    for place in extras:
        names.append(extra_name(judge.schema.field(place).name, set(names)))
        places.append(place)
    fields = [judge.schema.field(place).with_name(name) for place, name in zip(places, names, strict=True)]
    return TextJudge(judge, column, pa.schema(fields), tuple(places))


def as_examples(batch: pa.RecordBatch, column: str) -> pa.RecordBatch:
    """Rows of plain text as examples: a text is an output without a prompt, other columns stand after ours.

    The first of these tells which texts are there and not null.
    """
    rows, text = batch.num_rows, batch.column(column)
    others = [child for child in batch.schema if child.name != column]
    known = {child.name: batch.column(child.name) for child in others if _in_slot(child)}
    known |= {"output": pc.fill_null(text, ""), "history": no_history(rows)}
    extras = [batch.column(child.name) for child in others if not _in_slot(child)]
    columns = [
        *(known[name] if name in known else repeat("", rows) for name in EXAMPLE.names),
        text.is_valid(),
        *extras,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=examples_schema(batch.schema, column))


def examples_schema(rows: pa.Schema, column: str) -> pa.Schema:
    """The columns of `as_examples`."""
    taken = {*EXAMPLE.names, *rows.names}
    extras = [pa.field(extra_name("there", taken), pa.bool_())]
    for child in rows:
        if child.name == column or _in_slot(child):
            continue
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
