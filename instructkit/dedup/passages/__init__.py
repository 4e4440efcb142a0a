"""Sentences and passages that stand in an earlier row, cut out or dropped with their row.

In the order a text goes through: `tokens` (where each token stands), `sentences` and `windows` (what may repeat, as
keys: each is a `grain`), `entries`, `finding` and `repeats` (which keys stand at an earlier place; on disk), `runs`
(from keys to runs of tokens), `settling` (which rows leave, where rows are dropped), `cutting` (the text without its
repeats), `applying` (the batch without them), `removing.cut_passages` (the step), with its `settings`.
"""

from instructkit.dedup.passages.removing import OnCut, cut_passages
from instructkit.dedup.passages.settings import PassageSettings

__all__ = ["OnCut", "PassageSettings", "cut_passages"]
