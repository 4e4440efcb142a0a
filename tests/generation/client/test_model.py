"""Asking a model over real HTTP: order, journal, faults, limits."""

import asyncio
import json
import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from instructkit.errors import InstructkitError, OutputFailed, UsageError
from instructkit.generation.client import Answer, Ask, ModelSettings, Request, Spent, Stopped, open_model
from instructkit.generation.client.faults import EndpointFailed
from instructkit.generation.client.journal import Journal
from tests.conftest import wait_until
from tests.generation.conftest import KEY
from tests.generation.server import Reply, ScriptedServer, error, prompt_of


def settings(server: ScriptedServer, folder: Path, **more: Any) -> ModelSettings:
    given = {"model": "m", "base_url": server.url, "journal": str(folder / "journal.db"), "first_wait_seconds": 0.02}
    return ModelSettings(**{**given, **more})  # type: ignore[arg-type]


def request(number: int, **parameters: Any) -> Request:
    return Request((("user", f"question {number}"),), parameters={"max_tokens": 50, **parameters})


def answers(given: ModelSettings, count: int, spent: Spent | None = None) -> list[Answer | Stopped]:
    """The answers to questions 0, 1, 2, ..."""

    async def job(number: int, ask: Ask) -> Answer:
        return await ask(request(number))

    with open_model(given, spent) as model:
        return [found for _, found in model.map(iter(range(count)), job)]


def texts(found: list[Answer | Stopped]) -> list[str]:
    return [one.text if isinstance(one, Answer) else "stopped" for one in found]


def echo(asked: dict[str, Any], number: int) -> Reply:
    return Reply(prompt_of(asked).upper())


