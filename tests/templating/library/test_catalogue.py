"""The library to look at: what is found in it, and what a phrasing makes of an example."""

from dataclasses import replace
from typing import Any

import pytest

from instructkit.errors import BadInput, UsageError
from instructkit.templating.library.catalogue import (
    Said,
    column_text,
    example_row,
    find_bindings,
    find_packs,
    label_words,
    phrasing_counts,
    put,
    role_names,
)
from instructkit.templating.library.packs import Column, Pack, bindings, load_pack, read_pack, tasks


def pack(**changes: Any) -> Pack:
    """A small pack, with some of its entries changed."""
    content = {
        "task": "colors",
        "about": "Name the color of a thing.",
        "roles": {
            "thing": {"about": "the thing"},
            "color": {"about": "its color", "labels": [{"en": "red", "zh": "红"}, {"en": "blue", "zh": "蓝"}]},
            "rationale": {"about": "why", "optional": True},
        },
        "phrasings": [
            {"name": "en-ask", "language": "en", "instruction": "{{ options }}?", "input": "{{ thing }}",
             "output": "{{ color }}"},
            {"name": "en-why", "language": "en", "instruction": "{{ thing }}?", "output": "{{ rationale }} {{ color }}",
             "cot": True},
            {"name": "zh-ask", "language": "zh", "instruction": "{{ thing }}？", "output": "{{ color }}"},
        ],
        "examples": [
            {"language": "en", "row": {"thing": "a tomato", "color": "red"}, "phrasing": "en-ask", "instruction": "",
             "output": ""},
            {"language": "en", "row": {"thing": "the sea", "color": "blue", "rationale": "Wet."},
             "phrasing": "en-why", "instruction": "", "output": ""},
        ],
    }  # fmt: skip
    return read_pack(content | changes, "the pack")


COLORS = pack()
ASK, WHY, ZH = COLORS.phrasings


def test_tasks_are_found_by_what_they_speak_of() -> None:
    assert [one.task for one in find_packs()] == list(tasks())
    assert [one.task for one in find_packs("sentimen")] == ["sentiment"]
    assert "nli" in [one.task for one in find_packs("HYPOTHESIS")]  # a role
    assert "nli" in [one.task for one in find_packs("sentence2")]  # a usual column
    assert "arithmetic" in [one.task for one in find_packs("openai/gsm8k")]  # a dataset
    assert [one.task for one in find_packs(task="nli")] == ["nli"]


def test_bindings_are_found_by_name_task_and_what_is_said_of_them() -> None:
    assert find_bindings() == [one for task in tasks() for one in bindings(task)]
    assert {one.name for one in find_bindings(task="nli")} == {one.name for one in bindings("nli")}
    assert "glue/mnli" in [one.name for one in find_bindings("nyu-mll/multi_nli")]
    assert "gsm8k" in [one.name for one in find_bindings("cobbe")]


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no task speaks of 'xyzzy'; see all: instructkit templates list"):
        find_packs("xyzzy")
    with pytest.raises(UsageError, match=r"no binding speaks of 'xyzzy'; see all: .* --bindings"):
        find_bindings("xyzzy")
    with pytest.raises(UsageError, match="there is no task 'nil'; near it: nli; known tasks: "):
        find_bindings(task="nil")


def test_a_pack_in_a_line() -> None:
    assert role_names(COLORS) == "thing, color, [rationale]"
    assert phrasing_counts(COLORS) == "2 en (1 cot), 1 zh"
    assert label_words(COLORS.roles["color"]) == {"en": "red, blue", "zh": "红, 蓝"}


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (Column("answer"), "answer"),
        (Column("answer", after="####"), "answer, after '####'"),
        (Column("answer", before="####", remove="<<.*>>"), "answer, before '####', without what matches '<<.*>>'"),
        (Column("text", half="first"), "the first half of text"),
        (Column("lines", join=" "), "lines, joined by ' '"),
        (Column(constant="en"), "'en' for every row"),
        (Column(columns=("a", "b")), "a + b"),
        (Column("choices.text", keys="choices.label"), "choices.text, named by choices.label"),
        (Column("tokens", tags="ner_tags"), "tokens, the spans that ner_tags marks"),
    ],
)
def test_where_a_role_comes_from_in_words(column: Column, text: str) -> None:
    assert column_text(column) == text


