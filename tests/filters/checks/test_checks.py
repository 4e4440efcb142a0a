"""What is wrong with a set as a whole."""

import json
from pathlib import Path

import pytest

import instructkit as ik
from tests.rows import examples


def found(rows: list[dict[str, object]], **options: object) -> dict[str, int]:
    return {one.check: one.rows for one in ik.check(examples(rows), **options).findings}  # type: ignore[arg-type]


def labelled(*labels: str, rows: int = 60) -> list[dict[str, object]]:
    return [
        {"instruction": f"Is text {n} good?", "input": f"Text {n}.", "output": labels[n % len(labels)]}
        for n in range(rows)
    ]


def test_a_balanced_classification_has_nothing_wrong() -> None:
    assert found(labelled("good", "bad")) == {}


def test_a_constant_label_and_an_imbalance_are_told() -> None:
    assert found(labelled("good")) == {"constant_label": 60}
    assert found(labelled(*["good"] * 29, "bad")) == {"imbalance": 60}
    assert found(labelled("good", rows=5)) == {}
    assert found([{"instruction": f"Write text {n}.", "output": f"Text {n}."} for n in range(60)]) == {}


def test_one_prompt_with_two_outputs_is_told_with_the_rows() -> None:
    rows = [
        {"instruction": "Ask.", "input": "a", "output": "1"},
        {"instruction": "Ask.", "input": "a", "output": "2"},
        {"instruction": "Ask.", "input": "b", "output": "1"},
        {"instruction": "Ask.", "input": "b", "output": "1 "},
    ]
    table = examples(rows)
    (finding,) = ik.check(table).findings
    assert (finding.check, finding.rows, finding.group) == ("two_outputs", 2, "t")
    assert list(finding.examples) == table["id"].to_pylist()[:2]


def test_the_same_question_after_other_turns_is_another_prompt() -> None:
    rows = [{"instruction": "Why?", "output": n, "history": [{"role": "user", "content": n}]} for n in ("1", "2")]
    assert found(rows) == {}


def test_prompts_that_differ_in_case_marks_and_spaces_alone_are_told() -> None:
    rows = [{"instruction": "What is it?", "output": "1"}, {"instruction": "what is  it", "output": "2"}]
    assert found(rows) == {"near_equal_prompts": 2}
    assert found([{"instruction": "这是什么？", "output": "1"}, {"instruction": "这是什么", "output": "2"}]) == {
        "near_equal_prompts": 2
    }
    assert found([{**row, "output": "1"} for row in rows]) == {}


@pytest.mark.parametrize("labels", [("good", "bad"), ("正面", "负面")])
def test_an_input_that_tells_the_answer_is_told(labels: tuple[str, str]) -> None:
    rows = [{**row, "input": f"{row['input']} label={row['output']}"} for row in labelled(*labels)]
    assert found(rows) == {"answer_in_input": 60}
    both = [{**row, "input": f"{row['input']} {' or '.join(labels)}?"} for row in labelled(*labels)]
    assert found(both) == {}


def test_sources_that_overlap_an_evaluation_file_are_told(tmp_path: Path) -> None:
    question = (
        "How many of the fourteen boats that left the harbor on Monday morning came back before the storm on Friday?"
    )
    (tmp_path / "test.jsonl").write_text(json.dumps({"instruction": question, "output": "9"}) + "\n", encoding="utf-8")
    rows = [{"instruction": question, "output": "Nine."}, {"instruction": "Something else altogether.", "output": "x"}]
    (finding,) = ik.check(examples(rows), against=(str(tmp_path / "test.jsonl"),)).findings
    assert (finding.check, finding.group, finding.rows) == ("evaluation_overlap", "s", 1)


def test_the_report_does_not_depend_on_the_batches() -> None:
    import pyarrow as pa

    table = examples([*labelled("good", "bad"), *labelled("bad", "good")])
    whole = ik.check(table).to_json()
    assert whole["findings"]
    parts = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=11))
    assert ik.check(parts).to_json() == whole
