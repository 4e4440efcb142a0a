"""Commands joined by a shell's pipe: real processes, real kills."""

import itertools
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import datasets
import pyarrow as pa
import pytest

import instructkit as ik
from tests.conftest import Cli, kill_group, rows_of, wait_until

STEPS = ("format", "dedup", "filter", "mix")


@pytest.fixture(scope="module")
def whole_pipe(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Cli:
    """The four commands in one pipe on the sample reviews, run once for the tests that look at its results."""
    cli = Cli(tmp_path_factory.mktemp("pipe"))
    reviews = cli.folder / "reviews.csv"
    reviews.write_text((sample_data / "reviews.csv").read_text() + "a row,with,one,field,too many\n")
    extra = {step: f"--summary {step}.json --rejects {step}.jsonl --quiet" for step in STEPS}
    done = cli.shell(
        f"instructkit format reviews.csv --task sentiment {extra['format']}"
        f" | instructkit dedup {extra['dedup']}"
        f" | instructkit filter --language en,zh --toxicity drop {extra['filter']}"
        f" | instructkit mix --cap 50 -o train {extra['mix']}"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return cli


def summaries(cli: Cli) -> dict[str, dict[str, object]]:
    return {step: json.loads((cli.folder / f"{step}.json").read_text()) for step in STEPS}


def test_a_pipe_ends_in_a_directory_that_datasets_opens(whole_pipe: Cli) -> None:
    opened = datasets.load_from_disk(str(whole_pipe.folder / "train"))
    assert opened.num_rows == summaries(whole_pipe)["mix"]["rows_out"] == 50
    assert opened.column_names[:4] == ["id", "instruction", "input", "output"]
    assert all(row["instruction"] for row in opened)


def test_at_every_step_rows_in_are_rows_out_and_rows_dropped(whole_pipe: Cli) -> None:
    told = summaries(whole_pipe)
    for counts in told.values():
        assert counts["rows_in"] == counts["rows_out"] + counts["rows_dropped"]
    for before, after in itertools.pairwise(STEPS):
        assert told[before]["rows_out"] == told[after]["rows_in"]
    # the planted faults: a line with a field too many, five repeated reviews, two in other languages, two abusive
    assert told["format"]["reasons"] == {"wrong_number_of_fields": 1}
    assert told["dedup"]["rows_dropped"] == 5
    assert told["filter"]["reasons"] == {"language": 2, "toxicity": 2}


def test_the_rejects_files_hold_exactly_the_dropped_rows(whole_pipe: Cli) -> None:
    made = ik.format([str(whole_pipe.folder / "reviews.csv")], task="sentiment").read_all()["id"].to_pylist()
    found = list(datasets.load_from_disk(str(whole_pipe.folder / "train"))["id"])
    for step, counts in summaries(whole_pipe).items():
        rows = [json.loads(line) for line in (whole_pipe.folder / f"{step}.jsonl").read_text().splitlines()]
        assert len(rows) == counts["rows_dropped"]
        assert all(row["reasons"] for row in rows)
        found += [row["id"] for row in rows if row["id"]]
    assert Counter(found) == Counter(made)  # equal rows share an id, so ids are counted


def test_the_rejected_line_says_where_it_stood_and_what_it_was(whole_pipe: Cli) -> None:
    (row,) = (json.loads(line) for line in (whole_pipe.folder / "format.jsonl").read_text().splitlines())
    assert row["origin"]["file"] == "reviews.csv"
    assert row["origin"]["row"] == 63  # the 63rd record; two lines belong to the 21st
    assert row["origin"]["text"] == "a row,with,one,field,too many"
    assert row["reasons"] == [{"rule": "wrong_number_of_fields", "value": "5 fields instead of 3", "threshold": ""}]


def test_the_lineage_of_a_pipe_names_its_steps_with_their_counts(whole_pipe: Cli) -> None:
    steps = ik.lineage(whole_pipe.folder / "train")
    assert [step["command"] for step in steps] == list(STEPS)
    told = summaries(whole_pipe)
    for step in steps:
        assert step["counts"]["rows_in"] == told[step["command"]]["rows_in"]
        assert step["counts"]["rows_out"] == told[step["command"]]["rows_out"]
    assert [entry["name"] for entry in steps[0]["inputs"]] == ["reviews.csv"]


def test_one_file_from_three_commands_is_what_three_files_would_be(cli: Cli, sample_data: Path) -> None:
    """A pipe, a file and a Python call are the same thing."""
    source = sample_data / "reviews.csv"
    done = cli.shell(
        f"instructkit format {source} --task sentiment -q | instructkit dedup -q > pipe.arrow;"
        f"instructkit format {source} --task sentiment -q -o a.arrow; instructkit dedup a.arrow -q -o b.arrow"
    )
    assert done.returncode == 0, done.stderr
    rows = rows_of(cli.folder / "pipe.arrow")
    assert rows == rows_of(cli.folder / "b.arrow")
    assert rows == ik.dedup(ik.format([str(source)], task="sentiment")).read_all().to_pylist()


LINE = json.dumps({"instruction": "Name a river.", "output": "The Elbe."}) + "\n"


@pytest.fixture
def endless(cli: Cli) -> Iterator[Path]:
    """A named pipe with rows that never end: a command that reads it runs for as long as the test wants."""
    path = cli.folder / "rows.jsonl"
    os.mkfifo(path)
    rows = subprocess.Popen(["sh", "-c", f"exec yes '{LINE.strip()}' > rows.jsonl"], cwd=cli.folder)
    yield path
    kill_group(rows)


def test_the_last_command_fails_when_the_first_is_killed(cli: Cli, endless: Path) -> None:
    first = cli.start("format", endless, "--from", "jsonl:alpaca", "-q", stdout=subprocess.PIPE)
    middle = cli.start("filter", "-q", stdin=first.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    last = cli.start("mix", "-q", "-o", "train.arrow", stdin=middle.stdout, stderr=subprocess.PIPE)
    assert first.stdout is not None
    assert middle.stdout is not None
    first.stdout.close()
    middle.stdout.close()
    try:
        wait_until(lambda: os.listdir(cli.spools))  # rows have come through to the last command
        first.send_signal(signal.SIGKILL)
        _, said = last.communicate(timeout=30)
        _, said_before = middle.communicate(timeout=30)
    finally:
        for process in (first, middle, last):
            kill_group(process)
    for process, words in ((middle, said_before), (last, said)):
        assert process.returncode == 1
        assert words.count(b"\n") == 1
        assert words.startswith(b"instructkit: ")
        assert b"the command before this one failed" in words
    assert sorted(os.listdir(cli.folder)) == ["rows.jsonl", "tmp"]
    assert os.listdir(cli.spools) == []


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.999])
def test_a_cut_stream_is_an_error_wherever_it_is_cut(cli: Cli, examples_file: Path, share: float) -> None:
    whole = examples_file.read_bytes()
    said = cli.fails("filter", "-o", "out.arrow", stdin=whole[: int(len(whole) * share)])
    assert "stdin" in said


def test_a_cut_file_is_an_error(cli: Cli, examples_file: Path) -> None:
    (cli.folder / "cut.arrow").write_bytes(examples_file.read_bytes()[:-8])
    assert "cut.arrow ends too early" in cli.fails("filter", "cut.arrow", "-o", "out.arrow")


def test_streams_joined_by_cat_are_not_read_as_the_first_alone(cli: Cli, examples_file: Path) -> None:
    (cli.folder / "two.arrow").write_bytes(examples_file.read_bytes() * 2)
    assert "two.arrow" in cli.fails("filter", "two.arrow", "-o", "out.arrow")


def test_a_reader_that_stops_early_is_met_with_silence(cli: Cli, examples_file: Path) -> None:
    big = cli.folder / "big.jsonl"
    big.write_text(LINE * 100_000)
    done = cli.shell("instructkit format big.jsonl -q | head -c 100 | wc -c; echo ${PIPESTATUS[0]}")
    assert done.stdout.split() == ["100", "141"]  # 128 + SIGPIPE, as for any other Unix command
    assert done.stderr == ""


@pytest.mark.parametrize("target", ["out.arrow", "out.jsonl.gz", "out.parquet", "train"])
def test_ctrl_c_ends_a_command_at_once_and_leaves_nothing(cli: Cli, endless: Path, target: str) -> None:
    running = cli.start("format", endless, "--from", "jsonl:alpaca", "-q", "-o", target, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: any(name.endswith(".part") for name in os.listdir(cli.folder)))
        start = time.monotonic()
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=20)
    finally:
        kill_group(running)
    assert running.returncode == 130
    assert time.monotonic() - start < 2
    assert said.strip() == b""
    assert sorted(os.listdir(cli.folder)) == ["rows.jsonl", "tmp"]


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_an_ended_command_leaves_no_spool(cli: Cli, endless: Path, way: signal.Signals) -> None:
    running = cli.start("mix", endless, "--from", "jsonl:alpaca", "-q", "-o", "out.arrow", stderr=subprocess.PIPE)
    try:
        wait_until(lambda: os.listdir(cli.spools))
        os.killpg(running.pid, way)
        _, said = running.communicate(timeout=20)
    finally:
        kill_group(running)
    assert running.returncode == 128 + way
    assert said.strip() == b""
    assert os.listdir(cli.spools) == []


