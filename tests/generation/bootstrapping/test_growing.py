"""New tasks from seeds: each recipe over real HTTP, and what becomes of what it refuses."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.generation.bootstrapping.bootstrap import read_examples, read_labels
from instructkit.generation.client import Spent
from tests.conftest import rows_of, write_lines
from tests.generation.conftest import CHINESE, ENGLISH
from tests.generation.imitation import imitate
from tests.generation.server import Reply, ScriptedServer, error, prompt_of

METHODS = ("self-instruct", "alpaca", "unnatural", "magpie")


def grow(server: ScriptedServer, seeds: Path | None, folder: Path, **options: Any) -> list[dict[str, Any]]:
    journal = options.pop("journal", str(folder / "journal.db"))
    given = {"model": "m", "base_url": server.url, "journal": journal, "first_wait_seconds": 0.02, "count": 20}
    source = None if options.get("method") == "magpie" else str(seeds)
    reader = ik.self_instruct(source, **{**given, **options})
    return list(reader.read_all().to_pylist())


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def tasks(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["parent"] for row in rows))


@pytest.mark.parametrize("method", METHODS)
def test_as_many_tasks_are_made_as_were_asked_for(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path, method: str
) -> None:
    rows = grow(imitation, seeds, tmp_path, method=method)
    assert len(tasks(rows)) == 20
    assert all(row["instruction"] and row["output"] for row in rows)
    assert {row["task"] for row in rows} == {method}
    assert {row["source"] for row in rows} == {"m"}
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("method", METHODS)
def test_the_network_decides_nothing(seeds: Path, tmp_path: Path, method: str) -> None:
    def slow(asked: dict[str, Any], number: int) -> Reply:
        reply = imitate(asked, number)
        reply.seconds = 0.001 * (59 * number % 23)
        return error(503) if number % 31 == 7 else reply

    with ScriptedServer(imitate) as server, ScriptedServer(slow) as other:
        one, two = tmp_path / "one.arrow", tmp_path / "two.arrow"
        rows = grow(server, seeds, tmp_path, method=method, count=90, rejects=str(one), concurrency=40)
        again = grow(
            other,
            seeds,
            tmp_path,
            method=method,
            count=90,
            concurrency=5,
            journal=str(tmp_path / "b.db"),
            rejects=str(two),
        )
    assert [without(row, "request") for row in rows_of(two)] == [without(row, "request") for row in rows_of(one)]
    assert [without(row, "request") for row in again] == [without(row, "request") for row in rows]


@pytest.mark.parametrize("method", METHODS)
def test_a_second_run_asks_nothing_and_gives_the_same(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path, method: str
) -> None:
    rows = grow(imitation, seeds, tmp_path, method=method)
    sent = len(imitation.requests)
    assert grow(imitation, seeds, tmp_path, method=method) == rows
    assert len(imitation.requests) == sent


def test_more_tasks_go_on_from_those_there_are(imitation: ScriptedServer, seeds: Path, tmp_path: Path) -> None:
    few = grow(imitation, seeds, tmp_path, count=10, method="alpaca")
    spent = Spent()
    more = grow(imitation, seeds, tmp_path, count=30, method="alpaca", spent=spent)
    assert spent.from_journal > 0
    assert len(tasks(more)) == 30
    assert {row["id"] for row in few} & {row["id"] for row in more}


def test_another_seed_makes_other_tasks(imitation: ScriptedServer, seeds: Path, tmp_path: Path) -> None:
    one = grow(imitation, seeds, tmp_path, seed=1)
    other = grow(imitation, seeds, tmp_path, seed=2)
    assert not {row["instruction"] for row in one} & {row["instruction"] for row in other}


def test_classifications_have_their_labels_first_and_others_their_inputs(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path
) -> None:
    rows = grow(imitation, seeds, tmp_path, count=60)
    kinds = Counter(
        (row["instruction"].startswith("Classify"), row["is_classification"], row["template"]) for row in rows
    )
    assert set(kinds) == {(True, True, "self-instruct/output-first"), (False, False, "self-instruct/input-first")}
    labels = [row["output"] for row in rows if row["is_classification"]]
    assert all(label.startswith(("first", "second")) for label in labels)


def test_eight_tasks_stand_in_a_prompt_and_two_of_them_are_new_once_there_are_some(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path
) -> None:
    rows = grow(imitation, seeds, tmp_path, count=150)
    known, made = {task["instruction"] for task in ENGLISH}, {row["instruction"] for row in rows}
    shown = []
    for asked in imitation.requests:
        prompt = prompt_of(asked)
        if "Go on with the list" in prompt:
            listed = re.findall(r"^\d+\. (.*)$", prompt, re.MULTILINE)
            shown.append((len(listed), sum(task in known for task in listed), sum(task in made for task in listed)))
    assert shown[0] == (8, 8, 0)
    assert set(shown[-5:]) <= {(8, 6, 2), (8, 6, 1), (8, 6, 0)}  # one of those kept may have got no example
    assert all(total == 8 for total, _, _ in shown)


def test_what_is_refused_has_every_reason(imitation: ScriptedServer, seeds: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.arrow"
    reader = ik.self_instruct(
        str(seeds), count=200, model="m", base_url=imitation.url, journal=str(tmp_path / "j.db"), rejects=str(rejects)
    )
    kept = reader.read_all()
    told = ik.counts(reader)
    refused = rows_of(rejects)
    rules: dict[str, list[str]] = {}
    for row in refused:
        rules.setdefault(row["instruction"], [reason["rule"] for reason in row["reasons"]])  # where it is seen first
    assert rules["Draw a picture of a happy cat on the roof."][0] == "blacklisted_word"
    assert rules["Short one"] == ["too_short"]
    assert rules["Write a program that sorts numbers."][0] == "write_a_program"
    assert rules["!Begin badly with a mark."][0] == "starts_with_punctuation"
    assert (told.rows_in, told.rows_out, told.rows_dropped) == (
        kept.num_rows + len(refused),
        kept.num_rows,
        len(refused),
    )
    assert sum(told.reasons.values()) >= told.rows_dropped
    assert set(told.reasons) == {reason["rule"] for row in refused for reason in row["reasons"]}


def test_a_task_like_another_is_refused_with_its_neighbour_and_score(seeds: Path, tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        if "Go on with the list" not in prompt_of(asked):
            return imitate(asked, number)
        other = f"Count the {'abcdefghijklmnop'[number % 16] * 5} words, Python {number}"
        return Reply(f"9. Name the capital of the given state.\n10. {other}")

    rejects = tmp_path / "rejects.arrow"
    with ScriptedServer(script) as server:
        reader = ik.self_instruct(
            str(seeds), count=2, model="m", base_url=server.url, journal=str(tmp_path / "j.db"), rejects=str(rejects)
        )
        kept = reader.read_all().to_pylist()
    assert all("Python" in row["instruction"] for row in kept)  # a word keeps its case
    reasons = [reason for row in rows_of(rejects) for reason in row["reasons"] if reason["rule"] == "not_novel"]
    assert reasons[0]["value"] == "0.8571 to: Name the capital of the given country."
    assert reasons[0]["threshold"] == "ROUGE-L F1 0.7 at most"


@pytest.mark.parametrize("method", ["self-instruct", "alpaca", "unnatural"])
def test_chinese_seeds_make_chinese_tasks(
    imitation: ScriptedServer, chinese_seeds: Path, tmp_path: Path, method: str
) -> None:
    rows = grow(imitation, chinese_seeds, tmp_path, method=method, language="zh", count=15)
    assert len(tasks(rows)) == 15
    assert all(re.search("[一-鿿]{4}", row["instruction"]) for row in rows)
    assert not any(re.search("[A-Za-z]{12}", prompt_of(asked)) for asked in imitation.requests if method != "unnatural")


def test_an_english_task_among_chinese_ones_is_refused(chinese_seeds: Path, tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        reply = imitate(asked, number)
        if "接着往下写" in prompt_of(asked):
            reply.text = "8. Explain the moon to a child in one sentence\n" + reply.text
        return reply

    with ScriptedServer(script) as server:
        reader = ik.self_instruct(
            str(chinese_seeds), count=5, language="zh", model="m", base_url=server.url, journal=str(tmp_path / "j.db")
        )
        reader.read_all()
    assert ik.counts(reader).reasons["other_language"] > 0


@pytest.mark.parametrize(
    "seeds_as",
    [
        {"instruction": "Name the capital of the country.", "input": "France", "output": "Paris"},
        {"messages": [{"role": "user", "content": "How long is a day?"}, {"role": "assistant", "content": "24 hours"}]},
    ],
)
def test_seeds_may_be_alpaca_rows_or_messages(
    imitation: ScriptedServer, tmp_path: Path, seeds_as: dict[str, Any]
) -> None:
    source = write_lines(tmp_path / "seeds.json", [seeds_as] * 3)
    source.rename(tmp_path / "seeds.jsonl")
    assert len(tasks(grow(imitation, tmp_path / "seeds.jsonl", tmp_path, count=4))) == 4


def test_seeds_of_another_language_are_left_out(imitation: ScriptedServer, tmp_path: Path, caplog: Any) -> None:
    caplog.set_level("INFO")
    mixed = write_lines(tmp_path / "mixed.jsonl", [*ENGLISH, *CHINESE])
    grow(imitation, mixed, tmp_path, count=4)
    assert "left out 6 of 16 seeds, in another language than en" in caplog.text
    assert not any(re.search("[一-鿿]", prompt_of(asked)) for asked in imitation.requests)
    chinese = write_lines(tmp_path / "zh.jsonl", list(CHINESE))
    with pytest.raises(BadInput, match="none of the 6 seeds is in the language of --language en; try zh"):
        grow(imitation, chinese, tmp_path)


def test_a_dry_run_makes_what_the_journal_has_answers_for(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path
) -> None:
    first, second = Spent(), Spent()
    grow(imitation, seeds, tmp_path, count=12, dry_run=True, spent=first)
    assert first.plan.requests == 4 + 24
    grow(imitation, seeds, tmp_path, count=12)
    sent = len(imitation.requests)
    grow(imitation, seeds, tmp_path, count=12, dry_run=True, spent=second)
    assert (second.plan.requests, second.plan.first) == (0, None)
    assert 0 < second.plan.kept <= sent
    assert len(imitation.requests) == sent


def test_a_small_limit_still_brings_whole_tasks(imitation: ScriptedServer, seeds: Path, tmp_path: Path) -> None:
    assert tasks(grow(imitation, seeds, tmp_path, count=12, max_requests=9))


def test_an_answer_that_goes_on_with_other_tasks_is_read_up_to_them() -> None:
    text = "Input: one\nOutput: two\n\nTask: Explain it.\nInput: three\nOutput: four"
    assert read_examples(text) == [("one", "two")]
    assert read_examples("输入：一\n输出：二\n任务：别的\n输入：三\n输出：四") == [("一", "二")]
    assert read_labels("Class label: a\nText: x\nTask: other\nClass label: b\nText: y") == [("Text: x", "a")]


def test_seeds_may_be_a_stream(imitation: ScriptedServer, seeds: Path, tmp_path: Path) -> None:
    reader = ik.self_instruct(
        ik.read(str(seeds)), count=4, model="m", base_url=imitation.url, journal=str(tmp_path / "j.db")
    )
    assert len(tasks(reader.read_all().to_pylist())) == 4


def test_rephrasings_put_the_input_into_the_instruction(imitation: ScriptedServer, seeds: Path, tmp_path: Path) -> None:
    rows = grow(imitation, seeds, tmp_path, method="unnatural", rephrasings=2, count=5)
    rephrased = [row for row in rows if row["template"].startswith("unnatural/rephrased")]
    assert len(rephrased) == 10
    assert all("input " in row["instruction"] and row["input"] == "" for row in rephrased)
    for row in rephrased:
        first = next(one for one in rows if one["parent"] == row["parent"])
        assert (first["template"], first["output"]) == ("unnatural", row["output"])


def test_magpie_sends_the_bare_prefix(imitation: ScriptedServer, tmp_path: Path) -> None:
    grow(imitation, None, tmp_path, method="magpie", prefix="llama3", count=3)
    raw = [asked for asked in imitation.requests if "prompt" in asked]
    assert {asked["prompt"] for asked in raw} == {"<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n"}
    assert raw[0]["stop"][0] == "<|eot_id|>"
    assert len({asked["seed"] for asked in raw}) == len(raw)


def test_requests_are_no_more_than_the_tasks_need(imitation: ScriptedServer, seeds: Path, tmp_path: Path) -> None:
    grow(imitation, seeds, tmp_path, count=3)
    assert sum("Go on with the list" in prompt_of(asked) for asked in imitation.requests) <= 3


def test_a_model_that_brings_nothing_new_is_stopped(seeds: Path, tmp_path: Path, caplog: Any) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply("9. Name the capital of the given country.")

    with ScriptedServer(script) as server:
        assert grow(server, seeds, tmp_path, count=5) == []
        assert len(server.requests) < 200
    assert "50 requests in a row brought no new task" in caplog.text


def test_a_limit_keeps_what_was_made_and_the_next_run_goes_on(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path
) -> None:
    whole = grow(imitation, seeds, tmp_path, journal=str(tmp_path / "whole.db"))
    sent = len(imitation.requests)
    part = grow(imitation, seeds, tmp_path, max_requests=sent // 2)
    assert 0 < len(part) < len(whole)
    assert len(imitation.requests) == sent + sent // 2
    assert grow(imitation, seeds, tmp_path) == whole
    assert len(imitation.requests) <= 2 * sent + 8  # the answers under way at the end are of use to nobody


def test_answers_that_fail_are_told(seeds: Path, tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        if number % 9 == 4:
            return Reply("", finish_reason="content_filter")
        return imitate(asked, number)

    rejects = tmp_path / "rejects.arrow"
    with ScriptedServer(script) as server:
        reader = ik.self_instruct(
            str(seeds), count=20, model="m", base_url=server.url, journal=str(tmp_path / "j.db"), rejects=str(rejects)
        )
        assert len(tasks(reader.read_all().to_pylist())) == 20
    assert "content_filter" in {reason["rule"] for row in rows_of(rejects) for reason in row["reasons"]}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"method": "magic"}, "method is one of self-instruct"),
        ({"language": "fr"}, "the prompts are in en and zh"),
        ({"novelty": 1.5}, "novelty is a ROUGE-L F1"),
        ({"count": 0}, "count is a number"),
        ({"rephrasings": 1}, "of use with --method unnatural"),
        ({"prefix": "llama3"}, "of use with --method magpie"),
        ({"model": None}, "no model"),
        ({"max_cost": 1.0}, "--max-cost needs --price-input"),
        ({"colour": "red"}, "unknown option 'colour'"),
        ({"concurrency": 0}, "--concurrency"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        grow(imitation, seeds, tmp_path, **options)


def test_seeds_without_a_task_are_refused(imitation: ScriptedServer, tmp_path: Path) -> None:
    empty = write_lines(
        tmp_path / "empty.jsonl",
        [{"instruction": "Do it.", "instances": []}] * 2
        + [{"instruction": "", "instances": [{"input": "", "output": ""}]}],
    )
    with pytest.raises(BadInput, match="the seeds hold no task"):
        grow(imitation, empty, tmp_path)


def test_lineage_tells_the_model_and_its_place_and_no_secret(
    imitation: ScriptedServer, seeds: Path, tmp_path: Path
) -> None:
    reader = ik.self_instruct(
        str(seeds), count=2, model="m", base_url=f"{imitation.url}?code=SECRET", journal=str(tmp_path / "j.db")
    )
    reader.read_all()
    (step,) = ik.lineage(reader)
    assert step["command"] == "self-instruct"
    assert (step["arguments"]["model"], step["arguments"]["base_url"]) == ("m", imitation.url)
    assert "SECRET" not in str(step)
    assert "sk-" not in str(step)
    assert step["inputs"][0]["name"] == "seeds.jsonl"
