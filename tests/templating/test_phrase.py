"""What a batch of rows becomes: where templates fail, ids, and packs in several languages."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError


def made(path: Path, **options: object) -> list[dict[str, object]]:
    return list(pa.Table.from_batches(list(ik.format(str(path), **options))).to_pylist())


def rows_file(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def pack_file(path: Path, *phrasings: tuple[str, str], language: str = "en") -> str:
    entries = [
        {"name": f"{language}-{number}", "language": language, "instruction": given, "output": answer}
        for number, (given, answer) in enumerate(phrasings)
    ]
    roles = {name: {"about": name, "columns": [name]} for name in ("text", "answer")}
    path.write_text(json.dumps({"task": "own", "about": "own", "roles": roles, "phrasings": entries}), "utf-8")
    return str(path)


NUMBERED = [{"text": str(number % 4), "answer": f"answer {number}"} for number in range(40)]


@pytest.mark.parametrize("form", ["prompt", "history"])
def test_a_demonstration_that_its_template_fails_on_is_not_shown(tmp_path: Path, form: str) -> None:
    rows = [{"text": f"{row['text']}", "answer": f"{row['answer']} of {number}"} for number, row in enumerate(NUMBERED)]
    library = pack_file(tmp_path / "pack.yaml", ("Ten by {{ text }} is {{ 10 // (text|int) }}?", "{{ answer }}"))
    found = made(rows_file(tmp_path / "r.jsonl", rows), templates=library, shots=(2, 2), demo_form=form)
    for row in found:
        assert "Ten by" in str(row["instruction"])
        turns = [turn["content"] for turn in row["history"]]  # type: ignore[attr-defined]
        assert all(turns)
        assert (len(turns) == 4) if form == "history" else (str(row["instruction"]).count("Ten by") == 3)


def test_zero_of_a_csv_is_false_where_the_template_counts_with_it(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("text,label\na,0\nb,1\n")
    library = tmp_path / "templates.yaml"
    jinja = "{% if label %}good{% else %}bad{% endif %} {{ text }} ||| {{ ['neg', 'pos'][label] }}"
    library.write_text(json.dumps({"dataset": "d", "templates": {"1": {"name": "t", "jinja": jinja}}}))
    assert [(row["instruction"], row["output"]) for row in made(path, templates=str(library))] == [
        ("bad a", "neg"),
        ("good b", "pos"),
    ]


def test_two_templates_of_one_name_give_two_ids(tmp_path: Path) -> None:
    library = tmp_path / "templates.yaml"
    entries = {str(key): {"name": "same", "jinja": f"{key} {{{{ text }}}} ||| {{{{ answer }}}}"} for key in (1, 2)}
    library.write_text(json.dumps({"dataset": "d", "templates": entries}))
    found = made(rows_file(tmp_path / "r.jsonl", NUMBERED[:3]), templates=str(library), per_row=None)
    assert len({row["id"] for row in found}) == 6
    assert {row["template"] for row in found} == {"d/same", "d/same #2"}


def test_equal_rows_put_with_choices_and_without_have_two_ids(tmp_path: Path) -> None:
    path = rows_file(tmp_path / "r.jsonl", [{"text": "Fine.", "label": 1}] * 6)
    found = made(path, task="sentiment", options_share=0.5)
    texts = {}
    for row in found:
        assert texts.setdefault(row["id"], (row["instruction"], row["input"])) == (row["instruction"], row["input"])
    assert len(texts) == 2


def test_choices_that_draw_are_drawn_for_each_row(tmp_path: Path) -> None:
    library = tmp_path / "templates.yaml"
    entry = {"name": "t", "jinja": "{{ text }} ||| {{ answer_choices[0] }}",
             "answer_choices": "{{ ['a', 'b', 'c', 'd'] | random }} ||| z"}  # fmt: skip
    library.write_text(json.dumps({"dataset": "d", "templates": {"1": entry}}))
    rows = [{"text": f"row {number}", "answer": ""} for number in range(30)]
    together = made(rows_file(tmp_path / "r.jsonl", rows), templates=str(library))
    alone = [made(rows_file(tmp_path / "one.jsonl", [row]), templates=str(library))[0] for row in rows[:5]]
    assert len({row["output"] for row in together}) == 4
    assert [row["output"] for row in together[:5]] == [row["output"] for row in alone]


def test_symbols_need_labels_that_all_rows_share(tmp_path: Path) -> None:
    rows = [{"question": f"Which {number}?", "choices": ["a", "b"], "answer": "a"} for number in range(9)]
    path = rows_file(tmp_path / "r.jsonl", rows)
    with pytest.raises(UsageError, match="has no labels that --symbols could name"):
        ik.format(str(path), task="multiple-choice-question-answering", symbols=True, shots=2)


def test_templates_without_a_column_can_not_be_demonstrated(tmp_path: Path) -> None:
    library = tmp_path / "templates.yaml"
    library.write_text(json.dumps({"dataset": "d", "templates": {"1": {"name": "t", "jinja": "Say A. ||| A"}}}))
    with pytest.raises(BadInput, match="use no column"):
        made(rows_file(tmp_path / "r.jsonl", NUMBERED), templates=str(library), shots=1)


@pytest.mark.parametrize(("answers", "said"), [([1, 0], ["4", "3"]), (["1", "0"], ["4", "0"])])
def test_an_integer_column_names_choices_by_place_and_a_text_column_by_text_first(
    tmp_path: Path, answers: list[object], said: list[str]
) -> None:
    choices = [["0", "4", "2", "6"], ["3", "2", "7", "0"]]
    rows = [{"question": "?", "choices": one, "answer": answer} for one, answer in zip(choices, answers, strict=True)]
    found = made(rows_file(tmp_path / "r.jsonl", rows), task="multiple-choice-question-answering")
    assert [row["output"] for row in found] == said


def test_choices_without_a_text_are_not_shown_and_still_counted(tmp_path: Path) -> None:
    rows = [{"question": "?", "choices": ["yes", "", "no", " "], "answer": "C"}]
    path = rows_file(tmp_path / "r.jsonl", rows)
    (row,) = made(path, task="multiple-choice-question-answering", options="letters")
    prompt = f"{row['instruction']}\n{row['input']}"
    assert "yes" in prompt
    assert "no" in prompt
    assert row["output"] == "B" or str(row["output"]).endswith("no")  # the second of those shown
