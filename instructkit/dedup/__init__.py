"""Rows that repeat another, or overlap an evaluation file.

In the order a row goes through: `against` (evaluation files: `evaluation`, `contamination`), `passages` (repeated
sentences and substrings), `texts` (what is compared), `shingling` (exact hashes and sets of shingles), `store` (kept
on disk), then who meets: `joining` (all pairs, by rare shingles) or `signing` (MinHash bands), both given to
`meetings`; who leaves for whom: `neighbours`, `judging`, `comparing`, with the order of `keeping` and the `verdicts`.
`plain` does all of that for few rows. `index` remembers rows, `clusters`, `explaining` and `findings` tell what was
found. `dropping.dedup` is the step, with its `settings`.
"""

from instructkit.dedup.dropping import dedup
from instructkit.dedup.findings import Findings
from instructkit.dedup.settings import DedupSettings

__all__ = ["DedupSettings", "Findings", "dedup"]
