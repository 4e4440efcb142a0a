"""Write the taken rows in the order of their places, within bounded memory."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine import Spool
from instructkit.engine.mapping import ahead
from instructkit.mixing.sampling import Epoch
from instructkit.mixing.twice import Rows
from instructkit.records.batching import ROWS
from instructkit.records.hashing import Hashes

BUCKET = 48 << 20  # bytes of rows that are sorted in memory together
MOST_BUCKETS = 512  # open files at a time
GATHERED_ROWS = 65_536  # dealt to the buckets together: a bucket gets them in few and large batches ...
GATHERED_BYTES = 32 << 20  # ... unless rows are long

Placed = tuple[pa.RecordBatch, npt.NDArray[np.int32]]  # rows, and the epoch of each from 0

_PLACE, _EPOCH = pa.field("__place", pa.uint64()), pa.field("__epoch", pa.int32())


def in_order_of_places(kept: Rows, epochs: Sequence[Epoch], size: int) -> Iterator[Placed]:
    """The taken rows, sorted by place; ``size`` is about how many bytes they take.

    They are dealt by the top bits of their places to buckets on disk, which are sorted in memory one after the other.
    """
    count = min(MOST_BUCKETS, max(1, -(-size // BUCKET)))
    schema = kept.schema.append(_PLACE).append(_EPOCH)
    if count == 1:
        yield from _sorted(list(_taken(kept, list(enumerate(epochs)), schema)))
        return
    with ExitStack() as stack:
        buckets = [stack.enter_context(Spool(schema)) for _ in range(count)]
        for rows in ahead(_gathered(_taken(kept, list(enumerate(epochs)), schema))):
            number = _bucket(_places(rows), count)
            order = np.argsort(number, kind="stable")
            edges = np.searchsorted(number[order], np.arange(count + 1, dtype=np.uint64))
            dealt = _in_order(rows, order)
            for bucket in np.flatnonzero(edges[1:] > edges[:-1]).tolist():
                buckets[bucket].append(dealt.slice(edges[bucket], edges[bucket + 1] - edges[bucket]))
        for one in buckets:
            yield from _sorted(list(one.batches()))
            one.__exit__(None, None, None)


def in_given_order(kept: Rows, epochs: Sequence[Epoch]) -> Iterator[Placed]:
    """The taken rows as they came, an epoch after the other."""
    schema = kept.schema.append(_PLACE).append(_EPOCH)
    for epoch in enumerate(epochs):
        for batch in _taken(kept, [epoch], schema):
            yield _unmarked(batch)


def _bucket(places: Hashes, count: int) -> Hashes:
    numbers: Hashes = (places >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)
    return numbers


def _taken(kept: Rows, epochs: Sequence[tuple[int, Epoch]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows taken in these epochs, batch by batch as they are kept, marked with place and epoch."""
    start = 0
    for batch in kept.batches():
        for number, epoch in epochs:
            rows, places = epoch.within(start, start + batch.num_rows)
            if len(rows):
                held = batch if len(rows) == batch.num_rows else batch.take(pa.array(rows))
                marks = [pa.array(places), pa.array(np.full(len(rows), number, np.int32))]
                yield pa.RecordBatch.from_arrays([*held.columns, *marks], schema=schema)
        start += batch.num_rows


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """The same rows, many batches at a time."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows >= GATHERED_ROWS or size >= GATHERED_BYTES:
            yield waiting
            waiting, rows, size = [], 0, 0
    if waiting:
        yield waiting


def _sorted(batches: list[pa.RecordBatch]) -> Iterator[Placed]:
    if not batches:
        return
    rows = _in_order(batches, np.argsort(_places(batches), kind="stable"))
    batches.clear()
    for start in range(0, rows.num_rows, ROWS):
        yield _unmarked(rows.slice(start, ROWS))


def _places(batches: list[pa.RecordBatch]) -> Hashes:
    return np.concatenate([batch.column(batch.num_columns - 2).to_numpy() for batch in batches])


def _in_order(batches: list[pa.RecordBatch], order: npt.NDArray[np.int64]) -> pa.RecordBatch:
    """The rows of all batches in another order, as one batch; only that is a copy."""
    table = pa.Table.from_batches(batches).take(pa.array(order)).combine_chunks()
    return table.to_batches()[0]


def _unmarked(batch: pa.RecordBatch) -> Placed:
    width = batch.num_columns - 2
    return batch.select(list(range(width))), batch.column(width + 1).to_numpy()
