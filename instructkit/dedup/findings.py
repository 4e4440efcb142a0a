"""What a run of dedup found, beside the rows: for a person, and for the summary."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.index import Staged


@dataclass
class Pair:
    """Two rows and their similarity."""

    similarity: float
    one: str  # id
    other: str
    one_text: str
    other_text: str

    def to_json(self) -> dict[str, Any]:
        """Without the texts."""
        return {"similarity": round(self.similarity, 4), "rows": [self.one, self.other]}


@dataclass
class Findings:
    """Filled while the rows pass; complete when they have."""

    search: str = ""  # how pairs were sought: exhaustive or lsh
    thresholds: dict[float, int] = field(default_factory=dict)  # rows that would leave at each
    merged: list[Pair] = field(default_factory=list)  # the least similar rows of which one left
    near: list[Pair] = field(default_factory=list)  # the most similar rows that both stayed
    sources: list[str] = field(default_factory=list)
    repeats: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    against: list[dict[str, str | int]] = field(default_factory=list)  # of each evaluation file
    index: Staged | None = None  # to be committed when the output is written

    def commit(self) -> None:
        """Make the new segment part of its index, if there is one: when the output is written."""
        if self.index is not None:
            self.index.commit()

    def to_json(self) -> dict[str, Any]:
        """What ``--summary`` says."""
        found: dict[str, Any] = {"search": self.search} if self.search else {}
        if self.thresholds:
            found["thresholds"] = [{"threshold": t, "rows_dropped": n} for t, n in self.thresholds.items()]
        if self.merged or self.near:
            found["least_similar_merged"] = [pair.to_json() for pair in self.merged]
            found["most_similar_kept"] = [pair.to_json() for pair in self.near]
        if self.against:
            found["against"] = self.against
        if len(self.sources) > 1:
            places = np.argwhere(self.repeats)
            found["repeats"] = [
                {"source": self.sources[one], "of": self.sources[other], "rows": int(self.repeats[one, other])}
                for one, other in places.tolist()
            ]
        return found
