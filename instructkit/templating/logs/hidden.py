"""User ids that no column's name tells of: in JSON that is text, and in maps, on any level of a column."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.layouts.turns import SAID
from instructkit.records.lists import list_lengths, lists_of
from instructkit.templating.logs.json_text import HIDDEN, PAIR, clean_text, is_turn
from instructkit.templating.logs.users import ANYWHERE, Path, folded

Rows = npt.NDArray[np.int64]


def without_users(
    batch: pa.RecordBatch, texts: Collection[str], kept: Collection[str]
) -> tuple[pa.RecordBatch, set[int]]:
    """A batch with ``[USER]`` for user ids in JSON and maps, and the rows that were changed.

    Columns of ``texts`` are left alone, as is the text of turns; so are those ``kept``.
    """
    walk = _Walk(kept)
    rows = np.arange(batch.num_rows)
    columns = [
        column if name in texts else walk.clean(column, rows, (name,))
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema) if walk.changed else batch, walk.changed


class _Walk:
    """One way through all levels of a column; ``rows`` are those that the values stand in."""

    def __init__(self, kept: Collection[str]) -> None:
        self.kept = kept
        self.changed: set[int] = set()

    def clean(self, values: pa.Array, rows: Rows, path: Path) -> pa.Array:
        """The same values without user ids; the very array where there are none."""
        kind = values.type
        if path[-1] in self.kept or ".".join(path) in self.kept:
            return values
        if pa.types.is_string(kind):
            return self._json(values, rows)
        nulls = values.is_null() if values.null_count else None
        if pa.types.is_list(kind):
            lengths, elements = list_lengths(values), values.flatten()
            clean = self.clean(elements, np.repeat(rows, lengths), path)
            return values if clean is elements else lists_of(lengths, clean, nulls)
        if not pa.types.is_struct(kind) or not kind.num_fields:
            return values
        names = [child.name for child in kind]
        given = dict(zip(names, values.flatten(), strict=True))
        said = [name for name in SAID if is_turn(names) and not pa.types.is_nested(given.get(name, values).type)]
        found = {name: one if name in said else self.clean(one, rows, (*path, name)) for name, one in given.items()}
        if given.keys() == PAIR and pa.types.is_string(given["key"].type):
            found["value"] = self._pairs(given["key"], found["value"], rows)
        if all(found[name] is given[name] for name in names):
            return values
        return pa.StructArray.from_arrays(list(found.values()), names=names, mask=nulls)

    def _json(self, texts: pa.StringArray, rows: Rows) -> pa.StringArray:
        looks = pc.fill_null(pc.match_substring_regex(texts, r"^\s*[\[{]"), False)
        if not pc.any(looks).as_py():
            return texts
        values = texts.to_pylist()
        told = False
        for place in np.flatnonzero(looks.to_numpy(zero_copy_only=False)).tolist():
            clean = clean_text(values[place], ANYWHERE, self.kept)
            if clean != values[place]:
                values[place], told = clean, True
                self.changed.add(int(rows[place]))
        return pa.array(values, pa.string()) if told else texts

    def _pairs(self, keys: pa.StringArray, values: pa.Array, rows: Rows) -> pa.Array:
        """The values of a map without those of a key that tells who wrote; one that is no text becomes null."""
        coded = keys.dictionary_encode()
        known = [key is not None and folded(key) in ANYWHERE and key not in self.kept
                 for key in coded.dictionary.to_pylist()]  # fmt: skip
        told = pc.and_(pc.fill_null(pa.array(known, pa.bool_()).take(coded.indices), False), values.is_valid())
        if pa.types.is_string(values.type):
            told = pc.and_(told, pc.fill_null(pc.not_equal(values, ""), False))
        if not pc.any(told).as_py():
            return values
        self.changed.update(rows[told.to_numpy(zero_copy_only=False)].tolist())
        shown = HIDDEN if pa.types.is_string(values.type) else None
        return pc.if_else(told, pa.scalar(shown, values.type), values)