def test_answers_come_in_the_order_of_asking_however_long_each_takes(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply(prompt_of(asked), seconds=0.002 * (37 * number % 17))

    with ScriptedServer(script) as server:
        assert texts(answers(settings(server, tmp_path), 60)) == [f"question {number}" for number in range(60)]
        assert 2 < server.most_at_once <= 16


def test_a_second_run_asks_nothing(tmp_path: Path) -> None:
    with ScriptedServer(echo) as server:
        first = answers(settings(server, tmp_path), 20)
        spent = Spent()
        assert answers(settings(server, tmp_path, concurrency=3), 20, spent) == first
        assert len(server.requests) == 20
    assert (spent.asked, spent.from_journal) == (0, 20)


def test_what_is_asked_twice_in_a_run_is_sent_once(tmp_path: Path) -> None:
    async def job(number: int, ask: Ask) -> str:
        return (await ask(request(number % 2))).text

    with ScriptedServer(lambda asked, number: Reply(prompt_of(asked), seconds=0.05)) as server:
        with open_model(settings(server, tmp_path)) as model:
            found = [text for _, text in model.map(iter(range(10)), job)]
        assert found == ["question 0", "question 1"] * 5
        assert len(server.requests) == 2


@pytest.mark.parametrize("change", ["model", "parameter", "message", "sample"])
def test_a_request_of_other_content_is_another(tmp_path: Path, change: str) -> None:
    with ScriptedServer(echo) as server:
        answers(settings(server, tmp_path), 1)
        other = settings(server, tmp_path, **({"model": "n"} if change == "model" else {}))
        asked = {
            "model": request(0),
            "parameter": request(0, temperature=0.5),
            "message": Request((("system", "x"), ("user", "question 0")), parameters={"max_tokens": 50}),
            "sample": Request((("user", "question 0"),), parameters={"max_tokens": 50}, sample=1),
        }[change]

        async def job(_: int, ask: Ask) -> Answer:
            return await ask(asked)

        with open_model(other) as model:
            list(model.map(iter([0]), job))
        assert len(server.requests) == 2


def test_the_key_of_a_request_never_changes(tmp_path: Path) -> None:
    """A journal of last year must still be found."""
    found = request(1, temperature=0.7, seed=3).key("https://api.openai.com/v1", "m").hex()
    assert found == "85762a1f9cee2b8ce4c077449dd65ab2"


def test_the_key_stands_in_no_journal_log_or_lineage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(echo) as server:
        answers(settings(server, tmp_path), 2)
        assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert KEY.encode() not in held
    assert KEY not in caplog.text


ONE_FAULT: dict[str, Reply] = {
    "429": error(429, "slow down"),
    "429 with Retry-After": error(429, "slow down", headers={"retry-after": "0.1"}),
    "500": error(500, "oops"),
    "502 as a page": Reply(status=502, body=b"<html>bad gateway</html>", headers={"content-type": "text/html"}),
    "503": error(503),
    "reset before the answer": Reply(cut_after=0),
    "reset in the middle": Reply("long " * 100, cut_after=200),
    "half a JSON": Reply(body=b'{"choices": [{"message": {"content": "ha'),
    "no JSON": Reply(body=b"hello"),
    "empty choices": Reply(body={"choices": [], "usage": {}}),
    "no choices": Reply(body={"object": "chat.completion"}),
    "an error with status 200": Reply(body={"error": {"message": "overloaded"}}),
}


@pytest.mark.parametrize("fault", ONE_FAULT)
def test_a_fault_that_passes_costs_a_wait_and_no_answer(tmp_path: Path, fault: str) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return ONE_FAULT[fault] if number == 5 else echo(asked, number)

    with ScriptedServer(script) as server:
        assert texts(answers(settings(server, tmp_path), 12)) == [f"QUESTION {number}" for number in range(12)]
        assert len(server.requests) == 13
        assert set(server.answered.values()) - {1, 2} == set()


def test_a_timeout_is_sent_again(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply("late", seconds=5) if number == 0 else echo(asked, number)

    with ScriptedServer(script) as server:
        assert texts(answers(settings(server, tmp_path, timeout_seconds=0.3), 3)) == [
            "QUESTION 0",
            "QUESTION 1",
            "QUESTION 2",
        ]


def test_retry_after_is_kept_by_all_requests(tmp_path: Path) -> None:
    times: list[float] = []

    def script(asked: dict[str, Any], number: int) -> Reply:
        times.append(time.monotonic())
        return error(429, headers={"retry-after": "0.5"}) if number < 4 else echo(asked, number)

    with ScriptedServer(script) as server:
        assert texts(answers(settings(server, tmp_path, concurrency=4), 8)) == [
            f"QUESTION {number}" for number in range(8)
        ]
    assert times[4] - times[0] >= 0.5
    assert len(times) == 12  # the four that met the limit were each tried once more


def test_while_an_endpoint_is_limited_one_request_alone_tries(tmp_path: Path) -> None:
    end = time.monotonic() + 0.6

    def script(asked: dict[str, Any], number: int) -> Reply:
        return error(429) if time.monotonic() < end else echo(asked, number)

    with ScriptedServer(script) as server:
        assert "stopped" not in texts(answers(settings(server, tmp_path, concurrency=32), 64))
        assert len(server.requests) < 64 + 32 + 8  # the first window, then one at a time


def test_a_server_that_goes_away_and_comes_back_loses_nothing(tmp_path: Path) -> None:
    with ScriptedServer(lambda asked, number: Reply(prompt_of(asked).upper(), seconds=0.02)) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        given = settings(server, tmp_path, first_wait_seconds=0.1, concurrency=4)
        found: list[list[Answer | Stopped]] = []
        asking = threading.Thread(target=lambda: found.append(answers(given, 60)))
        asking.start()
        wait_until(lambda: len(server.requests) > 8)
    time.sleep(0.4)  # nobody listens
    with ScriptedServer(echo, port) as again:
        asking.join(20)
        assert texts(found[0]) == [f"QUESTION {number}" for number in range(60)]
        assert not set(server.answered) & set(again.answered)


def test_a_bad_prompt_fails_alone(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        if prompt_of(asked) == "question 3":
            return error(400, "this is too long for the context", code="context_length_exceeded")
        if prompt_of(asked) == "question 4":
            return error(400, "The response was filtered", code="content_filter")
        if prompt_of(asked) == "question 5":
            return Reply("", finish_reason="content_filter")
        if prompt_of(asked) == "question 6":
            return error(500, "always")
        return echo(asked, number)

    with ScriptedServer(script) as server:
        found = answers(settings(server, tmp_path, concurrency=2), 10)
        failures = [one.failure for one in found if isinstance(one, Answer)]
        assert failures == [
            "",
            "",
            "",
            "refused_request",
            "content_filter",
            "content_filter",
            "endpoint_failed",
            "",
            "",
            "",
        ]
        sent = len(server.requests)
        assert answers(settings(server, tmp_path), 10) == found  # what failed is kept too, until it is pruned
        assert len(server.requests) == sent


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), "does not take the key"),
        (error(403, "no"), "does not let this key use m"),
        (error(404, "no such model"), "has no model 'm'; it has known-model"),
        (error(429, "You exceeded your quota", code="insufficient_quota"), "quota of the key is used up"),
        (error(400, "'foo' is broken"), "refused the first 5 requests: 400: 'foo' is broken"),
        (error(429, headers={"retry-after": "3600"}), "not to be asked for another 3600 s"),
    ],
)
def test_what_no_request_survives_stops_at_once_with_one_sentence(tmp_path: Path, reply: Reply, sentence: str) -> None:
    with ScriptedServer(lambda asked, number: reply) as server:
        start = time.monotonic()
        with pytest.raises(EndpointFailed, match=sentence) as failed:
            answers(settings(server, tmp_path, concurrency=4), 50)
        assert time.monotonic() - start < 5
        assert len(server.requests) <= 20
    assert KEY not in str(failed.value)


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with (
        ScriptedServer(lambda asked, number: error(503)) as server,
        pytest.raises(EndpointFailed, match="run the same command again"),
    ):
        answers(settings(server, tmp_path, patience_seconds=0.5, concurrency=2), 5)


