"""What is learned of the rows while they pass: what they are kept together by, and their tasks."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.arrays import Rows
from instructkit.errors import UsageError
from instructkit.mixing.splitting.settings import SplitSettings
from instructkit.records.hashing import Hashes, draw
from instructkit.records.schema import as_text
from instructkit.records.stream import Counts

BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)


def check_columns(settings: SplitSettings, schema: pa.Schema) -> None:
    """Raise `UsageError` for a column that is not there, or whose values are none that rows could share."""
    for option, column in (*(("--by", name) for name in settings.by), ("--hold-out-by", settings.hold_out_by)):
        if column not in schema.names:
            raise UsageError(f"{option} {column}: no such column; the columns are {', '.join(schema.names)}")
        kind = schema.field(column).type
        if pa.types.is_nested(kind) or any(known(kind) for known in BYTES):
            raise UsageError(f"{option} {column}: rows share a text or a number, not a list, a struct or bytes")


def value_hashes(batch: pa.RecordBatch, column: str) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """A hash of each row's value, and which rows have none: these have the hash of their parent."""
    texts = as_text(batch.column(column))
    values = draw(texts, 0, f"value of {column}")
    empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    if column != "parent" and empty.any():
        values = np.where(empty, value_hashes(batch, "parent")[0], values)
    return values, empty


def id_hashes(ids: pa.Array) -> Hashes:
    """A hash of each id."""
    return draw(ids, 0, "id")


class Names:
    """A column's values as numbers."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._rows: list[Rows] = [np.zeros(0, np.int32)]

    @property
    def names(self) -> list[str]:
        """The values, by their numbers."""
        return list(self.numbers)

    def add(self, column: pa.Array) -> None:
        """Note the values of rows; a null is the empty text."""
        coded = as_text(column).dictionary_encode()
        found = [self.numbers.setdefault(name, len(self.numbers)) for name in coded.dictionary.to_pylist()]
        self._rows.append(np.array(found, np.int32)[np.asarray(coded.indices)])

    def of_rows(self) -> Rows:
        """The number of each row's value."""
        self._rows = [np.concatenate(self._rows)]
        return self._rows[0]


class Gathered:
    """The values, tasks and ids of all rows: 8 bytes a row for each column rows are kept together by, and 4 for tasks.

    Where clusters are given, 8 more.
    """

    def __init__(self, settings: SplitSettings) -> None:
        self._settings = settings
        self._values: dict[str, list[Hashes]] = {name: [np.zeros(0, np.uint64)] for name in settings.by}
        self._ids: list[Hashes] = [np.zeros(0, np.uint64)]
        self.without = dict.fromkeys(settings.by, 0)  # rows that have no value there
        self.tasks = Names()
        self.held_by = self.tasks if settings.hold_out_by == "task" else Names()

    def over(self, batches: Iterator[pa.RecordBatch], counts: Counts) -> Iterator[pa.RecordBatch]:
        """Pass the batches on."""
        for batch in batches:
            counts.rows_in += batch.num_rows
            for name, found in self._values.items():
                values, empty = value_hashes(batch, name)
                found.append(values)
                self.without[name] += int(empty.sum())
            if self._settings.by_clusters is not None:
                self._ids.append(id_hashes(batch.column("id")))
            self.tasks.add(batch.column("task"))
            if self.held_by is not self.tasks:
                self.held_by.add(batch.column(self._settings.hold_out_by))
            yield batch

    def values(self, column: str) -> Hashes:
        """The hash of each row's value; it can be had once."""
        return np.concatenate(self._values.pop(column))

    def ids(self) -> Hashes:
        """The hash of each row's id; it can be had once."""
        found, self._ids = np.concatenate(self._ids), []
        return found
