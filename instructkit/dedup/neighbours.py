"""Which rows leave, and for which row that stays.

The rows are taken in an order (`DedupSettings.keep`; as they come, where nothing else is said). A row leaves if it is
alike an earlier row that stays, and only then: there is one such answer, and no chains. Which rows meet, to be
compared, is told by `joining` or by `banding`.
"""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import U64, Mask, Rows, Shingled
from instructkit.dedup.equals import equal_rows
from instructkit.dedup.meetings import Meetings, MeetingsWriter
from instructkit.dedup.partitions import entries_of
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.store import RowStore, ShingleSets
from instructkit.dedup.texts import Field
from instructkit.dedup.verdicts import EXACT, NEAR, Verdicts
from instructkit.engine.mapping import map_ordered

if TYPE_CHECKING:
    from instructkit.dedup.banding import Bands
    from instructkit.dedup.stored_links import StoredLinks

ROWS_AT_ONCE = 1 << 12  # that are judged before the pages they were read from are given back
CROWD = 64  # rows that agree in a band with more others meet by their rare shingles instead
# nanoseconds, measured: what `_worth_joining` weighs
SIGN_A_SHINGLE, SORT_A_KEY, MEET = 12, 60, 10
SPARED = 1e9  # nanoseconds within which nothing is weighed


