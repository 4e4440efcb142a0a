"""Which rows leave, and for which row that stays.

The rows are taken in an order (`DedupSettings.keep`; as they come, where nothing else is said). A row leaves if it is
alike an earlier row that stays, and only then: there is one such answer, and no chains.
"""

import contextlib
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.joining import PrefixJoin
from instructkit.dedup.judging import judge
from instructkit.dedup.meetings import Meetings, MeetingsWriter, Rows, parts_of
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.shingling import U64
from instructkit.dedup.signing import NO_BAND, band_keys, signatures
from instructkit.dedup.store import RowStore, ShingleSets, disk_full
from instructkit.dedup.stretches import equal_below
from instructkit.dedup.texts import Field
from instructkit.engine.mapping import map_ordered

Mask = npt.NDArray[np.bool_]

ROWS_AT_ONCE = 1 << 12  # that are judged before the pages they were read from are given back
CROWD = 64  # rows that agree in a band with more others meet by their rare shingles instead
# nanoseconds, measured: what `worth_joining` weighs
SIGN_A_SHINGLE, SORT_A_KEY, MEET = 12, 60, 10
EXACT, NEAR = np.int8(1), np.int8(2)


@dataclass
class Verdicts:
    """What was found of each row."""

    stays: Mask
    kept: Rows  # the row it left for; -1 where it stays
    similarity: npt.NDArray[np.float32]
    reason: npt.NDArray[np.int8]  # 0, EXACT or NEAR
    search: str = ""  # how pairs were sought: exhaustive or lsh

    @classmethod
    def of(cls, rows: int) -> "Verdicts":
        """All stay."""
        return cls(
            np.ones(rows, bool), np.full(rows, -1, np.int32), np.zeros(rows, np.float32), np.zeros(rows, np.int8)
        )

    def drop(self, rows: Rows, kept: Rows, similarity: npt.NDArray[np.floating[Any]] | float, reason: np.int8) -> None:
        """Let rows leave for others."""
        self.stays[rows] = False
        self.kept[rows] = kept
        self.similarity[rows] = similarity
        self.reason[rows] = reason


def find_duplicates(near: "NearDuplicates", settings: DedupSettings, rank: Rows | None = None) -> Verdicts:
    """Judge all rows of a store; ``rank`` is the place of each in the order, where that is not as they came."""
    found = Verdicts.of(near.store.rows)
    _drop_equal(near.store, found, rank)
    if not settings.exact and near.store.rows > 1:
        near.drop(found)
    return found


def _drop_equal(store: RowStore, found: Verdicts, rank: Rows | None) -> None:
    """Keep the first row of each exact hash."""
    exact = store.exact()
    for part in parts_of(exact[:, 1]):
        rows = part[np.argsort(exact[part, 1])]
        low = exact[rows, 1]
        equal = np.concatenate([[False], low[1:] == low[:-1], [False]])
        rows = rows[equal[1:] | equal[:-1]]  # nearly all are alone
        place = rows if rank is None else rank[rows]
        rows = rows[np.lexsort((place, exact[rows, 0], exact[rows, 1]))]
        hashes = exact[rows]
        again = np.concatenate([[False], (hashes[1:] == hashes[:-1]).all(axis=1)])[: len(rows)]
        first = rows[np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))]
        again &= (hashes != 0).any(axis=1)  # a row without text equals nothing
        found.drop(rows[again].astype(np.int32), first[again].astype(np.int32), 1.0, EXACT)


