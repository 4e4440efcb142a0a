"""Roles that are lists, and spans that tags mark."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.library.columns import evaluate, evaluate_list
from instructkit.templating.library.packs import Column


def lists(column: pa.Array, given_as: Column | None = None) -> list[list[str]]:
    batch = pa.RecordBatch.from_pydict({"c": column})
    return list(evaluate_list(batch, given_as or Column("c")).to_pylist())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('["a", "b|c"]', ["a", "b|c"]),
        ("[1, 2.5, true, null]", ["1", "2.5", "True", ""]),
        ("a | b", ["a", "b"]),
        ("a ||| b|c ||| ", ["a", "b|c"]),
        ("a\nb, c\n\n", ["a", "b, c"]),
        ("a", ["a"]),
        ("", []),
        (" | ", []),
        ("[a, b", ["[a, b"]),
        ('{"a": 1}', ['{"a": 1}']),
        ("7", ["7"]),
        ("[" * 100_000, ["[" * 100_000]),
        (None, []),
    ],
)
def test_a_list_may_be_spelled_in_one_text(text: str | None, wanted: list[str]) -> None:
    assert lists(pa.array([text], pa.string())) == [wanted]


@settings(deadline=None)
@given(st.lists(st.none() | st.lists(st.none() | st.text(max_size=5), max_size=4), max_size=6))
def test_lists_stay_and_json_gives_the_same(rows: list[list[str | None] | None]) -> None:
    column = pa.array(rows, pa.list_(pa.string()))
    assert lists(column) == rows
    assert lists(column.slice(1)) == rows[1:]
    texts = pa.array([None if row is None else json.dumps(row) for row in rows], pa.string())
    assert lists(texts) == [["" if word is None else word for word in row or []] for row in rows]


def test_numbers_in_lists_become_texts_and_what_is_to_be_removed_goes() -> None:
    assert lists(pa.array([[1, 2], [], [3]])) == [["1", "2"], [], ["3"]]
    column = pa.array([["a) x", "b) y"], None, [], ["c) z"]], pa.list_(pa.string()))
    assert lists(column, Column("c", remove=r"^\w\) ")) == [["x", "y"], [], [], ["z"]]
    assert lists(column.slice(3), Column("c", remove=r"^\w\) ")) == [["z"]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.none() | st.text(max_size=3), st.none() | st.integers(0, 9)), max_size=6))
def test_several_columns_make_one_list_a_row(rows: list[tuple[str | None, int | None]]) -> None:
    batch = pa.RecordBatch.from_pydict({
        "one": pa.array([one for one, _ in rows], pa.string()),
        "two": pa.array([two for _, two in rows], pa.int64()),
    })  # fmt: skip
    got = evaluate_list(batch, Column(columns=("two", "one"))).to_pylist()
    wanted = [["" if two is None else str(two), one or ""] for one, two in rows]
    for texts in wanted:  # a row may have fewer: the empty ones behind the last are none
        while texts and not texts[-1].strip():
            texts.pop()
    assert got == wanted


def test_a_constant_and_a_field_of_a_struct_are_lists_too() -> None:
    column = pa.array([{"text": ["a", "b"], "label": ["A", "B"]}, {"text": ["c"], "label": ["A"]}])
    assert lists(column, Column("c.text")) == [["a", "b"], ["c"]]
    assert lists(column, Column(constant="yes|no")) == [["yes", "no"], ["yes", "no"]]


# ---- spans: the oracle reads the tags one by one, as the CoNLL task defines them (Tjong Kim Sang 2000)

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def spans(tokens: list[str], tags: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, list[str]]] = []
    before = "O"
    for token, tag in zip(tokens, tags, strict=True):
        if tag != "O":
            goes_on = tag.startswith("I-") and before != "O" and before[2:] == tag[2:]
            if goes_on:
                found[-1][1].append(token)
            else:
                found.append((tag[2:], [token]))
        before = tag
    return [(kind, " ".join(words)) for kind, words in found]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Ann", "Bob", "York", "New", "of"]), st.integers(0, 4)), max_size=8))
def test_tags_mark_the_spans_that_are_said_by_kind_each_once(marked: list[tuple[str, int]]) -> None:
    tokens, tags = [token for token, _ in marked], [tag for _, tag in marked]
    by_kind: dict[str, list[str]] = {}
    for kind, text in spans(tokens, [TAGS[tag] for tag in tags]):
        if text not in by_kind.setdefault(kind, []):
            by_kind[kind].append(text)
    wanted = "; ".join(f"{kind}: {', '.join(texts)}" for kind, texts in by_kind.items()) or "none"
    words = pa.array([tokens, None], pa.list_(pa.string()))
    names = Column("words", tags="tags", names=tuple(TAGS))
    numbered = pa.RecordBatch.from_pydict({"words": words, "tags": pa.array([tags, []], pa.list_(pa.int64()))})
    assert evaluate(numbered, names).to_pylist() == [wanted, None]
    named = pa.RecordBatch.from_pydict({"words": words, "tags": pa.array([[TAGS[tag] for tag in tags], []],
                                                                         pa.list_(pa.string()))})  # fmt: skip
    assert evaluate(named, names).to_pylist() == [wanted, None]


def test_chinese_characters_of_a_span_stand_side_by_side() -> None:
    batch = pa.RecordBatch.from_pydict({"w": [["张", "三", "在", "New", "York"]],
                                        "t": [["B-人", "I-人", "O", "B-地", "I-地"]]})  # fmt: skip
    column = Column("w", tags="t", none="无")
    assert evaluate(batch, column).to_pylist() == ["人：张三；地：New York"]
