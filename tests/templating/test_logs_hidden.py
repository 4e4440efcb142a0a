"""User ids in JSON and maps are hidden on any level, and no text that a model learns is changed for them."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import instructkit as ik
from instructkit.templating.logs.hidden import without_users
from instructkit.templating.logs.json_text import clean_text
from instructkit.templating.logs.users import ANYWHERE
from tests.conftest import write_lines

ANSWERS = ['{"email": "a@b.c"} is the JSON you asked for.', '{"email": "a@b.c", "n": 1}', '[{"user_id":7}]']
SAID = [{"role": "user", "content": "What is a user account good for?"}, {"role": "assistant", "content": ANSWERS[1]}]


def made(path: Path, **options: Any) -> tuple[list[dict[str, Any]], dict[str, int]]:
    reader = ik.format([str(path)], **options)
    return reader.read_all().to_pylist(), dict(ik.counts(reader).changed)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_in_json_stays_as_it_is(tmp_path: Path, answer: str) -> None:
    row = {"user_id": "lena.k", "instruction": answer, "input": answer, "output": answer, "system": answer}
    flat = write_lines(tmp_path / "flat.jsonl", [row])
    said = [{"role": role, "content": answer, "weight": 1} for role in ("user", "assistant")]
    chat = write_lines(tmp_path / "chat.jsonl", [{"user_id": "lena.k", "system": answer, "messages": said}])
    raw = write_lines(tmp_path / "raw.jsonl", [{"text": answer, "label": 1, "user_id": "lena.k"}])
    for path in (flat, chat):
        ((found,), changed) = made(path, max_per="user_id=5")
        assert {found[name] for name in ("instruction", "output", "system")} == {answer}
        assert changed == {}
    ((found,), changed) = made(raw, max_per="user_id=5", task="sentiment")
    assert answer in found["instruction"] + found["input"]
    assert changed == {}


def test_what_is_hidden_beside_an_example_is_counted(tmp_path: Path) -> None:
    metas = ['{"user_id": "planted"}', "{'user_id': 'planted'", '{"n": 1}', None]
    rows = [{"user_id": "u", "instruction": f"Do {row}", "output": "Done", "meta": meta}
            for row, meta in enumerate(metas)]  # fmt: skip
    found, changed = made(write_lines(tmp_path / "r.jsonl", rows), max_per="user_id=5")
    assert "planted" not in json.dumps(found)
    assert [row["meta"] for row in found][2:] == metas[2:]
    assert changed == {"users_hidden": 2}


def test_only_the_value_of_a_users_key_is_hidden(tmp_path: Path) -> None:
    said = [{**turn, "username": "user"} for turn in SAID]
    ((row,), changed) = made(write_lines(tmp_path / "m.jsonl", [{"messages": json.dumps(said)}]))
    assert (row["instruction"], row["output"]) == (SAID[0]["content"], ANSWERS[1])
    assert changed == {"users_hidden": 1}
    clean = json.loads(clean_text(json.dumps(said), ANYWHERE, ()))
    assert clean == [{**turn, "username": "[USER]"} for turn in SAID]


def test_the_rows_own_id_does_not_tell_its_user() -> None:
    text = '{"id": "lena.k/7", "user_id": "lena.k", "said": "lena.k was here"}'
    assert json.loads(clean_text(text, ANYWHERE, ())) == {
        "id": "[USER]", "user_id": "[USER]", "said": "lena.k was here"}  # fmt: skip


def test_a_key_that_stands_twice_hides_no_user() -> None:
    assert "planted" not in clean_text('{"user_id": "planted", "user_id": null}', ANYWHERE, ())


def test_half_a_character_stops_nothing() -> None:
    text = clean_text('{"user_id": "planted", "note": "\\ud83d"}', ANYWHERE, ())
    assert json.loads(text) == {"user_id": "[USER]", "note": "\ud83d"}
    assert text.encode()


def test_a_conversation_with_half_a_character_costs_its_own_row_alone(tmp_path: Path) -> None:
    rows = [
        {"messages": json.dumps([{"role": "user", "content": text}, SAID[1]])} for text in ("a \ud83d", "\U0001f600")
    ]
    path = write_lines(tmp_path / "m.jsonl", rows)
    reader = ik.format([str(path)])
    assert [row["instruction"] for row in reader.read_all().to_pylist()] == ["\U0001f600"]
    assert dict(ik.counts(reader).reasons) == {"not_text": 1}


INNER = '{"user_id": "planted", "n": 1}'
MAP = pa.map_(pa.string(), pa.string())
META = {
    "text": pa.array([INNER]),
    "struct": pa.array([{"raw": INNER, "n": 1}]),
    "list": pa.array([["plain", INNER, None]]),
    "list of lists": pa.array([[[INNER], None, []]]),
    "list of structs": pa.array([[{"a": {"b": [INNER]}}, None]]),
    "map": pa.array([[("user_id", "planted"), ("n", "1")]], MAP),
    "map of lists": pa.array([[("email", ["planted"])]], pa.map_(pa.string(), pa.list_(pa.string()))),
    "map of JSON": pa.array([[("any", INNER)]], MAP),
    "map in a struct": pa.array([{"m": [("User-Id", "planted")]}], pa.struct([("m", MAP)])),
    "map in JSON": pa.array(['[{"key": "user_id", "value": "planted"}]']),
    "turns": pa.array([[{"role": "user", "content": "Hi", "more": INNER}]]),
    "large text": pa.array([INNER], pa.large_string()),
    "dictionary": pa.array([INNER]).dictionary_encode(),
}


@pytest.mark.parametrize("name", META)
@pytest.mark.parametrize("turns", ["last", "all"])
def test_no_user_comes_out_of_a_column_of_any_shape(tmp_path: Path, name: str, turns: str) -> None:
    path = tmp_path / "log.parquet"
    meta = pa.concat_arrays([META[name], pa.array([None], META[name].type)])
    pq.write_table(pa.table({"messages": [SAID, SAID], "meta": meta}), path)
    found, changed = made(path, turns=turns)
    assert "planted" not in json.dumps(found)
    assert found[1]["meta"] is None
    assert changed == {"users_hidden": 1}


def test_a_column_that_is_kept_keeps_its_json(tmp_path: Path) -> None:
    rows = [{"messages": SAID, "meta": INNER, "more": {"raw": INNER}}]
    ((row,), changed) = made(write_lines(tmp_path / "log.jsonl", rows), keep_users=["meta", "more.raw"])
    assert (row["meta"], row["more"], changed) == (INNER, {"raw": INNER}, {})


LEAVES = st.none() | st.sampled_from(["", "plain", '{"a": 1}', INNER, "[1"])
PAIRS = st.lists(st.none() | st.fixed_dictionaries({"key": LEAVES | st.just("user_id"), "value": LEAVES}), max_size=3)
ROWS = st.fixed_dictionaries(
    {
        "a": LEAVES,
        "b": st.none() | st.lists(LEAVES, max_size=3),
        "c": st.none() | st.fixed_dictionaries({"d": PAIRS}),
    }
)


@given(st.lists(ROWS, max_size=5), st.integers(0, 3))
def test_columns_are_cleaned_as_their_rows_are_one_by_one(rows: list[dict[str, Any]], start: int) -> None:
    pair = pa.struct([("key", pa.string()), ("value", pa.string())])
    schema = pa.schema([("a", pa.string()), ("b", pa.list_(pa.string())), ("c", pa.struct([("d", pa.list_(pair))]))])
    batch = pa.RecordBatch.from_pylist(rows, schema).slice(start)
    clean, changed = without_users(batch, (), ())
    expected = [json.loads(clean_text(json.dumps(row), ANYWHERE, ())) for row in rows[start:]]
    assert clean.to_pylist() == expected
    assert changed == {row for row, given in enumerate(rows[start:]) if given != expected[row]}
