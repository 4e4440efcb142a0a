"""What was found of each row."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import Mask, Rows
from instructkit.dedup.settings import DedupSettings

EXACT, NEAR = np.int8(1), np.int8(2)


@dataclass
class Verdicts:
    """Whether each row stays, and which it left for."""

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

    def pass_on(self, origins: npt.NDArray[np.uint64], rank: Rows | None) -> None:
        """Let the copies of rows that left as near duplicates leave for the same ones.

        Not for another phrasing of their own raw row: then the first of the copies stays, and the others leave for it.
        """
        copies = np.flatnonzero(self.reason == EXACT)
        copies = copies[~self.stays[self.kept[copies]]]
        if rank is not None:
            copies = copies[np.argsort(rank[copies])]
        first: dict[int, int] = {}
        for copy in copies.tolist():
            through = int(self.kept[copy])
            kept = int(self.kept[through])
            if origins[copy] == 0 or origins[copy] != origins[kept]:
                self.kept[copy], self.similarity[copy], self.reason[copy] = kept, self.similarity[through], NEAR
            elif first.setdefault(through, copy) == copy:
                self.stays[copy], self.kept[copy], self.similarity[copy], self.reason[copy] = True, -1, 0, 0
            else:
                self.kept[copy] = first[through]


class JudgedRows(Protocol):
    """Rows that can be judged by several settings."""

    def find(self, settings: DedupSettings) -> Verdicts:
        """Judge all rows."""

    def drop_near(self, found: Verdicts, settings: DedupSettings) -> None:
        """Let the rows leave that are alike another; the exact duplicates have left."""

    def in_fields(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The similarity of pairs of rows in each field: pairs x fields; NaN where both are empty."""