class NearDuplicates:
    """Finds the near duplicates of a store, once or for several thresholds."""

    def __init__(
        self,
        store: RowStore,
        settings: DedupSettings,
        fields: tuple[Field, ...],
        rank: Rows | None = None,
        fixed: int = 0,
        workers: int | None = None,
    ) -> None:
        self.store = store
        self._given = (fields, rank, fixed, workers)
        self._folder: Path = store.folder
        self._settings = settings
        self._guarded = np.array([field.guarded for field in fields])
        self._sets: ShingleSets = store.sets()
        self._rank = rank
        self._fixed = fixed
        self._workers = workers

    def at(self, settings: DedupSettings) -> "NearDuplicates":
        """The same rows, by other settings."""
        fields, rank, fixed, workers = self._given
        return NearDuplicates(self.store, settings, fields, rank, fixed, workers)

    def drop(self, found: Verdicts) -> None:
        """Let the rows leave that are alike another; the exact duplicates have left."""
        wanted = found.stays & (np.diff(self._sets.ends) > 0)
        self._judge(self._meetings(wanted, found), found)
        near = np.flatnonzero(~found.stays & (found.reason == 0))
        found.reason[near] = NEAR
        # a copy of a row that left leaves for the same one
        equal = np.flatnonzero(found.reason == EXACT)
        through = found.kept[equal]
        chained = ~found.stays[through]
        found.drop(equal[chained].astype(np.int32), found.kept[through[chained]], found.similarity[through[chained]],
                   NEAR)  # fmt: skip

    def _meetings(self, wanted: Mask, found: Verdicts) -> Meetings:
        search = self._settings.search
        if search != "lsh":
            writer = self._joined(wanted, MeetingsWriter(self._folder, self._sets.rows))
            if search == "exhaustive" or self._worth_joining(writer, wanted):
                found.search = "exhaustive"
                return writer.finish()
            writer.remove()
        found.search = "lsh"
        return self._banded(wanted, MeetingsWriter(self._folder, self._sets.rows))

    def _worth_joining(self, writer: MeetingsWriter, wanted: Mask) -> bool:
        """Whether the rows that share a rare shingle cost less than twice what banding would."""
        shingles = int(np.diff(self._sets.ends)[wanted].sum())
        banding = SIGN_A_SHINGLE * shingles + SORT_A_KEY * self._settings.banding()[0] * int(wanted.sum())
        return MEET * writer.pairs <= 2 * banding + 1e9 and writer.entries <= max(1 << 24, 4 * self._sets.rows)

    def _joined(self, wanted: Mask, writer: MeetingsWriter) -> MeetingsWriter:
        """Let the rows meet that share a rare shingle: all pairs at the threshold do."""
        PrefixJoin(self._sets, wanted, self._settings.threshold, self._guarded, self._folder, self._workers).meet(
            writer
        )
        return writer

    def _banded(self, wanted: Mask, writer: MeetingsWriter) -> Meetings:
        """Let the rows meet that agree in a band of their signatures."""
        bands, _ = self._settings.banding()
        self.sign()
        crowded = np.zeros(self._sets.rows, bool)
        for band in range(bands):
            keys = np.fromfile(self._folder / f"band-{band}", np.uint64)
            (self._folder / f"band-{band}").unlink()
            for part in parts_of(keys):
                rows = part[wanted[part] & (keys[part] != NO_BAND)]
                crowded[writer.add(keys[rows], rows.astype(np.int32), CROWD)] = True
        if crowded.any():
            self._joined(crowded, writer)
        return writer.finish()

    def sign(self) -> None:
        """Write the keys of each band to a file."""
        bands, rows_per_band = self._settings.banding()
        work = functools.partial(self._band_keys, bands, rows_per_band)
        with contextlib.ExitStack() as stack, disk_full(self._folder):
            files = [stack.enter_context((self._folder / f"band-{band}").open("wb")) for band in range(bands)]
            for keys in map_ordered(self._sets.stretches(), work, workers=self._workers):
                for file, band in zip(files, keys, strict=True):
                    file.write(np.ascontiguousarray(band).data)

    def _band_keys(self, bands: int, rows_per_band: int, stretch: tuple[int, int]) -> U64:
        held = self.store.signed(*stretch)
        if held is None:
            shingles, ends, sizes = self._sets.stretch(*stretch)
            held = signatures(shingles, ends, sizes, self._guarded, equal_below(self._settings.threshold),
                              bands * rows_per_band)  # fmt: skip
            self._sets.release()
        return band_keys(*held, bands, rows_per_band)

    def _judge(self, meetings: Meetings, found: Verdicts) -> None:
        """Take all rows in their order."""
        order = np.flatnonzero(np.diff(meetings.ends) > 0).astype(np.int32)
        if self._rank is not None:
            order = order[np.argsort(self._rank[order])]
        last = np.full(meetings.count, -1, np.int32)
        before, owners = np.empty(len(meetings.keys), np.int32), np.empty(len(meetings.keys), np.int32)
        candidates, met = np.empty(len(order), np.int32), np.zeros(self._sets.rows, np.uint16)
        table = table_for(self._sets, order)
        for start in range(0, len(order), ROWS_AT_ONCE):
            shingles, sizes, origins = self._sets.all()
            judge(order[start : start + ROWS_AT_ONCE], self._fixed, meetings.ends, meetings.keys, last, before, owners,
                  shingles, self._sets.ends, sizes, origins, self._guarded, self._settings.threshold, table, candidates,
                  met, found.stays, found.kept, found.similarity)  # fmt: skip
            self._sets.release()


def table_for(sets: ShingleSets, rows: npt.NDArray[np.integer[Any]]) -> U64:
    """A table that holds the shingles of any of some rows."""
    longest = int(sets.lengths(rows).max(initial=1))
    return np.empty(1 << max(4, int(np.ceil(np.log2(2 * longest))) + 1), np.uint64)