def test_what_a_killed_command_left_is_swept_by_the_next(cli: Cli, examples_file: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    dead, alive = (cli.folder / f".out.arrow.{process}.part" for process in (gone.pid, os.getpid()))
    other = cli.folder / f".other.arrow.{gone.pid}.part"
    for left in (dead, alive, other):
        left.write_bytes(b"half")
    cli.ok("filter", examples_file, "-o", "out.arrow")
    assert not dead.exists()
    assert alive.exists(), "another command is still writing it"
    assert other.exists(), "it is another file's"


def test_a_command_may_write_over_the_file_it_reads(cli: Cli, examples_file: Path) -> None:
    before = rows_of(examples_file)
    cli.ok("filter", examples_file, "-o", examples_file)
    assert rows_of(examples_file) == before


def test_a_stream_is_read_from_a_shell_substitution(cli: Cli, examples_file: Path) -> None:
    done = cli.shell(f"instructkit filter --from arrow <(cat {examples_file}) -q -o out.arrow")
    assert done.returncode == 0, done.stderr
    assert rows_of(cli.folder / "out.arrow") == rows_of(examples_file)


def test_an_empty_stdin_is_an_error(cli: Cli) -> None:
    assert "nothing came in on stdin" in cli.fails("dedup", "-o", "out.arrow", stdin=b"")


def test_raw_rows_come_in_on_stdin(cli: Cli) -> None:
    done = cli.ok("format", "-", "--from", "jsonl", "-q", stdin=LINE.encode())
    assert pa.ipc.open_stream(done.stdout).read_all().column("output").to_pylist() == ["The Elbe."]
