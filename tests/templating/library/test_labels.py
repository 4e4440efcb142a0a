"""Which of a row's own choices its answer is."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.templating.library.labels import Labels, find_choice
from instructkit.templating.library.packs import Label
from tests.conftest import write_lines

OPEN = Labels((), (), is_open=True, exact=True)


def found(answer: str | None, choices: list[str] | None, keys: list[str] | None = None, labels: Labels = OPEN) -> int:
    lists = pa.list_(pa.string())
    named = None if keys is None else pa.array([keys], lists)
    return int(find_choice(pa.array([answer], pa.string()), pa.array([choices], lists), named, labels)[0])


@pytest.mark.parametrize(
    ("answer", "choices", "place"),
    [
        ("red", ["blue", "red"], 1),
        (" red ", ["blue", "red "], 1),
        ("B", ["blue", "red"], 1),
        ("b", ["blue", "red"], 1),
        ("(B)", ["blue", "red"], 1),
        ("B.", ["blue", "red"], 1),
        ("b)", ["blue", "red"], 1),
        ("0", ["blue", "red"], 0),
        ("1", ["blue", "red"], 1),
        ("A", ["B", "A"], 1),  # the text of a choice before its letter
        ("2", ["1", "2", "3"], 1),
        ("red", ["red", "red"], 0),
        ("C", ["blue", "red"], -1),
        ("2", ["blue", "red"], -1),
        ("-1", ["blue", "red"], -1),
        ("green", ["blue", "red"], -1),
        ("Red", ["blue", "red"], -1),
        ("Z", [f"c{place}" for place in range(30)], 25),
        ("28", [f"c{place}" for place in range(30)], 28),
        ("A", [], -1),
        ("A", None, -1),
        (None, ["blue"], -1),
        ("B", ["blue", " ", "red"], -1),  # a choice without a text
        ("C", ["blue", " ", "red"], 2),
        ("", ["blue"], -1),
    ],
)
def test_an_answer_is_the_text_of_a_choice_its_letter_or_its_place(
    answer: str | None, choices: list[str] | None, place: int
) -> None:
    assert found(answer, choices) == place


def test_keys_name_the_choices_and_nothing_else_does() -> None:
    assert found("2", ["blue", "red", "green"], ["1", "2", "3"]) == 1
    assert found("C", ["blue", "red"], ["A", "C"]) == 1
    assert found("B", ["blue", "red"], ["A", "C"]) == -1
    assert found("red", ["blue", "red"], ["A", "C"]) == -1
    assert found("D", ["blue"], ["A", "D"]) == -1  # a key without a choice


def test_labels_given_name_the_choices_in_their_order() -> None:
    labels = Labels(tuple(Label({"en": name}) for name in ("x", "y", "z")), (0, 1, 2), is_open=False)
    assert [found(answer, ["blue", "red"], labels=labels) for answer in ("x", "y", "z", "red")] == [0, 1, -1, -1]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "A", "B", "1", "0", "c", "", "é"]),
                  st.none() | st.lists(st.sampled_from(["a", "b", "A", "0", "1", "é", " b"]), max_size=4)),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_rows_are_found_together_as_each_alone(rows: list[tuple[str, list[str] | None]]) -> None:
    answers, choices = zip(*rows, strict=True)
    together = find_choice(pa.array(answers), pa.array(choices, pa.list_(pa.string())), None, OPEN)
    assert together.tolist() == [found(answer, listed) for answer, listed in rows]


# ---- whole files

QUIZ = {
    "task": "quiz",
    "about": "Choose.",
    "roles": {
        "question": {"about": "the question", "columns": ["question"]},
        "choices": {"about": "the choices", "columns": ["choices"], "list": True},
        "answer": {"about": "the answer", "columns": ["answer"], "labels": "choices"},
    },
    "phrasings": [
        {"name": "en-q", "language": "en", "instruction": "{{ question }}\n{{ option_lines }}",
         "output": "{{ answer }}"},
    ],
}  # fmt: skip


@pytest.fixture
def quiz(tmp_path: Path) -> str:
    path = tmp_path / "pack.yaml"
    path.write_text(json.dumps(QUIZ))
    return str(path)


CHOICES = ["red", "green", "blue"]
SHAPES: dict[str, list[dict[str, Any]]] = {
    "a list": [{"choices": CHOICES}],
    "JSON": [{"choices": json.dumps(CHOICES)}],
    "bars": [{"choices": "red | green | blue"}],
    "three bars": [{"choices": "red ||| green ||| blue"}],
    "lines": [{"choices": "red\ngreen\nblue"}],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("options", [None, "letters", "words"])
@pytest.mark.parametrize("answer", ["green", "B", "1"])
def test_choices_of_a_row_may_be_spelled_in_many_ways_and_the_answer_too(
    tmp_path: Path, quiz: str, shape: str, options: str | None, answer: str
) -> None:
    rows = [{"question": f"Which, {number}?", **SHAPES[shape][0], "answer": answer} for number in range(12)]
    got = formatted(write_lines(tmp_path / "r.jsonl", rows), quiz, options=options, shuffle_options=True)
    assert len(got) == 12
    orders = set()
    for row in got:
        lines = row["instruction"].split("\n")[1:]
        words = tuple(re.findall("red|green|blue", "\n".join(lines)))
        orders.add(words)
        assert sorted(words) == sorted(CHOICES)
        if options == "letters":
            marks = [re.findall(r"[A-C]", line)[0] for line in lines]
            assert marks == ["A", "B", "C"]
            assert words[marks.index(row["output"])] == "green"
        else:
            assert row["output"] == "green"
    assert len(orders) > 2


def formatted(source: Path, pack: str, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format([str(source)], templates=pack, **options).read_all().to_pylist())


def test_an_answer_outside_the_choices_is_rejected_and_the_others_stay(tmp_path: Path, quiz: str) -> None:
    rows = [
        {"question": f"Which, {answer}?", "choices": CHOICES, "answer": answer} for answer in ("D", "3", "pink", "C")
    ]
    rows.append({"question": "Which?", "choices": [], "answer": "A"})
    reader = ik.format([str(write_lines(tmp_path / "r.jsonl", rows))], templates=quiz)
    assert [row["output"] for row in reader.read_all().to_pylist()] == ["blue"]
    assert ik.counts(reader).reasons == {"label_out_of_range": 3, "empty_role": 1}


def test_a_row_with_fewer_choices_shows_no_empty_ones_and_may_not_answer_with_one(tmp_path: Path) -> None:
    rows = [
        {"question": f"Which, {answer}?", "A": "red", "B": "green", "C": None, "answer": answer} for answer in "ABC"
    ]
    reader = ik.format([str(write_lines(tmp_path / "r.jsonl", rows))], task="multiple-choice-question-answering",
                       map=["choices=A,B,C"], options="letters")  # fmt: skip
    got = reader.read_all().to_pylist()
    assert ik.counts(reader).reasons == {"label_out_of_range": 1}
    assert len(got) == 2
    assert not any(re.search(r"\bC\b", row["instruction"] + row["input"]) for row in got)


def test_choices_that_are_objects_are_read_by_their_text_or_refused_in_one_sentence(tmp_path: Path, quiz: str) -> None:
    objects = [{"label": "A", "text": "red"}, {"label": "B", "text": "green"}]
    path = write_lines(tmp_path / "r.jsonl", [{"question": "Which?", "choices": objects, "answer": "B"}])
    assert formatted(path, quiz)[0]["output"] == "green"
    others = [{"name": "red"}, {"name": "green"}]
    path = write_lines(tmp_path / "o.jsonl", [{"question": "Which?", "choices": others, "answer": "B"}])
    with pytest.raises(UsageError, match="the lists of the column 'choices' hold struct"):
        formatted(path, quiz)


def test_a_dataset_with_choices_in_several_columns_is_bound_by_its_name(tmp_path: Path) -> None:
    rows = [{"sentence": "The cup did not fit the bag because the _ was large.", "option1": "cup", "option2": "bag",
             "answer": str(1 + number % 2), "qID": f"q{number}"} for number in range(6)]  # fmt: skip
    got = list(
        ik.format([str(write_lines(tmp_path / "w.jsonl", rows))], binding="winogrande", options="letters")
        .read_all()
        .to_pylist()
    )
    assert len(got) == 6
    for number, row in enumerate(got):
        lines = [
            line for line in (row["instruction"] + "\n" + row["input"]).split("\n") if re.search(r"\b[AB]\b", line)
        ]
        text = "\n".join(lines)
        mark = re.search(r"[AB]", row["output"])
        assert mark is not None
        assert re.search(mark[0] + r"\W+" + ("cup", "bag")[number % 2], text)
