"""OpenAI's rules for chat fine-tuning files."""

import json
from pathlib import Path
from typing import Any

import pytest

from instructkit.errors import UsageError
from instructkit.records.exporting.openai import LEAST_EXAMPLES, broken_rules, file_problems
from tests.records.exporting.conftest import Exports
from tests.rows import examples

USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello."}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1"}, {"id": "c2"}]}
GOOD = [
    [USER, ANSWER],
    [{"role": "system", "content": "Be brief."}, USER, ANSWER],
    [{"role": "developer", "content": "Be brief."}, USER, ANSWER],
    [USER, {**ANSWER, "weight": 0}, USER, {**ANSWER, "weight": 1}],
    [USER, CALL, {"role": "tool", "content": "1", "tool_call_id": "c2"}, ANSWER],
    [USER, {"role": "assistant", "content": None, "function_call": {"name": "f"}},
     {"role": "function", "name": "f", "content": "1"}, ANSWER],
]  # fmt: skip
BAD = [
    ("role", [USER, {"role": "gpt", "content": "x"}, USER, ANSWER]),
    ("role", [{"role": "", "content": "x"}, ANSWER]),
    ("system_first", [USER, {"role": "system", "content": "x"}, ANSWER]),
    ("key", [{**USER, "lang": "en"}, ANSWER]),
    ("key_of_assistant", [{**USER, "weight": 1}, ANSWER]),
    ("weight", [USER, {**ANSWER, "weight": 2}]),
    ("weight", [USER, {**ANSWER, "weight": True}]),
    ("empty_content", [{"role": "user", "content": " \n"}, ANSWER]),
    ("empty_content", [{"role": "user", "content": None}, ANSWER]),
    ("tool_without_call", [USER, CALL, {"role": "tool", "content": "1", "tool_call_id": "c3"}, ANSWER]),
    ("tool_without_call", [{"role": "tool", "content": "1"}, ANSWER]),
    ("function_without_name", [USER, {"role": "function", "content": "1"}, ANSWER]),
    ("last_turn", [USER, ANSWER, USER]),
    ("nothing_to_learn", [USER, {**ANSWER, "weight": 0}]),
]


@pytest.mark.parametrize("turns", GOOD)
def test_turns_that_the_api_takes_break_no_rule(turns: list[dict[str, Any]]) -> None:
    assert broken_rules(turns) == []


@pytest.mark.parametrize(("rule", "turns"), BAD)
def test_a_broken_rule_is_named_alone(rule: str, turns: list[dict[str, Any]]) -> None:
    assert [name for name, _, _ in broken_rules(turns)] == [rule]


def test_a_row_that_breaks_rules_is_rejected_with_all_of_them(exports: Exports, tmp_path: Path) -> None:
    history = [{"role": "user", "content": "a"}, {"role": "observation", "content": "b"}]
    rejects = tmp_path / "rejects.jsonl"
    rows = exports.rows(examples([{}, {"history": [*history, {"role": "system", "content": "c"}]}, {"output": " "}]),
                        to="openai", rejects=str(rejects))  # fmt: skip
    assert rows == [{"messages": [{"role": "user", "content": "Do it."}, {"role": "assistant", "content": "Done."}]}]
    told = [json.loads(line)["reasons"] for line in rejects.read_text().splitlines()]
    assert [[reason["rule"] for reason in reasons] for reasons in told] == [
        ["role", "system_first"],
        ["no_answer", "empty_content"],
    ]
    assert told[0][0]["value"] == "turn 2: observation"


def test_a_file_as_a_whole_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"")
    assert file_problems(LEAST_EXAMPLES, str(path)) == []
    assert "too few examples (9)" in file_problems(LEAST_EXAMPLES - 1, str(path))[0]
    with path.open("r+b") as file:
        file.truncate(512_000_001)
    assert "OpenAI takes 512 MB" in file_problems(LEAST_EXAMPLES, str(path))[0]
    assert "no .jsonl file" in file_problems(LEAST_EXAMPLES, str(tmp_path / "a.parquet"))[0]


def test_nothing_else_stands_beside_the_messages(exports: Exports) -> None:
    table = examples([{}], score=[1.0], tools=[[{"type": "function"}]])
    assert set(exports.rows(table, to="openai")[0]) == {"messages", "tools"}
    for column in ("id", "score", "all"):
        with pytest.raises(UsageError, match="room for tools, parallel_tool_calls, functions"):
            exports.rows(table, to="openai", columns=(column,))


def test_tools_as_text_are_written_as_the_list_they_spell(exports: Exports) -> None:
    table = examples([{}, {"instruction": "b"}, {"instruction": "c"}], tools=['[{"type": "function"}]', None, "oops"])
    rows = exports.rows(table, to="openai")
    assert [row.get("tools", "none") for row in rows] == [[{"type": "function"}], "none"]


def test_tools_are_the_json_of_what_openai_takes_there(exports: Exports) -> None:
    columns = {
        "tools": ["[]", "true", '["\\ud800"]', "[" * 100_000, None],
        "parallel_tool_calls": ["true", "[]", "false", None, None],
    }
    table = examples([{"instruction": str(number), "output": "b"} for number in range(5)], **columns)
    kept = exports.rows(table, to="openai")
    assert [row["messages"][0]["content"] for row in kept] == ["0", "4"]
    assert kept[0]["tools"] == []
    assert kept[0]["parallel_tool_calls"] is True
