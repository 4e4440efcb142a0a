"""Sides against brute force: nothing on two of them, and every task its share."""

from collections import Counter, defaultdict
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.dedup import linking
from instructkit.errors import BadInput, UsageError
from instructkit.mixing.splitting import SplitReport
from tests.rows import examples

Row = dict[str, Any]


def rows_of(count: int, **more: Any) -> list[Row]:
    """Rows that are like no other, of two tasks."""
    return [
        {"instruction": f"Say {number} in words {number * 7} and {number * 13}", "output": str(number),
         "task": "ab"[number % 2], **{name: make(number) for name, make in more.items()}}
        for number in range(count)
    ]  # fmt: skip


def table_of(rows: list[Row]) -> pa.Table:
    """Examples; columns that are no example's ride along."""
    ours = set(examples([{}]).schema.names)
    extras = {name: [row.get(name) for row in rows] for row in rows for name in row if name not in ours}
    return examples([{name: value for name, value in row.items() if name in ours} for row in rows], **extras)


def sides(rows: list[Row] | pa.Table, **options: Any) -> list[str]:
    """The side of each row."""
    table = rows if isinstance(rows, pa.Table) else table_of(rows)
    found: list[str] = ik.split(table, **options).read_all()["split"].to_pylist()
    return found


def on_two_sides(values: list[Any], found: list[str]) -> set[Any]:
    """The values that stand on two sides."""
    where: defaultdict[Any, set[str]] = defaultdict(set)
    for value, side in zip(values, found, strict=True):
        where[value].add(side)
    return {value for value, there in where.items() if len(there) > 1}


def test_the_rows_stay_as_they_are_and_in_their_order() -> None:
    table = table_of(rows_of(40))
    report = SplitReport()
    got = ik.split(table, test=0.25, validation=6, report=report).read_all()
    assert got.drop_columns("split").to_pylist() == table.to_pylist()
    assert Counter(got["split"].to_pylist()) == {"train": 24, "validation": 6, "test": 10}
    assert report.sides == {"train": 24, "validation": 6, "test": 10}
    assert report.tasks == {
        "a": {"train": 12, "validation": 3, "test": 5},
        "b": {"train": 12, "validation": 3, "test": 5},
    }
    assert [border.shared for border in report.borders] == [0, 0]


def test_a_tenth_is_the_test_side_where_nothing_is_said() -> None:
    assert Counter(sides(rows_of(50))) == {"train": 45, "test": 5}


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(0, 9)), min_size=12, max_size=60),
    st.floats(0.05, 0.5),
    st.integers(0, 4),
    st.integers(0, 9),
)
@settings(max_examples=60)
def test_no_parent_user_or_text_stands_on_two_sides(
    drawn: list[tuple[int, int, int]], test: float, validation: int, seed: int
) -> None:
    rows = [{"instruction": f"text {text} " * 6, "output": "yes", "task": f"t{task}", "parent": f"p{parent}",
             "user": f"u{text}" if text else None}
            for parent, task, text in drawn]  # fmt: skip
    options: dict[str, Any] = {"test": test, "validation": validation, "seed": seed, "by": ("user", "parent")}
    report = SplitReport()
    try:
        found = sides(rows, report=report, **options)
    except BadInput as error:
        assume("hang together" not in str(error))
        raise
    for name in ("parent", "instruction"):
        assert not on_two_sides([row[name] for row in rows], found)
    assert not on_two_sides([row["user"] for row in rows], found) - {None}
    assert not report.leaks
    assert set(found) >= {"train", "test"}


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["a", "b", "ab", "c"])), min_size=20, max_size=60),
    st.integers(1, 12),
    st.integers(0, 9),
)
@settings(max_examples=60)
def test_sides_have_the_rows_asked_for_as_nearly_as_units_allow(
    units: list[tuple[int, str]], test: int, seed: int
) -> None:
    rows = [{"instruction": f"{number}.{row} of {number * 11} is {number + row}", "task": tasks[row % len(tasks)],
             "parent": f"p{number}", "output": f"{number}"}
            for number, (size, tasks) in enumerate(units) for row in range(size)]  # fmt: skip
    found = sides(rows, test=test, seed=seed, near_duplicates=None)
    largest = max(size for size, _ in units)
    assert abs(found.count("test") - test) <= largest / 2
    kinds = {tuple(sorted(set(tasks[:size]))) for size, tasks in units}
    for task in "abc":
        mine = [side for row, side in zip(rows, found, strict=True) if row["task"] == task]
        # each kind of units that has the task is within a row, and what it hands on or takes over is within a unit
        assert abs(mine.count("test") - test * len(mine) / len(rows)) <= 2 * largest * len(kinds)


