"""From raw columns to examples: ids, extra columns, clashes."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput
from instructkit.records.schema import EXAMPLE, as_history, as_text, extra_name
from tests.conftest import examples_of, write_lines

ROWS = [{"instruction": f"Say {number}.", "input": "", "output": str(number)} for number in range(50)]


def ids(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["output"]: row["id"] for row in rows}


def test_equal_content_has_an_equal_id_in_any_order_and_batch(tmp_path: Path) -> None:
    mixed = random.Random(1).sample(ROWS, len(ROWS))
    expected = ids(examples_of(write_lines(tmp_path / "a.jsonl", ROWS)))
    assert ids(examples_of(write_lines(tmp_path / "b.jsonl", mixed))) == expected
    table = pa.Table.from_batches([pa.RecordBatch.from_pylist(mixed[at : at + 7]) for at in range(0, 50, 7)])
    assert ids(ik.filter(table, preset="none").read_all().to_pylist()) == expected
    assert len(set(expected.values())) == 50


@pytest.mark.parametrize("column", ["instruction", "input", "output", "system", "history"])
def test_a_difference_in_any_part_of_the_content_is_a_difference_of_the_id(tmp_path: Path, column: str) -> None:
    row: dict[str, Any] = {"instruction": "a", "input": "b", "output": "c", "system": "d", "history": [["e", "f"]]}
    other = {**row, column: [["e", "g"]] if column == "history" else "x"}
    one, two = examples_of(write_lines(tmp_path / "a.jsonl", [row, other]))
    assert one["id"] != two["id"]


def test_an_id_that_is_given_is_kept_and_an_empty_one_filled(tmp_path: Path) -> None:
    rows = [{"id": "mine", **ROWS[0]}, {"id": "", **ROWS[1]}, {"id": None, **ROWS[2]}]
    found = examples_of(write_lines(tmp_path / "a.jsonl", rows))
    plain = ids(examples_of(write_lines(tmp_path / "b.jsonl", ROWS[:3])))
    assert [row["id"] for row in found] == ["mine", plain["1"], plain["2"]]
    assert [row["parent"] for row in found] == [row["id"] for row in found]


def test_a_number_as_id_is_kept_as_its_digits(tmp_path: Path) -> None:
    assert examples_of(write_lines(tmp_path / "a.jsonl", [{"id": 17, **ROWS[0]}]))[0]["id"] == "17"


@pytest.mark.parametrize("missing", ["", None])
def test_rows_that_are_examples_keep_all_but_what_is_missing(tmp_path: Path, missing: str | None) -> None:
    full = {name: name for name in EXAMPLE.names} | {"history": [{"role": "user", "content": "hi"}]}
    gaps = {**full, "id": missing, "parent": missing}
    table = pa.Table.from_pylist([full, gaps], schema=EXAMPLE)
    for found in (
        ik.filter(table, preset="none").read_all().to_pylist(),
        examples_of(write_lines(tmp_path / "a.jsonl", table.to_pylist())),
    ):
        assert found[0] == full
        assert found[1] | {"id": missing, "parent": missing} == gaps
        assert len(found[1]["id"]) == 32
        assert found[1]["parent"] == found[1]["id"]


def test_nulls_in_an_examples_columns_become_empty_not_missing() -> None:
    row = {"instruction": "a", "input": None, "output": "b", "system": None, "history": None, "id": "x"}
    (found,) = ik.filter(pa.Table.from_pylist([row], schema=EXAMPLE), preset="none").read_all().to_pylist()
    assert (found["input"], found["system"], found["history"], found["id"]) == ("", "", [], "x")


def test_extra_columns_ride_along_after_the_ten(tmp_path: Path) -> None:
    rows = [{"score": 1, **ROWS[0], "meta": {"k": [1, None]}}]
    (found,) = examples_of(write_lines(tmp_path / "a.jsonl", rows))
    assert list(found) == [*EXAMPLE.names, "score", "meta"]
    assert (found["score"], found["meta"]) == (1, {"k": [1, None]})


def test_a_column_whose_name_is_ours_is_renamed(tmp_path: Path) -> None:
    """``output`` of a file of chats is not the answer."""
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    row = {"messages": turns, "output": 5, "raw_output": 6, "template": "t"}
    (found,) = examples_of(write_lines(tmp_path / "a.jsonl", [row]))
    assert found["output"] == "b"
    assert (found["raw_output"], found["raw_output_2"], found["raw_template"]) == (6, 5, "t")
    assert sorted(set(found) - set(EXAMPLE.names)) == ["raw_output", "raw_output_2", "raw_template"]


def test_new_names_never_meet_those_that_are_there() -> None:
    taken = {"id", "raw_id", "raw_id_2"}
    assert extra_name("id", taken) == "raw_id_3"
    assert extra_name("other", taken) == "other"


def test_a_reader_of_our_own_is_not_numbered_anew() -> None:
    first = ik.filter(pa.Table.from_pylist(ROWS), preset="none")
    assert [step["command"] for step in ik.lineage(ik.filter(first, preset="none"))] == ["filter", "filter"]


def test_a_stream_of_plain_columns_is_no_set_of_examples() -> None:
    with pytest.raises(BadInput, match="holds no examples"):
        ik.dedup(pa.table({"text": ["a"]}))
    with pytest.raises(BadInput, match="not list"):
        ik.dedup([1, 2])


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None]), ["1", ""]),
        (pa.array([1.5, 2.0]), ["1.5", "2"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([["a", None], None]), ['["a",null]', ""]),
        (pa.array([{"b": 1, "a": "x"}]), ['{"a":"x","b":1}']),
        (pa.nulls(2), ["", ""]),
    ],
)
def test_any_column_has_a_text(values: pa.Array, texts: list[str]) -> None:
    assert as_text(values).to_pylist() == texts


def test_pairs_of_question_and_answer_are_earlier_turns() -> None:
    pairs = pa.array([[["q1", "a1"], ["q2", "a2"]], [], None])
    found = as_history(pairs).to_pylist()
    assert [turn["content"] for turn in found[0]] == ["q1", "a1", "q2", "a2"]
    assert [turn["role"] for turn in found[0]] == ["user", "assistant"] * 2
    assert found[1:] == [[], []]
