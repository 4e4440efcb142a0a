"""Rows that share an id: each gets a random number of its own, and a person hears of them."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.mixing.twice import Rows
from instructkit.records.hashing import Hashes, redraw, row_ids
from instructkit.records.schema import CONTENT

PARTS = 16  # of the draws, for finding equal ones


def part_equal_draws(draws: Hashes, seed: int) -> npt.NDArray[np.int64]:
    """Give rows that share an id draws of their own, by their order; gives all rows that share one, ascending."""
    repeated = np.concatenate([_repeated(part) for part in _parts(draws)])
    if not len(repeated):
        return np.zeros(0, np.int64)
    rows = np.flatnonzero(np.isin(draws, repeated))
    by_draw = rows[np.argsort(draws[rows], kind="stable")]
    values = draws[by_draw]
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    number = np.arange(len(values)) - np.repeat(first, np.diff(np.append(first, len(values))))
    again = number > 0
    draws[by_draw[again]] = redraw(values[again] + number[again].astype(np.uint64), seed, "the same id")
    return rows


def _parts(draws: Hashes) -> Iterator[Hashes]:
    """The draws, cut by size into parts that are sorted for little memory."""
    width = 2**64 // PARTS
    for part in range(PARTS):
        yield draws[(draws >= np.uint64(part * width)) & (draws <= np.uint64((part + 1) * width - 1))]


def _repeated(draws: Hashes) -> Hashes:
    ordered = np.sort(draws)
    twice: Hashes = ordered[1:][ordered[1:] == ordered[:-1]]
    return twice


def about_ids(kept: Rows, sharing: npt.NDArray[np.int64]) -> str:
    """What to say of rows that share an id: some are the same row, or ids stand for several rows."""
    start, seen = 0, dict[str, tuple[str, str]]()
    for batch in kept.batches():
        inside = sharing[slice(*np.searchsorted(sharing, [start, start + batch.num_rows]))] - start
        start += batch.num_rows
        if not len(inside):
            continue
        rows = batch.take(pa.array(inside))
        contents = row_ids([rows.column(name) for name in CONTENT], rows.num_rows)
        found = zip(
            *(column.to_pylist() for column in (rows.column("id"), contents, rows.column("source"))), strict=True
        )
        for name, content, source in found:
            known, where = seen.setdefault(name, (content, source))
            if known != content:
                return (
                    f"the id {name!r} stands for two rows, in {where} and in {source}, and there may be more such ids: "
                    "split and lineage take rows of one id for one"
                )
    return f"{len(sharing) - len(seen):,} rows are there a second time, to the letter; dedup drops such"
