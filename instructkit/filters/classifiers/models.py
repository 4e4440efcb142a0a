"""A fastText model with what its sidecar says: probabilities of its labels for texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.filters.classifiers.labels import token
from instructkit.filters.classifiers.sidecar import Sidecar, place, read_sidecar
from instructkit.filters.classifiers.texts import LABEL_PREFIX, Normalization
from instructkit.filters.models import kept_open, load_model

NOTHING = "-"  # the label of a row that has none of several: fastText learns from no row without a label


@dataclass(frozen=True)
class Classifier:
    """A model that is ready to be asked."""

    model: Any
    sidecar: Sidecar

    def probabilities(self, texts: pa.StringArray) -> npt.NDArray[np.float32]:
        """The probability of each label for each text: float32, texts x labels."""
        return predict(self.model, self.sidecar.labels, self.sidecar.normalization(texts))


def predict(model: Any, labels: Sequence[str], lines: list[str]) -> npt.NDArray[np.float32]:
    """The probability of each label for each line that is made ready."""
    columns = {LABEL_PREFIX + token(label): number for number, label in enumerate(labels)}
    found = np.zeros((len(lines), len(labels) + 1), np.float32)  # the last column takes `NOTHING`
    if lines:
        named, values = model.predict(lines, k=-1, threshold=-1.0)
        rows = np.repeat(np.arange(len(lines)), [len(one) for one in named])
        places = [columns.get(name, len(labels)) for one in named for name in one]
        found[rows, places] = np.concatenate([np.asarray(one, np.float32) for one in values]) if len(rows) else 0
    return np.clip(found[:, :-1], 0, 1)


@kept_open
def open_classifier(path: Path) -> Classifier:
    """Open a model and its sidecar; a model without one is asked with texts as they are, but for line breaks.

    Raises `BadInput` for a file that is no model, and a sidecar that is not this model's.
    """
    model = load_model(path)
    known = [name.removeprefix(LABEL_PREFIX) for name in model.get_labels()]
    if not all(name.startswith(LABEL_PREFIX) for name in model.get_labels()):
        raise BadInput(f"{path} is a fastText model without labels, not a classifier")
    sidecar = read_sidecar(path)
    if sidecar is None:
        plain = Normalization(lower=False, space_han=False)
        sidecar = Sidecar(tuple(sorted(known)), "ova" in str(model.f.getArgs().loss).lower(), plain)
    elif {token(label) for label in sidecar.labels} != set(known) - {NOTHING}:
        raise BadInput(f"{place(path)} belongs to another model: its labels are not those of {path}")
    return Classifier(model, sidecar)
