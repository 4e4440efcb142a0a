"""PromptSource's library, rendered as PromptSource renders it."""

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa
import pytest
from jinja2 import nodes

import instructkit as ik
from instructkit.engine.sandbox import environment
from instructkit.errors import BadInput, UsageError
from instructkit.templating.library.libraries import open_library
from instructkit.templating.library.promptsource import PROTECTOR, PromptTemplate, loaded
from instructkit.templating.rendering.program import parse
from tests.conftest import write_lines

DRAWS = re.compile(r"\|\s*(choice|random)")


@pytest.fixture(scope="module")
def promptsource(real_data: Path) -> Path:
    """PromptSource's own files."""
    folder = real_data / "promptsource"
    if not folder.is_dir():
        pytest.skip("no PromptSource at hand")
    return folder


@pytest.fixture(scope="module")
def library(promptsource: Path) -> list[PromptTemplate]:
    """All its templates."""
    files = sorted((promptsource / "templates").rglob("templates.yaml"))
    return [one for file in files for one in loaded(str(file)).templates]


# ---- the oracle: PromptSource's Template.apply with truncate=False (promptsource/templates.py), written anew


def _most_frequent(items: Any) -> Any:
    if not items:
        return None
    counts = Counter(items).most_common()
    return [item for item, count in counts if count == counts[0][1]]


JINJA = jinja2.Environment(loader=jinja2.BaseLoader())
JINJA.globals["zip"] = zip
JINJA.filters["choice"] = random.choice
JINJA.filters["most_frequent"] = _most_frequent


def _escaped(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.replace("|||", PROTECTOR) if isinstance(value, str) else value for name, value in row.items()}


def apply(one: PromptTemplate, row: dict[str, Any]) -> tuple[list[str], list[str] | None]:
    """The parts and the answer choices, as PromptSource makes them."""
    choices = None
    if one.choices_source is not None:
        said = JINJA.from_string(one.choices_source).render(**_escaped(row))
        choices = [choice.strip().replace(PROTECTOR, "|||") for choice in said.split("|||")]
    text = JINJA.from_string(one.source).render(**_escaped(row), answer_choices=choices)
    return [part.replace(PROTECTOR, "|||").strip() for part in text.split("|||")], choices


def assert_equal_to_promptsource(one: PromptTemplate, columns: dict[str, pa.Array], rows: int) -> Counter[bool]:
    """Compare parts and choices of each row, or that both fail; gives how many did not."""
    made = one.render(columns, rows)
    lists = {name: column.to_pylist() for name, column in columns.items()}
    found: Counter[bool] = Counter()
    for row in range(rows):
        values = {name: column[row] for name, column in lists.items()}
        try:
            wanted = apply(one, values)
        except Exception:
            assert row in made.failures, (one.name, values, made.parts[row])
            found[False] += 1
            continue
        assert row not in made.failures, (one.name, values, made.failures.get(row))
        choices = None if made.choices is None else made.choices[row].as_py()
        assert (made.parts[row].as_py(), choices) == wanted, (one.name, values)
        found[True] += 1
    return found


# ---- rows that a template may meet: the types of its columns are guessed from how it uses them

TEXTS = ["", "a cat", "A", "B", "yes", "x ||| y", "|||", "{{ x }}", "{%", "<b>&amp;", "été ß İ ΟΔΟΣ", " pad ",
         "\u3000w\u2003", "a\x1cb\x1f", "None", "x" * 3000, "it's", "l1\nl2\r\nl3", "one. two.", "q?"]  # fmt: skip
FLOATS = [0.0, 1.0, 0.5, -1.5, 1e20, 1 / 3, 5e-8]
KINDS = [pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.list_(pa.string()), pa.list_(pa.int64())]
METHODS = {*dir(""), *dir([]), *dir({})}
Use = tuple[Any, ...]  # the way into a value: fields, 0 for a place; ends with a constant it is compared with


def _way(node: Any) -> tuple[str, Use]:
    way: Use = ()
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        step = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", 0)
        way = (step if isinstance(step, str) else 0, *way)
        node = node.node
    return (node.name, way) if isinstance(node, nodes.Name) else ("", ())