def test_no_server_is_told_as_such(tmp_path: Path) -> None:
    with ScriptedServer(echo) as server:
        given = settings(server, tmp_path, patience_seconds=0.3)
    with pytest.raises(EndpointFailed, match="no server at this address"):
        answers(given, 2)


def test_a_parameter_the_endpoint_does_not_take_is_left_out(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        if "max_tokens" in asked:
            return error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
                         param="max_tokens", code="unsupported_parameter")  # fmt: skip
        if "seed" in asked:
            return error(422, "Extra inputs are not permitted: seed")
        if "response_format" in asked:
            return error(400, "response_format is not supported by this model")
        return Reply(f"{asked['max_completion_tokens']}")

    async def job(number: int, ask: Ask) -> Answer:
        return await ask(request(number, seed=5, response_format={"type": "json_object"}))

    with ScriptedServer(script) as server, open_model(settings(server, tmp_path, concurrency=1)) as model:
        found = [answer for _, answer in model.map(iter(range(5)), job)]
        assert texts(found) == ["50"] * 5
        assert len(server.requests) == 5 + 3


def test_requests_beyond_the_limit_are_not_sent(tmp_path: Path) -> None:
    with ScriptedServer(echo) as server:
        spent = Spent()
        found = answers(settings(server, tmp_path, max_requests=7), 30, spent)
        assert [isinstance(one, Stopped) for one in found] == [False] * 7 + [True] * 23
        assert len(server.requests) == 7
        assert spent.stopped == "--max-requests 7"
        again = answers(settings(server, tmp_path, max_requests=7), 30)  # goes on where it stopped
        assert sum(isinstance(one, Answer) for one in again) == 14
        assert len(server.requests) == 14


@pytest.mark.parametrize("limit", ["max_tokens", "max_cost"])
def test_tokens_and_money_are_never_passed(tmp_path: Path, limit: str) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply("word" * (10 + 37 * number % 40), seconds=0.001 * (number % 5))  # up to max_tokens

    prices = {"price_input": 2.0, "price_output": 10.0}
    most = {"max_tokens": 1500, "max_cost": 0.01}[limit]
    with ScriptedServer(script) as server:
        spent = Spent()
        found = answers(settings(server, tmp_path, **{limit: most}, **prices), 500, spent)
    used = {"max_tokens": spent.prompt_tokens + spent.completion_tokens, "max_cost": spent.cost}[limit]
    assert most * 0.9 < used <= most
    assert isinstance(found[-1], Stopped)


def test_answers_under_way_are_kept_when_the_step_stops_early(tmp_path: Path) -> None:
    async def job(number: int, ask: Ask) -> Answer:
        return await ask(request(number))

    with ScriptedServer(lambda asked, number: Reply(prompt_of(asked), seconds=0.1)) as server:
        given = settings(server, tmp_path, concurrency=8)
        with open_model(given) as model:
            next(iter(model.map(iter(range(50)), job)))
        sent = len(server.requests)
        spent = Spent()
        answers(given, sent, spent)
        assert spent.from_journal == sent
        assert len(server.requests) == sent


