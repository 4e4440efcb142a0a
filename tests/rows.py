"""Examples made by hand, for the tests of the steps."""

from collections.abc import Iterable

import pyarrow as pa

from instructkit.records.hashing import row_ids
from instructkit.records.schema import CONTENT, build_examples


def examples(rows: Iterable[dict[str, object]], **extras: list[object]) -> pa.Table:
    """A table of examples from dictionaries; what a row lacks takes its default."""
    listed = [{"instruction": "Do it.", "output": "Done.", **row} for row in rows]
    names = {name for row in listed for name in row}
    values = {name: pa.array([row.get(name) for row in listed]) for name in sorted(names)}
    columns = {name: pa.array(column) for name, column in extras.items()}
    batch = build_examples(values, len(listed), task="t", source="s", template="x", extras=columns)
    return pa.Table.from_batches([batch])


def content_id(row: dict[str, str]) -> str:
    """The id that a row with this content gets."""
    table = examples([row]).to_batches()[0]
    return str(row_ids([table.column(name) for name in CONTENT], 1)[0].as_py())
