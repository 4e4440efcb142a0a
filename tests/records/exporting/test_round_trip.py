"""A file that is read and exported again holds the same objects; so do examples that are exported and read again."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import instructkit as ik
from tests.conftest import examples_of
from tests.records.exporting.conftest import Exports, same
from tests.rows import examples

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
SAID = TEXT.map(lambda text: f"{text}é\n")  # never blank
EXTRAS = {
    "score": st.floats(-1e6, 1e6),
    "number": st.integers(-(2**40), 2**40),
    "tags": st.lists(TEXT, min_size=1, max_size=3),
    "meta": st.fixed_dictionaries({"from": TEXT}, optional={"page": st.integers(0, 9)}),
}
CHAT_EXTRAS = {**EXTRAS, "template": SAID}  # a name of ours, which a reader of turns moves out of the way
quick = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def files(draw: st.DrawFn, **columns: st.SearchStrategy[Any]) -> list[dict[str, Any]]:
    """A few rows of these columns, and of some that ride along."""
    known = CHAT_EXTRAS if {"conversations", "messages"} & set(columns) else EXTRAS
    extras = {name: known[name] for name in draw(st.sets(st.sampled_from(sorted(known)), max_size=3))}
    return draw(st.lists(st.fixed_dictionaries(columns, optional=extras), min_size=1, max_size=4))


def turns(
    draw: st.DrawFn, names: tuple[str, str], roles: dict[str, str], extras: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    speaker, text = names

    def turn(role: str, said: str) -> dict[str, Any]:
        more = draw(st.fixed_dictionaries({}, optional=extras)) if extras else {}
        return {speaker: roles.get(role, role), text: said, **more}

    made = [turn("system", draw(SAID))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 2))):
        made.append(turn("user", draw(TEXT)))
        for role in draw(st.sampled_from([[], ["function_call", "observation"], ["tool"], ["function"]])):
            made.append(turn(role, draw(TEXT)))
        made.append(turn("assistant", draw(TEXT)))
    asking = draw(st.sampled_from(["user", "user", "observation", "tool"]))
    return [*made, turn(asking, draw(SAID)), turn("assistant", draw(SAID))]


HUMAN = {"user": "human", "assistant": "gpt"}
WEIGHED = {
    "weight": st.integers(0, 1),
    "name": SAID,
    "calls": st.lists(st.fixed_dictionaries({"id": SAID}), max_size=2),
}


@st.composite
def chats(
    draw: st.DrawFn, names: tuple[str, str], roles: dict[str, str], extras: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """A conversation."""
    return turns(draw, names, roles, extras)


@quick
@given(rows=files(instruction=SAID, input=TEXT, output=SAID,
                  system=TEXT, history=st.lists(st.tuples(TEXT, TEXT).map(list), max_size=2)))  # fmt: skip
def test_alpaca(exports: Exports, rows: list[dict[str, Any]]) -> None:
    assert same(exports.again(rows, to="alpaca", columns=("extras",))) == same(rows)


@quick
@given(rows=files(id=SAID, conversations=chats(("from", "value"), HUMAN)))
def test_sharegpt_of_from_and_value(exports: Exports, rows: list[dict[str, Any]]) -> None:
    assert same(exports.again(rows, to="sharegpt", columns=("id", "extras"))) == same(rows)


@quick
@given(rows=files(conversations=chats(("role", "content"), {})))
def test_sharegpt_of_role_and_content(exports: Exports, rows: list[dict[str, Any]]) -> None:
    again = exports.again(rows, to="sharegpt", dialect="user-assistant", columns=("extras",))
    assert same(again) == same(rows)


@quick
@given(rows=files(system=SAID, tools=SAID, conversations=chats(("from", "value"), HUMAN)))
def test_sharegpt_with_a_system_prompt_beside_the_turns(exports: Exports, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["conversations"] = [turn for turn in row["conversations"] if turn["from"] != "system"]
    assert same(exports.again(rows, to="sharegpt", system="key", columns=("extras",))) == same(rows)


@quick
@given(rows=files(conversations=chats(("from", "value"), HUMAN, WEIGHED)))
def test_sharegpt_whose_turns_carry_more(exports: Exports, rows: list[dict[str, Any]]) -> None:
    assert same(exports.again(rows, to="sharegpt", columns=("extras",))) == same(rows)


@quick
@given(rows=files(messages=chats(("role", "content"), {}, WEIGHED)))
def test_messages_whose_turns_carry_more(exports: Exports, rows: list[dict[str, Any]]) -> None:
    assert same(exports.again(rows, to="trl", shape="messages", columns=("extras",))) == same(rows)


@quick
@given(rows=files(chat=chats(("role", "content"), {}, WEIGHED)))
def test_trl_prompt_and_completion_of_turns(exports: Exports, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        chat = row.pop("chat")
        row |= {"prompt": chat[:-1], "completion": chat[-1:]}
    assert same(exports.again(rows, to="trl", columns=("extras",))) == same(rows)


@quick
@given(rows=files(prompt=SAID, completion=SAID))
def test_prompt_and_completion(exports: Exports, rows: list[dict[str, Any]]) -> None:
    assert same(exports.again(rows, to="prompt-completion", columns=("extras",))) == same(rows)


@quick
@given(rows=files(inputs_pretokenized=SAID, targets_pretokenized=SAID, inputs=st.lists(st.integers(0, 9), min_size=1)))
def test_p3(exports: Exports, rows: list[dict[str, Any]]) -> None:
    assert same(exports.again(rows, to="p3", columns=("extras",))) == same(rows)


CALLS = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": "the sky"}'}}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
OPENAI = [
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]},
    {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi", "name": "ann"},
                  {"role": "assistant", "content": "Hello.", "weight": 0}, {"role": "user", "content": "And?"},
                  {"role": "assistant", "content": "Nothing.", "weight": 1}]},
    {"messages": [{"role": "user", "content": "What is there?"}, {"role": "assistant", "tool_calls": CALLS},
                  {"role": "tool", "tool_call_id": "c1", "content": "Clouds."},
                  {"role": "assistant", "content": "Clouds are."}], "tools": [TOOL], "parallel_tool_calls": False},
]  # fmt: skip


def test_openai_with_tools_weights_and_names(exports: Exports) -> None:
    assert same(exports.again(OPENAI, to="openai")) == OPENAI


def test_turns_of_several_shapes_in_one_column(exports: Exports) -> None:
    """A column that is no one type for pyarrow is read as JSON; its turns keep what they carry."""
    odd = {"role": "user", "content": [{"type": "text", "text": "Hi"}], "name": "ann"}
    rows = [*OPENAI, {"messages": [odd, {"role": "assistant", "content": "Hello.", "weight": 1}]}]
    joined = {"messages": [odd | {"content": "Hi"}, rows[-1]["messages"][1]]}
    assert same(exports.again(rows, to="openai")) == same([*OPENAI, joined])


EXAMPLES = st.lists(
    st.fixed_dictionaries(
        {"instruction": SAID, "output": SAID, "system": TEXT, "input": TEXT},
        optional={"history": st.lists(st.tuples(TEXT, TEXT), max_size=2)},
    ),
    min_size=1,
    max_size=4,
)
OURS = ("id", "instruction", "input", "output", "system", "history", "task", "source", "parent")


def paired(row: dict[str, Any]) -> dict[str, Any]:
    history = [{"role": role, "content": text} for pair in row.pop("history", [])
               for role, text in zip(("user", "assistant"), pair, strict=True)]  # fmt: skip
    return {**row, "history": history}


@pytest.mark.parametrize(
    "options",
    [{"to": "alpaca"}, {"to": "sharegpt"}, {"to": "sharegpt", "system": "key", "dialect": "user-assistant"},
     {"to": "trl"}, {"to": "trl", "shape": "messages"}, {"to": "prompt-completion", "context": "columns"},
     {"to": "p3", "context": "columns"}],
    ids=str,
)  # fmt: skip
@quick
@given(rows=EXAMPLES)
def test_an_example_comes_back_as_it_went(
    exports: Exports, options: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    """Where the format has no column for the input, that stands behind the instruction."""
    table = examples([paired(dict(row)) for row in rows])
    exports.rows(table, **options)
    wanted = table.to_pylist()
    for row in wanted:
        if options["to"] != "alpaca":
            row |= {
                "instruction": "\n\n".join(part for part in (row["instruction"], row["input"]) if part),
                "input": "",
            }
    found = examples_of(exports.folder / "out.jsonl")
    assert [[row[name] for name in OURS] for row in found] == [[row[name] for name in OURS] for row in wanted]


@pytest.mark.parametrize(
    ("name", "options"),
    [("alpaca_en_demo.json", {"to": "alpaca"}), ("alpaca_zh_demo.json", {"to": "alpaca"}),
     ("glaive_toolcall_en_demo.json", {"to": "sharegpt"}),
     ("fastchat_dummy_conversation.json", {"to": "sharegpt", "columns": ("id", "extras")}),
     ("v1_sft_demo.jsonl", {"to": "trl", "shape": "messages"})],
)  # fmt: skip
def test_public_files_come_back_as_they_are(
    exports: Exports, real_data: Path, name: str, options: dict[str, Any]
) -> None:
    path = real_data / "formats" / name
    text = path.read_text(encoding="utf-8")
    rows = json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    reader = ik.read(str(path), workers=1)
    found = exports.rows(reader, **{"columns": ("extras",), **options})
    wanted = [row for row in map(_joined, rows) if _last(row).strip()]
    assert len(found) == len(wanted)
    assert same(found) == same(wanted)


def _joined(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose turns hold text, where they held a list of parts."""
    for turn in row.get("messages", []):
        if isinstance(turn["content"], list):
            turn["content"] = "".join(part["value"] for part in turn["content"])
    return row


def _last(row: dict[str, Any]) -> str:
    turns_of_row = row.get("conversations") or row.get("messages")
    last = turns_of_row[-1] if turns_of_row else {"value": row.get("output")}
    return str(last.get("value") or last.get("content") or "")
