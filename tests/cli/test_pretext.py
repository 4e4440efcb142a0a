"""`instructkit pretext` as a command."""

import json
import signal
from pathlib import Path

from tests.conftest import Cli, kill_group, rows_of, wait_until, write_lines

MILL = "The old mill was built by a family of carpenters from the valley. It ground flour. Then it was closed for good."


def test_text_becomes_a_mixture_in_one_pipe(cli: Cli, sample_data: Path) -> None:
    done = cli.shell(
        f"instructkit pretext {sample_data}/documents.txt {sample_data}/news.parquet | instructkit dedup -q | "
        "instructkit filter -q | instructkit mix --cap 12 -o tasks.arrow"
    )
    assert done.returncode == 0, done.stderr
    rows = rows_of(cli.folder / "tasks.arrow")
    assert len(rows) > 50
    steps = json.loads(cli.ok("lineage", "tasks.arrow", "--json").stdout)
    assert [step["command"] for step in steps] == ["pretext", "dedup", "filter", "mix"]


def test_a_line_of_standard_input_is_a_document(cli: Cli) -> None:
    done = cli.ok(
        "pretext", "-", "--from", "txt", "--tasks", "last-phrase", "-o", "out.jsonl", stdin=(MILL + "\n").encode()
    )
    assert "with text=text" in done.stderr
    (row,) = [json.loads(line) for line in (cli.folder / "out.jsonl").read_text().splitlines()]
    assert row["source"] == "stdin"


def test_the_tasks_are_listed(cli: Cli) -> None:
    told = cli.ok("pretext", "--list").stdout.decode()
    assert "sentence-order" in told
    assert "code-explanation" in told


def test_wrong_use_is_one_sentence(cli: Cli) -> None:
    write_lines(cli.folder / "in.jsonl", [{"text": MILL}])
    assert "there is no pretext task 'poems'" in cli.fails(
        "pretext", "in.jsonl", "--tasks", "poems", "-o", "x.arrow", code=2
    )
    assert "give a number of 1 or more, or all" in cli.fails("pretext", "in.jsonl", "--per-document", "0", code=2)
    assert "has no column 'body'" in cli.fails("pretext", "in.jsonl", "--text", "body", "-o", "x.arrow", code=2)
    assert "missing.jsonl" in cli.fails("pretext", "missing.jsonl", "-o", "x.arrow")
    write_lines(cli.folder / "bad.jsonl", [{"text": ""}, {"text": MILL}])
    said = cli.fails("pretext", "bad.jsonl", "--max-bad", "0", "-o", "x.arrow")
    assert "more than --max-bad 0 allows" in said
    assert "empty_document" in said


def test_a_killed_run_leaves_no_half_file(cli: Cli) -> None:
    write_lines(
        cli.folder / "many.jsonl", [{"text": f"{MILL} It is the mill number {place}."} for place in range(60_000)]
    )
    process = cli.start("pretext", "many.jsonl", "--per-document", "all", "-o", "out.arrow")
    try:
        wait_until(lambda: any(path.name.startswith(".out") or "part" in path.name for path in cli.folder.iterdir()))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (cli.folder / "out.arrow").exists()
    finally:
        kill_group(process)
