"""Super-NaturalInstructions: the task before its instances."""

import json
from pathlib import Path
from typing import Any

import pytest

import instructkit as ik
from instructkit.errors import UsageError

TASK: dict[str, Any] = {
    "Contributors": ["A"],
    "Source": ["sst2"],
    "URL": ["https://x.y"],
    "Categories": ["Sentiment Analysis"],
    "Reasoning": [],
    "Definition": ["Tell the mood.", "Answer glad or sad."],
    "Input_language": ["English"],
    "Output_language": ["Spanish"],
    "Instruction_language": ["English"],
    "Domains": ["Reviews"],
    "Positive Examples": [
        {"input": "A fine day. ", "output": "glad", "explanation": "Fine is good."},
        {"input": "A grey day.", "output": ["sad", "low"], "explanation": ""},
        {"input": "Sun!", "output": "glad", "explanation": "Sun is good."},
    ],
    "Negative Examples": [{"input": "Rain.", "output": "wet", "explanation": "Not a mood."}],
    "Instances": [
        {"id": "t-1", "input": "We won {{ x }}.", "output": ["glad", "happy"]},
        {"id": "t-2", "input": "We lost.", "output": ["sad"]},
    ],
}


@pytest.fixture
def task(tmp_path: Path) -> str:
    path = tmp_path / "task001_mood.json"
    path.write_text(json.dumps(TASK))
    return str(path)


def formatted(task: str, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format([task], **options).read_all().to_pylist())


DEFINITION = "Definition: Tell the mood.\nAnswer glad or sad."
FIRST = "Positive Example 1 -\nInput: A fine day.\nOutput: glad"
SECOND = "Positive Example 2 -\nInput: A grey day.\nOutput: sad"
NEGATIVE = "Negative Example 1 -\nInput: Rain.\nOutput: wet"
EXPLAINED = FIRST + "\nExplanation: Fine is good."
CLOSING = "Now complete the following example -"


@pytest.mark.parametrize(
    ("options", "instruction"),
    [
        ({}, [DEFINITION, FIRST, SECOND, CLOSING]),
        ({"definition": False}, [FIRST, SECOND, CLOSING]),
        ({"positive_examples": 1}, [DEFINITION, FIRST, CLOSING]),
        ({"positive_examples": 1, "negative_examples": 1}, [DEFINITION, FIRST, NEGATIVE, CLOSING]),
        (
            {"negative_examples": 1, "explanations": True},
            [
                DEFINITION,
                FIRST + "\nExplanation: Fine is good.",
                SECOND,
                NEGATIVE + "\nExplanation: Not a mood.",
                CLOSING,
            ],
        ),
        ({"positive_examples": 0, "negative_examples": 1}, [DEFINITION, NEGATIVE, CLOSING]),
    ],
)
def test_definition_and_examples_stand_before_each_instance(
    task: str, options: dict[str, Any], instruction: list[str]
) -> None:
    first, second = formatted(task, **options)
    assert first["instruction"] == second["instruction"] == "\n\n".join(instruction)
    assert first["input"] == "Input: We won {{ x }}.\nOutput:"
    assert (first["output"], second["output"]) == ("glad", "sad")
    assert second["input"] == "Input: We lost.\nOutput:"


def test_without_examples_the_definition_and_the_input_stand_bare(task: str) -> None:
    (first, _) = formatted(task, positive_examples=0)
    assert (first["instruction"], first["input"]) == ("Tell the mood.\nAnswer glad or sad.", "We won {{ x }}.")


def test_each_of_several_outputs_gives_an_example_where_asked(task: str) -> None:
    rows = formatted(task, per_row=None)
    assert [(row["input"].splitlines()[0], row["output"]) for row in rows] == [
        ("Input: We won {{ x }}.", "glad"), ("Input: We won {{ x }}.", "happy"), ("Input: We lost.", "sad"),
    ]  # fmt: skip
    assert len({row["id"] for row in rows}) == 3
    assert rows[0]["parent"] == rows[1]["parent"] != rows[2]["parent"]
    assert len(formatted(task)) == 2


def test_languages_and_all_outputs_stand_in_columns(task: str) -> None:
    (first, _) = formatted(task)
    said = json.dumps(first)
    assert "English" in said
    assert "Spanish" in said
    assert "happy" in said  # the outputs that were not taken are not lost


def test_examples_that_the_task_has_not_are_refused_but_for_the_usual_two(task: str) -> None:
    for options, said in (
        ({"positive_examples": 4}, "has 3 positive examples, not 4; ask for fewer"),
        ({"negative_examples": 2}, "has 1 negative examples, not 2; ask for fewer"),
    ):
        with pytest.raises(UsageError, match=said):
            formatted(task, **options)


def test_a_task_with_fewer_than_two_examples_shows_those_it_has(tmp_path: Path) -> None:
    path = tmp_path / "task002.json"
    path.write_text(json.dumps({**TASK, "Positive Examples": TASK["Positive Examples"][:1]}))
    assert formatted(str(path))[0]["instruction"] == "\n\n".join([DEFINITION, FIRST, CLOSING])


@pytest.mark.parametrize("examples", ["text", [1], {"a": 1}, [["input", "output"]]])
def test_damaged_examples_are_told(tmp_path: Path, examples: object) -> None:
    path = tmp_path / "task003.json"
    path.write_text(json.dumps({**TASK, "Positive Examples": examples}))
    with pytest.raises(UsageError, match="Positive Examples are no list of objects"):
        formatted(str(path))
