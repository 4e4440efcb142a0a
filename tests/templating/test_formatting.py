"""format: from raw rows to examples."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.templating.library.columns import cut_in_two, evaluate
from instructkit.templating.library.packs import Column, load_pack


def write_lines(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def reviews(tmp_path: Path) -> str:
    english = [
        {"text": f"The {thing} was fine, number {at}.", "label": at % 2}
        for at, thing in enumerate(["soup", "room"] * 30)
    ]
    chinese = [{"text": f"第{at}次来了，味道还是很好。", "label": "正面"} for at in range(40)]
    return write_lines(tmp_path / "reviews.jsonl", [*english, *chinese])


def rows_of(source: str, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format(source, **options).read_all().to_pylist())


def test_each_row_gives_an_example_in_its_own_language(reviews: str) -> None:
    rows = rows_of(reviews, task="sentiment")
    assert len(rows) == 100
    assert all(row["template"].startswith("sentiment/en-") for row in rows[:60])
    assert all(row["template"].startswith("sentiment/zh-") for row in rows[60:])
    assert all("正面" in row["output"] for row in rows[60:])
    assert {row["task"] for row in rows} == {"sentiment"}
    assert {row["source"] for row in rows} == {"reviews.jsonl"}


def test_integers_strings_and_words_of_either_language_name_labels(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "r.jsonl", [{"text": "fine", "label": value} for value in ("1", "POS", "正面", " positive ")]
    )
    assert all("positive" in row["output"].lower() for row in rows_of(path, task="sentiment", language="en"))


def test_class_names_in_the_file_say_what_its_integers_mean(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["positive", "negative"], "_type": "ClassLabel"}}}}
    table = pa.table({"text": ["fine"], "label": [0]}).replace_schema_metadata({"huggingface": json.dumps(features)})
    pq.write_table(table, tmp_path / "r.parquet")
    (row,) = rows_of(str(tmp_path / "r.parquet"), task="sentiment", language="en")
    assert "positive" in row["output"]
    assert "negative" not in row["output"]


def test_a_label_out_of_range_goes_to_the_rejects_with_the_known_ones(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "r.jsonl", [{"text": "a", "label": 7}, {"text": "b", "label": -1}, {"text": "c", "label": 1}]
    )
    reader = ik.format(path, task="sentiment", rejects=str(tmp_path / "bad.parquet"))
    assert reader.read_all().num_rows == 1
    assert ik.counts(reader).reasons == {"label_out_of_range": 2}
    bad = pq.read_table(tmp_path / "bad.parquet").to_pylist()
    assert [row["reasons"][0]["value"] for row in bad] == ["7", "-1"]
    assert "negative, positive" in bad[0]["reasons"][0]["threshold"]
    assert [(row["origin"]["file"], row["origin"]["row"]) for row in bad] == [("r.jsonl", 1), ("r.jsonl", 2)]


def test_labels_are_renumbered_and_a_wrong_name_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "r.jsonl", [{"text": "a", "label": 0}])
    (row,) = rows_of(path, task="sentiment", labels=["positive", "negative"], language="en")
    assert "positive" in row["output"]
    with pytest.raises(UsageError, match="negative, positive"):
        ik.format(path, task="sentiment", labels=["good", "great"])


def test_open_labels_are_listed_from_the_whole_file_in_the_language_of_the_row(tmp_path: Path) -> None:
    topics = ["Sports", "World", "体育", "国际"]
    texts = ["The team won the cup.", "The leaders met.", "球队赢得了奖杯。", "各国领导人举行了会谈。"]
    rows = [{"text": text, "topic": topic} for text, topic in zip(texts, topics, strict=True)]
    got = rows_of(write_lines(tmp_path / "n.jsonl", rows), task="topic-classification", per_row=None)
    listed = [
        row
        for row in got
        if "Sports" in row["instruction"] + row["input"] and "World" in row["instruction"] + row["input"]
    ]
    assert listed
    assert not any("体育" in row["instruction"] + row["input"] for row in listed)


def test_a_label_beside_those_given_is_rejected_not_listed_wrong(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "n.jsonl", [{"text": "The team won.", "topic": "Sports"}, {"text": "Rates fell.", "topic": "Money"}]
    )
    assert len(rows_of(path, task="topic-classification", labels=["Sports", "World"])) == 1


def test_roles_are_mapped_by_hand_and_a_constant_fills_one(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "r.jsonl", [{"body": {"text": "Cold soup."}, "stars": 1}])
    (row,) = rows_of(path, task="sentiment", map=["text=body.text", "label==negative"], language="en")
    assert "Cold soup." in row["instruction"] + row["input"]
    assert "negative" in row["output"]
    assert row["stars"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"task": "sentimental"}, "known tasks: .*sentiment"),
        ({"task": "sentiment", "map": ["text=nothing"]}, "no column 'nothing' for text; it has body, stars"),
        ({"task": "sentiment", "map": ["mood=body"]}, "no role 'mood'; its roles are text, label"),
        ({"task": "sentiment", "map": ["text"]}, "is not ROLE=COLUMN"),
        ({"task": "sentiment"}, "no column for the role text .*the columns are body, stars"),
        ({"binding": "nothing"}, "there is no binding .nothing.; "),
        ({"task": "sentiment", "binding": "gsm8k"}, "is for the task arithmetic"),
        ({}, "say what they are with --task"),
        ({"task": "sentiment", "map": ["text=body", "label==positive"], "language": "fr"}, "it has en, zh"),
        ({"cot": "maybe"}, "include, only, exclude"),
    ],
)
def test_what_can_not_be_meant_is_said_in_one_sentence(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    path = write_lines(tmp_path / "r.jsonl", [{"body": "x", "stars": 1}])
    with pytest.raises(UsageError, match=said) as caught:
        ik.format(path, **options)
    assert "\n" not in str(caught.value)


def test_phrasings_of_a_row_differ_share_its_parent_and_have_ids_of_their_own(reviews: str) -> None:
    rows = rows_of(reviews, task="sentiment", per_row=3, limit=10)
    assert len(rows) == 30
    by_parent = Counter(row["parent"] for row in rows)
    assert set(by_parent.values()) == {3}
    assert len({(row["parent"], row["template"]) for row in rows}) == 30
    assert len({row["id"] for row in rows}) == 30


def test_a_limit_beyond_any_file_takes_all_rows(reviews: str) -> None:
    assert len(rows_of(reviews, task="sentiment", limit=10**20)) == 100
    assert rows_of(reviews, task="sentiment", limit=0) == []


def test_all_phrasings_are_drawn_about_equally_often(tmp_path: Path) -> None:
    rows = [{"text": f"{at} " + "is a number of a text that goes on", "label": at % 2} for at in range(2800)]
    counted = Counter(row["template"] for row in rows_of(write_lines(tmp_path / "r.jsonl", rows), task="sentiment"))
    expected = 2800 / sum(one.language == "en" for one in load_pack("sentiment").phrasings)
    assert min(counted.values()) > 0.7 * expected
    assert max(counted.values()) < 1.3 * expected


def test_ids_and_phrasings_depend_on_neither_order_batches_nor_workers(reviews: str, tmp_path: Path) -> None:
    lines = Path(reviews).read_text(encoding="utf-8").splitlines(keepends=True)
    turned = tmp_path / "turned.jsonl"
    turned.write_text("".join(reversed(lines)), encoding="utf-8")
    one = {row["id"]: row["instruction"] for row in rows_of(reviews, task="sentiment", workers=1)}
    other = {row["id"]: row["instruction"] for row in rows_of(str(turned), task="sentiment", workers=3)}
    assert one == other
    assert rows_of(reviews, task="sentiment", seed=1) != rows_of(reviews, task="sentiment", seed=2)


def test_rows_that_open_alike_draw_the_same_phrasing_so_that_dedup_sees_them(tmp_path: Path) -> None:
    base = (
        "The hotel stands right by the sea, and the rooms are large, clean and quiet, with a view that nobody forgets; "
        * 2
    )
    rows = [{"text": base + end, "label": 1} for end in ("indeed", "really", "truly")]
    reader = ik.dedup(ik.format(write_lines(tmp_path / "r.jsonl", rows), task="sentiment"))
    assert reader.read_all().num_rows == 1


def test_reasons_come_with_the_rows_that_carry_them(sample_data: Path) -> None:
    source = str(sample_data / "word_problems.jsonl")
    assert all("####" not in row["output"] for row in rows_of(source))
    only = rows_of(source, cot="only")
    assert all(load_cot(row["template"]) for row in only)
    assert not any(load_cot(row["template"]) for row in rows_of(source, cot="exclude"))
    assert min(len(row["output"]) for row in only) > 10


def load_cot(template: str) -> bool:
    task, _, name = template.partition("/")
    return next(one.cot for one in load_pack(task).phrasings if one.name == name)


def test_an_empty_role_is_rejected(tmp_path: Path) -> None:
    reader = ik.format(
        write_lines(tmp_path / "r.jsonl", [{"text": " ", "label": 1}, {"text": None, "label": 0}]), task="sentiment"
    )
    assert reader.read_all().num_rows == 0
    assert ik.counts(reader).reasons == {"empty_role": 2}


def test_a_long_example_is_left_out_whole_and_a_row_with_one_left_is_no_drop(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "r.jsonl", [{"text": "word " * 40, "label": 1}, {"text": "short", "label": 1}])
    reader = ik.format(path, task="sentiment", per_row=None, max_chars=260)
    rows = reader.read_all().to_pylist()
    counts = ik.counts(reader)
    assert all(len(row["instruction"] + row["input"] + row["output"]) <= 260 for row in rows)
    assert any("word " * 40 in row["instruction"] + row["input"] for row in rows)
    assert counts.rows_dropped == 0
    assert counts.reasons["too_long"] >= 1


def test_max_chars_holds_for_rows_that_pass_as_they_are(sample_data: Path) -> None:
    reader = ik.format(str(sample_data / "seed_tasks.jsonl"), max_chars=100)
    kept = reader.read_all().num_rows
    counts = ik.counts(reader)
    assert 0 < kept < counts.rows_in
    assert counts.rows_in == kept + counts.rows_dropped


def test_raw_columns_ride_along_and_one_of_our_names_is_renamed(tmp_path: Path) -> None:
    rows = [{"text": "a", "label": 1, "id": 7, "source": "shop", "tags": ["x"]}]
    (row,) = rows_of(write_lines(tmp_path / "r.jsonl", rows), task="sentiment")
    assert (row["raw_id"], row["raw_source"], row["tags"]) == (7, "shop", ["x"])
    assert "text" not in row


def test_hostile_values_are_text_and_nothing_else(tmp_path: Path) -> None:
    text = "{{ 7 * 7 }} {% for x in y %} \\ \" ' <b> {{ label }} |||"
    (row,) = rows_of(write_lines(tmp_path / "r.jsonl", [{"text": text, "label": 1}]), task="sentiment")
    assert text in row["instruction"] + row["input"]


def test_several_sources_of_several_kinds_make_one_stream(sample_data: Path) -> None:
    names = ["reading.json", "word_problems.jsonl", "documents.txt", "chats_sharegpt.json", "seed_tasks.jsonl"]
    reader = ik.format([str(sample_data / name) for name in names])
    table = reader.read_all()
    counts = ik.counts(reader)
    assert set(table["source"].to_pylist()) == set(names)
    assert counts.rows_in == counts.rows_out + counts.rows_dropped
    assert table.num_rows == counts.rows_out


@pytest.mark.parametrize(
    "source", ["classic/xquad.en.json", "classic/xquad.zh.json", "classic/gsm8k_train.jsonl",
               "classic/strategyqa_dev.json",
               "classic/cmrc2018_dev.json", "formats/c4_demo.jsonl", "formats/wiki_demo.txt"],
)  # fmt: skip
def test_known_datasets_need_no_mapping(real_data: Path, source: str) -> None:
    reader = ik.format(str(real_data / source), limit=300)
    table = reader.read_all()
    counts = ik.counts(reader)
    assert counts.rows_in == counts.rows_out + counts.rows_dropped
    assert counts.rows_out > 0.95 * counts.rows_in
    assert all(table["output"].to_pylist())


def test_a_part_of_a_column_is_taken_by_its_operators() -> None:
    batch = pa.record_batch(
        {"a": ["x <<1>> y #### 4", "none", None], "b": [["p", "q"], [], None], "c": [1.0, 0.0, None]}
    )
    assert evaluate(batch, Column("a", before="####", remove="<<[^>]*>>")).to_pylist() == ["x  y", "none", None]
    assert evaluate(batch, Column("a", after="####")).to_pylist() == ["4", None, None]
    assert evaluate(batch, Column("b")).to_pylist() == ["p", None, None]
    assert evaluate(batch, Column("b", join=" ")).to_pylist() == ["p q", "", None]
    assert evaluate(batch, Column("c")).to_pylist() == ["1", "0", None]


@pytest.mark.parametrize(
    ("text", "halves"),
    [
        ("One is here. Two is there.", ("One is here.", "Two is there.")),
        ("第一句在这里。第二句在那里。", ("第一句在这里。", "第二句在那里。")),
        ("no end at all", ("no end", "at all")),
        ("word", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_text_is_cut_at_the_sentence_end_nearest_its_middle(text: str, halves: tuple[str, str]) -> None:
    assert cut_in_two(text) == halves


def test_the_steps_behind_each_of_several_sources_are_kept(sample_data: Path, tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("a.arrow", "b.arrow")]
    for path, source in zip(paths, ("seed_tasks.jsonl", "chats_sharegpt.json"), strict=True):
        ik.write(ik.format(str(sample_data / source)), path)
    ik.write(ik.format(paths), str(tmp_path / "both.arrow"))
    (step,) = ik.lineage(str(tmp_path / "both.arrow"))
    behind = [one["lineage"][0] for one in step["inputs"]]
    assert [one["inputs"][0]["name"] for one in behind] == ["seed_tasks.jsonl", "chats_sharegpt.json"]
    assert [one["counts"]["rows_out"] for one in behind] == [43, 12]