def test_where_every_row_is_a_unit_each_task_has_its_share_by_largest_remainder() -> None:
    rows = [{"instruction": f"{number} {number * 3} {number * 5}", "output": str(number), "task": task}
            for number, task in enumerate("a" * 57 + "b" * 31 + "c" * 12)]  # fmt: skip
    for seed in range(5):
        tested = Counter(row["task"] for row, side in zip(rows, sides(rows, test=10, seed=seed), strict=True)
                         if side == "test")  # fmt: skip
        assert tested == {"a": 6, "b": 3, "c": 1}  # 5.7, 3.1, 1.2


def test_which_of_many_small_tasks_are_tested_hangs_on_the_seed_and_not_on_their_names() -> None:
    rows = [{"instruction": f"{number} {number * 3} {number * 5}", "output": str(number), "task": f"t{number:02}"}
            for number in range(40)]  # fmt: skip
    seen = set()
    for seed in range(30):
        found = sides(rows, test=4, seed=seed)
        assert found.count("test") == 4
        seen |= {row["task"] for row, side in zip(rows, found, strict=True) if side == "test"}
    assert len(seen) > 30


def test_what_one_task_is_short_of_another_gives() -> None:
    rows = [{"instruction": f"{number} {number * 3} {number * 5}", "output": str(number), "task": f"t{number // 15}",
             "parent": f"p{number // 3}"} for number in range(300)]  # fmt: skip
    assert sides(rows, test=0.05, near_duplicates=None).count("test") == 15  # 0.75 of a task, by threes


def test_two_tasks_of_one_raw_row_both_have_their_share() -> None:
    rows = [{"instruction": f"{parent} {task} {parent * 3} {parent * 7}", "output": f"{task}{parent}", "task": task,
             "parent": str(parent)}
            for parent in range(100) for task in (["a", "b"] if parent < 30 else ["a"])]  # fmt: skip
    for seed in range(5):
        found = sides(rows, test=0.1, seed=seed)
        tested = Counter(row["task"] for row, side in zip(rows, found, strict=True) if side == "test")
        assert tested == {"a": 10, "b": 3}


def test_the_order_of_the_input_and_its_batches_make_no_difference() -> None:
    table = table_of(rows_of(300, parent=lambda number: f"p{number // 3}"))
    expected = dict(zip(table["id"].to_pylist(), sides(table, validation=0.1, seed=3), strict=True))
    again = table.take(list(reversed(range(300))))
    reader = pa.RecordBatchReader.from_batches(again.schema, again.to_batches(max_chunksize=7))
    got = ik.split(reader, validation=0.1, seed=3, workers=1).read_all()
    assert dict(zip(got["id"].to_pylist(), got["split"].to_pylist(), strict=True)) == expected


def test_compiled_loops_and_workers_give_the_sides_that_plain_python_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"instruction": f"w{at % 90} " * 3 + f"{at % 90} and so on to the end of it", "output": "yes",
             "parent": f"p{at // 2}"} for at in range(200)]  # fmt: skip
    plain, compiled = SplitReport(), SplitReport()
    expected = sides(rows, test=0.2, validation=0.1, report=plain)
    monkeypatch.setattr(linking, "may_be_few", lambda given: False)
    assert sides(rows, test=0.2, validation=0.1, report=compiled, workers=1) == expected
    assert sides(rows, test=0.2, validation=0.1, workers=2) == expected
    assert compiled.to_json() == plain.to_json()
    assert not on_two_sides([row["instruction"] for row in rows], expected)


def test_a_validation_side_alone() -> None:
    assert Counter(sides(rows_of(40), test=0, validation=0.2)) == {"train": 32, "validation": 8}


def test_another_seed_draws_other_rows() -> None:
    assert sides(rows_of(100), seed=1) != sides(rows_of(100), seed=2)


def test_added_rows_move_few_others() -> None:
    before = sides(rows_of(400), validation=0.1)
    after = sides(rows_of(440), validation=0.1)[:400]
    assert sum(one != other for one, other in zip(before, after, strict=True)) < 20


