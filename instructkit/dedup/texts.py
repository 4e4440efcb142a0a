"""Which texts of a row are compared, field by field."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.records.hashing import Hashes, draw
from instructkit.records.lists import list_lengths, lists_of
from instructkit.records.schema import as_text


@dataclass(frozen=True)
class Field:
    """Columns compared as one text. A guarded one must reach the threshold by itself."""

    columns: tuple[str, ...]
    guarded: bool = False

    @property
    def name(self) -> str:
        """What a person calls it."""
        return "+".join(self.columns)


CONTEXT = Field(("system", "history", "instruction"))
FIELDS = {
    # a shared long instruction must not make two short inputs or answers equal
    "all": (CONTEXT, Field(("input",), guarded=True), Field(("output",), guarded=True)),
    "prompt": (CONTEXT, Field(("input",), guarded=True)),
    "instruction": (Field(("instruction",)),),
    "input": (Field(("input",)),),
    "output": (Field(("output",)),),
}


def fields_of(on: str, schema: pa.Schema) -> tuple[Field, ...]:
    """The fields that ``--on`` names; raises `UsageError` where it is no column either."""
    if on in FIELDS:
        return FIELDS[on]
    if on not in schema.names:
        raise UsageError(
            f"--on {on}: neither {', '.join(FIELDS)} nor a column; the columns are {', '.join(schema.names)}"
        )
    return (Field((on,)),)


def field_texts(batch: pa.RecordBatch, field: Field) -> pa.StringArray:
    """A field's texts, normalised, without nulls."""
    from instructkit.records.tokens import normalised

    return normalised(joined_texts(batch, field))


def joined_texts(batch: pa.RecordBatch, field: Field) -> pa.StringArray:
    """A field's texts, without nulls."""
    texts = [_turns(batch.column(name)) if name == "history" else as_text(batch.column(name)) for name in field.columns]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\n")


def origins_of(batch: pa.RecordBatch) -> Hashes:
    """What the phrasings of one raw row have in common, and 0 for rows that no phrasing made (TASK/NAME).

    The source counts too: two datasets may number their rows alike.
    """
    origins = draw(pc.binary_join_element_wise(batch.column("source"), batch.column("parent"), "\n"), 0, "origin")
    phrased = pc.match_substring(batch.column("template"), "/").to_numpy(zero_copy_only=False)
    return np.where(phrased, origins, np.uint64(0))


def _turns(history: pa.ListArray) -> pa.StringArray:
    """The turns of each row in one text."""
    lengths = list_lengths(history)
    if not lengths.any():
        return pa.repeat(pa.scalar(""), len(history))
    contents = pc.fill_null(pc.struct_field(history.flatten(), "content"), "")
    return pc.binary_join(lists_of(lengths, contents), "\n")
