"""How many rows each group gives."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.errors import BadInput
from instructkit.mixing.planning import make_plan
from instructkit.mixing.plans import MixPlan
from instructkit.mixing.settings import Constraint, GroupRule, MixSettings
from instructkit.mixing.tally import PRETRAINING_CELL, Tally

ROWS = {"big": 10_000, "middle": 900, "small": 10}


def plan_of(
    rows: Mapping[str, int], text: int = 0, lengths: Mapping[str, int] | None = None, **settings: Any
) -> MixPlan:
    """The plan of groups of so many rows; ``lengths`` are the tokens and characters of a row."""
    tally = Tally({((group,), 0): count for group, count in rows.items()})
    if text:
        tally.rows[PRETRAINING_CELL] = text
    for cell, count in tally.rows.items():
        tally.tokens[cell] = tally.chars[cell] = count * (lengths or {}).get(cell[0][0], 1)
    return make_plan(tally, MixSettings(**settings))


def taken(rows: Mapping[str, int], **settings: Any) -> dict[str, int]:
    return {share.group: share.taken for share in plan_of(rows, **settings).shares}


def test_a_cap_alone_takes_that_many_of_each_group() -> None:
    assert taken(ROWS, cap=500) == {"big": 500, "middle": 500, "small": 10}


def test_nothing_asked_takes_everything() -> None:
    assert taken(ROWS) == ROWS


def test_a_size_is_met_to_the_row() -> None:
    assert taken(ROWS, size=1000) == {"big": 917, "middle": 82, "small": 1}
    assert sum(taken(ROWS, size=997, temperature=3.0).values()) == 997


def test_what_a_short_group_lacks_the_others_give() -> None:
    plan = plan_of(ROWS, size=2000, temperature=1000.0)
    assert {share.group: share.taken for share in plan.shares} == {"big": 1090, "middle": 900, "small": 10}
    assert any("small is short of" in note for note in plan.notes)


def test_epochs_let_a_short_group_repeat() -> None:
    assert taken({"a": 10, "b": 1000}, size=60, temperature=1e6, max_epochs=3)["a"] == 30
    assert taken({"a": 10}, size=30, max_epochs=3) == {"a": 30}


def test_more_than_all_epochs_allow_is_refused_and_says_how_much_there_is() -> None:
    with pytest.raises(BadInput, match="100 rows are asked for, and all that may be taken are 30"):
        taken({"a": 10}, size=100, max_epochs=3)
    assert taken({"a": 10}, size=100, max_epochs=3, on_shortage="smaller") == {"a": 30}


def test_without_a_size_the_shares_are_as_asked() -> None:
    assert taken({"a": 100, "b": 1000}, weights={"a": 2.0}) == {"a": 100, "b": 500}


def test_a_weight_of_nothing_leaves_a_group_out() -> None:
    assert taken({"a": 5, "b": 5}, weights={"a": 0.0}) == {"a": 0, "b": 5}


def test_no_rows_make_an_empty_plan() -> None:
    assert taken({}, size=10) == {}
    assert taken({}, cap=10, weights={"x": 1.0}) == {}


def test_fixed_rows_are_taken_whatever_the_rates() -> None:
    rules = {"small": GroupRule(rows=7), "middle": GroupRule(rows=1200, max_epochs=2)}
    assert taken(ROWS, groups=rules, size=5000) == {"big": 3793, "middle": 1200, "small": 7}
    assert taken(ROWS, groups=rules, cap=100) == {"big": 100, "middle": 1200, "small": 7}
    with pytest.raises(BadInput, match="fixed rows are 1,207, more than the size 1,000"):
        taken(ROWS, groups=rules, size=1000)
    with pytest.raises(BadInput, match="11 rows are asked for, and all that may be taken are 10"):
        taken(ROWS, groups={"small": GroupRule(rows=11)})


def test_rates_and_what_is_taken_agree_where_nothing_is_short() -> None:
    plan = plan_of(ROWS, size=1000, temperature=2.0, max_epochs=100, groups={"small": GroupRule(rows=100)})
    assert sum(share.rate for share in plan.shares) == pytest.approx(1)
    assert all(abs(share.rate * 1000 - share.taken) < 1 for share in plan.shares)
    assert [share.natural for share in plan.shares] == pytest.approx([10_000 / 10_910, 900 / 10_910, 10 / 10_910])


def test_mean_scores_multiply_the_rates() -> None:
    tally = Tally({(("good",), 0): 100, (("bad",), 0): 100, (("unscored",), 0): 100},
                  scores={("good",): (400.0, 100), ("bad",): (100.0, 50), ("unscored",): (0.0, 0)})  # fmt: skip
    rates = {share.group: share.rate for share in make_plan(tally, MixSettings(quality="score")).shares}
    mean = 500 / 150
    raw = {"good": 4 / mean, "bad": 2 / mean, "unscored": 1.0}
    assert rates == pytest.approx({group: value / sum(raw.values()) for group, value in raw.items()})
    tally.scores[("bad",)] = (-100.0, 50)
    with pytest.raises(BadInput, match="the mean score of bad is -2"):
        make_plan(tally, MixSettings(quality="score"))


def test_it_warns_of_many_repeats_and_of_a_group_that_is_most_of_the_mixture() -> None:
    notes = plan_of({"a": 10, "b": 100}, size=100, weights={"a": 100.0}, max_epochs=9).notes
    assert any(note.startswith("warning: a is taken 9.0 times") for note in notes)
    assert any(note.startswith("warning: a is 90% of the mixture") for note in notes)
    assert not plan_of({"a": 10, "b": 10, "c": 10}, size=30).notes
    assert not plan_of({"a": 10}).notes  # one group is always all


@pytest.mark.parametrize("measure", ["rows", "chars", "tokens"])
@pytest.mark.parametrize("size", [None, 1000])
def test_text_has_its_share_by_rows_or_by_length(measure: str, size: int | None) -> None:
    lengths = {"a": 10, "b": 30, "pretraining": 200}
    plan = plan_of({"a": 2000, "b": 2000}, 1000, lengths, pretraining_share=0.2, count_by=measure, size=size)
    by = {share.group: share.taken * (lengths[share.group] if measure != "rows" else 1) for share in plan.shares}
    assert by["pretraining"] / sum(by.values()) == pytest.approx(0.2, abs=0.005)
    assert plan.taken == (size or plan.taken)
    assert sum(share.rate for share in plan.shares) == pytest.approx(1)


def test_too_little_text_is_refused_or_made_do_with() -> None:
    with pytest.raises(BadInput, match=r"--pretraining-share 0\.5 asks for 100 rows of text, and 30 may be taken"):
        plan_of({"a": 100}, 10, pretraining_share=0.5, max_epochs=3)
    plan = plan_of({"a": 100}, 10, pretraining_share=0.5, max_epochs=3, on_shortage="smaller")
    assert [share.taken for share in plan.shares] == [100, 30]


CELLS = {(("a",), 0): 600, (("a",), 1): 200, (("b",), 0): 150, (("b",), 1): 50, (("c",), 0): 100}
ZH = Constraint("language", "zh", 0.4)


def shares_of(plan: MixPlan, bit: int = 0) -> tuple[int, int]:
    """The rows that satisfy a constraint, and all."""
    return sum(count for (_, pattern), count in plan.cells.items() if pattern >> bit & 1), plan.taken


@pytest.mark.parametrize("size", [1, 7, 10, 99, 500])
def test_a_share_of_a_size_is_met_to_the_row(size: int) -> None:
    inside, all_of_it = shares_of(make_plan(Tally(dict(CELLS)), MixSettings(shares=(ZH,), size=size)))
    assert all_of_it == size
    assert abs(inside - 0.4 * size) <= 0.5


def test_a_share_without_a_size_makes_the_largest_mixture() -> None:
    plan = make_plan(Tally(dict(CELLS)), MixSettings(shares=(ZH,)))
    assert shares_of(plan) == (250, 625)
    assert "language=zh set the size" in " ".join(plan.notes)


def test_a_share_keeps_the_rates_of_groups_that_have_both_kinds() -> None:
    cells = {((name,), pattern): 1000 for name in "ab" for pattern in (0, 1)}
    plan = make_plan(Tally(cells), MixSettings(shares=(ZH,), weights={"a": 3.0}, size=1000))
    assert [share.taken for share in plan.shares] == [750, 250]
    assert shares_of(plan) == (400, 1000)
    assert not [note for note in plan.notes if not note.startswith("warning")]


def test_a_share_counts_the_rows_that_a_recipe_fixes() -> None:
    settings = MixSettings(shares=(ZH,), size=100, groups={"b": GroupRule(rows=50)})
    plan = make_plan(Tally(dict(CELLS)), settings)
    assert shares_of(plan) == (40, 100)
    for share in plan.shares:
        assert abs(share.taken - 100 * share.rate) < 1.5
    # all that have the value are among the fixed rows: just enough, and too many
    cells = {(("a",), 0): 600, (("b",), 1): 50}
    assert shares_of(make_plan(Tally(cells), replace(settings, groups={"b": GroupRule(rows=40)}))) == (40, 100)
    with pytest.raises(BadInput, match=r"fixed rows leave no room for --share language=zh:0.4"):
        make_plan(Tally(cells), settings)


def test_two_shares_hold_together() -> None:
    cells = {((name,), pattern): 1000 for name in "ab" for pattern in range(4)}
    given_shares = (ZH, Constraint("cot", "yes", 0.1))
    plan = make_plan(Tally(cells), MixSettings(shares=given_shares, size=1000))
    assert [shares_of(plan, bit)[0] for bit in (0, 1)] == [400, 100]


def test_a_share_that_no_row_or_every_row_has_is_refused() -> None:
    with pytest.raises(BadInput, match="no row that may be taken has 'zh'"):
        make_plan(Tally({(("a",), 0): 5}), MixSettings(shares=(ZH,)))
    with pytest.raises(BadInput, match="every row that may be taken has 'zh'"):
        make_plan(Tally({(("a",), 1): 5}), MixSettings(shares=(ZH,)))
    shares = (ZH, Constraint("script", "han", 0.5))
    with pytest.raises(BadInput, match="can't hold together"):  # who has one has the other
        make_plan(Tally({(("a",), 0): 5, (("a",), 3): 5}), MixSettings(shares=shares))


def test_a_share_that_can_not_be_had_is_refused() -> None:
    with pytest.raises(BadInput, match="320 rows with language=zh are asked for, and all that may be taken are 250"):
        make_plan(Tally(dict(CELLS)), MixSettings(shares=(ZH,), size=800))


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 10**6), min_size=1, max_size=8),
    st.integers(0, 10**6),
    st.floats(0.2, 50),
    st.integers(1, 4),
)
def test_any_mixture_is_exact_or_used_up(rows: dict[str, int], size: int, temperature: float, epochs: int) -> None:
    got = taken(rows, size=size, temperature=temperature, max_epochs=epochs, on_shortage="smaller")
    all_there_is = epochs * sum(rows.values())
    assert sum(got.values()) <= min(size, all_there_is)
    assert all(got[group] <= epochs * rows[group] for group in rows)
    if size <= all_there_is:
        assert sum(taken(rows, size=size, temperature=temperature, max_epochs=epochs).values()) == size


def test_many_groups_are_planned_in_one_go_and_few_of_them_named() -> None:
    plan = plan_of({f"g{number:05}": 2 + number % 5 for number in range(30_000)}, size=100_000, temperature=9)
    assert plan.taken == 100_000
    assert len(plan.notes) < 20
    assert "more groups are short" in plan.notes[-1]


def test_a_mean_score_does_not_hang_on_the_batches_it_was_summed_from() -> None:
    one, other = Tally(), Tally()
    one.scores = {("a",): (0.1 + 0.2 + 0.3, 3), ("b",): (0.6, 3)}
    other.scores = {("a",): (0.1 + (0.2 + 0.3), 3), ("b",): (0.6, 3)}
    assert one.factors()[("a",)] == one.factors()[("b",)]
    assert other.factors()[("a",)] == other.factors()[("b",)]