def test_every_row_is_tested_as_often_as_any_other() -> None:
    rows = rows_of(30)
    counted: Counter[int] = Counter()
    for seed in range(150):
        counted.update(at for at, side in enumerate(sides(rows, test=6, seed=seed)) if side == "test")
    assert max(abs(counted[at] - 30) for at in range(30)) < 5 * (150 * 0.2 * 0.8) ** 0.5


def test_near_duplicates_stay_together_through_others_and_apart_only_if_told() -> None:
    words = [f"w{number}" for number in range(40)]
    chain = [
        " ".join([*words[:place], *(f"x{number}" for number in range(place)), *words[place:]]) for place in range(2)
    ]
    rows = rows_of(60) + [{"instruction": text, "output": "same", "task": "a"} for text in [*chain, *chain]]
    for seed in range(10):
        assert len(set(sides(rows, test=0.4, seed=seed)[60:])) == 1
    reports = [SplitReport() for _ in range(10)]
    torn = [sides(rows, test=0.4, seed=seed, near_duplicates=None, by=("output", "id"), report=report)
            for seed, report in enumerate(reports)]  # fmt: skip
    assert all(len(set(found[60:])) == 1 for found in torn)  # one output
    apart = [SplitReport() for _ in range(10)]
    torn = [sides(rows[:60] + [{**row, "id": str(at)} for at, row in enumerate(rows[60:])], test=0.4, seed=seed,
                  near_duplicates=None, by=("id",), report=report) for seed, report in enumerate(apart)]  # fmt: skip
    for found, report in zip(torn, apart, strict=True):
        assert bool(report.leaks) == (len(set(found[60:])) > 1)
        if report.leaks:
            assert report.leaks[-1].rows == found[60:].count("test")
            assert report.leaks[-1].what == "near-duplicates"


def test_a_leak_can_be_an_error() -> None:
    rows = [{**row, "parent": str(at % 2)} for at, row in enumerate(rows_of(40))]
    with pytest.raises(BadInput, match="2 of 2 values of parent stand on two sides"):
        sides(rows, by=("id",), on_leak="fail")
    report = SplitReport()
    found = sides(rows, by=("id",), report=report)
    assert [(border.what, border.rows) for border in report.leaks] == [("parent", found.count("test"))]


