"""``split`` as a user runs it."""

import json
from pathlib import Path

import datasets
import pytest

from tests.conftest import Cli, rows_of, write_lines


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Thirty rows, some of them alike."""
    lines = [{"instruction": f"Name the capital of land {number}, {number * 7}, please.", "output": f"City {number}",
              "task": "ab"[number % 2]} for number in range(27)]  # fmt: skip
    return write_lines(tmp_path / "rows.jsonl", [*lines, *lines[:3]])


def test_format_dedup_and_split_in_a_pipe(cli: Cli, rows: Path) -> None:
    done = cli.shell(
        "instructkit dedup rows.jsonl --clusters c.jsonl -q | instructkit split --test 5 --by-clusters c.jsonl "
        "--validation 10% --summary s.json | instructkit dedup -q -o out.arrow"
    )
    assert done.returncode == 0, done.stderr
    found = rows_of(cli.folder / "out.arrow")
    assert len(found) == 27
    summary = json.loads((cli.folder / "s.json").read_text())
    assert summary["sides"] == {"train": 19, "validation": 3, "test": 5}
    assert [entry["on_two_sides"] for entry in summary["proof"]] == [0, 0, 0]
    assert sum(row["split"] == "test" for row in found) == 5
    assert "proved: no parent on two sides (27 values)" in done.stderr
    assert "proved: no near-duplicates at 0.8 on two sides (27 rows, all pairs)" in done.stderr


def test_sides_in_a_directory_are_read_one_by_one(cli: Cli, rows: Path) -> None:
    done = cli.ok("split", rows, "-o", "data/")
    assert "next: instructkit stats data/train" in done.stderr
    assert set(datasets.load_from_disk(str(cli.folder / "data"))) == {"train", "test"}
    assert b"27 rows" in cli.ok("stats", "data/train").stdout
    assert "data holds the splits test, train; name one: data/test" in cli.fails("stats", "data")


def test_a_leak_is_told_of_or_fails_the_pipe_where_that_is_asked_for(cli: Cli) -> None:
    lines = [{"instruction": f"{number} {number}", "output": "x", "parent": "p"} for number in range(20)]
    write_lines(cli.folder / "torn.jsonl", lines)
    options = ("--by", "instruction", "--near-duplicates", "off")
    assert "1 of 1 values of parent stand on two sides" in cli.fails(
        "split", "torn.jsonl", *options, "--on-leak", "fail", "-o", "out.arrow"
    )
    done = cli.shell(
        f"instructkit split torn.jsonl {' '.join(options)} --on-leak fail | instructkit dedup -o out.arrow"
    )
    assert done.returncode == 1
    assert not (cli.folder / "out.arrow").exists()
    assert "leak: 1 of 1 values of parent" in cli.ok("split", "torn.jsonl", *options, "-o", "out.arrow").stderr


def test_wrong_usage_is_one_sentence(cli: Cli, rows: Path) -> None:
    assert "'many' is neither a share (0.1, 10%) nor a number of rows" in cli.fails(
        "split", rows, "--test", "many", code=2
    )
    assert "neither off nor a similarity" in cli.fails("split", rows, "--near-duplicates", "no", code=2)
    assert "files of their own" in cli.fails("split", rows, "-o", "{split}.jsonl", "--summary", "test.jsonl", code=2)
    assert "rows.jsonl is an input" in cli.fails("split", rows, "--summary", rows, code=2)
    assert "leave none to train" in cli.fails("split", rows, "--test", "30", "-o", "data/")


def test_rejects_hold_the_rows_that_would_give_the_test_away(cli: Cli) -> None:
    lines = [{"instruction": f"{number} {number * 3} {number * 5}", "output": str(number), "task": "ab"[number % 2],
              "parent": f"p{number // 2 if number < 6 else number}"} for number in range(30)]  # fmt: skip
    write_lines(cli.folder / "rows.jsonl", lines)
    cli.ok("split", "rows.jsonl", "--hold-out-task", "a", "--rejects", "r.jsonl", "-o", "data/")
    rejected = [json.loads(line) for line in (cli.folder / "r.jsonl").read_text().splitlines()]
    assert [row["output"] for row in rejected] == ["1", "3", "5"]
    assert rejected[0]["reasons"] == [{"rule": "shares_unit_with_held_out", "value": "a", "threshold": ""}]


@pytest.mark.parametrize("target", ["{split}.jsonl", "data"])
def test_an_input_is_never_replaced_by_a_side(cli: Cli, rows: Path, target: str) -> None:
    cli.ok("split", rows, "-o", target)
    source = cli.folder / target.replace("{split}", "train")
    source = source if source.is_file() else source / "train"
    assert source.exists()
    said = cli.fails("split", source.relative_to(cli.folder), "-o", target, code=2)
    assert "is an input, and its sides would take its place: choose another name" in said
    cli.ok("split", source, "-o", "again.arrow")
