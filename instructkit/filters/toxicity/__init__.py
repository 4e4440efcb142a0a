"""Which texts are toxic, in English and Chinese, by a small model that shows its evidence.

- `characters` reads texts as one stream in which hidden spellings are undone; `grams` cuts it into stretches and their
  n-grams.
- `model` scores the stretches by tables of weights; `model.npz` is the model, MODEL_CARD.md says what it is made of.
- `evidence` names the words that carry a score, and with `categories` and `lexicon.yaml` what kind of abuse they are.
- `examiner` is the part of a filter.
"""

from instructkit.filters.toxicity.examiner import MODES, ToxicityExaminer, parse_toxicity

__all__ = ["MODES", "ToxicityExaminer", "parse_toxicity"]
