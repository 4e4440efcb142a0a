"""Which language a text is in."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.filters.language import UNKNOWN, identify, identify_all, parse_languages
from tests.rows import examples


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The committee will meet again on Thursday to settle the budget for the coming year.", "en"),
        ("Le comité se réunira de nouveau jeudi pour arrêter le budget de l'année à venir.", "fr"),
        ("判断情感倾向。", "zh"),
        ("根据原文，答案是：1817 年", "zh"),
        ("请用Python写一个函数，读取CSV文件并返回DataFrame。", "zh"),
        ("これは日本語の文章です。", "ja"),
        ("이것은 한국어 문장입니다.", "ko"),
        ("yes", UNKNOWN),
        ("否", "zh"),
        ("42 + 17 = 59", UNKNOWN),
        ("```python\nimport os\nprint(os.getcwd())\n```", UNKNOWN),
        ("Wow, how do you know so much?", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_text_is_told_or_left_unknown(text: str, language: str) -> None:
    assert identify(text)[0] == language


def test_rows_in_another_language_go_and_unknown_ones_stay(tmp_path: Path) -> None:
    rows = [
        {"input": "Le comité se réunira de nouveau jeudi pour arrêter le budget.", "output": "positive"},
        {"input": "ok", "output": "positive"},
        {"input": "委员会星期四再次开会，确定明年的预算。", "output": "正面"},
    ]
    reader = ik.filter(examples(rows), language="en,zh", workers=1, rejects=str(tmp_path / "r.parquet"))
    assert reader.read_all()["input"].to_pylist() == [row["input"] for row in rows[1:]]
    ((reason,),) = ik.read(str(tmp_path / "r.parquet")).read_all()["reasons"].to_pylist()
    assert reason["rule"] == "language"
    assert reason["value"].startswith("input: fr ")


def test_a_field_may_have_languages_of_its_own() -> None:
    rows = [
        {"input": "The committee will meet again on Thursday to settle the budget.", "output": answer}
        for answer in (
            "Le comité se réunira de nouveau jeudi pour arrêter le budget.",
            "It will meet again on Thursday.",
        )
    ]
    reader = ik.filter(examples(rows), language=["output=fr", "input=en"], workers=1)
    assert reader.read_all()["output"].to_pylist() == [rows[0]["output"]]


def test_tagged_rows_tell_their_language() -> None:
    rows = [
        {"output": "The committee will meet again on Thursday to settle the budget."},
        {"output": "委员会星期四再次开会，确定明年的预算。"},
    ]
    told = ik.filter(examples(rows), language="en", tag=True, workers=1).read_all()["language"].to_pylist()
    assert [one.rpartition(" ")[0] for one in told] == ["output: en", "output: zh"]


@pytest.mark.parametrize("text", ["", "english", "cn", "en,zh:2", "en:x", "xx", "title=en", "output="])
def test_codes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--language"):
        parse_languages(text)


def test_english_and_chinese_sentences_are_never_taken_for_another_language(real_data: Path) -> None:
    with open(real_data / "language" / "labelled_texts.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    judged = {"en": 0, "zh": 0}
    for row in rows:
        if row["lang"] in judged:
            found = identify(row["text"])[0]
            assert found in (row["lang"], UNKNOWN), row["text"]
            judged[row["lang"]] += found == row["lang"]
    assert min(judged.values()) > 70


def test_most_sentences_that_are_told_are_told_right(real_data: Path) -> None:
    with open(real_data / "language" / "labelled_texts.jsonl", encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row["kind"] == "sentences"]
    languages, _ = identify_all(pa.array([row["text"] for row in rows]))
    found = [(row["lang"], said) for row, said in zip(rows, languages, strict=True)]
    told = [(true, said) for true, said in found if said != UNKNOWN]
    assert len(told) > 0.6 * len(found)
    assert sum(true == said for true, said in told) > 0.95 * len(told)
