"""Rows that repeat another, or overlap an evaluation file.

In the order a row goes through: `against` (evaluation files: `evaluation`, `contamination`), `passages` (repeated
sentences and substrings), `texts` (what is compared), `shingling` (exact hashes and shingles). Then, in `storing`,
while the rows pass: which may be alike another at all, by `sifting` (shingles that no other row has) or by `banding`
(MinHash, `signing`); `equals` are told by their hash, and sets of shingles of the rows left go to the `store`. Who
meets: by `joining` (all pairs, by rare shingles) or in bands, both given to `meetings`. Who leaves for whom:
`neighbours`, `judging`, `comparing`, with the order of `keeping` and the `verdicts`. `dealing` and `partitions` bound
what is worked through together. `plain` does all of that for few rows, `rouge` judges by ROUGE-L instead. `index`
remembers rows, `clusters`, `explaining` and `findings` tell what was found. `dropping.dedup` is the step, with its
`settings`.
"""

from instructkit.dedup.dropping import dedup
from instructkit.dedup.findings import Findings
from instructkit.dedup.settings import DedupSettings

__all__ = ["DedupSettings", "Findings", "dedup"]
