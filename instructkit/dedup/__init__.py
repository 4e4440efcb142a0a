"""Rows that repeat another, or overlap an evaluation file.

In the order a row goes through: `texts` (what is compared), `signing` (shingles, exact hash, MinHash band
keys), `store` (kept on disk), `neighbours` (buckets, verification, who leaves for whom), `contamination`
(evaluation files), `dropping.dedup` (the step), with its `settings`.
"""

from instructkit.dedup.dropping import dedup
from instructkit.dedup.findings import Findings
from instructkit.dedup.settings import DedupSettings

__all__ = ["DedupSettings", "Findings", "dedup"]
