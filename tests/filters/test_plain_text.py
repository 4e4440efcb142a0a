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


def test_what_was_null_is_null_again_and_ids_are_left_alone() -> None:
    rows = pages(id=[f"1380013800{number}" for number in range(len(PAGES))])
    kept = ik.filter(rows, text="body", preset="none", pii="mask", workers=1).read_all()
    assert kept["body"].to_pylist() == [PAGE.replace("anna.lee@harbor-museum.org", "[EMAIL_1]"), *PAGES[1:]]
    assert kept["id"].to_pylist() == rows["id"].to_pylist()


def test_what_asks_about_a_prompt_is_refused_for_plain_text() -> None:
    for options in ({"language": "instruction=en"}, {"classifier": "m.ftz", "classify": "prompt"}):
        with pytest.raises(UsageError, match="plain text"):
            ik.filter(pages(), text="body", **options)
    tagged = ik.filter(pages(), text="body", tag=True, workers=1).read_all()
    assert not {"empty_instruction", "missing_input", "long_prompt"} & set(tagged.schema.names)


def test_a_text_file_holds_the_texts_or_is_refused(cli: Cli) -> None:
    (cli.folder / "pages.csv").write_text("id,text,body\n1,a page,b\n2,no page,c\n", encoding="utf-8")
    cli.ok("filter", "pages.csv", "--text", "text", "--preset", "none", "-o", "out.txt")
    assert (cli.folder / "out.txt").read_text() == "a page\nno page\n"
    (cli.folder / "pages.csv").write_text("id,body\n1,a page\n", encoding="utf-8")
    said = cli.fails("filter", "pages.csv", "--text", "body", "--preset", "none", "-o", "no.txt", code=2)
    assert "write .jsonl" in said


def test_a_first_row_that_stands_for_the_names_of_columns_is_not_told(cli: Cli) -> None:
    (cli.folder / "pages.csv").write_text("jane.miller@acme.org,my secret\na,b\n", encoding="utf-8")
    said = cli.fails("filter", "pages.csv", "--text", "text", code=2)
    assert "header" in said
    assert "jane" not in said
