"""The clean text that a model is trained on, out of files of any kind."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput
from instructkit.records.containers.raw import BadRows
from instructkit.records.reading import open_container
from instructkit.records.rejects import Rejects
from instructkit.records.sources import parse_from, resolve

USUAL = ("text", "output", "content")  # the column that is read where none is named


def read_texts(
    sources: Sequence[str], column: str | None = None, layout: str | None = None, lost: Counter[str] | None = None
) -> Iterator[pa.StringArray]:
    """The texts of a column of files, those that are not empty; a line of a .txt file is a text.

    Rows that can't be read, and those without a text, are counted in ``lost``.

    Raises `BadInput` for a column that is not there or holds no text.
    """
    container, _ = parse_from(layout, ())
    for path in sources:
        bad = BadRows(Rejects())
        raw = open_container(resolve(path, container), bad, None)
        name = column or next((usual for usual in USUAL if usual in raw.schema.names), "")
        if name not in raw.schema.names:
            asked = (
                f"has no column {name!r}" if name else f"has none of the columns {', '.join(USUAL)}; name one by --text"
            )
            raise BadInput(f"{raw.name} {asked}; it has {', '.join(raw.schema.names)}")
        if not pa.types.is_string(raw.schema.field(name).type):
            raise BadInput(f"{raw.name}: the column {name!r} holds {raw.schema.field(name).type}, not text")
        for batch, _ in raw.batches:
            texts = pc.fill_null(batch.column(name), "")
            filled = texts.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), ""))
            if lost is not None:
                lost["no_text"] += len(texts) - len(filled)
            yield filled
        if lost is not None:
            lost.update(bad.counts.reasons)
