"""Dealing rows and taking units, against brute force."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from instructkit.mixing.rates import largest_remainder
from instructkit.mixing.splitting.assigning import deal, fill


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(0, 40))
def test_rows_are_dealt_as_largest_remainder_deals_them(rows: list[int], count: int) -> None:
    dealt = deal(np.array(rows), count, np.arange(len(rows), dtype=np.uint64))
    assert dealt.sum() == count
    assert all(abs(one - count * share / sum(rows)) < 1 for one, share in zip(dealt.tolist(), rows, strict=True))
    remainders = [count * share % sum(rows) for share in rows]
    if len(set(remainders)) == len(rows):  # no ties
        expected = largest_remainder({str(place): share for place, share in enumerate(rows)}, count)
        assert dealt.tolist() == list(expected.values())


@given(st.lists(st.integers(1, 9), max_size=9), st.integers(0, 40))
def test_units_are_taken_as_a_plain_loop_takes_them(sizes: list[int], need: int) -> None:
    expected, left = [False] * len(sizes), need
    for place, size in enumerate(sizes):
        if size <= left:
            expected[place] = True
            left -= size
    rest = [place for place, taken in enumerate(expected) if not taken]
    if left and rest:
        smallest = min(rest, key=lambda place: (sizes[place], place))
        expected[smallest] = sizes[smallest] - left <= left
    assert fill(np.array(sizes, np.int32), need).tolist() == expected


@given(st.lists(st.integers(1, 4), min_size=1, max_size=9), st.integers(0, 30))
def test_what_is_taken_is_within_half_a_unit_of_what_is_needed(sizes: list[int], need: int) -> None:
    taken = int(np.array(sizes)[fill(np.array(sizes), need)].sum())
    reachable = {sum(some) for count in range(len(sizes) + 1) for some in itertools.combinations(sizes, count)}
    assert taken in reachable
    assert abs(taken - need) <= max(max(sizes) / 2, need - sum(sizes))
