"""``instructkit invert`` and ``format --invert`` as a user runs them."""

import json
from pathlib import Path

from instructkit.templating.inversion.folding import fold
from tests.conftest import Cli, rows_of, write_lines

REVIEWS = [{"text": f"The room number {number} was cold and rather dark.", "label": "negative"} for number in range(40)]


def test_inverted_examples_stand_behind_the_ones_they_were_made_from(cli: Cli) -> None:
    write_lines(cli.folder / "reviews.jsonl", REVIEWS)
    cli.ok("format", "reviews.jsonl", "--task", "sentiment", "-o", "reviews.arrow")
    cli.ok("invert", "reviews.arrow", "--summary", "s.json", "-o", "both.arrow")
    rows = rows_of(cli.folder / "both.arrow")
    assert [row["task"] for row in rows] == ["sentiment", "sentiment-inverted"] * 40
    assert [row["parent"] for row in rows[::2]] == [row["parent"] for row in rows[1::2]]
    summary = json.loads((cli.folder / "s.json").read_text())
    assert (summary["rows_in"], summary["rows_out"], summary["rows_dropped"]) == (40, 80, 0)
    assert summary["changed"] == {"inverted": 40}


def test_equal_input_and_seed_give_equal_bytes_whatever_the_workers(cli: Cli) -> None:
    write_lines(cli.folder / "reviews.jsonl", REVIEWS)
    cli.ok("format", "reviews.jsonl", "--task", "sentiment", "--per-row", "3", "-o", "reviews.arrow")
    for workers in ("1", "2"):
        cli.ok("invert", "reviews.arrow", "--rate", "0.4", "--workers", workers, "-o", f"{workers}.arrow")
    assert (cli.folder / "1.arrow").read_bytes() == (cli.folder / "2.arrow").read_bytes()
    rows = rows_of(cli.folder / "1.arrow")
    assert len({row["parent"] for row in rows if row["task"].endswith("-inverted")}) == 16


def test_a_pipe_adds_inversions_and_says_what_it_could_not_turn_round(cli: Cli) -> None:
    rows = [{"instruction": "Name three rivers of Europe.", "output": "The Rhine, the Danube and the Volga."},
            {"instruction": "Is Paris in France?", "output": "Yes"}]  # fmt: skip
    write_lines(cli.folder / "alpaca.jsonl", rows)
    done = cli.shell("instructkit format alpaca.jsonl | instructkit invert --only --rejects r.jsonl -o out.jsonl")
    assert done.returncode == 0, done.stderr
    (row,) = [json.loads(line) for line in (cli.folder / "out.jsonl").read_text().splitlines()]
    assert row["output"] == rows[0]["instruction"]
    (left,) = [json.loads(line) for line in (cli.folder / "r.jsonl").read_text().splitlines()]
    assert left["reasons"] == [{"rule": "not_invertible", "value": "what would be given is too short", "threshold": ""}]
    assert "not_invertible 1" in done.stderr


def test_format_puts_the_inverted_phrasings_of_a_task(cli: Cli) -> None:
    write_lines(cli.folder / "reviews.jsonl", [*REVIEWS, {"text": "Bad.", "label": "negative"}])
    done = cli.ok("format", "reviews.jsonl", "--task", "sentiment", "--invert", "--rejects", "r.jsonl", "-o", "o.arrow")
    assert "inverted, it asks for text from label (text-of-label)" in done.stderr
    rows = rows_of(cli.folder / "o.arrow")
    assert [row["output"] for row in rows] == [row["text"] for row in REVIEWS]
    assert {row["task"] for row in rows} == {"sentiment-inverted"}
    (left,) = [json.loads(line) for line in (cli.folder / "r.jsonl").read_text().splitlines()]
    assert left["reasons"][0]["rule"] == "not_invertible"


def test_what_cannot_be_turned_round_is_refused_in_one_sentence(cli: Cli) -> None:
    write_lines(cli.folder / "r.jsonl", REVIEWS)
    write_lines(cli.folder / "q.jsonl", [{"question": "What is 2 + 2?", "answer": "4"}])
    refused = cli.fails("format", "r.jsonl", "--task", "toxicity-classification", "--invert", "-o", "o.arrow", code=2)
    assert "toxicity-classification can't be inverted" in refused
    refused = cli.fails("format", "q.jsonl", "--task", "arithmetic", "--invert", "-o", "o.arrow", code=2)
    assert "arithmetic can't be inverted from question, answer alone" in refused
    refused = cli.fails("format", "r.jsonl", "--task", "sentiment", "--invert", "--options", "letters", code=2)
    assert "--invert asks for texts, not for choices" in refused
    assert "rate" in cli.fails("invert", "r.jsonl", "--rate", "1.5", "-o", "o.arrow", code=2)
    assert "make some first: instructkit format" in cli.fails("invert", "r.jsonl", "-o", "o.arrow")


def test_public_instruction_data_are_turned_round_without_a_leak(cli: Cli, real_data: Path) -> None:
    names = ["alpaca_en_demo.json", "alpaca_zh_demo.json", "glaive_toolcall_en_demo.json", "oasst_en_100_tree.jsonl",
             "v1_sft_demo.jsonl", "fastchat_dummy_conversation.json"]  # fmt: skip
    cli.ok("format", *(real_data / "formats" / name for name in names), "-q", "-o", "chats.arrow")
    cli.ok("invert", "chats.arrow", "--only", "--summary", "s.json", "--rejects", "r.arrow", "-q", "-o", "o.arrow")
    summary = json.loads((cli.folder / "s.json").read_text())
    rows, left = rows_of(cli.folder / "o.arrow"), rows_of(cli.folder / "r.arrow")
    assert summary["rows_in"] == len(rows) + len(left) == summary["rows_out"] + summary["rows_dropped"]
    assert len(rows) > 0.6 * summary["rows_in"]
    for row in rows:
        turns = [turn["content"] for turn in row["history"]]
        assert fold(row["output"]) not in fold(" ".join([row["system"], *turns, row["instruction"], row["input"]]))
    kinds = {row["template"].split("/inverse-")[1].split("/")[0] for row in rows}
    assert kinds == {"instruction", "instruction-of-both", "input", "question-of-answer", "user-turn"}


def test_public_datasets_in_phrasings_give_their_texts_back(cli: Cli, real_data: Path) -> None:
    source = real_data / "classic" / "xquad.zh.json"
    cli.ok("format", source, "-q", "-o", "questions.arrow")
    cli.ok("invert", "questions.arrow", "--only", "-q", "--summary", "s.json", "-o", "o.arrow")
    before = {row["parent"]: row for row in rows_of(cli.folder / "questions.arrow")}
    rows = rows_of(cli.folder / "o.arrow")
    derived = [row for row in rows if row["template"].startswith("reading-comprehension/inverse-question/zh-")]
    assert len(derived) > 0.95 * len(before)
    for row in derived:
        told = before[row["parent"]]
        assert row["output"] in told["instruction"] + told["input"]
