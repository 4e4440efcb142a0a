"""The commands that ask a model, as a user types them: runs, pipes, kills, limits, dry runs."""

import contextlib
import fcntl
import itertools
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, kill_group, rows_of, wait_until, write_lines
from tests.generation.conftest import CHINESE, ENGLISH, KEY
from tests.generation.imitation import imitate
from tests.generation.server import Reply, ScriptedServer, error, prompt_of

COMMANDS = ("self-instruct", "respond", "judge", "evolve", "backtranslate", "induce")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(imitate) as one:
        yield one


@pytest.fixture
def asking(cli: Cli) -> Cli:
    """The command line with a key, seeds and rows beside it."""
    cli.environment["OPENAI_API_KEY"] = KEY
    cli.environment.pop("OPENAI_BASE_URL", None)
    write_lines(cli.folder / "seeds.jsonl", list(ENGLISH))
    write_lines(cli.folder / "zh.jsonl", list(CHINESE))
    rows = [{"instruction": f"Do task {number}.", "input": "", "output": "" if number % 2 else f"Done {number}."}
            for number in range(40)]  # fmt: skip
    write_lines(cli.folder / "rows.jsonl", rows)
    return cli


def run(cli: Cli, *arguments: object, **options: Any) -> "subprocess.CompletedProcess[Any]":
    """Run a command; its output as text."""
    done = cli(*arguments, **options)
    done.stdout = done.stdout.decode()
    return done


def arguments(command: str, server: ScriptedServer) -> list[str]:
    given = ["--seeds", "seeds.jsonl", "--count", "12"] if command == "self-instruct" else ["rows.jsonl"]
    return [command, *given, "--model", "m", "--base-url", server.url]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_tells_what_it_asked_and_the_next_asks_nothing(asking: Cli, server: ScriptedServer, command: str) -> None:
    first = run(asking, *arguments(command, server), "-o", "a.arrow", "--rejects", "r.arrow", "--summary", "s.json")
    assert first.returncode == 0, first.stderr
    sent = len(server.requests)
    assert f"{command}: {sent} requests (0 failed) and 0 answers from the journal" in first.stderr
    told = json.loads((asking.folder / "s.json").read_text())
    assert told["model"]["asked"] == sent
    assert told["rows_out"] == len(rows_of(asking.folder / "a.arrow"))
    again = run(asking, *arguments(command, server), "-o", "b.arrow", "--rejects", "r2.arrow", "--concurrency", "2")
    assert len(server.requests) == sent
    assert f"0 requests (0 failed) and {sent} answers from the journal" in again.stderr
    assert (asking.folder / "a.arrow").read_bytes() == (asking.folder / "b.arrow").read_bytes()
    assert (asking.folder / "r.arrow").read_bytes() == (asking.folder / "r2.arrow").read_bytes()
    for path in asking.folder.iterdir():
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path


def test_killed_again_and_again_a_run_pays_nothing_twice_and_ends_the_same(asking: Cli) -> None:
    def slow(asked: dict[str, Any], number: int) -> Reply:
        reply = imitate(asked, number)
        reply.seconds = 0.01
        return reply

    with ScriptedServer(slow) as server:
        whole = [*arguments("self-instruct", server), "--count", "80", "--concurrency", "8"]
        assert run(asking, *whole, "-o", "whole.arrow", "--journal", "whole.db").returncode == 0
        needed = len(server.requests)
        server.requests.clear()
        server.answered.clear()
        kills = 0
        for steps in itertools.count():
            before = len(server.requests)
            process = asking.start(*whole, "-o", "killed.arrow", stderr=subprocess.DEVNULL)
            with contextlib.suppress(AssertionError):
                wait_until(lambda: process.poll() is not None or len(server.requests) > before + 30 + 7 * steps, 20)  # noqa: B023
            if process.poll() is not None:
                break
            kill_group(process)
            kills += 1
            assert not (asking.folder / "killed.arrow").exists()
        assert kills >= 3
        assert process.returncode == 0
        most = max(server.answered.values())
        twice = sum(count - 1 for count in server.answered.values())
        assert twice <= 8 * kills  # those in flight when it was killed
        assert most <= 1 + kills
        assert len(server.requests) <= needed + 8 * kills + 8
    assert (asking.folder / "killed.arrow").read_bytes() == (asking.folder / "whole.arrow").read_bytes()


