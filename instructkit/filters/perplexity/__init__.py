"""How usual a text is: its perplexity under a model of characters trained on clean text, or under a user's KenLM.

`counting` counts n-grams of clean text, `model` is what is kept of them and how it judges, `training` makes one,
`examiner` is the part of a filter.
"""

from instructkit.filters.perplexity.examiner import PerplexityExaminer, parse_perplexity
from instructkit.filters.perplexity.training import TrainingSettings, train_perplexity

__all__ = ["PerplexityExaminer", "TrainingSettings", "parse_perplexity", "train_perplexity"]
