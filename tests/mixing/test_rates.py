"""The share of the mixture that each group should have."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.errors import BadInput, UsageError
from instructkit.mixing.rates import Group, check_names, deal, largest_remainder, mixing_rates
from instructkit.mixing.settings import Constraint, GroupRule, MixSettings

ROWS: dict[Group, int] = {("big",): 10_000, ("middle",): 900, ("small",): 10}

# name, examples, K, T: the cases of T5 (K = 2^19 .. 2^21) and FLAN (K = 3,000), and the ends of T
CASES = [
    ({"mnli": 392_702, "qqp": 363_846, "cola": 8_551, "wnli": 635}, 2**21, 1.0),
    ({"c4": 365_000_000, "mnli": 392_702, "rte": 2_490}, 2**19, 1.0),
    ({"c4": 365_000_000, "mnli": 392_702, "rte": 2_490}, 2**21, 2.0),
    ({"anli": 162_865, "boolq": 9_427, "copa": 400}, 3_000, 1.0),
    ({"anli": 162_865, "boolq": 9_427, "copa": 400}, 3_000, 3.0),
    ({"anli": 162_865, "boolq": 9_427, "copa": 400}, None, 8.0),
    ({"one": 7}, 3, 2.0),
    ({"a": 100, "b": 1}, None, math.inf),
]


@pytest.mark.parametrize(("examples", "limit", "temperature"), CASES)
def test_rates_follow_the_formula_of_t5(examples: dict[str, int], limit: int | None, temperature: float) -> None:
    # r_m = min(e_m, K) / sum of min(e_n, K); then r_m^(1/T), renormalised
    limited = {name: min(count, limit or count) for name, count in examples.items()}
    proportional = {name: count / sum(limited.values()) for name, count in limited.items()}
    scaled = {name: rate ** (1 / temperature) for name, rate in proportional.items()}
    rates = mixing_rates({(name,): count for name, count in examples.items()},
                         MixSettings(cap=limit, temperature=temperature))  # fmt: skip
    for name, value in scaled.items():
        assert rates[(name,)] == pytest.approx(value / sum(scaled.values()), rel=1e-12)


@pytest.mark.parametrize(("examples", "limit", "temperature"), CASES)
def test_rates_are_those_of_seqio(examples: dict[str, int], limit: int | None, temperature: float) -> None:
    # seqio.mixing_rate_num_examples(task, maximum, temperature): min(n, maximum)^(1/temperature), unnormalised; a
    # mixture divides by the sum
    raw = {name: float(min(count, limit or count)) ** (1.0 / temperature) for name, count in examples.items()}
    rates = mixing_rates({(name,): count for name, count in examples.items()},
                         MixSettings(cap=limit, temperature=temperature))  # fmt: skip
    assert rates == pytest.approx({(name,): rate / sum(raw.values()) for name, rate in raw.items()}, rel=1e-12)


def test_weights_and_factors_multiply() -> None:
    rates = mixing_rates(
        ROWS, MixSettings(cap=1000, temperature=2.0, weights={"small": 3.0}), {("middle",): 0.5, ("big",): 1.0}
    )
    raw = {("big",): 1000**0.5, ("middle",): 0.5 * 900**0.5, ("small",): 3 * 10**0.5}
    assert rates == pytest.approx({group: value / sum(raw.values()) for group, value in raw.items()}, rel=1e-12)


def test_an_infinite_temperature_gives_equal_shares() -> None:
    assert mixing_rates(ROWS, MixSettings(temperature=math.inf)) == pytest.approx(dict.fromkeys(ROWS, 1 / 3))


def test_nested_groups_share_what_the_group_around_them_has() -> None:
    rows = {("a", "x"): 300, ("a", "y"): 100, ("b", "x"): 900}
    settings = MixSettings(by=("source", "task"), temperature=2, weights={"b": 2.0, "a/y": 3.0})
    outer = {"a": 400**0.5, "b": 2 * 900**0.5}
    inner = {"x": 300**0.5, "y": 3 * 100**0.5}
    share = outer["a"] / sum(outer.values())
    assert mixing_rates(rows, settings) == pytest.approx({
        ("a", "x"): share * inner["x"] / sum(inner.values()),
        ("a", "y"): share * inner["y"] / sum(inner.values()),
        ("b", "x"): 1 - share,
    })  # fmt: skip


def test_nested_proportional_rates_are_those_of_the_leaves() -> None:
    rows = {("a", "x"): 300, ("a", "y"): 100, ("b", "x"): 900}
    assert mixing_rates(rows, MixSettings(by=("s", "t"), cap=250)) == pytest.approx(
        {("a", "x"): 250 / 600, ("a", "y"): 100 / 600, ("b", "x"): 250 / 600}
    )


def test_a_fixed_share_is_kept_and_the_others_share_the_rest() -> None:
    settings = MixSettings(groups={"small": GroupRule(share=0.4)})
    rates = mixing_rates(ROWS, settings)
    assert rates == pytest.approx({("big",): 0.6 * 10000 / 10900, ("middle",): 0.6 * 900 / 10900, ("small",): 0.4})
    with pytest.raises(UsageError, match=r"add up to 0\.4"):
        mixing_rates({("small",): 10}, settings)


def test_a_group_may_have_a_cap_of_its_own() -> None:
    rates = mixing_rates(ROWS, MixSettings(cap=900, groups={"big": GroupRule(cap=90)}))
    assert rates == pytest.approx({("big",): 0.09, ("middle",): 0.9, ("small",): 0.01})


def test_a_weight_or_recipe_for_no_group_names_the_groups() -> None:
    with pytest.raises(UsageError, match=r"a weight names 'bgi'.*big, middle, small"):
        check_names(ROWS, MixSettings(weights={"bgi": 2.0}))
    with pytest.raises(UsageError, match=r"the recipe names 'smal'.*big, middle, small"):
        check_names(ROWS, MixSettings(groups={"smal": GroupRule(rows=3)}))
    nested = {("a", "x"): 3}
    check_names(nested, MixSettings(by=("s", "t"), weights={"a": 2.0, "a/x": 1.0}))


@given(st.dictionaries(st.text(max_size=3), st.floats(0.001, 1000), min_size=1, max_size=10), st.integers(0, 10**5))
def test_largest_remainders_deal_every_row_within_one_of_its_share(rates: dict[str, float], size: int) -> None:
    dealt = largest_remainder(rates, size)
    assert sum(dealt.values()) == size
    total = sum(rates.values())
    assert all(abs(dealt[group] - size * rate / total) < 1 + 1e-6 for group, rate in rates.items())


RATES, LIMITS = {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 10, "b": 100, "c": 100}


def test_what_one_lacks_the_others_give_by_their_rates() -> None:
    taken, notes = deal(RATES, LIMITS, 100)
    assert taken == {"a": 10, "b": 54, "c": 36}
    assert notes == ["a is short of 40 rows; the others give them"]


def test_what_one_lacks_may_be_left_out_or_refused() -> None:
    taken, notes = deal(RATES, LIMITS, 100, "smaller")
    assert taken == {"a": 10, "b": 30, "c": 20}
    assert notes == ["a is short of 40 rows; they are left out"]
    with pytest.raises(BadInput, match="a should give 50 rows and may give 10"):
        deal(RATES, LIMITS, 100, "refuse")
    with pytest.raises(BadInput, match="211 rows are asked for, and all that may be taken are 210"):
        deal(RATES, LIMITS, 211)


@pytest.mark.parametrize(
    "wrong",
    [{"cap": 0}, {"cap": -1}, {"temperature": 0}, {"temperature": -1}, {"temperature": float("nan")},
     {"temperature": 0.001}, {"size": -1}, {"max_epochs": 0}, {"by": ()}, {"by": ("task", "task")},
     {"weights": {"a": -1.0}}, {"weights": {"a": float("nan")}}, {"weights": {"a": float("inf")}}, {"order": "random"},
     {"order": "curriculum"}, {"curriculum": "length"}, {"stages": 0}, {"on_shortage": "weep"}, {"count_by": "bytes"},
     {"select": "best"}, {"select": "score"}, {"select": "random:x"}, {"select": "diverse:"},
     {"pretraining_share": 0.0}, {"pretraining_share": 1.0},
     {"groups": {"a": GroupRule(share=0.6), "b": GroupRule(share=0.6)}}],
)  # fmt: skip
def test_settings_that_can_not_be_meant_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        MixSettings(**wrong)  # type: ignore[arg-type]


def test_huge_weights_are_weights() -> None:
    rates = mixing_rates({("a",): 10, ("b",): 10, ("c",): 10}, MixSettings(weights={"a": 1e308, "b": 1e308}))
    assert rates[("a",)] == rates[("b",)] == 0.5


def test_a_name_that_two_groups_have_is_refused() -> None:
    rows = {("a", "b/c"): 5, ("a/b", "c"): 5}
    for settings in ({"weights": {"a/b/c": 2.0}}, {"groups": {"a/b/c": GroupRule(share=0.7)}}):
        with pytest.raises(UsageError, match="2 groups are called so"):
            check_names(rows, MixSettings(by=("source", "task"), **settings))


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 10**400},
        {"max_epochs": 10**400},
        {"order": "curriculum", "curriculum": "length", "stages": 10**9},
        {"shares": [Constraint("x", str(number), 0.01) for number in range(40)]},
        {"weights": {"a": 2}, "groups": {"a": GroupRule(rows=3)}},
        {"weights": {"a": 2}, "groups": {"a": GroupRule(share=0.3)}},
        {"groups": {"a": GroupRule(rows=3, cap=2)}},
    ],
)
def test_what_no_machine_can_do_or_has_no_effect_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        MixSettings(**wrong)