def test_ctrl_c_waits_for_what_is_paid(asking: Cli) -> None:
    with ScriptedServer(lambda asked, number: Reply("late", seconds=1.0)) as server:
        process = asking.start(*arguments("respond", server), "-o", "a.arrow", stderr=subprocess.PIPE)
        wait_until(lambda: len(server.requests) == 16)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        assert process.returncode == 130
        assert b"waiting for 16 answers under way" in told
        assert len(server.requests) == 16
        assert not (asking.folder / "a.arrow").exists()
        again = run(asking, "journal", "stats")
        assert "respond" in again.stdout
        assert "16" in again.stdout


def test_ctrl_c_twice_does_not_wait(asking: Cli) -> None:
    with ScriptedServer(lambda asked, number: Reply("late", seconds=60)) as server:
        process = asking.start(*arguments("respond", server), "-o", "a.arrow", stderr=subprocess.PIPE)
        wait_until(lambda: len(server.requests) == 16)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert time.monotonic() - start < 10
        assert process.returncode == 130


def test_a_limit_ends_a_run_with_0_and_says_how_to_go_on(asking: Cli, server: ScriptedServer) -> None:
    limited = run(asking, *arguments("respond", server), "-o", "a.arrow", "--rejects", "r.arrow", "--max-requests", "5")
    assert limited.returncode == 0
    assert "respond: stopped by --max-requests 5; the same command goes on from there" in limited.stderr
    assert len(rows_of(asking.folder / "a.arrow")) == 25
    assert len(rows_of(asking.folder / "r.arrow")) == 15
    rest = run(asking, *arguments("respond", server), "-o", "b.arrow")
    assert rest.returncode == 0
    assert len(server.requests) == 20


@pytest.mark.parametrize("command", COMMANDS)
def test_a_dry_run_asks_nothing_and_leaves_nothing(asking: Cli, server: ScriptedServer, command: str) -> None:
    before = sorted(path.name for path in asking.folder.iterdir())
    prices = ("--price-input", "1", "--price-output", "2")
    told = run(asking, *arguments(command, server), "-o", "a.arrow", "--rejects", "r.arrow", "--dry-run", *prices)
    assert told.returncode == 0, told.stderr
    assert not server.requests
    assert sorted(path.name for path in asking.folder.iterdir()) == before
    assert "requests with" in told.stdout
    assert "USD; 0 more are in the journal" in told.stdout
    real = run(asking, *arguments(command, server), "-o", "a.arrow")
    assert real.returncode == 0
    first = prompt_of(next(asked for asked in server.requests if prompt_of(asked) in told.stdout))
    assert told.stdout.rstrip().endswith(first.rstrip())
    estimate = float(told.stdout.split("about ")[1].split(" requests")[0].replace(",", ""))
    assert len(server.requests) / 2.5 < estimate < len(server.requests) * 2.5


@pytest.mark.parametrize("command", [*COMMANDS, "self-instruct --method alpaca"])
def test_prompts_are_shown_without_a_model(asking: Cli, command: str) -> None:
    told = run(asking, *command.split(), "--show-prompt")
    assert told.returncode == 0, told.stderr
    assert "\nabout: " in told.stdout
    if command != "respond":
        assert "{{ " in told.stdout


def test_a_replaced_prompt_is_shown_and_used(asking: Cli, server: ScriptedServer) -> None:
    folder = asking.folder / "prompts"
    folder.mkdir()
    (folder / "backtranslate.en.yaml").write_text("user: 'Which request fits? {{ text }}'\n", encoding="utf-8")
    shown = run(asking, "backtranslate", "--prompts", "prompts", "--show-prompt", "--language", "en")
    assert "Which request fits?" in shown.stdout
    run(asking, *arguments("backtranslate", server), "--prompts", "prompts", "-o", "a.arrow")
    assert any(prompt_of(asked).startswith("Which request fits? Done") for asked in server.requests)