def _uses(one: PromptTemplate) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = {}

    def note(node: Any, *end: Any) -> None:
        name, way = _way(node)
        found.setdefault(name, []).append((*way, *end))

    for source in (one.source, one.choices_source or ""):
        tree = JINJA.parse(source)
        for item in tree.find_all((nodes.Getattr, nodes.Getitem)):
            note(item)
            if isinstance(item, nodes.Getitem) and isinstance(item.node, nodes.Dict):
                for pair in item.node.items:
                    note(item.arg, nodes.Const(pair.key.as_const()))
            elif isinstance(item, nodes.Getitem):
                note(item.arg, nodes.Const(1))
        for loop in tree.find_all(nodes.For):
            note(loop.iter, 0)
        for through in tree.find_all(nodes.Filter):
            if through.name in ("join", "length", "first", "last", "most_frequent"):
                note(through.node, 0)
        for compared in tree.find_all(nodes.Compare):
            for operand in compared.ops:
                for side, other in ((compared.expr, operand.expr), (operand.expr, compared.expr)):
                    if isinstance(other, nodes.Const):
                        note(side, other)
    return found


def _kind(draw: random.Random, uses: list[Use]) -> tuple[pa.DataType, list[Any]]:
    uses = [use for use in uses if use]
    if draw.random() < 0.1:
        return draw.choice(KINDS), []
    constants = [use[0].value for use in uses if isinstance(use[0], nodes.Const)]
    if constants:
        like = draw.choice(constants)
        same = [constant for constant in constants if type(constant) is type(like)]
        return pa.scalar(like).type if like is not None else pa.string(), same
    fields = [use[0] for use in uses if isinstance(use[0], str) and use[0] not in METHODS]
    if fields:
        inner = {name: [use[1:] for use in uses if use[0] == name] for name in fields}
        return pa.struct([(name, _kind(draw, found)[0]) for name, found in inner.items()]), []
    if any(use[0] == 0 for use in uses):
        return pa.list_(_kind(draw, [use[1:] for use in uses if use[0] == 0])[0]), []
    return draw.choice([*[pa.string()] * 6, pa.int64(), pa.float64(), pa.bool_()]), []


def _value(draw: random.Random, kind: pa.DataType, usual: list[Any], nulls: bool) -> Any:
    if nulls and draw.random() < 0.08:
        return None
    if usual and draw.random() < 0.6:
        return draw.choice(usual)
    if pa.types.is_list(kind):
        return [_value(draw, kind.value_type, [], nulls) for _ in range(draw.randrange(5))]
    if pa.types.is_struct(kind):
        return {field.name: _value(draw, field.type, [], nulls) for field in kind}
    if pa.types.is_integer(kind):
        return draw.choice([0, 1, 2, 3, -1, 10**12])
    if pa.types.is_floating(kind):
        return draw.choice(FLOATS)
    return draw.random() < 0.5 if pa.types.is_boolean(kind) else draw.choice(TEXTS)


def test_all_of_promptsources_templates_load(library: list[PromptTemplate]) -> None:
    assert len(library) == 2085
    for one in library:
        for source in (one.source, one.choices_source or ""):
            parse(source, environment(strict=False))
    some = library[::10]
    assert sum(one.in_columns for one in some) > 0.75 * len(some)  # those that columns serve


def test_rows_of_the_oracle_render_as_promptsource_rendered_them(promptsource: Path) -> None:
    cases: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with (promptsource / "oracle.jsonl").open() as file:
        for line in file:
            case = json.loads(line)
            folder = "/".join(filter(None, (case["dataset"], case["subset"])))
            cases.setdefault((folder, case["template"]), []).append(case)
    assert sum(map(len, cases.values())) == 544
    for (folder, name), group in cases.items():
        templates = loaded(str(promptsource / "templates" / folder / "templates.yaml")).templates
        (one,) = [one for one in templates if one.name == name]
        columns = {name: pa.array([case["row"][name] for case in group]) for name in group[0]["row"]}
        made = one.render(columns, len(group))
        assert made.parts.to_pylist() == [case["parts"] for case in group]
        choices = [None] * len(group) if made.choices is None else made.choices.to_pylist()
        assert choices == [case["answer_choices"] for case in group]
        assert not made.failures


@pytest.mark.parametrize("turn", range(3))
def test_templates_from_all_over_the_library_render_any_rows_as_promptsource_does(
    turn: int, library: list[PromptTemplate]
) -> None:
    sure = [one for one in library if not DRAWS.search(one.source + (one.choices_source or ""))]
    found: Counter[bool] = Counter()
    for number, one in enumerate(sure[turn::36]):  # 50 or so
        draw = random.Random(f"{turn} {number}")
        uses = _uses(one)
        columns = {}
        for name in sorted(one.names):
            kind, usual = _kind(draw, uses.get(name, []))
            nulls = turn == 2
            columns[name] = pa.array([_value(draw, kind, usual, nulls) for _ in range(5)], kind)
        found += assert_equal_to_promptsource(one, columns, 5)
    assert found[True] > 3 * found[False]


