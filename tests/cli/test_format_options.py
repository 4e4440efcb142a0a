"""``format`` with foreign templates, demonstrations and shares, as a user runs it."""

import json
import os
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import Cli, one_sentence, rows_of, write_lines

REVIEWS = [
    {"text": f"The {thing} number {row} was {'fine and warm' if row % 2 else 'cold and late'}.", "label": row % 2}
    for row, thing in enumerate(["soup", "room", "train", "film", "song"] * 8)
]
DEEP = "{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}"
TEMPLATES = """
dataset: reviews
templates:
  1: !Template
    name: ask
    answer_choices: bad ||| good
    jinja: "{{ text }} Is it {{ answer_choices|join(' or ') }}? ||| {{ answer_choices[label] }}"
  2: !Template
    name: only good
    answer_choices: null
    jinja: "{% if label == 1 %}Write praise. ||| {{ text }}{% endif %}"
  3: !Template
    name: other columns
    answer_choices: null
    jinja: "{{ premise }} ||| {{ hypothesis }}"
"""


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "reviews.jsonl", REVIEWS)


def test_a_promptsource_file_formats_rows_and_counts_those_it_does_not_apply_to(cli: Cli, reviews: Path) -> None:
    (cli.folder / "templates.yaml").write_text(TEMPLATES)
    done = cli.ok("format", reviews, "--templates", "templates.yaml", "--template", "only good", "-o", "out.arrow",
                  "--rejects", "bad.parquet", "--summary", "counts.json")  # fmt: skip
    assert "Traceback" not in done.stderr
    rows = rows_of(cli.folder / "out.arrow")
    assert {row["instruction"] for row in rows} == {"Write praise."}
    assert {row["template"] for row in rows} == {"reviews/only good"}
    counts = json.loads((cli.folder / "counts.json").read_text())
    assert (counts["rows_in"], counts["rows_out"], counts["rows_dropped"]) == (40, 20, 20)
    bad = pq.read_table(cli.folder / "bad.parquet").to_pylist()
    assert {row["reasons"][0]["rule"] for row in bad} == {"template_does_not_apply"}


def test_templates_over_other_columns_are_left_out_with_a_note(cli: Cli, reviews: Path) -> None:
    (cli.folder / "templates.yaml").write_text(TEMPLATES)
    done = cli.ok("format", reviews, "--templates", "templates.yaml", "--per-row", "all", "-o", "out.arrow")
    assert "uses hypothesis, premise; they are left out" in done.stderr
    rows = rows_of(cli.folder / "out.arrow")
    assert len(rows) == 60
    asked = [row for row in rows if row["template"] == "reviews/ask"]
    assert all(row["answer_choices"] == ["bad", "good"] and row["output"] in ("bad", "good") for row in asked)


HOSTILE = {
    "objects": ("!!python/object/apply:os.system ['touch reached']", "can't be read as YAML"),
    "nested": ("[" * 50_000, "can't be read as YAML"),
    "no jinja": ("dataset: d\ntemplates: {1: {name: a, jinja: '{{ text'}}", "is no Jinja"),
    "nested jinja": (f"dataset: d\ntemplates: {{1: {{name: a, jinja: '{DEEP}'}}}}", "nested too deep"),
}


def test_what_can_not_be_done_is_one_sentence_and_leaves_no_file(cli: Cli, reviews: Path) -> None:
    few = write_lines(cli.folder / "few.jsonl", REVIEWS[:2])
    (cli.folder / "templates.yaml").write_text(TEMPLATES)
    usual = ["format", str(reviews), "-o", "out.arrow"]
    commands = {name: [*usual, "--templates", "templates.yaml"] for name in HOSTILE}
    commands["columns"] = [*usual, "--templates", "../templates.yaml", "--template", "other columns"]
    commands["symbols"] = [*usual, "--task", "sentiment", "--symbols"]
    commands["pool"] = ["format", str(few), "-o", "out.arrow", "--task", "sentiment", "--shots", "5"]
    for name in commands:
        (cli.folder / name).mkdir()
        if name in HOSTILE:
            (cli.folder / name / "templates.yaml").write_text(HOSTILE[name][0])
    said = {
        **{name: (1, text) for name, (_, text) in HOSTILE.items()},
        "columns": (2, "'other columns' uses hypothesis, premise"),
        "symbols": (2, "symbols mean nothing without examples"),
        "pool": (1, "few.jsonl has 2 rows to demonstrate with; --shots 5 needs more"),
    }
    for name, arguments in commands.items():
        done = cli(*arguments, inside=name)
        code, text = said[name]
        assert done.returncode == code, done.stderr
        assert text in one_sentence(done.stderr)
        assert set(os.listdir(cli.folder / name)) <= {"templates.yaml"}


def test_few_shot_letters_and_shares_in_one_call_are_exact(cli: Cli, reviews: Path) -> None:
    cli.ok("format", reviews, "--task", "sentiment", "--shots", "1-3", "--demos", "nearest", "--options", "letters",
           "--shuffle-options", "--options-share", "0.5", "--zero-shot-share", "0.25", "-o", "out.arrow",
           "--workers", "2")  # fmt: skip
    rows = rows_of(cli.folder / "out.arrow")
    assert len(rows) == 40
    assert sum(not row["demonstrations"] for row in rows) == 10
    ids = {row["parent"] for row in rows}
    for row in rows:
        assert row["parent"] not in row["demonstrations"]
        assert set(row["demonstrations"]) <= ids
        assert len(row["demonstrations"]) <= 3
    by_letter = [row for row in rows if re.match(r"\W*[AB]\b", row["output"])]
    assert len(by_letter) == 20
    for row in rows:
        letter = re.match(r"\W*([AB])\b", row["output"])
        prompt = row["instruction"] + "\n" + row["input"]
        word = {"cold": "negative", "fine": "positive"}[re.findall("was (cold|fine)", prompt)[-1]]
        if letter:  # the last list of choices is the row's own
            assert re.findall(rf"\b{letter[1]}\b\W+(negative|positive)", prompt)[-1] == word
        else:
            assert word in row["output"].lower()