def test_two_processes_that_ask_the_same_pay_once(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.generation.client.test_model import *\n"
        "given = ModelSettings(model='m', base_url=sys.argv[1], journal=sys.argv[2], concurrency=8)\n"
        "print(texts(answers(given, 40)) == [f'question {n}' for n in range(40)])"
    )
    with ScriptedServer(lambda asked, number: Reply(prompt_of(asked), seconds=0.02)) as server:
        command = [sys.executable, "-c", code, server.url, str(tmp_path / "j.db")]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert [process.communicate(timeout=60)[0].strip() for process in both] == ["True", "True"]
        assert len(server.requests) == 40


def test_a_journal_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"hello, I am a text file\n" * 100)
    with ScriptedServer(echo) as server, pytest.raises(InstructkitError, match="is no journal of instructkit"):
        answers(settings(server, tmp_path), 1)


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as other:
        other.execute("CREATE TABLE photos (name TEXT)")
    other.close()
    before = (tmp_path / "journal.db").read_bytes()
    with ScriptedServer(echo) as server, pytest.raises(InstructkitError, match="is no journal of instructkit"):
        answers(settings(server, tmp_path), 1)

    assert (tmp_path / "journal.db").read_bytes() == before


def test_a_full_disk_stops_the_run_before_more_is_asked(small_disk: Callable[..., Path]) -> None:
    folder = small_disk("200k")
    with ScriptedServer(lambda asked, number: Reply("word " * 2000)) as server:
        given = settings(server, folder, concurrency=2)
        with pytest.raises(OutputFailed, match="can't be written: the disk"):
            _with_patience(0.5, lambda: answers(given, 400))
        assert len(server.requests) < 60


def test_a_disk_that_gets_room_again_loses_no_answer(small_disk: Callable[..., Path]) -> None:
    folder = small_disk("300k")
    filler = folder / "filler"
    filler.write_bytes(b"x" * 180_000)
    with ScriptedServer(lambda asked, number: Reply("word " * 1000)) as server:
        given = settings(server, folder, concurrency=2)
        threading.Timer(1.0, filler.unlink).start()
        found = _with_patience(20, lambda: answers(given, 12))
        assert texts(found) == ["word " * 1000] * 12
        assert set(server.answered.values()) == {1}


def _with_patience(seconds: float, call: Callable[[], Any]) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal.__init__, "__kwdefaults__", {"full_disk_seconds": seconds})
        return call()


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8000", "ftp://x/v1", "http://", "http://user:pass@host/v1", "http://[::1", "http://host:99999/v1"],
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="--base-url") as refused:
        answers(ModelSettings(model="m", base_url=url, journal=str(tmp_path / "j.db")), 1)
    assert "pass" not in str(refused.value).replace("password", "")


def test_a_query_of_the_address_is_sent_and_told_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedServer(echo) as server:
        given = settings(server, tmp_path, base_url=f"{server.url}?api-version=2026-01&code=SECRET")
        with open_model(given) as model:
            assert "SECRET" not in model.at
        caplog.set_level(logging.DEBUG)
        answers(given, 1)
    assert b"SECRET" not in (tmp_path / "journal.db").read_bytes()
    assert "SECRET" not in caplog.text


def test_openai_itself_needs_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        answers(ModelSettings(model="m", journal=str(tmp_path / "j.db")), 1)
    assert not (tmp_path / "j.db").exists()


def test_a_dry_run_sends_nothing_and_makes_no_journal(tmp_path: Path) -> None:
    with ScriptedServer(echo) as server:
        spent = Spent()
        found = answers(settings(server, tmp_path, dry_run=True), 9, spent)
        assert not server.requests
        assert not (tmp_path / "journal.db").exists()
        answers(settings(server, tmp_path), 4)
        later = Spent()
        answers(settings(server, tmp_path, dry_run=True), 9, later)
        assert len(server.requests) == 4
    assert all(isinstance(one, Stopped) for one in found)
    assert (spent.plan.requests, later.plan.requests, later.plan.kept) == (9, 5, 4)
    assert spent.plan.first is not None
    assert spent.plan.first.messages == (("user", "question 0"),)
    assert spent.plan.answer_tokens == 9 * 50


