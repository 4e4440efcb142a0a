"""The rows of a run on disk: what each is found and compared by, made on the workers, and those of an index."""

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.arrays import U32, U64, Mask, Shingled
from instructkit.dedup.equals import equal_rows
from instructkit.dedup.explaining import lowest
from instructkit.dedup.index import Index, Staged
from instructkit.dedup.keeping import Keep
from instructkit.dedup.neighbours import StoredRows
from instructkit.dedup.rows import RunRows, Sources
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.shingling import Shingler
from instructkit.dedup.sifting import Sift, share_for
from instructkit.dedup.store import RowStore
from instructkit.dedup.stretches import equal_below
from instructkit.dedup.texts import Field, origins_of
from instructkit.dedup.verdicts import JudgedRows, Verdicts
from instructkit.engine import Spool, map_batches
from instructkit.engine.mapping import map_ordered, numbered
from instructkit.records.hashing import Hashes

if TYPE_CHECKING:
    from instructkit.dedup.banding import Bands

FirstPass: TypeAlias = "Sift | Bands"  # tells, while the rows pass, which may be alike another
SAMPLE = 512  # rows, the first ones, by whose length the share is chosen that tells rows from others

Sign = Callable[[pa.RecordBatch, Shingled], tuple[U32, U64]]


class StoredTable:
    """The rows of a run, ready to be judged.

    Most rows are like no other. Where a first pass can tell which, while the rows pass, the shingles of the others
    alone are kept, made again; with an index, those of all rows.
    """

    def __init__(
        self, batches: Iterator[pa.RecordBatch], given: DedupSettings, fields: tuple[Field, ...], keep: Keep,
        spool: Spool, sources: Sources, workers: int | None,
    ) -> None:  # fmt: skip
        self._index = Index(given.index, given, len(fields), locked=True) if given.index is not None else None
        self._store = RowStore(spool.folder, len(fields), given.permutations if self._index else 0, given.threshold)
        batches, first = _first_pass(batches, given, fields, spool.folder)
        orders = []
        equals = rank = None
        with self._store as store, first or contextlib.nullcontext():
            for made in map_batches(batches, _work(given, fields, first), workers=workers):
                orders.append(keep.order(made.batch, spool.rows))
                sources.add(made.batch)
                spool.append(made.batch)
                if first is not None:
                    store.append_exact(made.shingled)
                    first.append(made.first)
                else:
                    store.append(made.shingled, origins_of(made.batch), made.signed)
            if first is not None:
                rank = keep.rank(orders, 0)
                equals = equal_rows(store.exact(), rank)
                copies = np.zeros(store.rows, bool)
                copies[equals[0]] = True
                _store_alive(store, spool, given, fields, first.alive(~copies, workers), copies, workers)
            store.close()
        earlier = None
        if self._index is not None:
            StoredRows(store, fields, None, 0, workers).bands(given)
            folder = spool.folder / "all"
            folder.mkdir()
            with RowStore(folder, len(fields), given.permutations, given.threshold) as together:
                earlier = self._index.copy(self._index.meeting(self._store, spool.folder), together)
                together.extend(self._store)
                together.close()
                store = together
        self.rows = RunRows(spool, fields, sources, earlier)
        if first is None:
            rank = keep.rank(orders, self.rows.fixed)
        bands = None if isinstance(first, Sift) else first
        self.judged: JudgedRows = StoredRows(
            store, fields, rank, self.rows.fixed, workers, equals, bands, sifted=isinstance(first, Sift)
        )

    def stage(self, verdicts: Verdicts) -> Staged | None:
        """Write the rows that stay as a new segment of the index, if there is one."""
        if self._index is None:
            return None
        stays = np.flatnonzero(verdicts.stays[self.rows.fixed :])
        return self._index.stage(self._store, stays, self.rows.names(stays))


def _first_pass(
    batches: Iterator[pa.RecordBatch], given: DedupSettings, fields: tuple[Field, ...], folder: Path
) -> "tuple[Iterator[pa.RecordBatch], FirstPass | None]":  # fmt: skip
    """What tells rows that are like no other while they pass, if it is worth while; the batches once more."""
    guarded = np.array([field.guarded for field in fields])
    if given.exact or given.index is not None:
        return batches, None
    if given.search == "lsh":
        from instructkit.dedup.banding import Bands

        return batches, None if given.thresholds or given.explain else Bands(folder, guarded, given)
    held, lengths = [], np.zeros(0)
    shingler = Shingler(given.ngram, fields)

    def measure(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, npt.NDArray[np.float64]]:
        return batch, shingler(batch.slice(0, SAMPLE)).sizes.sum(axis=1)

    for batch, found in map_batches(batches, measure, workers=1):
        held.append(batch)
        lengths = np.concatenate([lengths, found])[:SAMPLE]  # as many, however they are batched
        if len(lengths) == SAMPLE:
            break
    threshold = lowest(given)
    share = share_for(threshold, float(lengths.mean())) if len(lengths) else 1.0
    return itertools.chain(held, batches), Sift(folder, guarded, threshold, share) if share < 1 else None


def _store_alive(
    store: RowStore, spool: Spool, given: DedupSettings, fields: tuple[Field, ...], alive: Mask, copies: Mask,
    workers: int | None,
) -> None:  # fmt: skip
    """Store the shingles of the rows of a spool that may be alike another; the others have none.

    Copies of others have their origin: it may decide which row they leave for, or that they stay, and then `--explain`
    wants to know what they are like.
    """
    shingler = Shingler(given.ngram, fields)

    def make(placed: tuple[int, pa.RecordBatch]) -> tuple[Shingled, Hashes]:
        start, batch = placed
        rows = slice(start, start + batch.num_rows)
        sizes, origins = np.zeros((batch.num_rows, len(fields)), np.uint32), np.zeros(batch.num_rows, np.uint64)
        known = alive[rows] | copies[rows]
        if not known.any():
            return Shingled.sets(np.zeros(0, np.uint64), sizes), origins
        origins[known] = origins_of(batch.filter(pa.array(known)))
        wanted = alive[rows] | (copies[rows] & (origins != 0)) if given.explain else alive[rows]
        found = shingler(batch.filter(pa.array(wanted)))
        sizes[wanted] = found.sizes
        return Shingled.sets(found.shingles, sizes), origins

    for made, origins in map_ordered(numbered(spool.batches()), make, workers=workers):
        store.append_sets(made, origins)


@dataclass(frozen=True)
class _Made:
    """What the rows of a batch are found and compared by."""

    batch: pa.RecordBatch
    shingled: Shingled
    signed: tuple[U32, U64] | None
    first: Any  # what the first pass makes of them


def _work(given: DedupSettings, fields: tuple[Field, ...], first: "FirstPass | None") -> "functools.partial[_Made]":
    below = equal_below(first.threshold) if first is not None else math.inf
    shingler = Shingler(given.ngram, fields, given.exact, below)
    signer: Sign | None = None
    if given.index is not None:
        from instructkit.dedup.signing import Signer

        signer = Signer(given, fields)
    return functools.partial(_make, shingler=shingler, signer=signer, first=first.of if first else None)


def _make(
    batch: pa.RecordBatch, shingler: Shingler, signer: Sign | None, first: Callable[[Shingled], Any] | None
) -> _Made:  # fmt: skip
    """All that the rows of a batch need, on a worker."""
    shingled = shingler(batch)
    signed = signer(batch, shingled) if signer is not None else None
    return _Made(batch, shingled, signed, first(shingled) if first is not None else None)
