"""What is known of the rows of a run by their number: ids, sources, texts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.texts import Field
from instructkit.dedup.verdicts import Verdicts
from instructkit.engine import Spool

NAMES = pa.schema([("id", pa.string()), ("source", pa.string())])


class Sources:
    """The source of each row, as a number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: list[npt.NDArray[np.int32]] = []

    @property
    def names(self) -> list[str]:
        """The sources, by their numbers."""
        return list(self._numbers)

    def add(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Note the sources of rows."""
        column = batch.column("source")
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        coded = column.dictionary_encode()
        numbers = [self._numbers.setdefault(name, len(self._numbers)) for name in coded.dictionary.to_pylist()]
        self._rows.append(np.array([*numbers, 0], np.int32)[np.asarray(coded.indices)])

    def of_rows(self) -> npt.NDArray[np.int32]:
        """The number of each row's source."""
        return np.concatenate([*self._rows, np.zeros(0, np.int32)])


class RunRows:
    """The rows of a run in its spool, behind those of the index that they may be alike; what is known of them."""

    def __init__(self, spool: Spool, fields: tuple[Field, ...], sources: Sources, earlier: pa.Table | None) -> None:
        self._spool, self._fields, self._sources = spool, fields, sources
        self._earlier = earlier if earlier is not None else pa.table({"id": [], "source": []}, NAMES)
        self.fixed = self._earlier.num_rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows of this run."""
        yield from self._spool.batches()

    def repeats(self, verdicts: Verdicts) -> npt.NDArray[np.int64]:
        """How many rows of each source left for one of each source."""
        own = self._sources.of_rows()
        if self.fixed:
            self._sources.add(self._earlier)
            own = np.concatenate([self._sources.of_rows()[len(own) :], own])
        count = len(self._sources.names)
        gone = np.flatnonzero(verdicts.kept >= 0)
        pairs = own[gone].astype(np.int64) * count + own[verdicts.kept[gone]]
        return np.bincount(pairs, minlength=count * count).reshape(count, count)

    def ids(self, rows: npt.NDArray[np.integer[Any]]) -> "Names":
        """The ids of some rows."""
        wanted = np.unique(rows).astype(np.int64)
        earlier = wanted[wanted < self.fixed]
        pieces = [self._earlier["id"].combine_chunks().take(pa.array(earlier))] if len(earlier) else []
        pieces += [column for (column,) in self._take(wanted, ("id",))]
        return Names(wanted, pa.concat_arrays(pieces) if pieces else pa.array([], pa.string()))

    def texts_of(self, rows: npt.NDArray[np.integer[Any]]) -> dict[int, tuple[str, str]]:
        """The ids of some rows, and their compared texts."""
        wanted = np.unique(rows).astype(np.int64)
        names = tuple(name for field in self._fields for name in field.columns if name != "history")
        found = {int(row): (str(self._earlier["id"][int(row)]), "") for row in wanted[wanted < self.fixed]}
        own = iter(wanted[wanted >= self.fixed].tolist())
        for ident, *texts in self._take(wanted, ("id", *names)):
            for at in range(len(ident)):
                parts = (str(text[at].as_py() or "") for text in texts)
                found[next(own)] = (ident[at].as_py(), " | ".join(part for part in parts if part))
        return found

    def _take(self, wanted: npt.NDArray[np.int64], names: tuple[str, ...]) -> Iterator[list[pa.Array]]:
        start = self.fixed
        for batch in self._spool.batches():
            inside = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, start + batch.num_rows)] - start
            start += batch.num_rows
            if len(inside):
                yield [batch.column(name).take(pa.array(inside)) for name in names]

    def names(self, rows: npt.NDArray[np.int64]) -> pa.Table:
        """The ids and sources of some rows of this run, counted from its first."""
        pieces = [pa.table(columns, schema=NAMES) for columns in self._take(rows + self.fixed, tuple(NAMES.names))]
        return pa.concat_tables([NAMES.empty_table(), *pieces])


class Names:
    """The ids of some rows."""

    def __init__(self, rows: npt.NDArray[np.int64], ids: pa.StringArray) -> None:
        self._rows, self._ids = rows, ids

    def of(self, rows: npt.NDArray[np.integer[Any]]) -> pa.StringArray:
        """The ids of some of them."""
        return self._ids.take(pa.array(np.searchsorted(self._rows, rows)))
