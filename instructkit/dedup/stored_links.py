"""The pairs of stored rows that are alike."""

from collections.abc import Callable
from typing import Any

import numpy as np

from instructkit.dedup.arrays import Mask, Rows
from instructkit.dedup.linking_loops import join_groups, meet_across
from instructkit.dedup.meetings import Meetings
from instructkit.dedup.sides import Sides, on_another_side, side_masks, with_copies
from instructkit.dedup.store import ShingleSets

ROWS_AT_ONCE = 1 << 12  # that are worked through before the pages they were read from are given back


class StoredLinks:
    """Rows on disk. ``firsts`` names for each row the first that has its text: it alone meets others."""

    def __init__(
        self, sets: ShingleSets, guarded: Mask, threshold: float, meetings: Meetings, firsts: Rows, table: Any,
        search: str,
    ) -> None:  # fmt: skip
        self.search = search
        self._sets, self._guarded, self._threshold, self._meetings = sets, guarded, threshold, meetings
        self._firsts, self._table = firsts, table
        self._order = np.flatnonzero(np.diff(meetings.ends) > 0).astype(np.int32)

    def groups(self, united: Rows | None = None) -> Rows:
        """See `linking.Links`."""
        roots = with_copies(self._firsts, united)
        self._meet(join_groups, roots)
        while not np.array_equal(above := roots[roots], roots):
            roots = above
        return roots

    def across(self, sides: Sides) -> Mask:
        """See `linking.Links`."""
        masks = side_masks(sides, self._firsts)
        near = masks.copy()
        self._meet(meet_across, masks, near)
        return on_another_side(sides, near[self._firsts])

    def _meet(self, loop: Callable[..., None], *state: Any) -> None:
        meetings, sets = self._meetings, self._sets
        last = np.full(meetings.count, -1, np.int32)
        before, hop, owners = (np.empty(len(meetings.keys), np.int32) for _ in range(3))
        candidates, met = np.empty(len(self._order), np.int32), np.zeros(sets.rows, bool)
        for start in range(0, len(self._order), ROWS_AT_ONCE):
            shingles, sizes, _ = sets.all()
            loop(self._order[start : start + ROWS_AT_ONCE], meetings.ends, meetings.keys, last, before, hop, owners,
                 shingles, sets.ends, sizes, self._guarded, self._threshold, self._table, candidates, met,
                 *state)  # fmt: skip
            sets.release()
