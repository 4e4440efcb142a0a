"""The clean text that a model is trained on, out of files of any kind."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput
from instructkit.records.columns import check_text_column, open_columns
from instructkit.records.containers.raw import BadRows
from instructkit.records.rejects import Rejects

USUAL = ("text", "output", "content")  # the column that is read where none is named


def read_texts(
    sources: Sequence[str], column: str | None = None, layout: str | None = None, lost: Counter[str] | None = None
) -> Iterator[pa.StringArray]:
    """The texts of a column of files, those that are not empty; a line of a .txt file is a text.

    Rows that can't be read, and those without a text, are counted in ``lost``.

    Raises `BadInput` for a column that is not there or holds no text.
    """
    for path in sources:
        bad = BadRows(Rejects())
        raw, _ = open_columns(path, layout, bad)
        name = column or next((usual for usual in USUAL if usual in raw.schema.names), None)
        if name is None:
            raise BadInput(f"{raw.name} has none of the columns {', '.join(USUAL)}; name one by --text; "
                           f"it has {', '.join(raw.schema.names)}")  # fmt: skip
        check_text_column(raw.schema, raw.name, name)
        for batch, _ in raw.batches:
            texts = pc.fill_null(batch.column(name), "")
            filled = texts.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), ""))
            if lost is not None:
                lost["no_text"] += len(texts) - len(filled)
            yield filled
        if lost is not None:
            lost.update(bad.counts.reasons)
