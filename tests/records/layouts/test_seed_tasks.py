"""Self-Instruct's seed tasks."""

from pathlib import Path

from tests.conftest import Noted, examples_of, write_lines

TASK = {"name": "n", "is_classification": False}


def test_every_instance_is_an_example_of_its_task(tmp_path: Path) -> None:
    two = [{"input": "big", "output": "small"}, {"input": "hot", "output": "cold"}]
    path = write_lines(
        tmp_path / "seed.jsonl",
        [
            {"id": "s1", "instruction": "Say the opposite.", "instances": two, **TASK},
            {"id": "s2", "instruction": "Greet.", "instances": [{"input": "", "output": "Hi"}], **TASK},
        ],
    )
    rows = examples_of(path)
    assert [(row["id"], row["parent"], row["input"], row["output"]) for row in rows] == [
        ("s1-0", "s1", "big", "small"),
        ("s1-1", "s1", "hot", "cold"),
        ("s2", "s2", "", "Hi"),
    ]
    assert rows[0]["name"] == "n"
    assert rows[0]["is_classification"] is False


def test_a_task_without_instances_is_rejected(tmp_path: Path) -> None:
    rows = [
        {"id": "s1", "instruction": "Greet.", "instances": [{"input": "", "output": "Hi"}]},
        {"id": "s2", "instruction": "Greet.", "instances": []},
        {"id": "s3", "instruction": "", "instances": [{"input": "", "output": "Hi"}]},
    ]
    path = write_lines(tmp_path / "seed.jsonl", rows)
    from instructkit.records.reading import read_one

    bad = Noted()
    assert sum(batch.num_rows for batch in read_one(str(path), None, bad).batches) == 1
    assert bad.noted == [(2, "no_instances"), (3, "no_instruction")]


def test_the_sample_and_the_real_tasks_are_read_whole(sample_data: Path, real_data: Path) -> None:
    assert len(examples_of(sample_data / "seed_tasks.jsonl")) == 43
    rows = examples_of(real_data / "instructions" / "self_instruct_seed_tasks.jsonl")
    assert len({row["parent"] for row in rows}) == 175
    assert len({row["id"] for row in rows}) == len(rows)
