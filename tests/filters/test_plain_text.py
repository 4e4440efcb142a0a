"""Rows of plain text that are judged as they are."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from tests.conftest import Cli, rows_of
from tests.rows import examples

PAGE = "The museum opened in 1871 and moved to the harbor later. Write to anna.lee@harbor-museum.org for a guide."
PAGES = [
    PAGE,
    "",
    "I'm sorry, but I cannot assist with that request.",
    None,
    "博物馆于1871年开放，一百年后搬到了港口。",
    "42",
]


def pages(**others: list[Any]) -> pa.Table:
    return pa.table({**others, "body": pa.array(PAGES, pa.large_string())})


def test_texts_are_judged_as_outputs_are(tmp_path: Path) -> None:
    given: dict[str, Any] = {"workers": 1, "rules": ["min_output_words=2"]}
    kept = ik.filter(
        pages(number=list(range(len(PAGES)))), text="body", rejects=str(tmp_path / "r.arrow"), **given
    ).read_all()
    outputs = [{"instruction": "Go on.", "output": text or ""} for text in PAGES]
    as_examples = ik.filter(examples(outputs), rejects=str(tmp_path / "e.arrow"), **given).read_all()
    assert kept["body"].to_pylist() == as_examples["output"].to_pylist() == [PAGE, PAGES[4]]
    assert kept.schema.names == ["number", "body"]
    assert kept["number"].to_pylist() == [0, 4]
    reasons = [ik.read(str(tmp_path / "e.arrow")).read_all()["reasons"].to_pylist()]
    with pa.ipc.open_stream(tmp_path / "r.arrow") as file:
        rejected = file.read_all()
    assert [rejected["reasons"].to_pylist()] == reasons
    assert rejected["number"].to_pylist() == [1, 2, 3, 5]


def test_columns_called_like_ours_are_the_users_and_stay_in_their_place() -> None:
    table = pages(id=list(range(len(PAGES))), output=["o"] * len(PAGES), pii=["own"] * len(PAGES))
    kept = ik.filter(table, text="body", preset="none", pii="mask", workers=1).read_all()
    assert kept.schema.names == ["id", "output", "pii", "body", "raw_pii"]
    assert kept["id"].to_pylist() == table["id"].to_pylist()
    assert kept["body"][0].as_py() == PAGE.replace("anna.lee@harbor-museum.org", "[EMAIL_1]")
    assert kept["raw_pii"][0].as_py() == ["EMAIL"]


def test_a_column_that_is_not_there_or_holds_no_text_is_named() -> None:
    with pytest.raises(UsageError, match="no column 'text'; it has number, body"):
        ik.filter(pages(number=list(range(len(PAGES)))), text="text")
    with pytest.raises(BadInput, match="'number' holds int64, not text"):
        ik.filter(pages(number=list(range(len(PAGES)))), text="number")


def test_pages_go_through_a_pipe_of_filters_to_pretext(cli: Cli) -> None:
    lines = "\n".join(f"{PAGE} Room {number} shows the ships of {1500 + number}, and its maps." for number in range(30))
    (cli.folder / "pages.txt").write_text(lines, encoding="utf-8")
    done = cli.shell(
        "instructkit filter pages.txt --text text --language en --summary one.json"
        " | instructkit filter --text text --preset none --pii mask | instructkit pretext - -o out.arrow"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((cli.folder / "one.json").read_text())["rows_out"] == 30
    made = rows_of(cli.folder / "out.arrow")
    assert made
    assert "anna" not in str(made)
    assert "[EMAIL_1]" in str(made)
