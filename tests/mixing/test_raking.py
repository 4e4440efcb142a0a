"""Shares that cut across groups."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instructkit.mixing.raking import patterns, rake
from instructkit.mixing.settings import Constraint

ONE = (Constraint("c", "v", 0.3),)
BITS = np.array([[False], [True]])


@given(st.lists(st.tuples(st.integers(1, 10**5), st.integers(1, 10**5)), min_size=1, max_size=6), st.floats(0.01, 0.99))
def test_rates_and_share_both_hold_where_every_group_has_both_kinds(rows: list[tuple[int, int]], share: float) -> None:
    table = np.array(rows, np.int64)
    rates = table.sum(axis=1) / table.sum()
    cells = rake(table, rates, BITS, (Constraint("c", "v", share),))
    np.testing.assert_allclose(cells.sum(axis=1), rates, atol=1e-6)
    np.testing.assert_allclose(cells.sum(axis=0), [1 - share, share], atol=1e-9)


@given(st.lists(st.tuples(st.integers(1, 10**4), st.integers(1, 10**4)), min_size=2, max_size=5), st.floats(0.05, 0.95))
def test_the_odds_between_groups_stay_what_they_were(rows: list[tuple[int, int]], share: float) -> None:
    # what makes the fitted table the one nearest to the given (Deming and Stephan 1940): its odds ratios are unchanged
    table = np.array(rows, np.int64)
    cells = rake(table, np.full(len(rows), 1 / len(rows)), BITS, (Constraint("c", "v", share),))
    odds, before = cells[:, 0] / cells[:, 1], table[:, 0] / table[:, 1]
    np.testing.assert_allclose(odds / odds[0], before / before[0], rtol=1e-4)


def test_the_share_holds_where_the_rates_can_not() -> None:
    cells = rake(np.array([[100, 0], [100, 5]]), np.array([0.9, 0.1]), BITS, ONE)
    assert abs(cells[:, 1].sum() - 0.3) < 1e-9
    assert cells[0, 1] == 0


def test_shares_of_rows_that_no_group_mixes_hold_together() -> None:
    # each group has rows of one kind alone, so that no rates but one fit the shares
    three = tuple(Constraint(name, "yes", share) for name, share in (("few", 0.1), ("cot", 0.2), ("zh", 0.4)))
    kinds = np.array([[False] * 3, *np.eye(3, dtype=bool)])
    cells = rake(np.diag([5000, 1000, 2000, 1500]), np.array([0.6, 0.1, 0.2, 0.1]), kinds, three)
    np.testing.assert_allclose(cells.sum(axis=0), [0.3, 0.1, 0.2, 0.4], atol=1e-6)


def test_a_pattern_has_a_bit_for_each_constraint() -> None:
    assert patterns(np.array([[False, False], [True, False], [False, True], [True, True]])).tolist() == [0, 1, 2, 3]
