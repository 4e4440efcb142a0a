"""Rows that overlap evaluation files."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

import instructkit as ik
from instructkit.dedup import Findings
from instructkit.errors import UsageError
from tests.dedup.test_dropping import jaccard, shingles, varied_texts
from tests.rows import examples


def test_a_row_that_overlaps_an_evaluation_file_goes(tmp_path: Path) -> None:
    question = "A farmer has 14 hens and each of them lays 5 eggs a week, so how many eggs are there in March?"
    chinese = "学校组织四年级三十五名学生去科技馆参观，租一辆大巴要八百元"
    evaluation = tmp_path / "test.jsonl"
    lines = [{"question": question, "answer": "yes"}, {"question": chinese}]
    evaluation.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    rows = [
        {"instruction": f"Please answer. {question} Think first.", "output": "about 300"},
        {"instruction": "Solve.", "input": f"题目：{chinese}。", "output": "1"},
        {"instruction": "Is the sky blue?", "output": "yes"},
    ]
    reader = ik.dedup(examples(rows), against=(str(evaluation),), rejects=str(tmp_path / "out.parquet"))
    assert reader.read_all()["instruction"].to_pylist() == ["Is the sky blue?"]
    assert ik.counts(reader).reasons == {"contaminated": 2}
    values = [row[0]["value"] for row in ik.read(str(tmp_path / "out.parquet")).read_all()["reasons"].to_pylist()]
    assert values == [
        "13 tokens of test.jsonl row 1: a farmer has 14 hens and each of them lays 5 eggs a",
        "13 tokens of test.jsonl row 2: 学校组织四年级三十五名学生",
    ]


def test_a_short_evaluation_text_counts_whole_and_a_very_short_one_not_at_all(tmp_path: Path) -> None:
    evaluation = tmp_path / "test.jsonl"
    evaluation.write_text(
        '{"q": "Which river runs through the old town of Verin?"}\n{"q": "Why not?"}\n', encoding="utf-8"
    )
    rows = [
        {"instruction": "Tell me: which river runs through the old town of Verin? I forgot."},
        {"instruction": "Which river runs through the old town?"},
        {"instruction": "Why not?"},
    ]
    kept = ik.dedup(examples(rows), against=(str(evaluation),)).read_all()["instruction"].to_pylist()
    assert kept == [row["instruction"] for row in rows[1:]]


def test_a_formatted_evaluation_file_is_known_by_its_texts_and_not_by_its_templates(
    tmp_path: Path, sample_data: Path
) -> None:
    rows = pa.csv.read_csv(sample_data / "reviews.csv", parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    for name, part in (("train", rows.slice(0, 28)), ("test", rows.slice(28))):
        pa.csv.write_csv(part, tmp_path / f"{name}.csv")
    ik.write(ik.format(str(tmp_path / "test.csv"), task="sentiment", per_row=None), str(tmp_path / "test.arrow"))
    train = str(tmp_path / "train.csv")
    plain, formatted = (
        ik.dedup(ik.format(train, task="sentiment"), against=(str(tmp_path / name),)).read_all().num_rows
        for name in ("test.csv", "test.arrow")
    )
    # a template's words in small samples may still stand for a row or two, not for most, as its instructions would
    assert plain - 2 <= formatted <= plain


def test_a_row_that_is_nearly_an_evaluation_text_goes_though_no_run_is_long(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(60)]
    changed = [word if number % 12 else word.upper() + "x" for number, word in enumerate(words)]
    evaluation = tmp_path / "test.jsonl"
    evaluation.write_text(json.dumps({"text": " ".join(words)}) + "\n", encoding="utf-8")
    rows = [{"instruction": "Sum this up.", "input": " ".join(changed)}, {"instruction": "Else."}]
    rejects = tmp_path / "out.jsonl"
    kept = ik.dedup(examples(rows), against=(str(evaluation),), threshold=0.4, rejects=str(rejects)).read_all()
    assert kept["instruction"].to_pylist() == ["Else."]
    similarity = jaccard(shingles(" ".join(words)), shingles(" ".join(changed)))
    assert json.loads(rejects.read_text())["reasons"] == [
        {"rule": "contaminated", "value": f"{similarity:.4g} of test.jsonl row 1", "threshold": "0.4"}
    ]


@pytest.mark.parametrize("overlap", [8, 10, 13])
def test_what_overlaps_is_what_plain_python_finds(overlap: int, tmp_path: Path) -> None:
    texts = varied_texts(300, seed=6)
    draw = random.Random(6)
    held, rows = [text for text in texts[:40] if len(text.split()) >= 14], texts[40:]
    rows += [f"{draw.choice(rows)[:40]} {' '.join(text.split()[2 : 2 + size])} end" for text, size in
             zip(held * 2, range(5, 15), strict=False)]  # fmt: skip
    evaluation = tmp_path / "test.jsonl"
    evaluation.write_text("".join(json.dumps({"text": text}) + "\n" for text in held), encoding="utf-8")
    runs = {run for text in held for run in shingles(text, overlap)}
    sets = [shingles(text) for text in held]
    expected = [
        text
        for text in rows
        if not runs & shingles(text, overlap) and all(jaccard(shingles(text), other) < 0.6 for other in sets)
    ]
    table = examples([{"instruction": text, "id": str(number)} for number, text in enumerate(rows)])
    findings = Findings()
    reader = ik.dedup(table, against=(str(evaluation),), overlap=overlap, threshold=0.6, on="id", findings=findings)
    assert reader.read_all()["instruction"].to_pylist() == expected
    assert 0 < len(expected) < len(rows)
    (told,) = findings.against
    assert (told["file"], told["rows"], told["rows_dropped"]) == ("test.jsonl", len(held), len(rows) - len(expected))


def test_an_overlap_is_of_eight_to_thirteen_tokens() -> None:
    with pytest.raises(UsageError, match="8 to 13 tokens, not 3"):
        ik.dedup(examples([{}]), overlap=3)
