"""Conversations in their dialects."""

import json
from pathlib import Path
from typing import Any

import pytest

import instructkit as ik
from instructkit.records.layouts.turns import NoExample, read_turns, split_turns
from tests.conftest import Cli, examples_of, write_lines

ASKED = [("user", "Hi"), ("assistant", "Hello!"), ("user", "Name a river."), ("assistant", "The Elbe.")]
CONTENT = ("system", "history", "instruction", "input", "output")


def content(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in CONTENT}


EXPECTED = {
    "system": "Be brief.",
    "history": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}],
    "instruction": "Name a river.",
    "input": "",
    "output": "The Elbe.",
}

WHOLE = [("system", "Be brief."), *ASKED]
HUMAN = {"user": "human", "assistant": "gpt", "system": "system"}
DIALECTS: dict[str, dict[str, Any]] = {
    "sharegpt, from and value": {"conversations": [{"from": HUMAN[role], "value": text} for role, text in WHOLE]},
    "sharegpt, role and content": {"conversations": [{"role": role, "content": text} for role, text in WHOLE]},
    "sharegpt, user and assistant": {"conversations": [{"from": role, "value": text} for role, text in WHOLE]},
    "messages": {"messages": [{"role": role, "content": text} for role, text in WHOLE]},
    "messages of parts": {
        "messages": [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in WHOLE]
    },
    "system in a column": {
        "system": "Be brief.", "messages": [{"role": role, "content": text} for role, text in ASKED]
    },
    "prompt and completion of turns": {
        "prompt": [{"role": role, "content": text} for role, text in WHOLE[:-1]],
        "completion": [{"role": role, "content": text} for role, text in WHOLE[-1:]],
    },
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_every_dialect_gives_the_same_example(tmp_path: Path, dialect: str, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "json":
        path.write_text(json.dumps([DIALECTS[dialect]], indent=2))
    else:
        write_lines(path, [DIALECTS[dialect]])
    (row,) = examples_of(path)
    assert content(row) == EXPECTED
    assert set(row) == {"id", *CONTENT, "task", "source", "parent", "template"}


def test_the_dialects_of_one_conversation_share_an_id(tmp_path: Path) -> None:
    paths = [write_lines(tmp_path / f"{number}.jsonl", [row]) for number, row in enumerate(DIALECTS.values())]
    assert len({examples_of(path)[0]["id"] for path in paths}) == 1


@pytest.mark.parametrize(
    ("turns", "rule"),
    [
        ([], "no_turns"),
        ([("system", "x")], "no_turns"),
        ([("user", "x")], "no_answer"),
        ([("user", "x"), ("assistant", "y"), ("user", "z")], "no_answer"),
        ([("assistant", "y")], "no_instruction"),
        ([("user", " \n"), ("assistant", "y")], "no_instruction"),
    ],
)
def test_a_conversation_without_question_or_answer_makes_no_example(turns: list[tuple[str, str]], rule: str) -> None:
    with pytest.raises(NoExample) as caught:
        split_turns(turns)
    assert caught.value.rule == rule


def test_an_image_in_a_turn_is_no_text() -> None:
    with pytest.raises(NoExample) as caught:
        read_turns([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}])
    assert caught.value.rule == "not_text"


def test_turns_that_carry_more_stay_whole_beside_the_example(tmp_path: Path) -> None:
    """A loss weight is not lost."""
    turns = [{"role": "user", "content": "Hi", "weight": 0}, {"role": "assistant", "content": "Hello", "weight": 1}]
    (row,) = examples_of(write_lines(tmp_path / "a.jsonl", [{"messages": turns}]))
    assert row["output"] == "Hello"
    assert row["messages"] == turns


def test_a_conversation_tree_gives_each_way_to_a_last_answer(tmp_path: Path) -> None:
    def turn(role: str, text: str, *replies: dict[str, Any]) -> dict[str, Any]:
        return {"role": role, "text": text, "replies": list(replies)}

    tree = turn(
        "prompter", "Hi",
        turn("assistant", "Hello", turn("prompter", "A river?", turn("assistant", "Elbe"), turn("assistant", "Rhine"))),
        turn("assistant", "Hey", turn("prompter", "never answered")),
    )  # fmt: skip
    rows = examples_of(write_lines(tmp_path / "a.jsonl", [{"message_tree_id": "t", "prompt": tree}]))
    assert [(row["instruction"], row["output"]) for row in rows] == [
        ("A river?", "Elbe"),
        ("A river?", "Rhine"),
        ("Hi", "Hey"),  # the question after it has no answer
    ]
    assert {row["message_tree_id"] for row in rows} == {"t"}
    assert [turn["content"] for turn in rows[0]["history"]] == ["Hi", "Hello"]


def test_the_sample_chats_are_read_but_for_the_one_without_answer(sample_data: Path, cli: Cli) -> None:
    rows = examples_of(sample_data / "chats_sharegpt.json", sample_data / "chats_messages.json")
    assert len(rows) == 12 + 11
    assert {row["template"] for row in rows} == {"sharegpt", "messages"}
    with pytest.raises(Exception, match=r"chats_messages\.json.*row 10: no_answer"):
        examples_of(sample_data / "chats_messages.json", max_bad=0)


def test_the_real_files_are_recognised(real_data: Path) -> None:
    formats = real_data / "formats"
    for name, layout in (
        ("alpaca_en_demo.json", "alpaca"),
        ("alpaca_zh_demo.json", "alpaca"),
        ("glaive_toolcall_en_demo.json", "sharegpt"),
        ("fastchat_dummy_conversation.json", "sharegpt"),
        ("v1_sft_demo.jsonl", "messages"),
        ("oasst_en_100_tree.jsonl", "conversation-tree"),
    ):
        rows = examples_of(formats / name)
        assert rows, name
        assert {row["template"].partition(":")[0] for row in rows} == {layout}
        assert all(row["instruction"].strip() for row in rows)


def test_turns_of_several_shapes_in_one_file_are_read_row_by_row(tmp_path: Path) -> None:
    asked = {"role": "user", "content": "hi"}
    rows = [
        {"messages": [asked, {"role": "assistant", "content": "hello"}]},
        {"messages": [asked, {"role": "assistant", "content": [{"type": "text", "text": "parts"}]}]},
        {"messages": "oops"},
        {"messages": [asked, {"role": "assistant", "content": None}]},
        {"messages": [asked, None]},
    ]
    path = tmp_path / "mixed.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    reader = ik.read(str(path))
    assert reader.read_all()["output"].to_pylist() == ["hello", "parts"]
    assert ik.counts(reader).reasons == {"not_turns": 1, "no_answer": 1, "not_text": 1}
