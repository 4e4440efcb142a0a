"""PromptSource's templates turned round."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.templating.inversion.prompts import NotPlain, Swap, read_swap
from instructkit.templating.library.promptsource import PromptTemplate


def swap(source: str, choices: str | None = None) -> Swap:
    return read_swap(PromptTemplate("t", source, choices))


def test_the_target_is_given_and_the_prompt_asked_for() -> None:
    assert swap("{{ context }} Q: {{ question }} ||| {{ answer }}") == Swap(("context", "question"), "answer")
    labels = swap("{{ text }} {{ answer_choices | join(' or ') }}? ||| {{ answer_choices[label] }}", "bad ||| good")
    assert labels == Swap(("text",), "label", ("bad", "good"))


@pytest.mark.parametrize(
    ("source", "choices", "why"),
    [
        ("{% if a %}{{ a }} ||| {{ b }}{% endif %}", None, "share a block of Jinja"),
        ("{% for x in a %}{{ x }}{% endfor %} ||| {{ b }}", None, "it has blocks of Jinja"),
        ("{{ a | upper }} ||| {{ b }}", None, "it computes with a"),
        ("{{ a }} ||| {{ b[0] }}", None, "it computes with b"),
        ("{{ a }} ||| {{ b }} {{ c }}", None, "its target is not one column or one choice"),
        ("{{ a }} ||| yes", None, "its target is not one column or one choice"),
        ("{{ a }} ||| {{ answer_choices[b] }}", "{{ c }} ||| no", "its choices differ from row to row"),
        ("Say something. ||| {{ b }}", None, "its prompt holds no column"),
        ("{{ a }} and no target", None, "it has no single |||"),
    ],
)
def test_what_is_more_than_literals_and_columns_is_refused(source: str, choices: str | None, why: str) -> None:
    with pytest.raises(NotPlain) as told:
        swap(source, choices)
    assert why in str(told.value)


def library(path: Path, *templates: tuple[str, str | None]) -> str:
    entries = {str(number): {"name": f"t{number}", "jinja": jinja, "answer_choices": choices}
               for number, (jinja, choices) in enumerate(templates)}  # fmt: skip
    path.write_text(json.dumps({"dataset": "films", "templates": entries}), "utf-8")
    return str(path)


def made(tmp_path: Path, rows: list[dict[str, object]], templates: str, **options: object) -> list[dict[str, object]]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return list(
        pa.Table.from_batches(list(ik.format(str(path), templates=templates, invert=True, **options))).to_pylist()
    )


ROWS = [{"text": "A slow film without a plot.", "label": 0}, {"text": "一部值得再看的好电影。", "label": 1}]


def test_the_choices_that_say_something_by_themselves_are_taken(tmp_path: Path) -> None:
    yes_no = ("{{ text }} Did they like it? ||| {{ answer_choices[label] }}", "No ||| Yes")
    named = ("{{ text }} Good or bad? ||| {{ answer_choices[label] }}", "bad ||| good")
    rows = made(tmp_path, ROWS, library(tmp_path / "templates.yaml", yes_no, yes_no, named), per_row=None)
    assert {row["output"] for row in rows} == {row["text"] for row in ROWS}
    for row in rows:
        assert ("good" if row["label"] else "bad") in f"{row['instruction']} {row['input']}"
        assert row["task"] == "films-inverted"
        assert str(row["template"]).startswith(f"films/inverse-text-of-label/{'zh' if row['label'] else 'en'}-")
    assert len({row["template"] for row in rows}) == len(rows) >= 20


def test_words_of_a_text_column_are_numbered_by_labels(tmp_path: Path) -> None:
    named = ("{{ text }} Good or bad? ||| {{ answer_choices[label] }}", "bad ||| good")
    rows = [{"text": "A slow film without a plot.", "label": "neg"}]
    (row,) = made(tmp_path, rows, library(tmp_path / "templates.yaml", named), labels=["neg", "pos"])
    assert "bad" in f"{row['instruction']} {row['input']}"


def test_a_library_without_a_plain_template_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = library(tmp_path / "templates.yaml", ("{{ text | upper }} ||| {{ label }}", None))
    with pytest.raises(
        UsageError, match=r"no template of films can be inverted, e\.g\. 't0': it is more than literals"
    ):
        made(tmp_path, ROWS, path)


def test_real_templates_are_turned_round_or_refused(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "promptsource" / "templates" / "rotten_tomatoes"
    rows = made(tmp_path, ROWS, str(folder), per_row=None)
    assert len(rows) >= 20
    assert all(row["output"] not in f"{row['instruction']} {row['input']}" for row in rows)


def wide(tmp_path: Path, number: int) -> list[dict[str, object]]:
    """A row of as many columns, each of which a template asks for from the last."""
    names = [f"part{place:02}" for place in range(number)]
    row: dict[str, object] = {name: f"These are the words of {name}." for name in names}
    templates = [(f"Say it. {{{{ {name} }}}} ||| {{{{ {names[-1]} }}}}", None) for name in names[:-1]]
    return made(tmp_path, [row], library(tmp_path / "templates.yaml", *templates), per_row=None, language="en")


def test_every_way_to_ask_is_told_apart_as_long_as_there_are_bits_and_more_are_refused(tmp_path: Path) -> None:
    """With 30 columns and 29 ways to ask the highest bit but one is taken."""
    asked = {str(row["output"])[-7:-1] for row in wide(tmp_path, 30)}
    assert asked == {f"part{place:02}" for place in range(29)}
    with pytest.raises(UsageError, match="columns and ways to ask are 61 together, and 60 is the most; choose fewer"):
        wide(tmp_path, 31)
