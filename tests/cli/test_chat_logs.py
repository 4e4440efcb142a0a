"""Chat logs through the command line: what it writes holds no user id, whatever it is run with."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Cli, rows_of, write_lines

PLANTED = [f"planted-{name}" for name in ("anna", "bo", "chen", "dora")]


def talk(row: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": f"Question {row} of the log", **more},
        {"role": "assistant", "content": f"A{row}"},
    ]


def jsonl(folder: Path) -> Path:
    rows: list[Any] = [
        {"user_id": PLANTED[row % 4], "hashed_ip": f"planted-{row}", "id": f"{PLANTED[row % 4]}/{row}",
         "messages": talk(row, user_id=PLANTED[row % 4]), "meta": {"email": f"planted-{row}@example.com"},
         "more": json.dumps({"author_id": PLANTED[0]})}
        for row in range(30)]  # fmt: skip
    rows[3]["messages"] = talk(0, user_id=PLANTED[3])  # begins like an earlier one
    rows[5]["messages"] = []
    rows += [{**rows[0], "ip": "planted-new-column"}, json.dumps(rows[1])[:-40], {**rows[2], "user_id": ["planted"]}]
    return write_lines(folder / "in.jsonl", rows)


def text_columns(folder: Path) -> Path:
    """Conversations as JSON in a text column, one of them broken."""
    rows = [{"Author": PLANTED[row % 4], "conversations": json.dumps([{"from": "human", "value": f"Q{row}"}] * 2)}
            for row in range(4)]  # fmt: skip
    rows.append({"Author": PLANTED[0], "conversations": "[{'user_id': 'planted-broken'"})
    return write_lines(folder / "in.jsonl", rows)


def wildchat(folder: Path) -> Path:
    rows = [{"hashed_ip": PLANTED[row % 4], "header": {"user-agent": "planted-agent"},
             "conversation": talk(row, hashed_ip=PLANTED[row % 4], turn=row)} for row in range(9)]  # fmt: skip
    rows[1]["conversation"] = rows[1]["conversation"][:1]
    pq.write_table(pa.Table.from_pylist(rows), folder / "in.parquet")
    return folder / "in.parquet"


def trees(folder: Path) -> Path:
    def node(role: str, text: str, *replies: dict[str, Any]) -> dict[str, Any]:
        return {"role": role, "text": text, "user_id": PLANTED[len(text) % 4], "replies": list(replies)}

    rows = [{"message_tree_id": f"t{row}", "prompt": node("prompter", f"Q{row}", node("assistant", "A"),
             node("assistant", " "))} for row in range(3)]  # fmt: skip
    rows.append({"message_tree_id": "t9", "prompt": node("prompter", "alone")})
    return write_lines(folder / "in.jsonl", rows)


def csv(folder: Path) -> Path:
    lines = [f'"It was fine, number {row}.",1,{PLANTED[row % 4]}' for row in range(12)]
    (folder / "in.csv").write_text("\n".join(["text,label,username", *lines, f",1,{PLANTED[0]}", f"x,9,{PLANTED[1]}",
                                              f"a,b,c,{PLANTED[2]}"]) + "\n")  # fmt: skip
    return folder / "in.csv"


def authors(folder: Path) -> Path:
    """The users are the labels, which a list of choices would spell."""
    rows = [{"text": f"A text, number {row}.", "author": PLANTED[row % 4]} for row in range(8)]
    return write_lines(folder / "in.jsonl", rows)


CASES = {
    "jsonl": (jsonl, ["--turns", "all", "--max-per", "user_id=2", "--common-prefix", "12"]),
    "text columns": (text_columns, []),
    "wildchat": (wildchat, ["--max-per", "hashed_ip=1"]),
    "trees": (trees, ["--turns", "all"]),
    "trees, plain": (trees, []),
    "csv": (csv, ["--task", "sentiment", "--max-per", "username=2", "--common-prefix", "30"]),
    "authors": (authors, ["--task", "topic-classification", "--map", "label=author", "--max-per", "author=2"]),
}


@pytest.mark.parametrize("name", CASES)
def test_no_user_id_stands_in_anything_that_is_written(cli: Cli, name: str) -> None:
    make, options = CASES[name]
    source = make(cli.folder)
    assert b"planted-" in source.read_bytes()
    done = cli.ok("format", source, *options, "-o", "out.arrow", "--rejects", "bad.jsonl", "--summary", "counts.json")
    for written in ("out.arrow", "bad.jsonl", "counts.json"):
        assert b"planted" not in (cli.folder / written).read_bytes(), written
    assert "planted" not in done.stderr
    assert done.stderr.count("user_1, user_2") == (name != "trees" and name != "trees, plain")
    assert "planted" not in cli.ok("lineage", "out.arrow").stdout.decode()
    counts = json.loads((cli.folder / "counts.json").read_text())
    assert counts["rows_out"] + counts["rows_dropped"] == counts["rows_in"]
    assert counts["rows_dropped"] == len((cli.folder / "bad.jsonl").read_text().splitlines())
    assert (
        b"user_" in b"".join((cli.folder / one).read_bytes() for one in ("out.arrow", "bad.jsonl")) or "trees" in name
    )


def test_workers_change_no_byte(cli: Cli) -> None:
    rows = [{"user_id": f"u{row * 7 % 50}", "messages": talk(row % 900) * 2 + [{"role": "user", "content": "x" * 900}]}
            for row in range(3000)]  # fmt: skip
    source = write_lines(cli.folder / "in.jsonl", rows)  # three blocks of lines
    outputs = []
    for workers in (1, 2, 3):
        cli.ok("format", source, "--turns", "all", "--max-per", "user_id=9", "--common-prefix", "20", "-o", "out.arrow",
               "--rejects", "bad.arrow", "-q", "--workers", workers)  # fmt: skip
        outputs.append([(cli.folder / one).read_bytes() for one in ("out.arrow", "bad.arrow")])
    assert outputs[0] == outputs[1] == outputs[2]
    assert 0 < len(rows_of(cli.folder / "out.arrow")) <= 450


def test_a_stream_keeps_the_numbers_for_a_later_step(cli: Cli) -> None:
    source = jsonl(cli.folder)
    done = cli.shell(f"instructkit format {source} -q | instructkit dedup -o out.jsonl -q")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (cli.folder / "out.jsonl").read_text().splitlines()]
    assert {row["user_id"] for row in rows} == {f"user_{number}" for number in range(1, 5)}


@pytest.mark.parametrize(("options", "said"), [
    (["--max-per", "user=3"], "no source has this column; they have user_id, hashed_ip"),
    (["--max-per", "user_id"], "is not COLUMN=N"), (["--keep-users", "nobody"], "no source has this column"),
    (["--max-per", "id=3"], "are made of this column")])  # fmt: skip
def test_wrong_usage_is_one_sentence(cli: Cli, options: list[str], said: str) -> None:
    source = jsonl(cli.folder)
    assert said in cli.fails("format", source, "-o", "out.arrow", *options, code=2)