def test_the_texts_of_fields_are_never_cut(library: list[PromptTemplate]) -> None:
    one = PromptTemplate("t", "{{ text }} ||| {{ text | upper }}{{ list[0] }}")
    long = "word " * 10_000 + "end"
    made = one.render({"text": pa.array([long]), "list": pa.array([[long]])}, 1)
    assert made.parts[0].as_py() == [long, long.upper() + long]


# ---- whole files, in `format`


LIBRARY = """
dataset: d
subset: s
templates:
  1: !Template
    name: ask
    answer_choices: No ||| Yes
    jinja: "Is it so? {{ text }}\\n|||\\n{{ answer_choices[label] }}"
    metadata: !TemplateMetadata
      languages: [en]
      original_task: true
"""


def library_of(folder: Path, *sources: str, choices: str | None = None) -> str:
    """A ``templates.yaml`` of some templates, named t0, t1, ..."""
    templates = [
        {"name": f"t{number}", "jinja": source, "answer_choices": choices} for number, source in enumerate(sources)
    ]
    content = {"dataset": "d", "templates": {str(number): one for number, one in enumerate(templates)}}
    (folder / "templates.yaml").write_text(json.dumps(content))  # JSON is YAML
    return str(folder)


def formatted(source: object, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format([str(source)], **options).read_all().to_pylist())


def test_prompt_target_and_choices_become_instruction_output_and_a_column(tmp_path: Path) -> None:
    (tmp_path / "templates.yaml").write_text(LIBRARY)
    rows = write_lines(tmp_path / "r.jsonl", [{"text": "a ||| b", "label": 1}, {"text": "c", "label": 0}])
    first, second = formatted(rows, templates=str(tmp_path / "templates.yaml"))
    assert (first["instruction"], first["input"], first["output"]) == ("Is it so? a ||| b", "", "Yes")
    assert second["output"] == "No"
    assert first["answer_choices"] == ["No", "Yes"]
    assert (first["task"], first["template"]) == ("d/s", "d/s/ask")


def test_labels_of_csv_are_texts_and_index_the_choices(tmp_path: Path) -> None:
    (tmp_path / "templates.yaml").write_text(LIBRARY)
    (tmp_path / "r.csv").write_text("text,label\nfine,1\nbad,0\n")
    got = formatted(tmp_path / "r.csv", templates=str(tmp_path))
    assert [row["output"] for row in got] == ["Yes", "No"]


def test_labels_that_are_texts_and_name_entries_of_a_dictionary_stay_texts(tmp_path: Path) -> None:
    folder = library_of(tmp_path, "{{ q }}|||{{ {'1': 'one', '2': 'two'}[label] }}",
                        "{% set names = {'1': 'one', '2': 'two'} %}{{ q }}|||{{ names[label] }}")  # fmt: skip
    rows = write_lines(tmp_path / "r.jsonl", [{"q": "a?", "label": "2"}])
    assert [row["output"] for row in formatted(rows, templates=folder, per_row=None)] == ["two", "two"]


def test_rows_without_a_prompt_and_a_target_are_counted_not_failed(tmp_path: Path) -> None:
    folder = library_of(tmp_path, "{% if kind == 'one' %}prompt{% elif kind == 'no target' %}prompt ||| "
                        "{% elif kind == 'no prompt' %} ||| target{% elif kind == 'three' %}a ||| b ||| c"
                        "{% elif kind == 'two' %}prompt ||| target{% endif %}")  # fmt: skip
    kinds = ["one", "no target", "two", "no prompt", "three", "none"]
    reader = ik.format([str(write_lines(tmp_path / "r.jsonl", [{"kind": kind} for kind in kinds]))], templates=folder)
    assert reader.read_all()["instruction"].to_pylist() == ["prompt"]
    assert ik.counts(reader).reasons == {"template_does_not_apply": 5}


def test_where_one_template_does_not_apply_another_takes_its_place(tmp_path: Path) -> None:
    folder = library_of(tmp_path, "{% if n < 0 %}less ||| {{ n }}{% endif %}", "{{ n }} ||| any",
                        "{{ n.x.y }} ||| fails")  # fmt: skip
    rows = write_lines(tmp_path / "r.jsonl", [{"n": number} for number in range(-20, 20)])
    reader = ik.format([str(rows)], templates=folder)
    got = reader.read_all().to_pylist()
    assert len(got) == 40
    assert {row["template"] for row in got} == {"d/t0", "d/t1"}
    assert not ik.counts(reader).reasons


