"""What a person needs to judge a threshold: the pairs nearest to it, and what others would drop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.findings import Pair
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.verdicts import NEAR, JudgedRows, Verdicts

BELOW = 0.25  # how far under the threshold pairs that stay are sought
LEAST = 0.05
Texts = Callable[[npt.NDArray[np.integer[Any]]], dict[int, tuple[str, str]]]


def lower(threshold: float) -> float:
    """The similarity down to which pairs are sought that stay."""
    return max(LEAST, threshold - BELOW)


def lowest(settings: DedupSettings) -> float:
    """The lowest of the thresholds that rows are judged by."""
    return min(settings.threshold, *settings.thresholds, lower(settings.threshold) if settings.explain else 1)


def count_thresholds(rows: JudgedRows, settings: DedupSettings, fixed: int) -> dict[float, int]:
    """How many rows would leave at each of the thresholds asked for."""
    counts = {}
    for threshold in settings.thresholds:
        other = replace(settings, threshold=threshold, bands=None, rows_per_band=None)
        found = rows.find(other)
        counts[threshold] = int((~found.stays[fixed:]).sum())
    return counts


def find_nearest(
    rows: JudgedRows, settings: DedupSettings, found: Verdicts, texts_of: Texts
) -> tuple[list[Pair], list[Pair]]:
    """The least similar pairs of which one row left, and the most similar of which both stayed."""
    if not settings.explain:
        return [], []
    gone = np.flatnonzero(found.reason == NEAR)
    merged = gone[np.argsort(found.similarity[gone], kind="stable")][: settings.explain]
    below = replace(settings, threshold=lower(settings.threshold), bands=None, rows_per_band=None)
    alike = Verdicts.of(len(found.stays))
    alike.stays[:] = found.stays
    rows.drop_near(alike, below)
    close = np.flatnonzero(alike.reason == NEAR)
    close = close[np.argsort(-alike.similarity[close], kind="stable")][: settings.explain]
    texts = texts_of(np.concatenate([merged, found.kept[merged], close, alike.kept[close]]))

    def pairs(gone: npt.NDArray[np.int64], by: Verdicts) -> list[Pair]:
        told = []
        for row in gone.tolist():
            one, other = texts[row], texts[int(by.kept[row])]
            told.append(Pair(float(by.similarity[row]), one[0], other[0], one[1], other[1]))
        return told

    return pairs(merged, found), pairs(close, alike)
