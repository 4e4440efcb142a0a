"""The rows of a run on disk: what each is found and compared by, made on the workers, and those of an index."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from instructkit.dedup.arrays import U32, U64, Shingled
from instructkit.dedup.index import Index, Staged
from instructkit.dedup.keeping import Keep
from instructkit.dedup.neighbours import StoredRows
from instructkit.dedup.rows import RunRows, Sources
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.shingling import Shingler
from instructkit.dedup.store import RowStore
from instructkit.dedup.texts import Field, origins_of
from instructkit.dedup.verdicts import JudgedRows, Verdicts
from instructkit.engine import Spool, map_batches

Sign = Callable[[pa.RecordBatch, Shingled], tuple[U32, U64]]


class StoredTable:
    """The rows of a run, ready to be judged."""

    def __init__(
        self, batches: Iterator[pa.RecordBatch], given: DedupSettings, fields: tuple[Field, ...], keep: Keep,
        spool: Spool, sources: Sources, workers: int | None,
    ) -> None:  # fmt: skip
        self._index = Index(given.index, given, len(fields), locked=True) if given.index is not None else None
        self._store = RowStore(spool.folder, len(fields), given.permutations if self._index else 0, given.threshold)
        orders = []
        with self._store as store:
            work = _work(given, fields, self._index is not None)
            for made in map_batches(batches, work, workers=workers):
                orders.append(keep.order(made.batch, spool.rows))
                sources.add(made.batch)
                spool.append(made.batch)
                store.append(made.shingled, origins_of(made.batch), made.signed)
            store.close()
        earlier = None
        if self._index is not None:
            StoredRows(store, fields, None, 0, workers).write_bands(given)
            folder = spool.folder / "all"
            folder.mkdir()
            with RowStore(folder, len(fields), given.permutations, given.threshold) as together:
                earlier = self._index.copy(self._index.meeting(self._store, spool.folder), together)
                together.extend(self._store)
                together.close()
                store = together
        self.rows = RunRows(spool, fields, sources, earlier)
        rank = keep.rank(orders, self.rows.fixed)
        self.judged: JudgedRows = StoredRows(store, fields, rank, self.rows.fixed, workers)

    def stage(self, verdicts: Verdicts) -> Staged | None:
        """Write the rows that stay as a new segment of the index, if there is one."""
        if self._index is None:
            return None
        stays = np.flatnonzero(verdicts.stays[self.rows.fixed :])
        return self._index.stage(self._store, stays, self.rows.names(stays))


@dataclass(frozen=True)
class _Made:
    """What the rows of a batch are found and compared by."""

    batch: pa.RecordBatch
    shingled: Shingled
    signed: tuple[U32, U64] | None


def _work(given: DedupSettings, fields: tuple[Field, ...], sign: bool) -> "functools.partial[_Made]":
    shingler = Shingler(given.ngram, fields, given.exact)
    signer: Sign | None = None
    if sign:
        from instructkit.dedup.signing import Signer

        signer = Signer(given, fields)
    return functools.partial(_make, shingler=shingler, signer=signer)


def _make(batch: pa.RecordBatch, shingler: Shingler, signer: Sign | None) -> _Made:
    """All that the rows of a batch need, on a worker."""
    shingled = shingler(batch)
    return _Made(batch, shingled, signer(batch, shingled) if signer is not None else None)
