"""fastText classifiers of one's own: training one from labelled rows, and applying one to examples.

- `texts` is the one way a text is made ready, for training and applying alike; `sidecar` is the file beside a model
  that records it, with the labels and thresholds.
- `labels` reads the labelled rows, `training` splits them, trains and writes, `evaluating` measures.
- `applying` is the part of a filter: ``--classifier MODEL[:LABEL[:T]]``.
"""

from instructkit.filters.classifiers.applying import ClassifierExaminer, parse_classifier
from instructkit.filters.classifiers.training import TrainingSettings, train_classifier

__all__ = ["ClassifierExaminer", "TrainingSettings", "parse_classifier", "train_classifier"]
