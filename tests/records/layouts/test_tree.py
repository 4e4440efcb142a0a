"""Trees of messages: what is no tree or grows too large costs its own row alone."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.records.layouts import turns
from instructkit.records.layouts.layout import Converted
from instructkit.records.layouts.pieces import PIECE, pieces
from instructkit.records.layouts.tree import TREE
from instructkit.records.layouts.turns import columns_of
from instructkit.records.schema import HISTORY


def node(role: str, text: str, *replies: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "text": text, "replies": list(replies)}


GOOD = node("prompter", "Q", node("assistant", "A", node("prompter", "R", node("assistant", "B"))))


def converted(*trees: Any, every: bool = False) -> Converted:
    texts = [tree if isinstance(tree, str) else json.dumps(tree) for tree in trees]
    batch = pa.record_batch({"message_tree_id": [f"t{row}" for row in range(len(texts))], "prompt": texts})
    assert TREE.every_turn is not None
    return (TREE.every_turn if every else TREE.convert)(batch)


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("wrong", [
    {**GOOD, "replies": 5}, {**GOOD, "replies": "none"}, {**GOOD, "replies": [1]}, {**GOOD, "replies": [None]},
    {**GOOD, "replies": {"a": GOOD}}, node("prompter", "Q", node("assistant", "A", {**GOOD, "replies": True})),
    "no JSON", "[1]", "7", json.dumps({**GOOD, "text": "\ud83d"})])  # fmt: skip
def test_what_is_no_tree_costs_its_own_row_alone(wrong: Any, every: bool) -> None:
    found = converted(GOOD, wrong, GOOD, every=every)
    assert [(row, rule) for row, rule, _ in found.bad] == [(1, "not_a_tree")]
    assert set(found.rows.tolist()) == {0, 2}


@pytest.mark.parametrize("every", [False, True])
def test_a_tree_whose_paths_would_fill_the_memory_stops_at_the_limit(
    monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    large = node("prompter", "x" * 800, *[node("assistant", f"A{leaf}") for leaf in range(50)])
    monkeypatch.setattr(turns, "MOST_HELD", 10_100)
    found = converted(GOOD, large, GOOD, every=every)
    assert [(row, rule) for row, rule, _ in found.bad] == [(1, "too_many_turns")]
    assert found.rows.tolist().count(1) == 10, "one takes 802 characters and the cost of two turns"
    assert found.rows.tolist().count(0) == found.rows.tolist().count(2) == 1 + every


def test_paths_are_not_gathered_before_the_limit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0

    def told(turn: list[turns.Turn]) -> turns.Made:
        nonlocal seen
        seen += 1
        return [], []

    monkeypatch.setattr("instructkit.records.layouts.tree.last_answer", told)
    monkeypatch.setattr(turns, "MOST_HELD", 1000)
    converted(node("prompter", "Q", *[node("assistant", "A")] * 50, {**GOOD, "replies": 5}))
    assert seen == 4


TURNS = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=3)), max_size=6)


@given(TURNS, st.lists(st.integers(0, 6), max_size=6))
def test_histories_that_share_turns_are_those_of_their_turns(talk: list[turns.Turn], ends: list[int]) -> None:
    split: list[turns.Example] = [("", talk[:end], ("user", "q"), "a") for end in ends]
    found = columns_of("messages", split)["history"]
    assert found.type == HISTORY
    assert found.to_pylist() == [[{"role": role, "content": text} for role, text in talk[:end]] for end in ends]


def test_rows_that_grow_are_converted_few_bytes_at_a_time() -> None:
    batch = pa.record_batch({"text": ["x" * (PIECE // 3), "y", "z" * (2 * PIECE)] * 4})
    parts = list(pieces(iter([(batch, pa.array(range(12)).to_numpy())])))
    assert pa.Table.from_batches([part for part, _ in parts]).to_pylist() == batch.to_pylist()
    assert [row for _, numbers in parts for row in numbers.tolist()] == list(range(12))
    assert max(part.num_rows for part, _ in parts) <= 3
    assert max(sum("z" in text for text in part.column("text").to_pylist()) for part, _ in parts) == 1