@pytest.mark.parametrize("window", [1, 3, 16])
def test_what_is_drawn_depends_on_the_answers_and_not_on_the_network(tmp_path: Path, window: int) -> None:
    """Each question is made from the answers that were handed out before it was drawn."""

    def run(delay: Callable[[int], float], journal: str) -> list[str]:
        seen: list[str] = []
        numbers: Iterator[int] = iter(range(40))

        def draw() -> Any:
            if (number := next(numbers, None)) is None:
                return None
            asked = Request((("user", f"{number} after {sum(map(len, seen))}"),), parameters={"max_tokens": 9})

            async def job(ask: Ask) -> str:
                return (await ask(asked)).text

            return job

        def script(asked: dict[str, Any], number: int) -> Reply:
            return Reply(prompt_of(asked) + "!" * (number % 1), seconds=delay(number))

        with ScriptedServer(script) as server:
            given = ModelSettings(model="m", base_url=server.url, journal=str(tmp_path / journal))
            with open_model(given) as model:
                for text in model.in_order(draw, lambda: window):
                    seen.append(str(text))
        return seen

    assert run(lambda number: 0, "a.db") == run(lambda number: 0.003 * (53 * number % 7), "b.db")


def test_a_model_without_dialogues_is_given_a_text_to_go_on_with(tmp_path: Path) -> None:
    asked = Request((("user", "List them."),), parameters={"response_format": {"type": "json_object"}}, opening="1.")
    talk = Request((("system", "Be kind."), ("user", "Hi"), ("assistant", "Yes?"), ("user", "Bye")))

    async def job(one: Request, ask: Ask) -> str:
        return (await ask(one)).text

    with ScriptedServer(lambda asked, number: Reply(" first\n2. second")) as server:
        with open_model(settings(server, tmp_path, api="completions", concurrency=1)) as model:
            found = [text for _, text in model.map(iter([asked, talk, asked]), job)]
        sent = [one["prompt"] for one in server.requests]
    assert found[0] == found[2] == "1. first\n2. second"
    assert sent == ["List them.\n1.", "System: Be kind.\n\nUser: Hi\n\nAssistant: Yes?\n\nUser: Bye\n\nAssistant:"]
    assert "response_format" not in server.requests[0]


