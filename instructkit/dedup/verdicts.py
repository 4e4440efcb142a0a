"""What was found of each row."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from instructkit.dedup.settings import DedupSettings

Rows = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

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


class JudgedRows(Protocol):
    """Rows that can be judged by several settings."""

    def find(self, settings: DedupSettings) -> Verdicts:
        """Judge all rows."""

    def drop_near(self, found: Verdicts, settings: DedupSettings) -> None:
        """Let the rows leave that are alike another; the exact duplicates have left."""

    def in_fields(self, rows: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The similarity of pairs of rows in each field: pairs x fields; NaN where both are empty."""
