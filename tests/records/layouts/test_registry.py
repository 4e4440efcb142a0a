"""What the columns give away."""

import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from instructkit.errors import BadInput, UsageError
from instructkit.records.layouts import detect
from instructkit.records.schema import EXAMPLE
from tests.conftest import examples_of, write_lines

TURNS = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "alpaca": ("alpaca", {"instruction": "a", "input": "", "output": "b"}),
    "alpaca without input": ("alpaca", {"instruction": "a", "output": "b"}),
    "dolly": ("alpaca", {"instruction": "a", "context": "", "response": "b"}),
    "prompt and completion": ("prompt-completion", {"prompt": "a", "completion": "b"}),
    "prompt and response": ("prompt-completion", {"prompt": "a", "response": "b"}),
    "p3": ("p3", {"inputs_pretokenized": "a", "targets_pretokenized": "b", "inputs": [1], "targets": [2]}),
    "flan": ("p3", {"inputs": "a", "targets": "b"}),
    "sharegpt": ("sharegpt", {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}),
    "messages": ("messages", {"messages": TURNS}),
    "trl": ("prompt-completion-messages", {"prompt": TURNS[:1], "completion": TURNS[1:]}),
    "seed tasks": ("seed-tasks", {"id": "s", "instruction": "a", "instances": [{"input": "", "output": "b"}]}),
    "a tree": (
        "conversation-tree",
        {
            "message_tree_id": "t",
            "prompt": {"text": "a", "role": "prompter", "replies": [{"text": "b", "role": "assistant"}]},
        },
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_recognised_and_said(
    tmp_path: Path, shape: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, row = SHAPES[shape]
    monkeypatch.setattr(logging.getLogger("instructkit"), "propagate", True)
    with caplog.at_level(logging.INFO, "instructkit"):
        (found,) = examples_of(write_lines(tmp_path / "rows.jsonl", [row]))
    assert (found["instruction"], found["input"], found["output"]) == ("a", "", "b")
    assert found["template"] == layout
    assert found["task"] == "rows"
    assert found["source"] == "rows.jsonl"
    assert f"rows.jsonl: {layout} (" in caplog.text


def test_an_examples_own_columns_win_over_alpacas() -> None:
    layout, _ = detect(EXAMPLE, "a")
    assert layout is not None
    assert layout.name == "examples"


@pytest.mark.parametrize(
    "columns", [{"text": "x", "label": 1}, {"question": "x", "answer": "y"}, {"messages": 5}, {"prompt": [1]}]
)
def test_other_columns_are_plain(tmp_path: Path, columns: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"holds no examples: its columns are .*instructkit format"):
        examples_of(write_lines(tmp_path / "a.jsonl", [columns]))


def test_from_decides_where_two_shapes_fit(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"messages": TURNS, "instruction": "c", "output": "d"}])
    assert examples_of(path)[0]["output"] == "b"
    (forced,) = examples_of(path, layout="alpaca")
    assert forced["output"] == "d"
    assert forced["messages"] == TURNS


def test_from_says_the_type_of_a_file_with_another_ending(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.data", [SHAPES["alpaca"][1]])
    with pytest.raises(BadInput, match="unknown type"):
        examples_of(path)
    assert examples_of(path, layout="jsonl")[0]["output"] == "b"
    assert examples_of(path, layout="jsonl:alpaca")[0]["output"] == "b"


def test_a_from_that_does_not_fit_names_the_columns(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"prompt": "a", "completion": "b"}])
    with pytest.raises(BadInput, match="can't be read as messages; its columns are prompt, completion"):
        examples_of(path, layout="messages")
    with pytest.raises(UsageError, match="'massages' is neither a file type"):
        examples_of(path, layout="massages")


def test_a_column_of_turns_is_recognised_by_its_type_alone() -> None:
    turns = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    assert detect(pa.schema([("messages", turns)]), "a")[0] is not None
    assert detect(pa.schema([("messages", pa.list_(pa.string()))]), "a")[0] is None