def test_rows_without_a_value_stay_with_their_parent_and_are_told_of() -> None:
    report = SplitReport()
    rows = rows_of(
        60,
        user=lambda number: ["", None][number % 2] if number < 30 else f"u{number // 2}",
        parent=lambda number: f"p{number // 3}" if number < 30 else "",
    )
    found = sides(rows, by=("user",), report=report, test=0.3)
    assert not on_two_sides([number // 3 for number in range(30)], found[:30])
    assert report.units == 10 + 15
    assert report.notes == ["30 rows have no user: of them those of one parent stay together"]


def test_a_users_column_of_numbers_keeps_rows_together() -> None:
    rows = rows_of(60, user=lambda number: number // 4)
    assert not on_two_sides([row["user"] for row in rows], sides(rows, by=("user",), test=0.3))


def test_a_column_called_split_keeps_what_it_holds() -> None:
    got = ik.split(table_of(rows_of(20, split=lambda number: f"mine {number}"))).read_all()
    assert got.schema.names[-2:] == ["raw_split", "split"]
    assert got["raw_split"].to_pylist() == [f"mine {number}" for number in range(20)]


def test_held_out_tasks_are_the_test_side_and_rows_that_hang_on_them_are_dropped() -> None:
    rows = [{"instruction": f"{number} {number * 3} {number * 5}", "output": str(number), "task": task,
             "parent": f"p{number // 2}"}
            for number, task in enumerate(["nli-1", "qa"] * 5 + ["nli-2"] * 10 + ["qa", "chat"] * 20)]  # fmt: skip
    report = SplitReport()
    reader = ik.split(table_of(rows), hold_out_task=("nli*",), validation=0.1, report=report)
    got = reader.read_all().to_pylist()
    assert {row["task"] for row in got if row["split"] == "test"} == {"nli-1", "nli-2"}
    assert all(row["split"] == "test" for row in got if row["task"].startswith("nli"))
    assert not {row["parent"] for row in got if row["split"] == "test"} & {
        row["parent"] for row in got if row["split"] != "test"
    }
    assert dict(ik.counts(reader).reasons) == {"shares_unit_with_held_out": 5}
    assert report.sides == {"train": 36, "validation": 4, "test": 15}
    assert [border.what for border in report.borders] == ["parent", "held-out task", "near-duplicates"]
    assert not report.leaks


def test_families_and_drawn_tasks_are_held_out_too() -> None:
    rows = rows_of(80, family=lambda number: "one" if number % 8 < 2 else "two")
    found = sides(rows, hold_out_task=("one",), hold_out_by="family")
    assert [side == "test" for side in found] == [row["family"] == "one" for row in rows]
    rows = [{**row, "task": f"t{at % 10}"} for at, row in enumerate(rows)]
    drawn = set()
    for seed in range(8):
        found = sides(rows, hold_out_share=0.2, seed=seed)
        tasks = {row["task"] for row, side in zip(rows, found, strict=True) if side == "test"}
        assert found.count("test") == 16
        assert len(tasks) == 2
        drawn |= tasks
    assert len(drawn) > 5


def test_tasks_that_miss_the_share_to_hold_out_are_told_of() -> None:
    rows = [{**row, "task": "ab"[at % 2]} for at, row in enumerate(rows_of(40))]
    for share, notes in ((0.5, []), (0.1, ["test has 20 rows, not 4: each task is held out whole or not at all"])):
        report = SplitReport()
        sides(rows, hold_out_share=share, report=report)
        assert report.notes == notes


def test_a_name_that_is_a_task_is_no_glob() -> None:
    rows = [{**row, "task": ["[a]", "a", "b"][at % 3]} for at, row in enumerate(rows_of(30))]
    found = sides(rows, hold_out_task=("[a]",))
    assert {row["task"] for row, side in zip(rows, found, strict=True) if side == "test"} == {"[a]"}


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"test": 0.0}, UsageError, "between 0 and 1"),
        ({"test": 1.0}, UsageError, "between 0 and 1"),
        ({"test": -3}, UsageError, "from 0"),
        ({"test": 0.5, "validation": 0.5}, UsageError, "nothing is left to train"),
        ({"test": 0}, UsageError, "nothing is to be split"),
        ({"test": 40}, BadInput, "leave none to train"),
        ({"test": 20, "validation": 20}, BadInput, "20 for test and 20 for validation of 40 rows leave none to train"),
        ({"test": 0.01}, BadInput, "0.01 of 40 rows is no row for test"),
        ({"by": ("nowhere",)}, UsageError, "--by nowhere: no such column; the columns are id, "),
        ({"by": ("history",)}, UsageError, "not a list"),
        ({"by": ("source",)}, BadInput, "the 40 rows hang together in one unit"),
        ({"near_duplicates": 1.5}, UsageError, "off or a similarity"),
        ({"hold_out_task": ("c",)}, UsageError, "--hold-out-task c: no task here fits it; there are a, b"),
        ({"hold_out_task": ("*",)}, BadInput, "every task is held out"),
        ({"hold_out_task": ("a",), "test": 0.1}, UsageError, "leave out --test"),
        ({"hold_out_task": ("a",), "hold_out_share": 0.1}, UsageError, "give one of the two"),
        ({"hold_out_share": 2.0}, UsageError, "between 0 and 1"),
        ({"hold_out_by": "source"}, UsageError, "name them"),
        ({"on_leak": "sing"}, UsageError, "warn or to fail"),
    ],
)
def test_what_cant_be_split_is_told(options: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        sides(rows_of(40), **options)


def test_no_rows_are_an_error() -> None:
    with pytest.raises(BadInput, match="no row came in"):
        sides(table_of(rows_of(2)).slice(0, 0))


def test_large_units_are_told_of() -> None:
    report = SplitReport()
    found = sides(rows_of(60, user=lambda number: f"u{number // 12}"), by=("user",), report=report, test=3)
    assert found.count("test") == 12
    assert "test has 12 rows, not 3: rows that hang together are not torn apart" in report.notes
    report = SplitReport()
    sides(rows_of(60, user=lambda number: f"u{max(number, 30)}"), by=("user",), report=report)
    assert report.notes[0] == "31 of the 60 rows hang together in one unit; is --near-duplicates too low?"


def test_a_column_that_is_named_twice_is_one() -> None:
    rows = rows_of(20, user=lambda number: f"u{number // 2}")
    assert sides(rows, by=("user", "user")) == sides(rows, by=("user",))


def test_bytes_are_no_value_that_rows_share() -> None:
    table = table_of(rows_of(3)).append_column("image", pa.array([b"\xff", None, b"a"]))
    with pytest.raises(UsageError, match=r"--by image: rows share a text or a number, not a list, a struct or bytes"):
        sides(table, by=("image",))