def test_prompts_that_nobody_has_answered_are_rows_of_respond(asking: Cli, server: ScriptedServer) -> None:
    talk = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How long is a day?"}]}
    files = {
        "instruction": [{"instruction": "Name a river.", "mine": 1}],
        "prompt": [{"prompt": "Name a hill."}],
        "messages": [talk, {"messages": [*talk["messages"], {"role": "assistant", "content": ""}]}],
    }
    for name, rows in files.items():
        write_lines(asking.folder / f"{name}.jsonl", rows)
        done = run(asking, "respond", f"{name}.jsonl", "--model", "m", "--base-url", server.url, "-o", f"{name}.arrow")
        assert done.returncode == 0, done.stderr
        found = rows_of(asking.folder / f"{name}.arrow")
        assert len(found) == len(rows)
        assert all(row["output"].startswith("An answer") for row in found)
    assert rows_of(asking.folder / "instruction.arrow")[0]["mine"] == 1
    assert rows_of(asking.folder / "messages.arrow")[0]["system"] == "Be brief."
    assert "holds no examples" in run(asking, "filter", "prompt.jsonl", "-o", "x.arrow").stderr


def test_rejects_have_the_columns_of_the_step(asking: Cli, server: ScriptedServer) -> None:
    run(asking, *arguments("backtranslate", server), "-o", "a.arrow", "--rejects", "r.arrow")
    low = [row for row in rows_of(asking.folder / "r.arrow") if row["score"] is not None]
    assert {row["score"] for row in low} <= {3.0, 4.0}
    assert low
    run(asking, *arguments("self-instruct", server), "-o", "b.arrow", "--rejects", "s.arrow")
    refused = rows_of(asking.folder / "s.arrow")
    assert all(row["request"] for row in refused if row["instruction"])
    assert "name" not in refused[0]


def test_parameters_are_set_and_taken_out(asking: Cli, server: ScriptedServer) -> None:
    given = ("--parameter", "temperature=0.25", "--parameter", "seed=null", "--parameter", 'stop=["END"]')
    assert run(asking, *arguments("respond", server), *given, "-o", "a.arrow").returncode == 0
    asked = server.requests[0]
    assert (asked["temperature"], asked["stop"]) == (0.25, ["END"])
    assert "seed" not in asked


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_of_prompts_that_is_none_is_refused(asking: Cli, server: ScriptedServer, command: str) -> None:
    told = run(asking, *arguments(command, server), "--prompts", "nowhere", "-o", "a.arrow")
    assert told.returncode == 2
    assert "--prompts nowhere: there is no such folder" in told.stderr
    assert not server.requests


def test_a_wrong_key_is_one_sentence_and_no_output(asking: Cli) -> None:
    with ScriptedServer(lambda asked, number: error(401, f"Incorrect API key provided: {KEY}")) as server:
        told = run(asking, *arguments("judge", server), "-o", "a.arrow")
    assert told.returncode == 1
    assert told.stderr.strip().splitlines()[-1].startswith("instructkit: http://127.0.0.1:")
    assert "does not take the key (401)" in told.stderr
    assert KEY not in told.stderr
    assert not (asking.folder / "a.arrow").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "no model: name one by --model"),
        (("--model", "m", "--base-url", "localhost"), "--base-url is no address"),
        (("--model", "m"), "no key: set OPENAI_API_KEY"),
        (("--model", "m", "--parameter", "temperature"), "NAME=VALUE"),
        (("--model", "m", "--max-cost", "3"), "--max-cost needs"),
        (("--model", "m", "--prompts", "nowhere"), "there is no such folder"),
        (("--model", "m", "--concurrency", "0"), "--concurrency"),
    ],
)
def test_bad_options_are_wrong_usage(asking: Cli, options: tuple[str, ...], sentence: str) -> None:
    asking.environment.pop("OPENAI_API_KEY")
    told = run(asking, "respond", "rows.jsonl", "-o", "a.arrow", *options)
    assert told.returncode == 2, told.stderr
    assert sentence in told.stderr
    assert sorted(path.name for path in asking.folder.glob("*.db*")) == []


def test_a_pipe_of_generation_judge_and_filter(asking: Cli, server: ScriptedServer) -> None:
    model = f"--quiet --model m --base-url {server.url}"
    done = asking.shell(
        f"instructkit self-instruct --seeds seeds.jsonl --count 12 {model} | "
        f"instructkit judge --criteria clarity {model} | instructkit filter --score score:3 -o good.arrow"
    )
    assert done.returncode == 0, done.stderr
    rows = rows_of(asking.folder / "good.arrow")
    assert rows
    assert all(row["score"] >= 3 for row in rows)
    told = run(asking, "lineage", "good.arrow").stdout
    assert [name for name in ("self-instruct", "judge", "filter") if name in told] == [
        "self-instruct",
        "judge",
        "filter",
    ]


