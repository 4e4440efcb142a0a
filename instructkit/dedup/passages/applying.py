"""Batches without what repeats in them, and what became of their rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.arrays import I64, Mask
from instructkit.dedup.passages.grain import Grain
from instructkit.dedup.passages.names import Names
from instructkit.dedup.passages.repeats import Found, Repeats
from instructkit.dedup.passages.runs import Runs
from instructkit.dedup.passages.tokens import Tokens
from instructkit.engine import Spool, map_ordered
from instructkit.records.rejects import Reason
from instructkit.records.schema import as_text

if TYPE_CHECKING:
    from instructkit.dedup.passages.settling import Holders


@dataclass
class After:
    """A batch without its repeats, and what became of its rows."""

    batch: pa.RecordBatch
    changed: int = 0
    dropped: int = 0
    reason: str = ""  # why they were
    rejected: pa.RecordBatch | None = None
    reasons: list[list[Reason]] = field(default_factory=list)
    cuts: list[tuple[str, int, str]] = field(default_factory=list)


@dataclass
class Remover:
    """Takes what repeats out of batch after batch."""

    on: str
    grain: Grain
    repeats: Repeats
    names: Names

    def cut(self, spool: Spool, workers: int | None) -> Iterator[After]:
        """All batches, in order, with shorter texts."""
        found = ((batch, self.repeats.of_next(batch.num_rows)) for batch in spool.batches())
        yield from map_ordered(found, self._cut, workers=workers)

    def drop(self, spool: Spool) -> Iterator[After]:
        """All batches, in order, with fewer rows."""
        from instructkit.dedup.passages.settling import Holders

        holders = Holders(spool.folder / "holders", self.repeats.keys)
        first_row = 0
        for batch in spool.batches():
            yield self._drop(batch, self.repeats.of_next(batch.num_rows), holders, first_row)
            first_row += batch.num_rows

    def _cut(self, item: tuple[pa.RecordBatch, Found]) -> After:
        from instructkit.dedup.passages.cutting import without

        batch, found = item
        found = found.only(self.grain.are_repeats(found, within=True))
        if not len(found):
            return After(batch)
        changed, rows = np.unique(found.rows, return_inverse=True)
        column = batch.column(self.on)
        texts = as_text(column.take(pa.array(changed)))
        tokens = Tokens.of(texts)
        runs = Runs.of(found, self.repeats.rows_of(found.firsts), tokens, rows, self.grain)
        left = without(texts, tokens, runs)
        empty = pc.equal(left, "").to_numpy(zero_copy_only=False)
        column = pc.replace_with_mask(column, pa.array(_mask(batch, changed)), left.cast(column.type))
        place = batch.schema.get_field_index(self.on)
        after = After(batch.set_column(place, batch.schema.field(place), column), changed=int((~empty).sum()))
        if self.names.wanted:
            by_row, sizes, sources = runs.by_source()
            stays = ~empty[by_row]
            ids = batch.column("id").take(pa.array(changed[by_row[stays]])).to_pylist()
            after.cuts = list(zip(ids, sizes[stays].tolist(), self.names.of(sources[stays]), strict=True))
        if empty.any():
            _, sizes, most, sources = (of_rows[empty] for of_rows in runs.in_all())
            parts = np.where(most == sizes, "all", most.astype(str))
            values = [f"{size} tokens, {part} of them in" for size, part in zip(sizes, parts, strict=True)]
            self._leave(after, batch, changed[empty], "nothing_left", values, sources, str(self.grain.least))
        return after

    def _drop(self, batch: pa.RecordBatch, found: Found, holders: "Holders", first_row: int) -> After:
        from instructkit.dedup.passages.settling import NOBODY

        after = After(batch)
        found = found.only(self.grain.are_repeats(found, within=False))
        if not len(found):
            return after
        with_repeats, rows = np.unique(found.rows, return_inverse=True)
        tokens = Tokens.of(as_text(batch.column(self.on).take(pa.array(with_repeats))))
        sizes = np.zeros(batch.num_rows, np.int64)
        sizes[with_repeats] = np.diff(tokens.bounds)
        runs = self.grain.runs(tokens, rows, found.places)
        leaves, holder = holders.settle(found, *runs, self.grain.share * sizes, first_row)
        left = leaves[found.rows] & (holder != NOBODY)
        if left.any():
            found, rows, holder = found.only(left), rows[left], holder[left]
            sources = np.where(holder > 0, holder - 1, self.repeats.rows_of(found.firsts))
            joined = Runs.of(found, sources, tokens, rows, self.grain)
            if self.grain.joins:
                _, lengths, sources = joined.longest()
                values, threshold = [f"{length} tokens of" for length in lengths], str(self.grain.least)
            else:
                repeating, repeated, _, sources = joined.in_all()
                shares = repeated / np.diff(tokens.bounds)[repeating]
                values, threshold = [f"{share:.4g}, most of it in" for share in shares], str(self.grain.share)
            self._leave(after, batch, np.flatnonzero(leaves), self.grain.dropped, values, sources, threshold)
        return after

    def _leave(
        self,
        after: After,
        batch: pa.RecordBatch,
        rows: I64,
        reason: str,
        values: list[str],
        sources: I64,
        threshold: str,
    ) -> None:
        """Let rows leave the batch; the value of each reason ends with the id of a row."""
        leaves = _mask(batch, rows)
        after.batch = after.batch.filter(pa.array(~leaves))
        after.dropped, after.reason = len(rows), reason
        if self.names.wanted:
            after.rejected = batch.filter(pa.array(leaves))
            named = zip(values, self.names.of(sources), strict=True)
            after.reasons = [[(reason, f"{value} {name}", threshold)] for value, name in named]


def _mask(batch: pa.RecordBatch, rows: I64) -> Mask:
    mask = np.zeros(batch.num_rows, bool)
    mask[rows] = True
    return mask
