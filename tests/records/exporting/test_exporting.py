"""What becomes of examples in each format: shapes, columns, rows that have no place."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.records.exporting import Exported
from tests.conftest import Cli, examples_of, write_lines
from tests.records.exporting.conftest import Exports
from tests.rows import examples

HISTORY = [{"role": "user", "content": "q1"}, {"role": "assistant", "content": "a1"}]
ROW = {"instruction": "Sum up.", "input": "The text.", "output": "Short.", "system": "Be brief.", "history": HISTORY}
TURNS = [("system", "Be brief."), ("user", "q1"), ("assistant", "a1"), ("user", "Sum up.\n\nThe text."),
         ("assistant", "Short.")]  # fmt: skip
MESSAGES = [{"role": role, "content": text} for role, text in TURNS]
HUMAN = {"user": "human", "assistant": "gpt", "system": "system"}
NONE = {"columns": ("none",)}

SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "alpaca": (
        {"to": "alpaca"},
        {"instruction": "Sum up.", "input": "The text.", "output": "Short.", "system": "Be brief.",
         "history": [["q1", "a1"]]},
    ),
    "sharegpt": (
        {"to": "sharegpt"}, {"conversations": [{"from": HUMAN[role], "value": text} for role, text in TURNS]},
    ),
    "sharegpt, system as a key": (
        {"to": "sharegpt", "system": "key"},
        {"conversations": [{"from": HUMAN[role], "value": text} for role, text in TURNS[1:]], "system": "Be brief."},
    ),
    "sharegpt, role and content": (
        {"to": "sharegpt", "dialect": "user-assistant"}, {"conversations": MESSAGES},
    ),
    "openai": ({"to": "openai"}, {"messages": MESSAGES}),
    "trl": ({"to": "trl"}, {"prompt": MESSAGES[:-1], "completion": MESSAGES[-1:]}),
    "trl, messages": ({"to": "trl", "shape": "messages"}, {"messages": MESSAGES}),
    "prompt and completion, context in the prompt": (
        {"to": "prompt-completion", "context": "prompt"},
        {"prompt": "Be brief.\n\nq1\n\na1\n\nSum up.\n\nThe text.", "completion": "Short."},
    ),
    "p3, context beside": (
        {"to": "p3", "context": "columns", "joiner": " "},
        {"inputs_pretokenized": "Sum up. The text.", "targets_pretokenized": "Short.", "system": "Be brief.",
         "history": HISTORY},
    ),
    "text": (
        {"to": "text", "chat_template": "zephyr"},
        {"text": "<|system|>\nBe brief.</s>\n<|user|>\nq1</s>\n<|assistant|>\na1</s>\n"
                 "<|user|>\nSum up.\n\nThe text.</s>\n<|assistant|>\nShort.</s>\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_of_a_format(exports: Exports, shape: str) -> None:
    options, wanted = SHAPES[shape]
    assert exports.rows(examples([ROW]), **NONE, **options) == [wanted]


@pytest.mark.parametrize("to", ["prompt-completion", "p3"])
def test_what_has_no_room_is_rejected_with_all_reasons(exports: Exports, tmp_path: Path, to: str) -> None:
    rejects = tmp_path / "rejects.arrow"
    reader = ik.export(examples([ROW, {}, {"output": "", "system": "x"}]), to=to, rejects=str(rejects), workers=1)
    assert reader.read_all().num_rows == 1
    counted = ik.counts(reader)
    assert (counted.rows_in, counted.rows_out, counted.rows_dropped) == (3, 1, 2)
    assert counted.reasons == {"no_room_for_system": 2, "no_room_for_history": 1, "no_answer": 1}
    told = examples_of(rejects)
    assert [[reason["rule"] for reason in row["reasons"]] for row in told] == [
        ["no_room_for_system", "no_room_for_history"],
        ["no_answer", "no_room_for_system"],
    ]


@pytest.mark.parametrize("history", [HISTORY[:1], HISTORY[::-1], [HISTORY[0], {"role": "tool", "content": "1"}]])
def test_a_history_that_is_no_pairs_has_no_room_in_alpaca(exports: Exports, history: list[dict[str, str]]) -> None:
    reader = ik.export(examples([{"history": history}, {"history": HISTORY}]), to="alpaca", workers=1)
    assert reader.read_all()["history"].to_pylist() == [[["q1", "a1"]]]
    assert ik.counts(reader).reasons == {"history_not_pairs": 1}


def test_columns_of_alpaca_that_no_row_fills_are_not_written(exports: Exports) -> None:
    assert set(exports.rows(examples([{}]), to="alpaca", **NONE)[0]) == {"instruction", "input", "output"}
    rows = exports.rows(examples([{}, {"system": "x"}]), to="alpaca", **NONE)
    assert [row["system"] for row in rows] == ["", "x"]


def test_an_export_that_nobody_reads_leaves_no_rows_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for begun in (False, True):
        reader = ik.export(examples([{}]), to="alpaca")
        assert list(tmp_path.iterdir())
        if begun:
            reader.read_next_batch()
        del reader
        assert not list(tmp_path.iterdir())


def test_which_columns_ride_along(exports: Exports) -> None:
    table = examples([{}], score=[1.5], raw_input=["mine"], prompt=["whole"])
    ours = ["id", "task", "source", "parent", "template"]

    def names(**options: Any) -> list[str]:
        return list(exports.rows(table, to="prompt-completion", **options)[0])[2:]

    assert names() == [*ours, "score", "input", "raw_prompt"]  # a name that clashed is given back where it is free
    assert names(columns=("extras",)) == ["score", "input", "raw_prompt"]
    assert names(columns=("score", "id")) == ["score", "id"]
    assert names(columns=("id", "extras", "id")) == ["id", "score", "input", "raw_prompt"]
    assert names(columns=("none",)) == []
    with pytest.raises(UsageError, match="no such column; there are id, task"):
        names(columns=("scores",))


def test_no_column_beside_trls_has_a_name_that_trl_takes_for_its_own(exports: Exports) -> None:
    rows = exports.rows(examples([{}], prompt=["x"], rejected=["y"]), to="trl", shape="messages", columns=("extras",))
    assert list(rows[0]) == ["messages", "raw_prompt", "raw_rejected"]


def test_columns_that_are_left_out_are_told() -> None:
    told = Exported()
    ik.export(examples([{}], score=[1.0]), to="openai", told=told)
    assert told.left_out == ["id", "task", "source", "parent", "template", "score"]


def test_keys_of_turns_go_only_where_the_text_is_still_the_same(exports: Exports, tmp_path: Path) -> None:
    """A step that changed an answer must not have the old one written beside its loss weight."""
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Call 555-0100", "weight": 1}]
    table = ik.read(str(write_lines(tmp_path / "a.jsonl", [{"messages": turns}] * 2))).read_all()
    masked = table.set_column(3, "output", pa.array(["Call [PHONE_1]", "Call 555-0100"]))
    reader = ik.export(masked, to="trl", shape="messages", workers=1, **NONE)
    rows = reader.read_all().to_pylist()
    assert [row["messages"][1] for row in rows] == [
        {"role": "assistant", "content": "Call [PHONE_1]", "weight": None},
        {"role": "assistant", "content": "Call 555-0100", "weight": 1},
    ]
    assert ik.counts(reader).changed == {"keys_of_turns_lost": 1}


def test_each_answer_of_a_conversation_takes_the_turns_up_to_it(tmp_path: Path, cli: Cli, exports: Exports) -> None:
    turns = [{"role": role, "content": text, "weight": number} for number, (role, text) in enumerate(TURNS)]
    write_lines(tmp_path / "a.jsonl", [{"messages": turns}])
    cli.ok("format", "a.jsonl", "--turns", "all", "-o", "a.arrow")
    rows = exports.rows(ik.read(str(tmp_path / "a.arrow")), to="trl", shape="messages", **NONE)
    assert [row["messages"] for row in rows] == [turns[:3], turns]


def test_who_asked_is_kept_where_it_was_no_user(exports: Exports, tmp_path: Path) -> None:
    turns = [("human", "Hi"), ("function_call", "{}"), ("observation", "4"), ("gpt", "Four.")]
    rows = [{"conversations": [{"from": role, "value": text} for role, text in turns]}]
    assert exports.again(rows, to="sharegpt", **NONE) == rows


@pytest.mark.parametrize("ending", ["jsonl", "json", "jsonl.gz", "parquet", "arrow", "csv"])
def test_files_of_every_type_hold_the_same_rows(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    ik.write(ik.export(examples([ROW, {}]), to="alpaca"), str(path))
    (first, second) = examples_of(path)
    assert {name: first[name] for name in ROW} == ROW
    assert second["output"] == "Done."


def test_the_lineage_tells_how_it_was_exported(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ik.write(ik.export(examples([{}]), to="sharegpt", columns=("id",)), str(path))
    assert ik.lineage(str(path))[-1]["arguments"] == {
        "to": "sharegpt", "dialect": "human-gpt", "system": "turn", "joiner": "\n\n", "columns": ["id"]
    }  # fmt: skip


def test_batches_and_workers_change_nothing() -> None:
    table = examples([{**ROW, "instruction": f"Number {row}"} for row in range(50)])
    whole = ik.export(table, to="trl", workers=1).read_all()
    cut = ik.export(pa.Table.from_batches(table.to_batches(max_chunksize=7)), to="trl", workers=2).read_all()
    assert whole.equals(cut)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"to": "alpacas"}, "is none of alpaca"), ({}, "the format is missing"), ({"to": "text"}, "needs --chat-template"),
     ({"to": "text", "chat_template": "chatmls"}, "no such file, and none of alpaca"),
     ({"to": "p3", "chat_template": "chatml"}, "goes with --to text"), ({"to": "p3", "context": "x"}, "--context")],
)  # fmt: skip
def test_what_can_not_be_meant_is_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ik.export(examples([{}]), **options)


def test_a_step_takes_what_an_export_made_as_examples_again() -> None:
    again = ik.mix(ik.export(examples([{}, {"input": "x"}]), to="sharegpt"), order="given").read_all()
    assert again["instruction"].to_pylist() == ["Do it.", "Do it.\n\nx"]
    with pytest.raises(BadInput, match="holds no examples"):
        ik.stats(ik.export(examples([{}]), to="text", chat_template="chatml"))


def test_turns_as_json_that_is_nested_too_deep_end_no_run(tmp_path: Path) -> None:
    said = '[{"role": "user", "content": "q", "x": 1}, {"role": "assistant", "content": "a"}]'
    table = examples([{"instruction": "q", "output": "a"}] * 2, messages=["[" * 100_000, said])
    made = ik.export(table, to="sharegpt", columns=("none",), workers=1)
    ik.write(made, str(tmp_path / "a.jsonl"))
    first, second = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert first["conversations"][0] == {"from": "human", "value": "q"}
    assert second["conversations"][0] == {"from": "human", "value": "q", "x": 1}


@pytest.mark.parametrize(
    ("to", "option", "value"),
    [("alpaca", "joiner", "\n"), ("alpaca", "dialect", "user-assistant"), ("trl", "system", "key"),
     ("openai", "shape", "messages"), ("sharegpt", "context", "columns"), ("p3", "bos", "<s>"),
     ("trl", "date", "2026-01-31"), ("trl", "chat_template", "chatml")],
)  # fmt: skip
def test_an_option_of_another_format_is_refused(to: str, option: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"--{option.replace('_', '-')} goes with --to .*, not with --to {to}"):
        ik.export(examples([{}]), to=to, **{option: value})