class StoredRows:
    """Rows on disk, to be judged once or more.

    ``rank`` is the place of each in the order, where that is not as they came; rows below ``fixed`` stay in any case.
    What a first pass over them found, if there was one, is given: the ``equals`` (see `equal_rows`), the ``bands``, and
    whether rows that are like no other were ``sifted`` out, at the lowest of the thresholds they are judged by. These,
    and copies of other rows, then have no shingles in the store.
    """

    def __init__(
        self, store: RowStore, fields: tuple[Field, ...], rank: Rows | None, fixed: int, workers: int | None,
        equals: tuple[Rows, Rows] | None = None, bands: "Bands | None" = None, *, sifted: bool = False,
    ) -> None:  # fmt: skip
        self._store = store
        self._sets = store.sets()
        self._guarded = np.array([field.guarded for field in fields])
        self._rank = rank
        self._fixed = fixed
        self._workers = workers
        self._sifted = sifted
        self._given_equals = equals
        self._bands = bands

    def find(self, settings: DedupSettings) -> Verdicts:
        """Judge all rows."""
        found = Verdicts.of(self._store.rows)
        found.drop(*self._equals, 1.0, EXACT)
        if not settings.exact and self._store.rows > 1:
            self.drop_near(found, settings)
        return found

    def drop_near(self, found: Verdicts, settings: DedupSettings) -> None:
        """Let the rows leave that are alike another; the exact duplicates have left."""
        self._judge(self._meetings(found, settings), found, settings.threshold)
        found.reason[(found.kept >= 0) & (found.reason == 0)] = NEAR
        found.pass_on(self._sets.all()[2], self._rank)

    def link(self, settings: DedupSettings) -> "StoredLinks":
        """The pairs of rows that are alike, whatever their origin."""
        from instructkit.dedup.stored_links import StoredLinks

        found = Verdicts.of(self._store.rows)
        found.drop(*self._equals, 1.0, EXACT)
        meetings = self._meetings(found, settings)
        table = _table_for(self._sets, np.flatnonzero(np.diff(meetings.ends) > 0))
        return StoredLinks(self._sets, self._guarded, settings.threshold, meetings, self._firsts, table, found.search)

    def in_fields(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The similarity of pairs of rows in each field: pairs x fields; NaN where both are empty."""
        from instructkit.dedup.comparing_fields import by_field

        shingles, sizes, _ = self._sets.all()
        rows, others = self._firsts[rows].astype(np.int64), self._firsts[others].astype(np.int64)
        found = np.empty((len(rows), len(self._guarded)))
        by_field(rows, others, shingles, self._sets.ends, sizes, _table_for(self._sets, others), found)
        self._sets.release()
        return found

    @functools.cached_property
    def _equals(self) -> tuple[Rows, Rows]:
        return self._given_equals or equal_rows(self._store.exact(), self._rank)

    @functools.cached_property
    def _firsts(self) -> Rows:
        """For each row the first that has its text: it has the shingles."""
        firsts = np.arange(self._store.rows, dtype=np.int32)
        firsts[self._equals[0]] = self._equals[1]
        return firsts

    def _meetings(self, found: Verdicts, settings: DedupSettings) -> Meetings:
        wanted = found.stays & (np.diff(self._sets.ends) > 0)
        if settings.search != "lsh":
            with MeetingsWriter(self._store.folder, self._sets.rows) as writer:
                self._join(wanted, settings.threshold, writer)
                if settings.search == "exhaustive" or self._worth_joining(writer, settings):
                    found.search = "exhaustive"
                    return writer.finish()
        found.search = "lsh"
        return self._band(wanted, settings)

    def _worth_joining(self, writer: MeetingsWriter, settings: DedupSettings) -> bool:
        """Whether the rows that share a rare shingle cost less than twice what banding all rows would.

        All, for how many were sifted out hangs on what else is asked.
        """
        bands, _ = settings.banding()
        banding = SIGN_A_SHINGLE * self._store.runs + SORT_A_KEY * bands * (self._store.rows - len(self._equals[0]))
        few = writer.entries <= max(1 << 24, 4 * self._sets.rows)  # they are held in memory
        return few and MEET * writer.pairs <= 2 * banding + SPARED

    def _join(self, wanted: Mask, threshold: float, writer: MeetingsWriter) -> None:
        """Let the rows meet that share a rare shingle: all pairs at the threshold do."""
        from instructkit.dedup.joining import PrefixJoin
        from instructkit.dedup.sifting import sifted

        given = (threshold, self._guarded, self._store.folder, self._workers)
        if not self._sifted:
            wanted = sifted(self._sets, wanted, *given)
        PrefixJoin(self._sets, wanted, *given).meet(writer)

    def _band(self, wanted: Mask, settings: DedupSettings) -> Meetings:
        """Let the rows meet that agree in a band of their signatures."""
        from instructkit.dedup.banding import with_band

        bands = self._bands or self.bands(settings)
        crowded = np.zeros(self._sets.rows, bool)
        with MeetingsWriter(self._store.folder, self._sets.rows) as writer:
            for band in range(settings.banding()[0]):
                keys = bands.take(band)
                for rows in with_band(keys, wanted):
                    crowded[writer.add(entries_of(keys[rows], rows), CROWD)] = True
            if crowded.any():
                self._join(crowded, settings.threshold, writer)
            return writer.finish()

    def bands(self, settings: DedupSettings) -> "Bands":
        """The keys of each band, in files of the store's folder."""
        from instructkit.dedup.banding import Bands
        from instructkit.dedup.signing import band_keys

        # a salt hangs on the threshold: for another one the rows are signed anew
        signed = self._store.permutations > 0 and settings.threshold == self._store.threshold
        with Bands(self._store.folder, self._guarded, settings) as bands:

            def keys(stretch: tuple[int, int]) -> U64:
                if signed:
                    return band_keys(*self._store.signed(*stretch), *settings.banding())
                shingles, _, sizes = self._sets.stretch(*stretch)
                found = bands.of(Shingled.sets(shingles, sizes))
                self._sets.release()
                return found

            for found in map_ordered(self._sets.stretches(), keys, workers=self._workers):
                bands.append(found)
            bands.close()
        return bands

    def _judge(self, meetings: Meetings, found: Verdicts, threshold: float) -> None:
        """Take all rows in their order."""
        from instructkit.dedup.judging import judge

        order = np.flatnonzero(np.diff(meetings.ends) > 0).astype(np.int32)
        if self._rank is not None:
            order = order[np.argsort(self._rank[order])]
        last = np.full(meetings.count, -1, np.int32)
        before, owners = np.empty(len(meetings.keys), np.int32), np.empty(len(meetings.keys), np.int32)
        candidates, met = np.empty(len(order), np.int32), np.zeros(self._sets.rows, bool)
        table = _table_for(self._sets, order)
        for start in range(0, len(order), ROWS_AT_ONCE):
            shingles, sizes, origins = self._sets.all()
            judge(order[start : start + ROWS_AT_ONCE], self._fixed, meetings.ends, meetings.keys, last, before, owners,
                  shingles, self._sets.ends, sizes, origins, self._guarded, threshold, table, candidates, met,
                  found.stays, found.kept, found.similarity)  # fmt: skip
            self._sets.release()


def _table_for(sets: ShingleSets, rows: npt.NDArray[np.integer[Any]]) -> U64:
    """A table that holds the shingles of any of some rows."""
    longest = int(sets.lengths(rows).max(initial=1))
    return np.empty(1 << max(4, int(np.ceil(np.log2(2 * longest))) + 1), np.uint64)
