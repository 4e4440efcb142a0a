"""The rows of a run on disk: what each is found and compared by, made on the workers, and those of an index."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.against import Against
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
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts

if TYPE_CHECKING:
    from instructkit.dedup.contamination import Overlap
    from instructkit.dedup.evaluation import Evaluation

Sign = Callable[[pa.RecordBatch, Shingled], tuple[U32, U64]]


class StoredTable:
    """The rows of a run, ready to be judged."""

    def __init__(
        self, batches: Iterator[pa.RecordBatch], given: DedupSettings, fields: tuple[Field, ...], keep: Keep,
        spool: Spool, sources: Sources, counts: Counts, sink: Rejects, workers: int | None,
    ) -> None:  # fmt: skip
        self._index = Index(given.index, given, len(fields)) if given.index is not None else None
        self._store = RowStore(spool.folder, len(fields), given.permutations if self._index else 0)
        evaluation = _evaluation(given)
        self.against = Against(evaluation)
        orders = []
        with self._store as store:
            work = _work(given, fields, self._index is not None, evaluation)
            for found in map_batches(batches, work, workers=workers):
                self.against.add(found.overlaps)
                made = _without_overlaps(found, counts, sink)
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
            with RowStore(folder, len(fields), given.permutations) as together:
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


def _evaluation(given: DedupSettings) -> "Evaluation | None":
    if not given.against:
        return None
    from instructkit.dedup.evaluation import read_evaluation

    return read_evaluation(given.against, given.overlap, given.ngram, given.threshold)


@dataclass(frozen=True)
class _Made:
    """What the rows of a batch are found and compared by."""

    batch: pa.RecordBatch
    shingled: Shingled
    signed: tuple[U32, U64] | None
    overlaps: "list[Overlap]"

    def where(self, keep: npt.NDArray[np.bool_]) -> "_Made":
        """Some of its rows."""
        rows = self.shingled
        totals = rows.sizes.sum(axis=1, dtype=np.int64)
        shingles = rows.shingles[np.repeat(keep, totals)] if len(rows.shingles) else rows.shingles
        left = Shingled(rows.exact[keep], shingles, rows.sizes[keep])
        signed = (self.signed[0][keep], self.signed[1][keep]) if self.signed is not None else None
        return _Made(self.batch.filter(pa.array(keep)), left, signed, [])


def _work(
    given: DedupSettings, fields: tuple[Field, ...], sign: bool, evaluation: "Evaluation | None"
) -> "functools.partial[_Made]":
    shingler = Shingler(given.ngram, fields, given.exact)
    signer: Sign | None = None
    if sign:
        from instructkit.dedup.signing import Signer

        signer = Signer(given, fields)
    if evaluation is None:
        return functools.partial(_make, shingler=shingler, signer=signer)
    from instructkit.dedup.contamination import overlaps

    check = functools.partial(overlaps, evaluation=evaluation)
    return functools.partial(_make_checked, shingler=shingler, signer=signer, check=check)


def _make(batch: pa.RecordBatch, shingler: Shingler, signer: Sign | None) -> _Made:
    """All that the rows of a batch need, on a worker."""
    shingled = shingler(batch)
    return _Made(batch, shingled, signer(batch, shingled) if signer is not None else None, [])


def _make_checked(
    batch: pa.RecordBatch, shingler: Shingler, signer: Sign | None, check: "functools.partial[list[Overlap]]"
) -> _Made:
    return replace(_make(batch, shingler, signer), overlaps=check(batch))


def _without_overlaps(made: _Made, counts: Counts, sink: Rejects) -> _Made:
    """Drop the rows that overlap an evaluation file."""
    if not made.overlaps:
        return made
    rows = [overlap.row for overlap in made.overlaps]
    counts.drop("contaminated", len(rows))
    reasons = [[("contaminated", overlap.value, overlap.threshold)] for overlap in made.overlaps]
    sink.add_rows(made.batch.take(pa.array(rows)), reasons)
    keep = np.ones(made.batch.num_rows, bool)
    keep[rows] = False
    return made.where(keep)