def test_one_journal_serves_commands_at_the_same_time(asking: Cli, server: ScriptedServer) -> None:
    both = [asking.start(*arguments("respond", server), "-o", f"{name}.arrow", stderr=subprocess.PIPE) for name in "ab"]
    assert [process.wait(30) for process in both] == [0, 0]
    assert len(server.requests) == 20
    assert (asking.folder / "a.arrow").read_bytes() == (asking.folder / "b.arrow").read_bytes()


def test_the_journal_is_told_exported_and_pruned(asking: Cli) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply("", finish_reason="content_filter") if number == 3 else Reply("fine")

    with ScriptedServer(script) as server:
        run(asking, *arguments("respond", server), "-o", "a.arrow", "--concurrency", "1")
        assert oct((asking.folder / "instructkit-journal.db").stat().st_mode & 0o777) == "0o600"
        exported = run(asking, "journal", "export", "-o", "answers.jsonl")
        assert "20 answers, written to answers.jsonl" in exported.stderr
        rows = [json.loads(line) for line in (asking.folder / "answers.jsonl").read_text().splitlines()]
        assert [row["failure"] for row in rows].count("content_filter") == 1
        assert json.loads(rows[0]["request"])["messages"] == [["user", "Do task 1."]]
        assert "forgot 1 answers, 19 are left" in run(asking, "journal", "prune", "--failed").stderr
        run(asking, *arguments("respond", server), "-o", "a.arrow")
        assert len(server.requests) == 21
        assert "forgot 0 answers" in run(asking, "journal", "prune", "--model", "other").stderr
        assert "forgot 20 answers, 0 are left" in run(asking, "journal", "prune", "--prompt", "respond").stderr
        assert run(asking, "journal", "prune").returncode == 2
        assert "there is no journal nothing.db" in run(asking, "journal", "stats", "nothing.db").stderr


def test_a_terminal_sees_a_bar_with_tokens(asking: Cli) -> None:
    with ScriptedServer(lambda asked, number: Reply("fine", seconds=0.1)) as server:
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
        process = asking.start(*arguments("respond", server), "-o", "a.arrow", "--concurrency", "2", stderr=follower)
        os.close(follower)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(leader, 4096):
                shown += piece
        assert process.wait(30) == 0
        os.close(leader)
    assert re.search(rb"\d+ tokens, \d+ rows accepted, 0 rejected", shown), shown


def test_looking_at_the_commands_loads_no_client() -> None:
    code = """if True:
        import sys, click, instructkit.cli
        for name in instructkit.cli.COMMANDS:
            instructkit.cli.cli.get_command(click.Context(instructkit.cli.cli), name)
        print([name for name in ('openai', 'sqlite3', 'asyncio', 'pyarrow') if name in sys.modules])
    """
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_chinese_seeds_from_the_command_line(asking: Cli, server: ScriptedServer) -> None:
    wanted = ("--seeds", "zh.jsonl", "--language", "zh", "--count", "5", "-o", "zh.arrow")
    done = run(asking, "self-instruct", *wanted, "--model", "m", "--base-url", server.url)
    assert done.returncode == 0, done.stderr
    assert len({row["parent"] for row in rows_of(asking.folder / "zh.arrow")}) == 5


def test_a_file_that_is_read_is_not_written_over(asking: Cli, server: ScriptedServer) -> None:
    told = run(asking, *arguments("self-instruct", server), "-o", "a.arrow", "--rejects", "seeds.jsonl")
    assert told.returncode == 2
    assert "seeds.jsonl is an input" in told.stderr


def test_the_journal_is_no_output(asking: Cli, server: ScriptedServer) -> None:
    told = run(asking, *arguments("respond", server), "-o", "a.arrow", "--journal", "a.arrow")
    assert told.returncode == 2
    assert "journal" in told.stderr
    assert Path(asking.folder / "rows.jsonl").exists()
