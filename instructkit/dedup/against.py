"""What was found of each evaluation file."""

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from instructkit.dedup.contamination import Overlap
    from instructkit.dedup.evaluation import Evaluation


class Against:
    """Counts what rows have in common with evaluation files."""

    def __init__(self, evaluation: "Evaluation | None") -> None:
        self._rows = Counter(file for file, _ in evaluation.rows) if evaluation is not None else Counter[str]()
        self._hit: set[tuple[str, int]] = set()
        self._dropped: Counter[str] = Counter()

    def add(self, overlaps: "list[Overlap]") -> None:
        """Count rows that overlap."""
        for overlap in overlaps:
            self._hit.add((overlap.file, overlap.number))
            self._dropped[overlap.file] += 1

    def files(self) -> list[dict[str, str | int]]:
        """Of each file its rows, how many of them stand in rows of the input, and in how many of those."""
        hit = Counter(file for file, _ in self._hit)
        return [
            {"file": file, "rows": rows, "rows_found": hit[file], "rows_dropped": self._dropped[file]}
            for file, rows in self._rows.items()
        ]
