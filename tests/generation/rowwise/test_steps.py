"""A model asked about each row: answers, scores, harder prompts, prompts for texts, instructions of groups."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.generation.client import Answer, Spent
from instructkit.generation.rowwise.backtranslate import read_rating
from instructkit.generation.rowwise.evolve import answer_reasons, prompt_reasons
from instructkit.generation.rowwise.judge import Rubric, read_scores
from instructkit.generation.rowwise.respond import folded
from tests.conftest import rows_of
from tests.generation.imitation import imitate
from tests.generation.server import Reply, ScriptedServer, prompt_of
from tests.rows import examples

STEPS = {
    "respond": ik.respond,
    "judge": ik.judge,
    "evolve": ik.evolve,
    "backtranslate": ik.backtranslate,
    "induce": ik.induce,
}


def run(step: str, rows: pa.Table, server: ScriptedServer, folder: Path, **options: Any) -> list[dict[str, Any]]:
    given = {"model": "m", "base_url": server.url, "journal": str(folder / "journal.db"), "first_wait_seconds": 0.02}
    return list(STEPS[step](rows, **{**given, **options}).read_all().to_pylist())


def some(count: int = 30) -> pa.Table:
    return examples(
        {
            "instruction": f"Do task {number}." if number % 3 else f"请完成第{number}项任务，并说明理由。",
            "input": f"on {number}",
            "output": "" if number % 2 else f"Done {number}.",
            "task": f"t{number % 4}",
        }
        for number in range(count)
    )


@pytest.mark.parametrize("step", STEPS)
def test_the_network_and_the_batches_decide_nothing(imitation: ScriptedServer, tmp_path: Path, step: str) -> None:
    def slow(asked: dict[str, Any], number: int) -> Reply:
        reply = imitate(asked, number)
        reply.seconds = 0.001 * (59 * number % 23)
        return reply

    rows = some()
    whole = run(step, rows, imitation, tmp_path)
    sent = len(imitation.requests)
    small = pa.Table.from_batches([rows.slice(start, 7).to_batches()[0] for start in range(0, 28, 7)]
                                  + rows.slice(28).to_batches())  # fmt: skip
    assert run(step, small, imitation, tmp_path, concurrency=3) == whole
    assert len(imitation.requests) == sent
    with ScriptedServer(slow) as other:
        again = run(step, rows, other, tmp_path)
    assert [dict(row, request="") for row in again] == [dict(row, request="") for row in whole]


@pytest.mark.parametrize("step", STEPS)
def test_every_row_is_accounted_for(imitation: ScriptedServer, tmp_path: Path, step: str) -> None:
    rejects = tmp_path / "rejects.arrow"
    reader = STEPS[step](
        some(), model="m", base_url=imitation.url, journal=str(tmp_path / "j.db"), rejects=str(rejects)
    )
    rows = reader.read_all().to_pylist()
    refused = rows_of(rejects)
    told = ik.counts(reader)
    there = {row["parent"] for row in rows}
    lost = [row for row in refused if row["parent"] not in there]
    assert (told.rows_in, told.rows_out, told.rows_dropped) == (30, len(rows), len(lost))
    assert sum(told.reasons.values()) >= len(refused)
    assert {row["parent"] for row in rows} | {row["parent"] for row in refused} == set(some()["parent"].to_pylist())
    assert all(row["reasons"] for row in refused)


@pytest.mark.parametrize("step", STEPS)
def test_a_limit_sends_the_rest_to_the_rejects(imitation: ScriptedServer, tmp_path: Path, step: str) -> None:
    rejects = tmp_path / "rejects.arrow"
    options = {"model": "m", "base_url": imitation.url, "journal": str(tmp_path / "j.db")}
    whole = STEPS[step](some(), **{**options, "journal": str(tmp_path / "w.db")}).read_all().num_rows
    spent = Spent()
    reader = STEPS[step](some(), **options, rejects=str(rejects), max_requests=4, concurrency=1, spent=spent)
    rows = reader.read_all().num_rows
    assert spent.asked == 4
    assert rows < whole
    assert "limit_reached" in {reason["rule"] for row in rows_of(rejects) for reason in row["reasons"]}
    assert STEPS[step](some(), **options).read_all().num_rows == whole


@pytest.mark.parametrize("step", STEPS)
def test_columns_of_a_user_ride_along(imitation: ScriptedServer, tmp_path: Path, step: str) -> None:
    rows = some(6).append_column("mine", pa.array(range(6))).append_column("score", pa.array(["a"] * 6))
    found = run(step, rows, imitation, tmp_path)
    assert all(row["score"] == "a" and row["mine"] in range(6) for row in found)
    if step in ("judge", "backtranslate"):
        assert all(isinstance(row["raw_score"], float) for row in found)


def test_rows_with_an_output_keep_it_and_cost_nothing(imitation: ScriptedServer, tmp_path: Path) -> None:
    found = run("respond", some(), imitation, tmp_path)
    assert len(imitation.requests) == 15
    for number, row in enumerate(found):
        assert row["output"] == f"Done {number}." if number % 2 == 0 else row["output"].startswith("An answer")
        assert (row["request"] is None) == (number % 2 == 0)
    assert [row["id"] for row in found] == some()["id"].to_pylist()


def test_votes_are_the_share_of_all_samples(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply("42") if number == 0 else Reply("half", finish_reason="length")

    with ScriptedServer(script) as server:
        rows = examples([{"instruction": "What is it?", "output": ""}])
        (row,) = run("respond", rows, server, tmp_path, self_consistency=5, concurrency=1)
    assert row["votes"] == 0.2


def test_a_judge_is_told_who_speaks(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    rows = examples([{"instruction": "Bye", "system": "Be kind.", "history": history}])
    with ScriptedServer(lambda asked, number: Reply('{"clarity": 3}')) as server:
        run("judge", rows, server, tmp_path, criteria=("clarity",))
        assert "[system]\nBe kind.\n\n[user]\nHi\n\n[assistant]\nHello\n\n[user]\nBye" in prompt_of(server.requests[0])


def test_a_dialogue_is_sent_as_it_stands(imitation: ScriptedServer, tmp_path: Path) -> None:
    history = [{"role": "user", "content": "Hi {there}"}, {"role": "assistant", "content": "Hello {{ you }}"}]
    rows = examples([{"instruction": "Go on.", "input": "{x}", "output": "", "system": "Be kind.", "history": history}])
    run("respond", rows, imitation, tmp_path)
    sent = [(one["role"], one["content"]) for one in imitation.requests[0]["messages"]]
    assert sent == [
        ("system", "Be kind."),
        ("user", "Hi {there}"),
        ("assistant", "Hello {{ you }}"),
        ("user", "Go on.\n\n{x}"),
    ]


def test_chain_of_thought_asks_twice_and_gives_reasoning_and_answer(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        if "step by step" in prompt_of(asked):
            return Reply("There are 3 and 4 apples.")
        assert [one["role"] for one in asked["messages"]] == ["user", "assistant", "user"]
        assert asked["messages"][1]["content"] == "There are 3 and 4 apples."
        return Reply("7")

    rows = examples([{"instruction": "How many apples?", "output": ""}])
    with ScriptedServer(script) as server:
        (row,) = run("respond", rows, server, tmp_path, cot=True)
    assert row["output"] == "There are 3 and 4 apples.\n\nSo the answer is 7"
    assert row["answer"] == "7"


def test_a_chinese_row_is_asked_in_chinese(imitation: ScriptedServer, tmp_path: Path) -> None:
    rows = examples([{"instruction": "小明有三个苹果，又买了四个，一共几个？", "output": ""}])
    (row,) = run("respond", rows, imitation, tmp_path, cot=True)
    assert "请一步一步地思考" in prompt_of(imitation.requests[0])
    assert "所以答案是" in row["output"]


@pytest.mark.parametrize("samples", [1, 3, 5])
def test_the_majority_of_the_samples_decides(tmp_path: Path, samples: int) -> None:
    said = ["42", "The answer is 41.", "answer: 41", "1,041", "42"]

    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply(said[number])

    rows = examples([{"instruction": "What is it?", "output": ""}])
    with ScriptedServer(script) as server:
        (row,) = run("respond", rows, server, tmp_path, self_consistency=samples, concurrency=1)
        assert len({asked["seed"] for asked in server.requests}) == samples
    votes = Counter(folded(text) for text in said[:samples])
    assert folded(row["output"]) == max(votes, key=lambda answer: votes[answer])
    if samples > 1:
        assert row["votes"] == votes[folded(row["output"])] / samples


@pytest.mark.parametrize(
    ("one", "other"),
    [("The answer is 7.", "7"), ("1,200", "1200"), ("**Yes**", "yes"), ("所以答案是：巴黎。", "巴黎"), ("$18", "18")],
)
def test_answers_that_say_the_same_vote_together(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_answers_that_differ_do_not_vote_together() -> None:
    assert len({folded(text) for text in ("7", "17", "1.7", "-7", "seven", "7 apples")}) == 6


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        (Reply("half a", finish_reason="length"), "cut_off"),
        (Reply("  "), "empty_output"),
        (Reply("", finish_reason="content_filter"), "content_filter"),
    ],
)
def test_an_answer_that_can_not_stand_is_told(tmp_path: Path, reply: Reply, rule: str) -> None:
    rejects = tmp_path / "rejects.arrow"
    with ScriptedServer(lambda asked, number: reply) as server:
        assert (
            run("respond", examples([{"instruction": "x", "output": ""}]), server, tmp_path, rejects=str(rejects)) == []
        )
    assert [reason["rule"] for row in rows_of(rejects) for reason in row["reasons"]] == [rule]


def test_scores_are_those_of_the_answer_and_their_mean(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        assert asked["response_format"]["json_schema"]["schema"]["required"] == ["helpfulness", "clarity"]
        return Reply('Sure: {"helpfulness": 5, "clarity": 2} I hope this helps {')

    with ScriptedServer(script) as server:
        (row,) = run("judge", some(1), server, tmp_path, criteria=("helpfulness", "clarity"))
    assert (row["score_helpfulness"], row["score_clarity"], row["score"]) == (5.0, 2.0, 3.5)


def test_a_judgement_that_can_not_be_read_is_asked_for_again_and_then_told(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        return Reply("It is lovely." if number < 3 else '{"helpfulness": 4, "correctness": 4, "clarity": 4}')

    with ScriptedServer(script) as server:
        reader = ik.judge(some(2), model="m", base_url=server.url, journal=str(tmp_path / "j.db"), concurrency=1)
        found = reader.read_all().to_pylist()
    assert sorted(row["score"] is None for row in found) == [False, True]
    assert ik.counts(reader).changed["not_judged"] == 1


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ('{"a": 3, "b": 4}', (3, 4)),
        ("a: 3\nb: 4/5", (3, 4)),
        ("**a**: 3, **b** - 4", (3, 4)),
        ('{"a": "3", "b": 4.5}', (3, 4.5)),
        ('{"a": 3}', None),
        ('{"a": 3, "b": 9}', None),
        ('{"a": true, "b": null}', None),
        ('{"a": true, "b": 4}', None),
        ("a (1-5): 4, b (1-5): 2", (4, 2)),
        ("", None),
        ("{" * 5000, None),
    ],
)
def test_scores_are_read_from_json_or_lines(text: str, scores: tuple[float, float] | None) -> None:
    found = read_scores(Answer(text), Rubric({"a": "x", "b": "y"}))
    assert found == (None if scores is None else {"a": scores[0], "b": scores[1]})


def test_a_rubric_brings_its_own_criteria_and_scale(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("scale: [0, 10]\ncriteria:\n  wit: is it funny\n", encoding="utf-8")
    with ScriptedServer(lambda asked, number: Reply('{"wit": 9}')) as server:
        (row,) = run("judge", some(1), server, tmp_path, rubric=str(rubric))
        assert "- wit: is it funny" in prompt_of(server.requests[0])
    assert (row["score_wit"], row["score"]) == (9.0, 9.0)


@pytest.mark.parametrize(
    "text",
    [
        "- wit",
        "criteria: {}",
        "criteria: {Wit Two: x}",
        "criteria: {wit: 3}",
        "criteria: {wit: x}\nscale: [5, 1]",
        "criteria: {wit: x}\nscale: 5",
        "criteria: !!python/object/apply:os.system [ls]",
    ],
)
def test_a_rubric_that_is_none_is_refused(imitation: ScriptedServer, tmp_path: Path, text: str) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=re.escape(str(rubric))):
        run("judge", some(1), imitation, tmp_path, rubric=str(rubric))


def test_an_unknown_criterion_lists_the_known(imitation: ScriptedServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown criterion 'charm'; known: helpfulness, correctness"):
        run("judge", some(1), imitation, tmp_path, criteria=("charm",))


def test_evolved_rows_stand_behind_their_own_with_another_id(imitation: ScriptedServer, tmp_path: Path) -> None:
    rows = some(12)
    found = run("evolve", rows, imitation, tmp_path, rounds=3)
    own = [row for row in found if row["round"] is None]
    assert [row["id"] for row in own] == rows["id"].to_pylist()
    evolved = [row for row in found if row["round"] is not None]
    assert evolved
    assert all(
        re.fullmatch(r"evolve/(constraint|deepen|concretize|reasoning|breadth)-[123]", row["template"])
        for row in evolved
    )
    assert len({row["id"] for row in found}) == len(found)
    assert {row["parent"] for row in evolved} <= {row["parent"] for row in own}
    only = run("evolve", rows, imitation, tmp_path, rounds=3, only=True)
    assert only == evolved


def test_a_round_starts_from_the_last_version_that_was_a_gain(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        prompt = prompt_of(asked)
        if "Equal or Not equal" in prompt:
            return Reply("Equal" if "version 2" in prompt.split("=== Second")[1] else "Not equal")
        if "=== Text ===" in prompt:
            return Reply(
                f"version {int((re.search(r'version ([0-9])', prompt) or [0, '0'])[1]) + 1} of it, {asked['seed']}"
            )
        return Reply("A fine answer.")

    rejects = tmp_path / "rejects.arrow"
    with ScriptedServer(script) as server:
        found = run("evolve", some(2).slice(1, 1), server, tmp_path, rounds=3, only=True, rejects=str(rejects))
    assert [row["instruction"][:9] for row in found] == ["version 1"]
    refused = rows_of(rejects)
    assert [row["instruction"][:9] for row in refused] == ["version 2", "version 2"]
    assert {reason["rule"] for row in refused for reason in row["reasons"]} == {"no_gain"}


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        ("Name a river.", "name  a river.", ["no_gain"]),
        ("Name a river.", "The rewritten prompt: name two rivers.", ["copied_prompt"]),
        ("Name a river.", "Name a river that flows north and say why.", []),
        ("Compare.", "Explain `a === b` in JavaScript.", []),
        ("翻译。", "把下面的原文翻译成英文。原文：春眠不觉晓", []),
        ("写一首诗。", "改写后的要求：写一首关于秋天的诗。", ["copied_prompt"]),
    ],
)
def test_a_rewritten_prompt_may_be_none(before: str, after: str, rules: list[str]) -> None:
    assert [rule for rule, _, _ in prompt_reasons(before, after)] == rules


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("I'm sorry, I can't do that.", ["sorry"]),
        ("抱歉，我无法回答这个问题。", ["sorry"]),
        ("I am sorry for his loss. " + "He was a good man and is missed. " * 20, []),
        ("... !!! ---", ["only_stop_words"]),
        ("It is what it is.", ["only_stop_words"]),
        ("Paris", []),
        ("42", []),
        ("好的。", []),
        ("是的吗？", ["only_stop_words"]),
    ],
)
def test_an_answer_may_tell_that_its_prompt_is_none(text: str, rules: list[str]) -> None:
    assert [rule for rule, _, _ in answer_reasons(text)] == rules


def test_pairs_below_the_score_are_refused_with_it(imitation: ScriptedServer, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.arrow"
    rows = examples([{"instruction": "old", "output": f"A text on matter {number}."} for number in range(30)])
    found = run("backtranslate", rows, imitation, tmp_path, rejects=str(rejects))
    assert found
    assert all(row["score"] == 5 and row["template"] == "backtranslate" for row in found)
    low = {reason["value"] for row in rows_of(rejects) for reason in row["reasons"]}
    assert low == {"3", "4"}
    assert all(row["score"] < 4.5 for row in rows_of(rejects))
    assert [row["output"] for row in found] == [text for text in rows["output"].to_pylist()
                                               if text in {row["output"] for row in found}]  # fmt: skip


def test_plain_text_is_backtranslated_with_its_columns(imitation: ScriptedServer, tmp_path: Path) -> None:
    table = pa.table({"page": ["How bread is made: ...", "山是怎样形成的：……"], "url": ["a", "b"], "id": [1, 2]})
    found = run("backtranslate", table, imitation, tmp_path, text="page", min_score=1)
    assert [row["output"] for row in found] == table["page"].to_pylist()
    assert [row["url"] for row in found] == ["a", "b"]
    assert [row["raw_id"] for row in found] == [1, 2]
    assert "指令" in prompt_of(imitation.requests[1]) or "要求" in prompt_of(imitation.requests[1])


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ('{"score": 4}', 4),
        ("Score: 5/5", 5),
        ("评分：3", 3),
        ("4", 4),
        ("I give it 4 of 5", None),
        ('{"score": 7}', None),
        ("", None),
        ('```json\n{"score": 2}\n```', 2),
    ],
)
def test_a_rating_is_read_where_there_is_one(text: str, rating: float | None) -> None:
    assert read_rating(text) == rating


def test_the_instruction_by_which_most_is_answered_right_is_given_to_the_group(tmp_path: Path) -> None:
    def script(asked: dict[str, Any], number: int) -> Reply:
        prompt = prompt_of(asked)
        if "A friend was given an instruction" in prompt:
            return Reply(["Double it.", "Write it in capitals.", "Instruction: Write it in capitals."][number % 3])
        instruction, _, given = prompt.partition("\n\n")
        return Reply(given.upper() if "capitals" in instruction else given * 2)

    rows = examples(
        {"instruction": "?", "input": f"word{number}", "output": f"WORD{number}", "task": "up"} for number in range(12)
    )
    with ScriptedServer(script) as server:
        found = run("induce", rows, server, tmp_path, concurrency=1)
        shown = prompt_of(server.requests[0])
        assert all(f"Input: word{number}\nOutput: WORD{number}" in shown for number in range(5))
        assert "word5" not in shown
    assert {(row["instruction"], row["accuracy"]) for row in found} == {("Write it in capitals.", 1.0)}
    assert [row["input"] for row in found] == [f"word{number}" for number in range(12)]


def test_a_group_without_outputs_has_no_instruction(imitation: ScriptedServer, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.arrow"
    rows = examples(
        [{"instruction": "x", "output": "", "task": "empty"}, {"instruction": "y", "output": "Z", "task": "full"}]
    )
    found = run("induce", rows, imitation, tmp_path, rejects=str(rejects))
    assert [row["task"] for row in found] == ["full"]
    assert [reason["rule"] for row in rows_of(rejects) for reason in row["reasons"]] == ["no_demonstration"]


@pytest.mark.parametrize(
    ("step", "options", "sentence"),
    [
        ("respond", {"self_consistency": 0}, "number of samples"),
        ("evolve", {"rounds": 0}, "rounds is a number"),
        ("evolve", {"operations": ("twist",)}, "unknown operation 'twist'"),
        ("backtranslate", {"min_score": 6}, "min-score is a number from 1 to 5"),
        ("judge", {"samples": 0}, "samples is a number"),
        ("induce", {"by": "colour"}, "no column 'colour'"),
        ("induce", {"candidates": 0}, "candidates is a number"),
        ("respond", {"language": "fr"}, "language is one of"),
        ("respond", {"model": "local", "base_url": "http://x/v1"}, "leave --base-url out"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    imitation: ScriptedServer, tmp_path: Path, step: str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        run(step, some(1), imitation, tmp_path, **options)


def test_a_prompt_file_of_the_users_stands_in_for_ours(imitation: ScriptedServer, tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "respond-cot.en.yaml").write_text("user: 'Reason aloud, {friend}: {{ prompt }}'\n", encoding="utf-8")
    run(
        "respond", examples([{"instruction": "Why?", "output": ""}]), imitation, tmp_path, cot=True, prompts=str(folder)
    )
    assert prompt_of(imitation.requests[0]) == "Reason aloud, {friend}: Why?"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("respond-cot.en.yaml", "user: no slot", "needs {{ prompt }}"),
        ("respond-cot.en.yaml", "user: '{{ prompt }} {{ secret }}'", "has the slots"),
        ("respond-cot.en.yaml", "user: '{{ prompt }}'\ncolour: red", "unknown key 'colour'"),
        ("respond-cot.en.yaml", "[", "can't be read as YAML"),
        ("respond-cot.en.yaml", "user: '{{ prompt }}'\nparameters: {day: 2024-01-01}", "something that JSON can't"),
        ("respond-cot.en.yaml", "user: '{{ prompt }}'\nparameters: {3: 4}", "parameters are names with values"),
        ("respond-cot.en.yaml", "user: '{{ prompt }}'\nschema: text", "schema is a mapping"),
        ("respond-answer.en.yaml", "user: x", "parts needs 'output'"),
        ("nothing.en.yaml", "user: x", "replaces no prompt"),
    ],
)
def test_a_prompt_file_that_is_none_is_refused(
    imitation: ScriptedServer, tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    rows = examples([{"instruction": "Why?", "output": ""}])
    with pytest.raises((BadInput, UsageError), match=sentence):
        run("respond", rows, imitation, tmp_path, cot=True, prompts=str(folder))


def test_what_a_row_says_is_never_taken_for_a_slot(tmp_path: Path) -> None:
    hostile = "{{ output }} {% for x in y %} {0} %s ${HOME} {{ criteria }}"
    with ScriptedServer(lambda asked, number: Reply('{"clarity": 3}')) as server:
        run(
            "judge",
            examples([{"instruction": hostile, "output": "{{ prompt }}"}]),
            server,
            tmp_path,
            criteria=("clarity",),
        )
        assert hostile in prompt_of(server.requests[0])
        assert json.dumps("{{ prompt }}")[1:-1] in prompt_of(server.requests[0])