def test_a_phrasing_puts_a_row_as_format_would() -> None:
    row = {"thing": "a tomato", "color": "red", "rationale": "Ripe."}
    assert put(COLORS, ASK, row) == Said("red or blue?", "a tomato", "red")
    assert put(COLORS, WHY, row) == Said("a tomato?", "", "Ripe. red")
    assert put(COLORS, ZH, row) == Said("a tomato？", "", "红")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"thing": "a tomato"}, "the row has no color"),
        ({"thing": "", "color": "red"}, "empty_role 'thing'"),
        ({"thing": "a tomato", "color": "green"}, "label_out_of_range 'green', not 0..1 or red, blue"),
        ({"thing": ["a", 1], "color": "red"}, "a value that is neither text nor a list"),
    ],
)
def test_a_row_that_cannot_be_put_is_refused_with_the_reason(row: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        put(COLORS, ASK, row)


def test_a_role_that_only_the_phrasing_needs_is_missed() -> None:
    with pytest.raises(BadInput, match="the row has no rationale"):
        put(COLORS, WHY, {"thing": "a tomato", "color": "red"})


def test_labels_of_an_open_set_are_those_of_the_examples() -> None:
    roles = {"thing": {"about": "the thing"}, "color": {"about": "its color", "labels": "open"}}
    one = pack(roles=roles, phrasings=[{"name": "en-ask", "language": "en", "instruction": "{{ options }}?",
                                        "input": "{{ thing }}", "output": "{{ color }}"}])  # fmt: skip
    assert put(one, one.phrasings[0], {"thing": "the sea", "color": "blue"}).instruction == "red or blue?"
    said = put(one, one.phrasings[0], {"thing": "the sea", "color": "x"}, ("x", "y"))
    assert said == Said("x or y?", "the sea", "x")


def test_choices_of_a_row_are_shown_and_need_their_list() -> None:
    roles = {
        "question": {"about": "the question"},
        "choices": {"about": "the choices", "list": True},
        "answer": {"about": "the answer", "labels": "choices"},
    }
    phrasing = {"name": "en-ask", "language": "en", "instruction": "{{ question }}\n{{ option_lines }}",
                "output": "{{ answer }}"}  # fmt: skip
    one = pack(roles=roles, phrasings=[phrasing], examples=[])
    row = {"question": "Which?", "choices": ["tea", "rum"], "answer": "B"}
    assert put(one, one.phrasings[0], row) == Said("Which?\n- tea\n- rum", "", "rum")
    with pytest.raises(BadInput, match="the row has no choices"):
        put(one, one.phrasings[0], {"question": "Which?", "answer": "B"})


def test_the_example_of_a_phrasing_is_its_own_or_one_that_fills_its_roles() -> None:
    tomato, sea = (example["row"] for example in COLORS.examples)
    assert example_row(COLORS, ASK) == tomato
    assert example_row(COLORS, WHY) == sea
    assert example_row(COLORS, replace(ASK, name="en-other")) == tomato
    assert example_row(COLORS, ZH) is None


@pytest.mark.parametrize("task", tasks())
def test_examples_of_the_library_are_what_their_phrasings_make_of_them(task: str) -> None:
    library = load_pack(task)
    by_name = {one.name: one for one in library.phrasings}
    assert library.examples
    for example in library.examples:
        said = put(library, by_name[example["phrasing"]], example["row"])
        assert said == Said(example["instruction"], example.get("input", ""), example["output"])
