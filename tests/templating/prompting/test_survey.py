"""Shares that are exact, whatever the rows, the workers and the batches."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.templating.prompting.choices import HEADINGS
from instructkit.templating.prompting.survey import exact_share
from tests.conftest import write_lines

PHRASINGS = [
    {"name": "en-a", "language": "en", "instruction": "Topic of {{ text }}?", "output": "{{ label }}"},
    {"name": "en-b", "language": "en", "instruction": "What is this about?", "input": "{{ text }}",
     "output": "{{ label }}"},
]  # fmt: skip
PACK = {
    "task": "topic",
    "about": "Tell the topic.",
    "roles": {
        "text": {"about": "the text", "columns": ["text"]},
        "label": {"about": "the topic", "columns": ["label"], "labels": [{"en": "sports"}, {"en": "trade"}]},
    },
    "phrasings": PHRASINGS,
}


@pytest.fixture
def pack(tmp_path: Path) -> str:
    path = tmp_path / "pack.yaml"
    path.write_text(json.dumps(PACK))
    return str(path)


def formatted(source: Path, pack: str, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format([str(source)], templates=pack, **options).read_all().to_pylist())


def distinct(number: int) -> list[dict[str, Any]]:
    return [{"text": f"word{row} other{row * 3}", "label": row % 2} for row in range(number)]


def shows(row: dict[str, Any]) -> bool:
    text = row["instruction"] + row["input"]
    return any(heading in text for headings in HEADINGS["en"].values() for heading in headings)


@given(st.lists(st.integers(0, 5), max_size=40), st.data(), st.floats(0, 1))
def test_a_share_is_of_the_good_rows_and_exact_even_where_all_draw_the_same(
    draws: list[int], data: st.DataObject, share: float
) -> None:
    good = np.array(data.draw(st.lists(st.booleans(), min_size=len(draws), max_size=len(draws))), bool)
    marked = exact_share(np.array(draws, np.uint64), good, share)
    assert marked.sum() == round(share * good.sum())
    assert not (marked & ~good).any()
    values = np.array(draws)
    if marked.any() and (good & ~marked).any():
        assert values[marked].max() <= values[good & ~marked].min()


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("kind", ["distinct", "copies", "bad"])
def test_exactly_that_share_of_the_rows_shows_choices(tmp_path: Path, pack: str, share: float, kind: str) -> None:
    rows = distinct(80)
    if kind == "copies":
        rows = [rows[0]] * 80
    if kind == "bad":
        rows = [*rows, *({"text": "x", "label": 9} for _ in range(40))]
    got = formatted(write_lines(tmp_path / "r.jsonl", rows), pack, options_share=share)
    assert len(got) == 80
    assert sum(map(shows, got)) == round(share * 80)
    assert all(row["output"] in ("sports", "trade") for row in got)


@pytest.mark.parametrize("kind", ["letters", "words"])
def test_rows_that_show_none_are_answered_by_words(tmp_path: Path, pack: str, kind: str) -> None:
    got = formatted(write_lines(tmp_path / "r.jsonl", distinct(100)), pack, options_share=0.5, options=kind)
    assert sum(map(shows, got)) == 50
    for row in got:
        if not shows(row) or kind == "words":
            assert row["output"] in ("sports", "trade")
        else:
            last = row["output"].split()[-1]
            assert row["output"] in ("A", "B") or last in ("sports", "trade")


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_exactly_that_share_of_the_rows_stands_without_demonstrations(tmp_path: Path, pack: str, share: float) -> None:
    got = formatted(write_lines(tmp_path / "r.jsonl", distinct(90)), pack, shots=(0, 3), zero_shot_share=share)
    assert len(got) == 90
    assert sum(not row["demonstrations"] for row in got) == round(share * 90)


def test_both_shares_are_exact_at_once_and_hang_on_no_worker_batch_or_order(
    tmp_path: Path, pack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = distinct(120)
    options: dict[str, Any] = {"shots": (1, 2), "zero_shot_share": 0.5, "options_share": 0.25, "options": "words"}

    def by_parent(source: Path, **more: Any) -> dict[str, tuple[str, str, bool]]:
        got = formatted(source, pack, **options, **more)
        return {row["parent"]: (row["instruction"], row["input"], shows(row)) for row in got}

    path = write_lines(tmp_path / "r.jsonl", rows)
    usual = by_parent(path, workers=1)
    assert sum(shown for *_, shown in usual.values()) == 30
    assert by_parent(path, workers=2) == usual
    assert by_parent(write_lines(tmp_path / "back.jsonl", rows[::-1]), workers=1) == usual
    monkeypatch.setattr("instructkit.templating.formatting.ROWS", 11)
    assert by_parent(path, workers=2) == usual


def test_no_rows_are_no_error(tmp_path: Path, pack: str) -> None:
    (tmp_path / "none.csv").write_text("text,label\n")
    assert formatted(tmp_path / "none.csv", pack, shots=(2, 2), options_share=0.5) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"options_share": 1.5}, "options_share is a share from 0 to 1"),
        ({"zero_shot_share": -0.1, "shots": (1, 1)}, "zero_shot_share is a share from 0 to 1"),
        ({"zero_shot_share": 0.5}, "say how many the others get"),
        ({"options_share": 0.5, "options": "none"}, "not with --options none"),
        ({"shots": (3, 2)}, "a range from less to more"),
        ({"demos": "best"}, "demos is one of random, balanced"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    tmp_path: Path, pack: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        formatted(write_lines(tmp_path / "r.jsonl", distinct(4)), pack, **options)
