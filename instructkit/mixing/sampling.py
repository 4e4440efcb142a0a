"""Draw the rows of each group, and lay them out in a uniform random order within bounded memory."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine import Spool
from instructkit.mixing.rates import MixPlan
from instructkit.records.batching import row_bytes
from instructkit.records.hashing import Hashes, redraw

BUCKET = 48 << 20  # bytes of rows that are sorted in memory together
FEW_GROUPS = 32  # with more, the rows are sorted by group once, for 8 bytes a row
MOST_BUCKETS = 512  # open files at a time

Rows = npt.NDArray[np.int64]


def choose_rows(
    groups: npt.NDArray[np.int32], draws: Hashes, names: list[str], plan: MixPlan
) -> list[npt.NDArray[np.bool_]]:
    """Which rows are taken in each epoch: a mask an epoch.

    Whole epochs take all rows of a group; the rest of a group's count goes to its rows with the lowest draws.
    """
    wanted = {share.group: share.taken for share in plan.shares}
    epochs: list[npt.NDArray[np.bool_]] = []
    for name, members in zip(names, _members(groups, len(names)), strict=True):
        left, epoch = wanted.get(name, 0), 0
        while left > 0:
            if epoch == len(epochs):
                epochs.append(np.zeros(len(groups), bool))
            epochs[epoch][_lowest(members, draws, left)] = True
            left -= len(members)
            epoch += 1
    return epochs


def _members(groups: npt.NDArray[np.int32], count: int) -> Iterator[Rows]:
    """The rows of each group, in its order."""
    if count <= FEW_GROUPS:
        for code in range(count):
            yield np.flatnonzero(groups == code)
        return
    order = np.argsort(groups, kind="stable")
    edges = np.searchsorted(groups[order], np.arange(count + 1))
    for code in range(count):
        yield order[edges[code] : edges[code + 1]]


def _lowest(members: Rows, draws: Hashes, count: int) -> Rows:
    """The members with the ``count`` lowest draws; of equal draws (rows with one id) the earlier rows."""
    if count >= len(members):
        return members
    values = draws[members]
    limit = np.partition(values, count - 1)[count - 1]
    chosen = values < limit
    chosen[np.flatnonzero(values == limit)[: count - int(np.count_nonzero(chosen))]] = True
    taken: Rows = members[chosen]
    return taken


def shuffled(
    spool: Spool, epochs: list[npt.NDArray[np.bool_]], draws: Hashes, seed: int, size: int
) -> Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int32]]]:
    """The taken rows in the order of their draws for each epoch, with their epoch from 0.

    Rows are dealt by the top bits of their draw into buckets on disk, and each bucket is sorted in memory: a
    row's place is uniform over the whole output.
    """
    count = min(MOST_BUCKETS, max(1, -(-size // BUCKET)))
    buckets = [Spool(spool.schema.append(pa.field("__place", pa.uint64())).append(pa.field("__epoch", pa.int32())))
               for _ in range(count)]  # fmt: skip
    try:
        for batch, rows, epoch in _taken(spool, epochs):
            places = redraw(draws[rows], seed, f"order {epoch}")
            marked = _marked(batch, places, epoch)
            number = (places >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)
            if count == 1:
                buckets[0].append(marked)
                continue
            order = np.argsort(number, kind="stable")
            edges = np.searchsorted(number[order], np.arange(count + 1, dtype=np.uint64))
            dealt = marked.take(pa.array(order))
            for bucket in np.flatnonzero(edges[1:] > edges[:-1]).tolist():
                buckets[bucket].append(dealt.slice(edges[bucket], edges[bucket + 1] - edges[bucket]))
        for bucket in buckets:
            yield from _sorted(bucket)
            bucket.__exit__(None, None, None)
    finally:
        for bucket in buckets:
            bucket.__exit__(None, None, None)


def in_given_order(
    spool: Spool, epochs: list[npt.NDArray[np.bool_]]
) -> Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int32]]]:
    """The taken rows as they came, an epoch after the other."""
    for batch, rows, epoch in _taken(spool, epochs):
        yield batch, np.full(len(rows), epoch, np.int32)


def _taken(
    spool: Spool, epochs: list[npt.NDArray[np.bool_]]
) -> Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int64], int]]:
    for epoch, mask in enumerate(epochs):
        start = 0
        for batch in spool.batches():
            inside = mask[start : start + batch.num_rows]
            if inside.any():
                yield batch.filter(pa.array(inside)), start + np.flatnonzero(inside), epoch
            start += batch.num_rows


def _marked(batch: pa.RecordBatch, places: Hashes, epoch: int) -> pa.RecordBatch:
    schema = batch.schema.append(pa.field("__place", pa.uint64())).append(pa.field("__epoch", pa.int32()))
    epochs = np.full(batch.num_rows, epoch, np.int32)
    return pa.RecordBatch.from_arrays([*batch.columns, pa.array(places), pa.array(epochs)], schema=schema)


def _sorted(bucket: Spool) -> Iterator[tuple[pa.RecordBatch, npt.NDArray[np.int32]]]:
    batches = list(bucket.batches())
    if not batches:
        return
    rows = pa.concat_batches(batches)
    del batches
    order = np.argsort(rows.column("__place").to_numpy(), kind="stable")
    width = rows.num_columns - 2
    epochs = rows.column("__epoch").to_numpy()
    rows = rows.select(list(range(width)))
    for start in range(0, len(order), 8192):
        piece = order[start : start + 8192]
        yield rows.take(pa.array(piece)), epochs[piece]


def bytes_of(batch: pa.RecordBatch) -> int:
    """About how many bytes a batch's rows take."""
    return int(row_bytes(batch).sum())


def group_codes(values: list[Any], names: dict[str, int]) -> npt.NDArray[np.int32]:
    """A number for each group's name, the same through all batches."""
    return np.array([names.setdefault("" if value is None else str(value), len(names)) for value in values], np.int32)
