"""``invert`` over finished examples: what is asked for, what leaks, what stays, and which parents are drawn."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.records.layouts import LAYOUTS
from instructkit.templating.inversion import folding, recovering, weaving
from instructkit.templating.inversion.folding import fold
from instructkit.templating.library.packs import load_pack, tasks
from tests.rows import examples

Row = dict[str, Any]


def inverted(table: object, **options: object) -> list[Row]:
    return list(ik.invert(table, **options).read_all().to_pylist())


def told(table: object, tmp_path: Path, **options: object) -> tuple[list[Row], ik.counts, list[str]]:
    """The rows, the counts, and the reasons in the rejects file."""
    path = tmp_path / "rejects.arrow"
    reader = ik.invert(table, rejects=str(path), **options)
    rows = reader.read_all().to_pylist()
    with pa.OSFile(str(path)) as file:
        reasons = [row["reasons"][0]["value"] for row in pa.ipc.open_stream(file).read_all().to_pylist()]
    return rows, ik.counts(reader), reasons


def prompt(row: Row) -> str:
    return "".join(fold(text) for text in (row["instruction"], row["input"]))


def leaks(row: Row) -> bool:
    turns = [turn["content"] for turn in row["history"]]
    return fold(row["output"]) in fold(" ".join([row["instruction"], row["input"], row["system"], *turns]))


REVIEWS = [
    {"text": "The soup was cold and the waiter forgot our drinks.", "label": "negative"},
    {"text": "A quiet room, and the owners were very kind to us.", "label": "positive"},
    {"text": "屏幕清晰，电池也很耐用。", "label": "positive"},
    {"text": "等了一个小时才上菜，再也不来了。", "label": "negative"},
]


@pytest.fixture
def reviews(tmp_path: Path) -> pa.Table:
    """Four reviews, each put by every phrasing."""
    path = tmp_path / "reviews.jsonl"
    path.write_text("".join(f"{row}\n".replace("'", '"') for row in REVIEWS), "utf-8")
    return ik.format(str(path), task="sentiment", per_row=None).read_all()


def test_every_phrasing_of_a_label_becomes_a_text_that_has_it(reviews: pa.Table) -> None:
    rows = inverted(reviews)
    assert len(rows) == 2 * reviews.num_rows
    for before, after in zip(rows[::2], rows[1::2], strict=True):
        (review,) = [one for one in REVIEWS if one["text"] in before["instruction"] + before["input"]]
        chinese = before["template"].startswith("sentiment/zh-")
        word = {"negative": "负面", "positive": "正面"}[review["label"]] if chinese else review["label"]
        assert after["output"] == review["text"]
        assert word in after["instruction"] + after["input"]
        assert after["template"].startswith(f"sentiment/inverse-text-of-label/{'zh' if chinese else 'en'}-")
        assert (after["task"], after["parent"], after["source"]) == (
            "sentiment-inverted", before["parent"], before["source"])  # fmt: skip
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("task", tasks())
def test_no_answer_stands_in_its_prompt_in_any_task(task: str, tmp_path: Path) -> None:
    """Every example of every pack, put by every phrasing, turned round."""
    import json

    pack = load_pack(task)
    role = pack.label_role
    for number, example in enumerate(pack.examples):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(json.dumps(example["row"], ensure_ascii=False), "utf-8")
        names = [f"{name}={name}" for name in example["row"]]
        labels = [example["row"][role.name], "other"] if role is not None and role.open_labels else []
        finished = ik.format(str(path), task=task, map=names, labels=labels, per_row=None).read_all()
        rows = inverted(finished, only=True)
        assert not any(map(leaks, rows))
        for row in rows:
            assert row["output"].strip()
            assert not re.search(r"\{\{|\}\}|None", row["instruction"] + row["input"])
            known = row["template"].startswith(f"{task}/inverse-")
            if known and role is not None:
                assert row["output"] in [str(value) for value in example["row"].values()]
        made = finished["template"].to_pylist()
        from instructkit.templating.inversion.derive import derived

        if not derived(task).inversions:
            assert rows == []
        elif task in ("sentiment", "nli", "translation", "reading-comprehension"):
            assert len(rows) == len(made)


ALPACA = [
    {"instruction": "Name three rivers of Europe.", "output": "The Rhine, the Danube and the Volga."},
    {"instruction": "Why is the sky blue?", "output": "Because the air scatters short waves of light the most."},
    {"instruction": "Put this into the past.", "input": "She walks home alone.", "output": "She walked home alone."},
    {"instruction": "写一句关于春天的话。", "output": "春天来了，河边的柳树绿了。"},
    {"instruction": "天为什么是蓝的？", "output": "因为空气对短波光的散射最强。"},
]


def kinds_of(rows: Iterable[Row]) -> list[str]:
    return [row["template"].split("/")[1] for row in rows]


def test_rows_of_unknown_templates_ask_for_what_an_example_is() -> None:
    rows = inverted(examples(ALPACA), only=True)
    kinds = kinds_of(rows)
    assert kinds[:2] == ["inverse-instruction", "inverse-question-of-answer"]
    assert kinds[2] in ("inverse-instruction-of-both", "inverse-input")
    assert kinds[3:] == ["inverse-instruction", "inverse-question-of-answer"]
    assert [row["output"] for row in rows[:2]] == [ALPACA[0]["instruction"], ALPACA[1]["instruction"]]
    assert [row["template"].split("/")[2][:2] for row in rows] == ["en", "en", "en", "zh", "zh"]
    assert ALPACA[0]["output"] in rows[0]["instruction"] + rows[0]["input"]
    seen = {kinds_of(inverted(examples([ALPACA[2]]), only=True, seed=seed))[0] for seed in range(12)}
    assert seen == {"inverse-instruction-of-both", "inverse-input"}


def test_the_last_message_of_the_user_is_asked_for_and_the_dialogue_before_it_stays() -> None:
    history = [{"role": "user", "content": "Hello there."}, {"role": "assistant", "content": "Hi, what can I do?"}]
    row = {"instruction": "Tell me about the moon, please.", "output": "The moon is a rocky body without air.",
           "system": "Be friendly.", "history": history}  # fmt: skip
    (found,) = inverted(examples([row]), only=True)
    assert kinds_of([found]) == ["inverse-user-turn"]
    assert found["output"] == row["instruction"]
    assert (found["history"], found["system"]) == (history, "Be friendly.")
    assert row["output"] in found["instruction"]


def test_the_system_prompt_of_another_request_is_left_out_and_counted(tmp_path: Path) -> None:
    rows, counts, _ = told(examples([{**ALPACA[0], "system": "Answer like a pirate."}]), tmp_path)
    assert [row["system"] for row in rows] == ["Answer like a pirate.", ""]
    assert counts.changed == {"inverted": 1, "system_left_out": 1}


NOT = [
    ({"instruction": "Is Paris in France?", "output": "Yes"}, "what would be given is too short"),
    ({"instruction": "Add the two numbers, will you.", "output": "42"}, "what would be given is too short"),
    ({"instruction": "巴黎在法国吗？", "output": "是的"}, "what would be given is too short"),
    ({"instruction": "Poem", "output": "The wind is low, birds will sing."}, "what would be asked for is too short"),
    ({"instruction": "Tell me a joke now.", "output": "I'm sorry, but I can't tell any."}, "the answer is a refusal"),
    ({"instruction": "讲一个笑话给我听。", "output": "很抱歉，我不能讲笑话。"}, "the answer is a refusal"),
    ({"instruction": "Explain what rain is.", "output": "To EXPLAIN, what rain is: water."},
     "what would be asked for stands in what is given"),
    ({"instruction": "Say hello to all.", "output": "Hello to all of you.", "template": "x/inverse-source/en-y"},
     "it is inverted already"),
    ({"instruction": "{'temperature': 21}", "output": "It is warm outside.", "template": "sharegpt:tool"},
     "the turn before the answer is not the user's"),
    ({"instruction": "", "output": ""}, None),
]  # fmt: skip


@pytest.mark.parametrize("only", [False, True])
def test_what_cannot_be_turned_round_is_told_with_the_reason(only: bool, tmp_path: Path) -> None:
    given = [row for row, reason in NOT if reason]
    rows, counts, reasons = told(examples([ALPACA[0], *given]), tmp_path, only=only)
    assert reasons == [reason for _, reason in NOT if reason]
    assert counts.reasons == {"not_invertible": len(given)}
    assert counts.rows_in == len(given) + 1
    assert counts.rows_dropped == (len(given) if only else 0)
    assert counts.rows_out == len(rows) == (1 if only else len(given) + 2)
    assert not any(leaks(row) for row in rows if row["task"].endswith("-inverted"))


def test_what_stands_earlier_in_the_dialogue_is_not_asked_for(tmp_path: Path) -> None:
    history = [
        {"role": "user", "content": "Go on, tell me more!"},
        {"role": "assistant", "content": "There was a fox."},
    ]
    row = {"instruction": "go on: tell me more", "output": "The fox met a hare in the wood.", "history": history}
    assert told(examples([row]), tmp_path)[2] == ["what would be asked for stands in what is given"]


def test_an_inversion_of_an_inversion_is_not_made(reviews: pa.Table) -> None:
    once = ik.invert(reviews).read_all()
    twice = inverted(once, only=True)
    assert sorted(row["id"] for row in twice) == sorted(row["id"] for row in inverted(reviews, only=True))


def test_rows_that_show_demonstrations_are_not_turned_round(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text("".join(f"{row}\n".replace("'", '"') for row in REVIEWS), "utf-8")
    shown = ik.format(str(path), task="sentiment", shots=(1, 1)).read_all()
    rows, counts, reasons = told(shown, tmp_path)
    assert len(rows) == 4
    assert counts.reasons == {"not_invertible": 4}
    assert set(reasons) == {"it shows demonstrations"}


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (pa.list_(pa.string()), [["a"], [], None]),
        (pa.large_list(pa.string()), [["a"], [], None]),
        (pa.list_(pa.int64()), [[1], [], None]),
        (pa.string(), ['["a"]', "[]", None]),
        (pa.string(), ["a", "", " null"]),
        (pa.int64(), [0, None, None]),
    ],
)
def test_demonstrations_count_in_whatever_type_they_come(
    kind: pa.DataType, shown: list[object], tmp_path: Path
) -> None:
    table = examples(ALPACA[:3]).append_column("demonstrations", pa.array(shown, kind))
    rows, counts, reasons = told(table, tmp_path)
    assert (len(rows), counts.reasons, reasons) == (5, {"not_invertible": 1}, ["it shows demonstrations"])


def test_rows_that_show_demonstrations_are_known_again_in_a_csv_file(tmp_path: Path) -> None:
    path, between = tmp_path / "reviews.jsonl", str(tmp_path / "shown.csv")
    path.write_text("".join(f"{row}\n".replace("'", '"') for row in REVIEWS), "utf-8")
    shown = ik.format(str(path), task="sentiment", shots=(0, 1))
    ik.write(shown, between)
    demonstrations = [bool(row["demonstrations"]) for row in
                      ik.format(str(path), task="sentiment", shots=(0, 1)).read_all().to_pylist()]  # fmt: skip
    _, counts, reasons = told(ik.read(between), tmp_path)
    assert counts.reasons == {"not_invertible": sum(demonstrations)}
    assert set(reasons) == {"it shows demonstrations"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_answer_to_a_tool_is_told_in_the_rows_of_every_layout(layout: str, tmp_path: Path) -> None:
    row = {"instruction": "It is 12 degrees and it rains a lot.", "output": "It is raining in the city of Paris."}
    _, _, reasons = told(examples([{**row, "template": f"{layout}:tool"}]), tmp_path)
    assert reasons == ["the turn before the answer is not the user's"]
    assert told(examples([{**row, "template": layout}]), tmp_path)[2] == []


def test_what_is_made_of_text_is_turned_round_by_its_task_and_says_no_more_why(sample_data: Path) -> None:
    made = ik.pretext(str(sample_data / "documents.jsonl"), per_document=2).read_all()
    rows = inverted(made)
    assert rows[0]["why"]
    before = {row["id"]: row for row in made.to_pylist()}
    assert [row for row in rows if row["id"] in before] == list(before.values())
    after = [row for row in rows if row["id"] not in before]
    assert {(row["confidence"], row["why"]) for row in after} == {(None, None)}
    known = [row for row in after if not row["template"].startswith("examples/")]
    assert len(known) > len(after) / 2
    for row in known:
        task, _, kind = row["template"].partition("/")
        assert (row["task"], task[:8], kind[:8]) == (f"{task}-inverted", "pretext-", "inverse-")


def test_a_passage_that_has_a_sentiment_is_asked_for_as_a_text_not_as_a_review() -> None:
    row = {"instruction": "Is the writer of the text pleased?", "output": "negative",
           "template": "pretext-sentiment/en-command"}  # fmt: skip
    phrasing = next(one for one in load_pack("sentiment").phrasings if one.name == "en-command")
    text = "The path was closed and nobody had told us."
    parts = {name: getattr(phrasing, name).replace("{{ text }}", text) for name in ("instruction", "input")}
    seen = [inverted(examples([{**row, **parts}]), only=True, seed=seed) for seed in range(20)]
    asked = [f"{one['instruction']} {one['input']}" for (one,) in seen]
    assert all(one["template"].startswith("pretext-sentiment/inverse-text-of-label/en-") for (one,) in seen)
    assert {one["output"] for (one,) in seen} == {text}
    assert not any("review" in one.lower() for one in asked)


def test_columns_named_as_pretexts_stay_in_other_rows() -> None:
    rows = inverted(examples(ALPACA[:2], confidence=["sure", "0.5"], why=[1, 2]))
    assert [(row["confidence"], row["why"]) for row in rows] == [("sure", 1), ("sure", 1), ("0.5", 2), ("0.5", 2)]


def rows_by_id(table: object, **options: object) -> dict[str, Row]:
    return {row["id"]: row for row in inverted(table, **options)}


MANY = [{"instruction": f"Write a sentence about the number {number}.", "parent": f"p{number % 97}",
         "output": f"The number {number} is a fine number indeed."} for number in range(400)]  # fmt: skip


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.999, 1.0])
def test_the_share_of_the_parents_is_exact_and_all_rows_of_one_are_turned_round(rate: float) -> None:
    table = examples([*MANY, {"instruction": "Is it?", "output": "Yes", "parent": "short"}])
    parents = [row["parent"] for row in inverted(table, rate=rate, only=True)]
    assert len(set(parents)) == round(rate * 97)
    assert all(parents.count(parent) == sum(row["parent"] == parent for row in MANY) for parent in set(parents))


def test_the_same_parents_are_drawn_in_any_order_batches_and_workers() -> None:
    table = examples(MANY)
    expected = rows_by_id(table, rate=0.3, only=True)
    backwards = table.take(pa.array(range(399, -1, -1)))
    small = pa.Table.from_batches(table.to_batches(max_chunksize=7), table.schema)
    assert rows_by_id(backwards, rate=0.3, only=True) == expected
    assert rows_by_id(small, rate=0.3, only=True, workers=2) == expected
    assert [*rows_by_id(small, rate=0.3, only=True, workers=1)] == [*expected]
    assert set(rows_by_id(table, rate=0.3, only=True, seed=1)) != set(expected)
    assert {row["parent"] for row in rows_by_id(table, rate=0.5, only=True).values()} >= {
        row["parent"] for row in expected.values()
    }


def test_parents_that_are_not_drawn_pass_or_are_dropped_with_that_reason(tmp_path: Path) -> None:
    table = examples([*MANY[:10], {"instruction": "Is it raining?", "output": "Yes"}])
    rows, counts, reasons = told(table, tmp_path, rate=0.4)
    assert (len(rows), counts.rows_dropped, counts.reasons) == (15, 0, {"not_invertible": 1})
    assert reasons == ["what would be given is too short"]
    rows, counts, _ = told(table, tmp_path, rate=0.4, only=True)
    assert (len(rows), counts.rows_dropped, counts.reasons) == (4, 7, {"not_drawn": 6, "not_invertible": 1})


def test_a_rate_that_is_no_share_is_refused() -> None:
    with pytest.raises(UsageError, match=r"rate is a share from 0 to 1, not 1\.5"):
        ik.invert(examples(MANY), rate=1.5)


def test_equal_rows_and_seed_give_equal_rows_and_another_seed_others(reviews: pa.Table) -> None:
    assert inverted(reviews) == inverted(reviews)
    assert rows_by_id(reviews, only=True, seed=1).keys().isdisjoint(rows_by_id(reviews, only=True))


def test_columns_of_the_user_ride_along_in_both() -> None:
    rows = inverted(examples(ALPACA[:2], score=[1, None], tags=[["a"], []]))
    assert [(row["score"], row["tags"]) for row in rows] == [(1, ["a"]), (1, ["a"]), (None, []), (None, [])]


def test_the_compiled_loops_give_the_same_rows(reviews: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.concat_tables([reviews, examples([*ALPACA, *(row for row, reason in NOT if reason)])])
    for module in (folding, recovering, weaving):
        monkeypatch.setattr(module, "worth_compiling", lambda *_: False)
    plain = inverted(table)
    for module in (folding, recovering, weaving):
        monkeypatch.setattr(module, "worth_compiling", lambda *_: True)
    assert inverted(table) == plain


ODD = ["", " ", "\n", "\x00", "42", "?", "？", "مرحبا، كيف حالك اليوم؟", "😀😀😀", "{{ output }}", "{% raw %}",
       "a" * 20_000, "לבדוק את הכיוון של הטקסט", "Who? Who? Who?", "|||", "<script>", "\\1 \\g<0>"]  # fmt: skip


def test_odd_texts_make_no_crash_and_no_leak() -> None:
    rows = [{"instruction": one, "input": other, "output": third, "template": template}
            for one in ODD if one.strip() for other in ("", *ODD[4:8]) for third in ODD
            for template in ("alpaca", "sentiment/en-command", "nothing/at-all", "sentiment/", "/")]  # fmt: skip
    table = examples(rows)
    found = pa.Table.from_batches(list(ik.invert(table, only=True))).to_pylist()
    assert found
    assert not any(map(leaks, found))
    assert len(inverted(table)) == len(rows) + len(found)


def test_no_rows_give_no_rows() -> None:
    assert inverted(examples(ALPACA).slice(0, 0)) == []
    assert inverted(examples(ALPACA).slice(0, 0), rate=0.5) == []
