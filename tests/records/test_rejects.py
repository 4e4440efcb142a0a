"""Where dropped rows go."""

from pathlib import Path
from typing import Any

import pytest

import instructkit as ik
from instructkit.records.rejects import REASONS
from tests.conftest import examples_of, rows_of, write_lines

ROW = {"instruction": "a", "output": "b", "score": 1}


def reject(folder: Path, rows: list[Any], name: str, **options: Any) -> Any:
    source = write_lines(folder / "a.jsonl", rows)
    reader = ik.filter(ik.read(str(source)), rejects=str(folder / name), **options)
    reader.read_all()
    return reader


@pytest.mark.parametrize("name", ["r.arrow", "r.parquet", "r.jsonl", "r.json.gz", "r.csv", "r"])
def test_rejects_are_written_in_any_format(tmp_path: Path, name: str) -> None:
    reject(tmp_path, [ROW, {**ROW, "output": ""}], name)
    (row,) = examples_of(tmp_path / name)
    assert row["instruction"] == "a"


def test_every_failed_rule_is_told_with_value_and_threshold(tmp_path: Path) -> None:
    long = {**ROW, "instruction": "x" * 40, "output": "x" * 40}
    reject(tmp_path, [ROW, long], "r.arrow", rules=["long_output=10", "output_equals_prompt"])
    (row,) = rows_of(tmp_path / "r.arrow")
    reasons = {reason["rule"]: (reason["value"], reason["threshold"]) for reason in row["reasons"]}
    assert reasons["long_output"] == ("40", "10")
    assert "output_equals_prompt" in reasons
    assert row["score"] == 1
    assert row["origin"] is None


def test_a_run_without_drops_leaves_a_file_of_no_rows(tmp_path: Path) -> None:
    reject(tmp_path, [ROW], "r.arrow")
    assert rows_of(tmp_path / "r.arrow") == []


def test_rejects_can_be_read_as_examples_again(tmp_path: Path) -> None:
    """To look at them, or to let them through after all; and to reject some of them once more."""
    reject(tmp_path, [ROW, {**ROW, "output": ""}], "r.arrow")
    again = ik.filter(ik.read(str(tmp_path / "r.arrow")), rejects=str(tmp_path / "s.arrow"))
    assert again.read_all().num_rows == 0
    (row,) = rows_of(tmp_path / "s.arrow")
    assert [reason["rule"] for reason in row["reasons"]] == ["empty_output"]
    assert again.schema.field("reasons").type == REASONS


def test_a_failing_run_leaves_no_rejects(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "a.jsonl", [ROW, {**ROW, "output": ""}, "{", "{"])
    with pytest.raises(ik.InstructkitError, match="--max-bad 1"):
        ik.read(str(source), max_bad=1, rejects=str(tmp_path / "r.arrow")).read_all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl"]
