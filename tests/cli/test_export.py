"""``instructkit export``: files that others read, cards, and bad input."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, rows_of, write_lines

FORMATS = ("alpaca", "sharegpt", "openai", "prompt-completion", "trl", "p3")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_pipe_ends_in_json_lines_on_stdout(cli: Cli, sample_data: Path) -> None:
    done = cli.shell(
        f"instructkit format {sample_data}/reviews.csv --task sentiment | instructkit export --to alpaca --columns none"
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 62
    assert {tuple(row) for row in rows} == {("instruction", "input", "output")}


@pytest.mark.parametrize("to", FORMATS)
def test_datasets_polars_and_duckdb_read_what_is_written(
    cli: Cli, sample_data: Path, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    import datasets

    chats = [str(sample_data / name) for name in ("chats_messages.json", "chats_sharegpt.json")]
    for ending in ("jsonl", "parquet"):
        cli.ok("export", *chats, "--to", to, "-o", f"a.{ending}", "--rejects", f"{ending}.arrow", "-q")
    cli.ok("export", *chats, "--to", to, "-o", "a/", "-q")
    wanted = lines(cli.folder / "a.jsonl")
    assert len(wanted) + len(rows_of(cli.folder / "jsonl.arrow")) == 24
    loaded = {
        kind: datasets.load_dataset(kind, data_files=str(cli.folder / f"a.{ending}"), split="train",
                                    cache_dir=str(cli.folder / "cache"))
        for kind, ending in (("json", "jsonl"), ("parquet", "parquet"))
    }  # fmt: skip
    assert loaded["json"].to_list() == loaded["parquet"].to_list() == wanted
    assert datasets.load_from_disk(str(cli.folder / "a")).to_list() == wanted
    try:
        import polars
    except ImportError:
        pass
    else:
        assert polars.read_ndjson(cli.folder / "a.jsonl").height == len(wanted)
        assert polars.read_parquet(cli.folder / "a.parquet").to_dicts() == wanted
    try:
        import duckdb
    except ImportError:
        pass
    else:
        for ending in ("jsonl", "parquet"):
            assert duckdb.sql(f"select count(*) from '{cli.folder}/a.{ending}'").fetchall() == [(len(wanted),)]


def test_openai_says_what_is_wrong_with_the_file(cli: Cli, examples_file: Path) -> None:
    done = cli.ok("export", examples_file, "--to", "openai", "-o", "a.jsonl")
    assert "not in the output: id, task, source, parent, template" in done.stderr
    assert "too few" not in done.stderr
    write_lines(cli.folder / "one.jsonl", [{"instruction": "a", "output": "b"}])
    done = cli.ok("export", "one.jsonl", "--to", "openai", "-o", "b.jsonl", "--summary", "summary.json")
    assert "note: too few examples (1)" in done.stderr
    summary = json.loads((cli.folder / "summary.json").read_text())
    assert summary["rows_out"] == 1
    assert len(summary["problems"]) == 1


def test_a_card_is_written_beside_a_file_and_into_a_directory_and_again(cli: Cli, examples_file: Path) -> None:
    (cli.folder / "out").mkdir()
    for target in ("out/train.jsonl", "set/", "set/"):
        cli.ok("export", examples_file, "--to", "trl", "-o", target, "--card", "--license", "twenty.jsonl=mit",
               "--license", "other=x")  # fmt: skip
        text = (cli.folder / target.partition("/")[0] / "README.md").read_text()
        assert "license: mit\n" in text
        assert "| twenty.jsonl | 20 | 100.0% | mit |" in text
    done = cli.ok("export", examples_file, "--to", "trl", "-o", "c.parquet", "--card", "--license", "other=x")
    assert "note: --license other: no row came from there; the sources are twenty.jsonl" in done.stderr


def test_a_template_of_the_day_says_so(cli: Cli, examples_file: Path) -> None:
    (cli.folder / "day.jinja").write_text("{{ strftime_now('%Y') }}")
    export = ("export", examples_file, "--to", "text", "--chat-template", "day.jinja", "--columns", "none")
    done = cli.ok(*export, "--date", "2020-02-03", "-o", "a.arrow")
    assert "tells the date" not in done.stderr
    assert {row["text"] for row in rows_of(cli.folder / "a.arrow")} == {"2020"}
    assert "note: the chat template tells the date, " in cli.ok(*export).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--to", "alpacas"], 2, "'alpacas' is not one of"),
        ([], 2, "the format is missing: say it with --to, one of alpaca"),
        (["--to", "text"], 2, "needs --chat-template"),
        (["--to", "text", "--chat-template", "bad.jinja"], 1, "bad.jinja is no Jinja (line 1"),
        (["--to", "text", "--chat-template", "loop.jinja"], 1, "loop.jinja passes its bounds on row after row"),
        (["--to", "alpaca", "-o", "twenty.arrow"], 2, "twenty.arrow is an input"),
        (["--to", "alpaca", "--columns", "ids"], 2, "--columns ids: no such column"),
        (["--to", "alpaca", "--card"], 2, "name one with -o"),
        (["--to", "alpaca", "--license", "mit"], 2, "--card, which is not given"),
        (["--to", "alpaca", "--card", "-o", "a.json", "--summary", "README.md"], 2, "README.md is the card's place"),
        (["--to", "alpaca", "--card", "--license", "a=", "-o", "a.json"], 2, "is not NAME or SOURCE=NAME"),
        (["--to", "alpaca", "-o", "a.xyz"], 2, "unknown type"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(
    cli: Cli, examples_file: Path, arguments: list[str], code: int, message: str
) -> None:
    (cli.folder / "bad.jinja").write_text("{% if %}")
    (cli.folder / "loop.jinja").write_text(
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"
    )
    assert message in cli.fails("export", examples_file.name, *arguments, code=code)


def test_a_reading_that_fails_at_once_leaves_no_rejects(cli: Cli) -> None:
    """Alpaca's columns are known when all rows are read, which is before the output is begun."""
    rows = [*[{"instruction": "", "output": "x"}] * 3000, {"instruction": "a", "output": "b"}, '{"instruction": 1}']
    write_lines(cli.folder / "a.jsonl", rows)
    cli.fails("export", "a.jsonl", "--to", "alpaca", "-o", "b.jsonl", "--rejects", "c.jsonl", "--max-bad", "2500")


def test_nothing_to_export_is_told(cli: Cli) -> None:
    (cli.folder / "empty.jsonl").write_text("")
    assert "is empty" in cli.fails("export", "empty.jsonl", "--to", "alpaca")
    write_lines(cli.folder / "blank.jsonl", [{"instruction": "a", "output": " "}])
    done = cli.ok("export", "blank.jsonl", "--to", "alpaca", "-o", "a.json", "--rejects", "rejects.jsonl")
    assert "no row is left (no_answer 1)" in done.stderr
    assert json.loads((cli.folder / "a.json").read_text()) == []
    assert lines(cli.folder / "rejects.jsonl")[0]["reasons"][0]["rule"] == "no_answer"


def test_a_card_finds_its_file_though_the_name_is_a_pattern_to_the_hub(cli: Cli, examples_file: Path) -> None:
    cli.ok("export", examples_file, "--to", "trl", "-o", "a[1].jsonl", "--card", "-q")
    assert "path: a[[]1].jsonl\n" in (cli.folder / "README.md").read_text(encoding="utf-8")