def test_one_slow_answer_does_not_end_a_run_that_goes_well(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply("late", seconds=5) if number == 0 else echo(asked, number)

    with ScriptedServer(script) as server:
        given = settings(server, tmp_path, timeout_seconds=0.5, patience_seconds=0.5, concurrency=2)
        assert "QUESTION 0" in texts(answers(given, 6))


def test_the_journal_and_what_stands_beside_it_are_its_owners_alone(tmp_path: Path) -> None:
    async def job(number: int, ask: Ask) -> Answer:
        return await ask(request(number))

    with ScriptedServer(echo) as server, open_model(settings(server, tmp_path)) as model:
        list(model.map(iter(range(3)), job))
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    assert {"journal.db", "journal.db-wal", "journal.db-lock"} <= set(modes)
    assert set(modes.values()) == {"0o600"}


def test_concurrency_is_reached_and_not_passed(tmp_path: Path) -> None:
    with ScriptedServer(lambda asked, number: Reply("x", seconds=0.05)) as server:
        answers(settings(server, tmp_path, concurrency=5), 40)
        assert server.most_at_once == 5


def test_surrogates_and_odd_characters_survive_the_journal(tmp_path: Path) -> None:
    odd = 'a "quote" {brace} \\ \x00 \U0001f600 中文 \u2028'
    half = json.dumps({"choices": [{"message": {"content": odd + "\ud83d"}, "finish_reason": "st\ud83dop"}]}).encode()
    with ScriptedServer(lambda asked, number: Reply(body=half)) as server:
        first = answers(settings(server, tmp_path), 1)
        assert texts(first) == [odd + "?"]
        assert answers(settings(server, tmp_path), 1) == first


def test_equal_requests_are_one_whatever_the_order_of_their_parameters() -> None:
    one = Request((("user", "x"),), parameters={"a": 1, "b": [2]})
    other = Request((("user", "x"),), parameters={"b": [2], "a": 1}, purpose="named otherwise")
    assert one.key("e", "m") == other.key("e", "m")
    assert json.dumps(one.content(), sort_keys=True) == json.dumps(other.content(), sort_keys=True)


@pytest.mark.parametrize("tokens", [10**30, -5, True, "7", 2.5, None])
def test_counts_that_can_not_be_are_estimated(tmp_path: Path, tokens: object) -> None:
    body = {
        "choices": [{"message": {"content": "fine"}}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": tokens},
    }
    with ScriptedServer(lambda asked, number: Reply(body=body)) as server:
        (answer,) = answers(settings(server, tmp_path), 1)
    assert isinstance(answer, Answer)
    assert 0 < answer.prompt_tokens < 100
    assert 0 < answer.completion_tokens < 100


@pytest.mark.parametrize(
    "body", [{"choices": [{"message": "hi"}]}, {"choices": ["hi"]}, {"choices": {"0": 1}}, [1], 5, None]
)
def test_an_answer_of_another_shape_fails_alone(tmp_path: Path, body: object) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply(body=json.dumps(body).encode()) if prompt_of(asked) == "question 2" else echo(asked, number)

    with ScriptedServer(script) as server:
        found = answers(settings(server, tmp_path, concurrency=1), 5)
    assert [one.failure for one in found if isinstance(one, Answer)] == ["", "", "endpoint_failed", "", ""]


def test_an_error_inside_the_writer_is_everybodys_who_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "_write", lambda *_: 1 // 0)
    with ScriptedServer(echo) as server, pytest.raises(ZeroDivisionError):
        answers(settings(server, tmp_path), 5)


def test_many_bad_prompts_at_the_head_do_not_end_a_run(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        long = prompt_of(asked) in {f"question {one}" for one in range(8)}
        return error(400, "the prompt is too long") if long else echo(asked, number)

    with ScriptedServer(script) as server:
        for run in ("first", "again"):
            found = answers(settings(server, tmp_path, concurrency=1), 12)
            assert texts(found) == [""] * 8 + [f"QUESTION {number}" for number in range(8, 12)], run


def test_two_threads_of_one_process_pay_once(tmp_path: Path) -> None:
    found: list[list[Answer | Stopped]] = []
    with ScriptedServer(lambda asked, number: Reply(prompt_of(asked), seconds=0.02)) as server:
        given = settings(server, tmp_path)
        threads = [threading.Thread(target=lambda: found.append(answers(given, 30))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(server.requests) == 30
    assert found[0] == found[1]


def test_tokens_that_were_billed_for_nothing_count(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply(body={"choices": [], "usage": {"prompt_tokens": 500, "completion_tokens": 500}})

    spent = Spent()
    with ScriptedServer(script) as server, pytest.raises(EndpointFailed):
        answers(settings(server, tmp_path, max_tokens=2500, concurrency=1), 9, spent)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((("model", "other"),), "--parameter model can't be set"),
        ((("stream", True),), "--parameter stream can't be set"),
        ((("n", 4),), "--parameter n can't be set"),
        ((("max_tokens", "lots"),), "a whole number above 0"),
    ],
)
def test_parameters_that_are_not_a_users_are_refused(given: tuple[tuple[str, Any], ...], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        ModelSettings(model="m", parameters=given)


def test_a_limit_needs_a_bound_on_answers(tmp_path: Path) -> None:
    with ScriptedServer(echo) as server, pytest.raises(UsageError, match="need a bound on answers"):
        answers(settings(server, tmp_path, max_tokens=9000, parameters=(("max_tokens", None),)), 1)


def test_a_refusal_that_quotes_the_prompt_takes_no_parameter_away(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        if "question 2" in prompt_of(asked):
            return error(400, f"Invalid text: '{prompt_of(asked)} please set the temperature'")
        return Reply(str(asked.get("temperature")))

    async def job(number: int, ask: Ask) -> Answer:
        words = f"question {number} please set the temperature"
        return await ask(Request((("user", words),), parameters={"temperature": 0.5, "max_tokens": 9}))

    with ScriptedServer(script) as server, open_model(settings(server, tmp_path, concurrency=1)) as model:
        found = [answer for _, answer in model.map(iter(range(5)), job)]
    assert texts(found) == ["0.5", "0.5", "", "0.5", "0.5"]


def test_a_key_that_the_endpoint_repeats_is_told_nobody(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return echo(asked, number) if number == 0 else error(400, f"bad request, Authorization: Bearer {KEY}")

    with ScriptedServer(script) as server:
        found = answers(settings(server, tmp_path, concurrency=1), 3)
    assert [one.detail for one in found if isinstance(one, Answer)][1].endswith("Bearer ***")
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_an_endpoint_may_be_used_from_within_a_running_loop(tmp_path: Path) -> None:
    """A notebook has one."""
    with ScriptedServer(echo) as server:

        async def cell() -> list[str]:
            return texts(answers(settings(server, tmp_path), 2))

        assert asyncio.run(cell()) == ["QUESTION 0", "QUESTION 1"]
