"""How many rows each group gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.errors import UsageError
from instructkit.mixing.rates import MixSettings, largest_remainder, make_plan, mixing_rates

ROWS = {"big": 10_000, "middle": 900, "small": 10}


def taken(rows: dict[str, int], **settings: object) -> dict[str, int]:
    plan = make_plan(rows, MixSettings(**settings))  # type: ignore[arg-type]
    return {share.group: share.taken for share in plan.shares}


def test_rates_follow_the_formula_of_t5() -> None:
    rates = mixing_rates(ROWS, MixSettings(cap=1000, temperature=2.0, weights={"small": 3.0}))
    raw = {"big": 1000**0.5, "middle": 900**0.5, "small": 3 * 10**0.5}
    for group, value in raw.items():
        assert rates[group] == pytest.approx(value / sum(raw.values()), rel=1e-12)


def test_a_cap_alone_takes_that_many_of_each_group() -> None:
    assert taken(ROWS, cap=500) == {"big": 500, "middle": 500, "small": 10}


def test_nothing_asked_takes_everything() -> None:
    assert taken(ROWS) == ROWS


def test_a_size_is_met_to_the_row() -> None:
    assert taken(ROWS, size=1000) == {"big": 917, "middle": 82, "small": 1}
    assert sum(taken(ROWS, size=997, temperature=3.0).values()) == 997


def test_what_a_short_group_lacks_the_others_give() -> None:
    plan = make_plan(ROWS, MixSettings(size=2000, temperature=1000.0))
    got = {share.group: share.taken for share in plan.shares}
    assert got["small"] == 10
    assert sum(got.values()) == 2000
    assert abs(got["big"] - got["middle"] - (2000 - 10) % 2) < 200 or got["middle"] == 900
    assert any("small" in note for note in plan.notes)


def test_epochs_let_a_short_group_repeat() -> None:
    assert taken({"a": 10, "b": 1000}, size=60, temperature=1e6, max_epochs=3)["a"] == 30
    assert taken({"a": 10}, size=100, max_epochs=3) == {"a": 30}


def test_without_a_size_the_shares_are_as_asked() -> None:
    got = taken({"a": 100, "b": 1000}, weights={"a": 2.0})
    assert got == {"a": 100, "b": 500}


def test_a_weight_of_nothing_leaves_a_group_out() -> None:
    assert taken({"a": 5, "b": 5}, weights={"a": 0.0}) == {"a": 0, "b": 5}


def test_no_rows_make_an_empty_plan() -> None:
    assert taken({}, size=10) == {}
    assert taken({}, cap=10, weights={"x": 1.0}) == {}


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 10**6), min_size=1, max_size=8),
    st.integers(0, 10**6),
    st.floats(0.01, 50),
    st.integers(1, 4),
)
def test_any_mixture_is_exact_or_used_up(rows: dict[str, int], size: int, temperature: float, epochs: int) -> None:
    got = taken(rows, size=size, temperature=temperature, max_epochs=epochs)
    assert sum(got.values()) == min(size, epochs * sum(rows.values()))
    assert all(got[group] <= epochs * rows[group] for group in rows)


@given(st.dictionaries(st.text(max_size=3), st.floats(0.001, 1000), min_size=1, max_size=10), st.integers(0, 10**5))
def test_largest_remainders_deal_every_row_within_one_of_its_share(rates: dict[str, float], size: int) -> None:
    dealt = largest_remainder(rates, size)
    assert sum(dealt.values()) == size
    total = sum(rates.values())
    assert all(abs(dealt[group] - size * rate / total) < 1 + 1e-6 for group, rate in rates.items())


@pytest.mark.parametrize(
    "wrong",
    [{"cap": 0}, {"temperature": 0}, {"temperature": float("nan")}, {"temperature": 0.001}, {"size": -1},
     {"max_epochs": 0},
     {"weights": {"a": -1.0}}, {"weights": {"a": float("nan")}}, {"weights": {"a": float("inf")}}, {"order": "random"}],
)  # fmt: skip
def test_settings_that_can_not_be_meant_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        MixSettings(**wrong)  # type: ignore[arg-type]


def test_a_weight_for_no_group_names_the_groups() -> None:
    with pytest.raises(UsageError, match="big, middle, small"):
        make_plan(ROWS, MixSettings(weights={"bgi": 2.0}))
