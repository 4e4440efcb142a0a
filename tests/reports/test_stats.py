"""What stats counts."""

import numpy as np

import instructkit as ik
from instructkit.reports.tables import limited, step_rows
from tests.rows import examples


def test_rows_are_counted_by_task_source_and_language() -> None:
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    rows = [
        {"instruction": "Say it.", "task": "a", "history": turns},
        {"instruction": "说出来。", "output": "好的，没问题。", "task": "b", "history": []},
        {"instruction": "Say it.", "task": "b", "source": "other", "history": []},
    ]
    found = ik.stats(examples(rows))
    assert found.rows == 3
    assert found.tasks == {"a": 1, "b": 2}
    assert found.sources == {"s": 2, "other": 1}
    assert found.languages == {"zh": 1, "other": 2}
    assert found.turns == 1


def test_quantiles_of_lengths_are_those_of_the_sorted_lengths() -> None:
    lengths = np.random.default_rng(1).integers(0, 3000, 500)
    found = ik.stats(examples([{"output": "字" * int(length)} for length in lengths])).lengths["output"]
    ordered = np.sort(lengths)
    for name, share in (("0%", 0.0), ("5%", 0.05), ("50%", 0.5), ("95%", 0.95), ("100%", 1.0)):
        assert found[name] == ordered[max(0, int(np.ceil(share * 500)) - 1)]


def test_a_length_beyond_the_histogram_is_told_as_it_is() -> None:
    assert ik.stats(examples([{"output": "x" * 1_100_000}])).lengths["output"]["100%"] == 1_100_000


def test_no_rows_have_no_lengths() -> None:
    found = ik.stats(examples([{}]).slice(0, 0))
    assert (found.rows, found.lengths) == (0, {})


def test_a_long_count_shows_the_largest_and_the_sum_of_the_others() -> None:
    assert limited({"a": 1, "b": 5, "c": 2, "d": 1}, shown=2) == [("b", 5), ("c", 2), ("2 others", 2)]


def test_the_steps_behind_each_input_stand_above_the_step() -> None:
    counts = {"rows_in": 2, "rows_out": 1, "rows_dropped": 1, "reasons": {"x": 1}, "changed": {"y": 3}}
    behind = {"command": "format", "inputs": [{"name": "a.csv"}], "counts": counts}
    steps = [{"command": "dedup", "inputs": [{"name": "a.arrow", "lineage": [behind]}], "counts": counts}]
    rows = list(step_rows(steps))
    assert [row[0] for row in rows] == ["  format a.csv", "dedup"]
    assert rows[0][4] == "x 1; changed: y 3"
