"""What a classifier is worth on rows it never saw: precision, recall, F1 and AUC of each label, and thresholds."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

PRECISION = 0.9  # wanted of the second threshold


@dataclass(frozen=True)
class Measured:
    """The figures of one label; None where the held-out rows can't tell.

    Precision, recall and F1 are at ``threshold``, the one of the best F1; it was chosen on the same rows, which
    flatters them a little.
    """

    label: str
    rows: int  # held out
    marked: int  # of them, with the label
    precision: float | None
    recall: float | None
    f1: float | None
    auc: float | None
    threshold: float | None
    precise_threshold: float | None  # the lowest with a precision of `PRECISION`
    precise_recall: float | None  # at that threshold

    def to_json(self) -> dict[str, Any]:
        """As the sidecar keeps it."""
        return asdict(self)


def measure(label: str, marked: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> Measured:
    """Judge the probabilities of one label."""
    rows, positives = len(marked), int(marked.sum())
    if positives in (0, rows):
        return Measured(label, rows, positives, None, None, None, None, None, None, None)
    order = np.argsort(-probabilities, kind="stable")
    sorted_probabilities = probabilities[order]
    hits = np.cumsum(marked[order])
    last = np.append(np.diff(sorted_probabilities) != 0, True)  # equal probabilities stand on one side of a threshold
    precision, recall = hits / np.arange(1, rows + 1), hits / positives
    f1 = np.where(last, 2 * precision * recall / np.maximum(precision + recall, 1e-12), -1.0)
    best = int(np.argmax(f1))
    precise = np.flatnonzero(last & (precision >= PRECISION))
    far = int(precise[-1]) if len(precise) else None
    return Measured(
        label, rows, positives,
        _rounded(precision[best]), _rounded(recall[best]), _rounded(f1[best]), _rounded(auc(marked, probabilities)),
        _between(sorted_probabilities, best),
        None if far is None else _between(sorted_probabilities, far),
        None if far is None else _rounded(recall[far]),
    )  # fmt: skip


def auc(marked: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float32]) -> float:
    """The chance that a marked row has a higher probability than another, ties half (Mann and Whitney 1947)."""
    _, inverse, count = np.unique(probabilities, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[inverse]
    positives = int(marked.sum())
    above = ranks[marked].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(marked) - positives)))


def _between(probabilities: npt.NDArray[np.float32], place: int) -> float:
    """A threshold in the middle between a row that reaches it and the next that does not; four digits."""
    following = probabilities[place + 1] if place + 1 < len(probabilities) else 0.0
    high, low = float(probabilities[place]), float(following)
    middle = round((high + low) / 2, 4)
    return middle if low < middle <= high else float(np.floor(high * 1e6) / 1e6)


def _rounded(value: float) -> float:
    return round(float(value), 4)
