"""Rows by a number they carry."""

from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from tests.rows import examples

NUMBERS = [1.0, 4.0, 4.5, None, float("nan"), 9.0]


def kept(*scores: str, numbers: list[float | None] | None = None) -> list[int]:
    given = NUMBERS if numbers is None else numbers
    table = examples([{}] * len(given), n=list(range(len(given))), score=given)
    return list(ik.filter(table, preset="none", score=scores).read_all()["n"].to_pylist())


def test_rows_below_or_above_the_bounds_go_and_so_do_those_without_a_number() -> None:
    assert kept("score:4") == [1, 2, 5]
    assert kept("score:4:5") == [1, 2]
    assert kept("score::4") == [0, 1]
    assert kept("score:2", "score::4.2") == [1]


def test_whole_numbers_are_numbers() -> None:
    assert kept("score:3", numbers=[2, 3, 4]) == [1, 2]


def test_the_number_and_the_bounds_are_told(tmp_path: Path) -> None:
    rejects = str(tmp_path / "r.jsonl")
    ik.filter(examples([{}, {}], score=[1.25, None]), preset="none", score="score:2:4", rejects=rejects).read_all()
    told = [(reason["rule"], reason["value"], reason["threshold"])
            for row in ik.read(rejects).read_all()["reasons"].to_pylist() for reason in row]  # fmt: skip
    assert told == [("score", "score 1.25", "2 at least, 4 at most"), ("score", "score none", "2 at least, 4 at most")]


def test_plain_text_has_scores_too() -> None:
    pages = pa.table({"text": ["a", "b"], "quality": [1, 5]})
    assert ik.filter(pages, preset="none", text="text", score="quality:3").read_all()["text"].to_pylist() == ["b"]


@pytest.mark.parametrize("text", ["score", "score:", ":4", "score:good", "score:1:2:3", "score::"])
def test_bounds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="give COLUMN:LEAST"):
        kept(text)


def test_a_column_that_is_not_there_or_holds_no_numbers_is_refused() -> None:
    with pytest.raises(UsageError, match="no column 'quality'"):
        kept("quality:3")
    with pytest.raises(BadInput, match="holds string, not numbers"):
        kept("output:3")
