"""The figures of a classifier, against counting by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instructkit.filters.classifiers.evaluating import auc, measure

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0])), min_size=2, max_size=30
)


def counted(marked: list[bool], values: list[float], threshold: float) -> tuple[float, float, float]:
    hits = [value >= threshold for value in values]
    right = sum(hit and mark for hit, mark in zip(hits, marked, strict=True))
    precision, recall = right / max(1, sum(hits)), right / sum(marked)
    return precision, recall, 2 * precision * recall / max(1e-12, precision + recall)


@given(ROWS)
def test_the_threshold_has_the_best_f1_there_is(rows: list[tuple[bool, float]]) -> None:
    marked, values = [mark for mark, _ in rows], [value for _, value in rows]
    found = measure("x", np.array(marked), np.array(values, np.float32))
    if sum(marked) in (0, len(rows)):
        assert found.auc is found.threshold is None
        return
    best = max(counted(marked, values, value)[2] for value in values)
    assert found.f1 is not None
    assert found.threshold is not None
    assert abs(found.f1 - best) < 1e-3
    precision, recall, f1 = counted(marked, [float(np.float32(value)) for value in values], found.threshold)
    assert abs(f1 - best) < 1e-3
    assert abs(precision - (found.precision or 0)) < 1e-3
    assert abs(recall - (found.recall or 0)) < 1e-3


@given(ROWS)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[bool, float]]) -> None:
    marked, values = np.array([mark for mark, _ in rows]), np.array([value for _, value in rows], np.float32)
    if marked.all() or not marked.any():
        return
    pairs = [(one > other) + (one == other) / 2 for one in values[marked] for other in values[~marked]]
    assert abs(auc(marked, values) - np.mean(pairs)) < 1e-9


def test_a_precise_threshold_is_told_where_there_is_one() -> None:
    marked = np.array([True] * 9 + [False] + [True] * 5 + [False] * 15)
    found = measure("x", marked, np.linspace(1, 0, 30, dtype=np.float32))
    assert found.precise_threshold is not None
    assert found.precise_recall == 1.0
    noise = measure("x", np.array([False, True, False]), np.array([0.9, 0.5, 0.1], np.float32))
    assert noise.precise_threshold is None