def test_a_template_over_missing_columns_is_left_out_or_refused_by_name(tmp_path: Path) -> None:
    folder = library_of(tmp_path, "{{ text }} ||| {{ label }}", "{{ premise }} ||| {{ label }}")
    rows = write_lines(tmp_path / "r.jsonl", [{"text": "a", "label": "b"}])
    assert [row["template"] for row in formatted(rows, templates=folder, per_row=None)] == ["d/t0"]
    with pytest.raises(UsageError, match="'t1' uses premise; it has text, label: name them with --map"):
        formatted(rows, templates=folder, template=["t1"])
    (row,) = formatted(rows, templates=folder, template=["t1"], map=["premise=text"])
    assert (row["instruction"], row["output"]) == ("a", "b")
    with pytest.raises(UsageError, match="no template 't9'; it has t0, t1"):
        formatted(rows, templates=folder, template=["t9"])


DRAWN = "{{ ['a', 'b', 'c', 'd', 'e', 'f']|choice }}{{ words|random }} {{ text }} ||| {{ [1, 2, 3, 4]|choice }}"


def test_random_filters_hang_on_the_row_and_the_seed_alone(tmp_path: Path) -> None:
    folder = library_of(tmp_path, DRAWN)
    rows = [{"text": f"row {number}", "words": ["x", "y", "z"]} for number in range(1200)]
    path = write_lines(tmp_path / "r.jsonl", rows)

    def said(source: Path, **options: Any) -> dict[str, tuple[str, str]]:
        got = formatted(source, templates=folder, **options)
        return {row["parent"]: (row["instruction"], row["output"]) for row in got}

    usual = said(path, workers=1)
    assert len({text.split()[0] for text, _ in usual.values()}) == 18  # all that can be drawn
    assert len({output for _, output in usual.values()}) == 4
    assert said(path, workers=2) == usual
    assert said(path, seed=1) != usual
    assert said(write_lines(tmp_path / "back.jsonl", rows[::-1]), workers=1) == usual
    some = said(write_lines(tmp_path / "some.jsonl", rows[700:710]), workers=1)
    assert some == {parent: usual[parent] for parent in some}


def test_random_filters_draw_all_items_equally_often() -> None:
    import numpy as np

    one = PromptTemplate("t", "{{ [0, 1, 2]|choice }}{{ [0, 1, 2]|choice }}")
    keys = np.random.default_rng(0).integers(0, 2**63, 9000).astype(np.uint64)
    pairs = Counter(parts[0] for parts in one.render({}, 9000, keys).parts.to_pylist())
    assert len(pairs) == 9
    assert all(abs(count - 1000) < 150 for count in pairs.values())


def test_choice_of_nothing_fails_and_most_frequent_keeps_the_order() -> None:
    made = PromptTemplate("t", "{{ x|choice }}").render({"x": pa.array([[], ["a"]], pa.list_(pa.string()))}, 2)
    assert made.parts.to_pylist() == [None, ["a"]]
    assert list(made.failures) == [0]
    lists = pa.array([["b", "a", "b", "c", "a"], ["x"], ["z", "y"]])
    assert_equal_to_promptsource(PromptTemplate("t", "{{ x|most_frequent|join(',') }}"), {"x": lists}, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dataset: d\ntemplates: {1: {name: a}}", "is no templates.yaml of PromptSource .KeyError: 'jinja'"),
        ("dataset: d\ntemplates: {1: nothing}", "is no templates.yaml of PromptSource"),
        ("dataset: d", "holds no templates"),
        ("dataset: d\ntemplates: {}", "holds no templates"),
        ("[]", "holds no templates"),
        ("", "holds no templates"),
    ],
)
def test_a_damaged_library_is_told_as_one(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "templates.yaml").write_text(text)
    with pytest.raises(BadInput, match=said):
        open_library(str(tmp_path))


def test_a_library_that_was_changed_is_read_anew(tmp_path: Path) -> None:
    rows = write_lines(tmp_path / "r.jsonl", [{"text": "a"}])
    for word in ("one", "other"):
        (row,) = formatted(rows, templates=library_of(tmp_path, word + " ||| {{ text }}"))
        assert row["instruction"] == word


def test_a_template_that_is_no_jinja_is_told_before_any_row(tmp_path: Path) -> None:
    folder = library_of(tmp_path, "{{ text ||| {{ label }}")
    with pytest.raises(BadInput, match=r"is no Jinja \(line 1"):
        formatted(write_lines(tmp_path / "r.jsonl", [{"text": "a", "label": "b"}]), templates=folder)
