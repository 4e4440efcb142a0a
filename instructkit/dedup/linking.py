"""Rows that are alike, for a step that must keep them together: `split`.

`dedup` asks of each row whether it leaves for one that stays; here every pair counts. Who meets is told as ever, by
`joining` or by `banding`. Whether two rows have one raw row makes no difference.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa

from instructkit.dedup.arrays import Mask, Rows
from instructkit.dedup.components import components
from instructkit.dedup.dropping import PlainTable, few_or_all, may_be_few
from instructkit.dedup.keeping import Keep
from instructkit.dedup.plain import PlainRows
from instructkit.dedup.rows import Sources
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.sides import Sides, on_another_side, side_masks, with_copies
from instructkit.dedup.texts import fields_of
from instructkit.engine import Spool
from instructkit.engine.worth import say_if_new


class Links(Protocol):
    """The pairs of rows that are alike."""

    search: str  # how they are sought: exhaustive (all are found) or lsh

    def groups(self, united: Rows | None = None) -> Rows:
        """For each row the lowest row it hangs together with, through any number of pairs.

        ``united`` says so of what hangs together anyway: such rows need not be compared.
        """

    def across(self, sides: Sides) -> Mask:
        """The rows that are alike a row of another side."""


def link_rows(
    batches: Iterator[pa.RecordBatch], threshold: float, spool: Spool, workers: int | None = None
) -> Links:  # fmt: skip
    """Spool rows, and find those that ``dedup`` with this threshold and its other defaults calls the same."""
    given = DedupSettings(threshold=threshold)
    fields = fields_of(given.on, spool.schema)
    keep = Keep(given.keep, spool.schema, fields)
    few = few_or_all(batches) if may_be_few(given) else None
    if isinstance(few, list):
        plain = PlainTable(few, given, fields, keep, spool, Sources()).judged
        assert isinstance(plain, PlainRows)  # noqa: S101 - what a plain table holds
        return PlainLinks(plain, threshold)
    say_if_new()
    from instructkit.dedup.neighbours import StoredRows
    from instructkit.dedup.storing import StoredTable

    stored = StoredTable(few or batches, given, fields, keep, spool, Sources(), workers).judged
    assert isinstance(stored, StoredRows)  # noqa: S101 - what a stored table holds
    return stored.link(given)


class PlainLinks:
    """Few rows, compared in plain Python."""

    search = "exhaustive"

    def __init__(self, rows: PlainRows, threshold: float) -> None:
        self._firsts, self._one, self._other = rows.alike(threshold)

    def groups(self, united: Rows | None = None) -> Rows:
        """See `Links`."""
        roots = with_copies(self._firsts, united)
        rows = np.arange(len(roots), dtype=np.int32)
        return components(len(rows), np.concatenate([rows, self._one]), np.concatenate([roots, self._other]))

    def across(self, sides: Sides) -> Mask:
        """See `Links`."""
        masks = side_masks(sides, self._firsts)
        near = masks.copy()
        np.bitwise_or.at(near, self._one, masks[self._other])
        np.bitwise_or.at(near, self._other, masks[self._one])
        return on_another_side(sides, near[self._firsts])
