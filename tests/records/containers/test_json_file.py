"""``.json`` files: an array, one object with the rows inside, or lines after all."""

import codecs
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.errors import BadInput
from instructkit.records.containers.json_file import _elements
from tests.conftest import examples_of, raw_rows

ROWS = [{"a": "x, [y]", "n": 1}, {"a": 'brace } and \\ and "quote"', "n": 2}, {"a": "你好\u2028", "n": 3}]

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 0, 1, 4]), st.integers(1, 30), st.booleans())
def test_an_array_is_cut_into_its_elements_wherever_its_pieces_end(
    values: list[Any], indent: int | None, size: int, escaped: bool
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=escaped)
    # the first piece holds the opening bracket, as the reader has seen it
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert [json.loads(element) for element in _elements("a.json", iter(pieces))] == values


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_array_may_be_printed_in_any_way(tmp_path: Path, indent: int | None, end: str) -> None:
    path = tmp_path / "a.json"
    text = json.dumps(ROWS, indent=indent, ensure_ascii=False).replace("\n", end)
    path.write_bytes(codecs.BOM_UTF8 + text.encode())
    assert raw_rows(path) == (ROWS, [1, 2, 3], [])


def test_bad_elements_of_an_array_are_told_by_their_place_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1},\n\n\n17, {"a": 2}, null, {"a": 3}]')
    rows, numbers, bad = raw_rows(path)
    assert rows == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert numbers == [1, 3, 5]
    assert bad == [(2, "not_json"), (4, "not_json")]


def test_an_array_of_more_than_one_block_is_read_whole(tmp_path: Path) -> None:
    rows = [{"a": "x" * 1000, "n": number} for number in range(20_000)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(rows))
    found, numbers, _ = raw_rows(path)
    assert found == rows
    assert numbers == list(range(1, 20_001))


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_with_one_list_gives_the_rows_of_the_list(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"version": 1, "data": ROWS, "canary": "x"}, indent=indent))
    assert raw_rows(path) == (ROWS, [1, 2, 3], [])


def test_an_object_without_a_list_is_a_single_row(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"instruction": "Name a river.", "output": "The Elbe."}, indent=2))
    assert [row["output"] for row in examples_of(path)] == ["The Elbe."]


def test_a_single_pretty_chat_is_a_row_not_a_list_of_rows(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"messages": turns}, indent=2))
    assert [row["output"] for row in examples_of(path)] == ["Hello"]


def test_lines_in_a_json_file_are_read_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert raw_rows(path) == (ROWS, [1, 2, 3], [])
    path.write_text('{"a": 1\n{"a": 2}\n{"a": 3}\n')
    assert raw_rows(path) == ([{"a": 2}, {"a": 3}], [2, 3], [(1, "not_json")])


def test_a_first_line_longer_than_a_block_is_still_a_line(tmp_path: Path) -> None:
    rows = [{"a": "x" * (9 << 20)}, {"a": "y"}]
    path = tmp_path / "a.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert raw_rows(path)[0] == rows


def test_squad_gives_a_row_a_question(tmp_path: Path) -> None:
    questions = [
        {"id": "q1", "question": "Who?", "answers": [{"text": "She", "answer_start": 0}]},
        {"id": "q2", "question": "When?", "answers": [], "is_impossible": True},
    ]
    whole = {"version": "1.1", "data": [{"title": "T", "paragraphs": [{"context": "She did.", "qas": questions}]}]}
    for indent in (None, 1):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(whole, indent=indent))
        rows, _, bad = raw_rows(path)
        assert bad == []
        assert [(row["id"], row["title"], row["context"], row["question"]) for row in rows] == [
            ("q1", "T", "She did.", "Who?"),
            ("q2", "T", "She did.", "When?"),
        ]
        assert [row["answers"]["text"] for row in rows] == [["She"], []]


def test_a_super_natural_instructions_task_gives_a_row_an_instance(tmp_path: Path) -> None:
    whole = {
        "Definition": ["Say the opposite."],
        "Categories": ["Antonyms"],
        "Positive Examples": [{"input": "hot", "output": "cold", "explanation": "."}],
        "Instances": [{"id": "t-1", "input": "big", "output": ["small", "little"]}],
    }
    path = tmp_path / "task001_opposite.json"
    path.write_text(json.dumps(whole, indent=4))
    (row,) = examples_of(path)
    assert (row["id"], row["instruction"], row["input"], row["output"]) == ("t-1", "Say the opposite.", "big", "small")
    assert row["outputs"] == ["small", "little"]
    assert row["category"] == "Antonyms"
    assert row["task"] == "task001_opposite"


def test_a_value_nested_too_deep_is_told_not_crashed_on(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]")
    with pytest.raises(BadInput, match=r"row 1 of the array is nested too deep"):
        raw_rows(path)


def test_the_real_squad_files_give_every_question(real_data: Path) -> None:
    rows, _, bad = raw_rows(real_data / "classic" / "xquad.zh.json")
    assert len(rows) == 1190
    assert bad == []
    assert all(row["answers"]["text"][0] in row["context"] for row in rows)
