"""Ids and draws."""

from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from instructkit.records.hashing import draw, row_ids


def test_the_boundaries_of_fields_count() -> None:
    ids = row_ids([pa.array(["ab", "a", None]), pa.array(["c", "bc", "abc"])], 3).to_pylist()
    assert len(set(ids)) == 3


def test_a_null_is_not_the_empty_text() -> None:
    assert len(set(row_ids([pa.array(["", None])], 2).to_pylist())) == 2


def test_an_id_is_the_same_on_any_machine_and_in_any_version() -> None:
    """Pinned: a change would give every user's rows new ids."""
    assert row_ids([pa.array(["a"]), pa.array(["b"])], 1).to_pylist() == ["d565f29ad8964a7cd671f8867f47bbb9"]


@given(st.lists(st.text(), max_size=20), st.integers(0, 2**40), st.randoms())
def test_a_draw_does_not_depend_on_the_place_of_its_row(ids: list[str], seed: int, random: object) -> None:
    together = dict(zip(ids, draw(pa.array(ids, pa.string()), seed, "x").tolist(), strict=True))
    for one in ids:
        assert draw(pa.array([one]), seed, "x").tolist() == [together[one]]


def test_draws_differ_by_seed_and_purpose_and_are_uniform() -> None:
    ids = pa.array([str(number) for number in range(40_000)])
    found = {(seed, purpose): draw(ids, seed, purpose) for seed in (0, 1) for purpose in ("a", "b")}
    assert len({tuple(values[:5].tolist()) for values in found.values()}) == 4
    for values in found.values():
        shares = Counter((values >> 60).tolist())
        assert all(abs(shares[cell] - 2500) < 250 for cell in range(16))  # five standard deviations
