"""Template files from elsewhere: FLAN's patterns, packs of one's own, and what is none."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.templating.library.libraries import _jinja, open_library
from instructkit.templating.rendering.render import template
from tests.conftest import write_lines

FIELDS = st.sampled_from(["{text}", "{label}", "{options_}"])
LITERALS = st.text(alphabet="{}%#ab '\"\\\n", max_size=8).map(lambda text: text.replace("{", "{{").replace("}", "}}"))


@settings(max_examples=120, deadline=None)
@given(st.lists(LITERALS | FIELDS, min_size=1, max_size=6).map("".join), st.text(max_size=8))
def test_a_pattern_says_what_str_format_says_whatever_stands_around_its_fields(pattern: str, value: str) -> None:
    values = {"text": value, "label": "{{ x }}", "options_": "{% if %}"}
    made, used = _jinja(pattern, "here")
    columns = {name: pa.array([values[name]]) for name in used}
    assert template(made).render(columns, 1)[0].as_py() == pattern.format(**values)


def formatted(source: Path, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format([str(source)], **options).read_all().to_pylist())


ROWS = [{"premise": "It rains {x.__class__}.", "hypothesis": "{{ 7*7 }}", "answer": "{% raw %}"}]
PATTERNS = [["Premise: {premise}\nDoes it follow that {hypothesis}?", "{answer}"],
            ["{{braces}} {hypothesis} {{{{ 7*7 }}}} {{% if x %}}", "It is {answer}."]]  # fmt: skip


@pytest.mark.parametrize("shape", ["pairs.json", "groups.json", "pairs.yaml", "groups.yaml"])
def test_patterns_are_read_from_json_and_yaml_as_pairs_or_by_dataset(tmp_path: Path, shape: str) -> None:
    content = {"rte": PATTERNS} if shape.startswith("groups") else PATTERNS
    path = tmp_path / shape
    if shape.endswith("json"):
        path.write_text(json.dumps(content))
    else:
        lines = [f"- - {json.dumps(given)}\n  - {json.dumps(target)}" for given, target in PATTERNS]
        path.write_text(("rte:\n" if shape.startswith("groups") else "") + "\n".join(lines))
    rows = formatted(write_lines(tmp_path / "r.jsonl", ROWS), templates=str(path), per_row=None)
    said = {row["template"].rpartition("-")[2]: (row["instruction"], row["input"], row["output"]) for row in rows}
    assert said == {
        "1": ("Premise: It rains {x.__class__}.\nDoes it follow that {{ 7*7 }}?", "", "{% raw %}"),
        "2": ("{braces} {{ 7*7 }} {{ 7*7 }} {% if x %}", "", "It is {% raw %}."),
    }
    assert {row["task"] for row in rows} == {shape.split(".", maxsplit=1)[0]}


@pytest.mark.parametrize(
    "field",
    [
        "{x.__class__}",
        "{x[0]}",
        "{x.__init__.__globals__}",
        "{}",
        "{0}",
        "{x!r}",
        "{x:>9999999999}",
        "{a b}",
        "{x:{y}}",
    ],
)
def test_a_field_that_is_more_than_a_name_is_refused(tmp_path: Path, field: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps([[f"Say {field}", "{answer}"]]))
    with pytest.raises(BadInput, match="only plain names are read"):
        open_library(str(path))


@pytest.mark.parametrize("field", ["in", "if", "not", "true", "none", "None", "loop", "self", "range", "dict", "zip"])
def test_a_field_named_by_a_word_of_jinjas_is_refused_by_name(tmp_path: Path, field: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps([[f"Say {{{field}}}", "{answer}"]]))
    with pytest.raises(BadInput, match=f"field {{{field}}}, a word of the template language"):
        open_library(str(path))


@pytest.mark.parametrize("pattern", ["{a", "a}", "{a}}", "{{a}"])
def test_a_brace_that_stands_alone_is_told(tmp_path: Path, pattern: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps([[pattern, "{answer}"]]))
    with pytest.raises(BadInput, match=r"is no pattern .*write \{\{ for a brace"):
        open_library(str(path))


def test_a_row_is_put_only_by_patterns_whose_fields_it_has(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps([["{a}", "{answer}"], ["{b}", "{answer}"], ["{a}{b}", "{answer}"]]))
    rows = write_lines(tmp_path / "r.jsonl", [{"a": "A", "b": None, "answer": "x"}, {"a": " ", "b": "", "answer": "y"}])
    reader = ik.format([str(rows)], templates=str(path), per_row=None)
    assert [row["instruction"] for row in reader.read_all().to_pylist()] == ["A"]
    assert ik.counts(reader).reasons == {"no_phrasing": 1}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.json", "{", "can't be read as JSON"),
        ("p.json", "[" * 100_000, "can't be read as JSON"),
        ("p.json", "[]", "holds no templates"),
        ("p.json", '[["a"]]', "holds no templates"),
        ("p.json", '[["a", 1]]', "holds no templates"),
        ("p.json", '["ab"]', "holds no templates"),
        ("p.json", '[["fixed", "text"]]', "no pattern has a .field"),
        ("p.yaml", "a: 1", "holds no templates"),
        ("p.yaml", "just text", "holds no templates"),
        ("p.yaml", "roles: {}\nphrasings: []", "must have the key 'task'"),
        ("p.yaml", "roles: 1\nphrasings: 1", "roles must be a mapping"),
        ("p.yaml", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_holds_no_templates_is_told_as_such(
    tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput, match=said):
        open_library(str(path))


def test_a_path_that_is_not_there_lists_the_tasks_and_a_folder_without_templates_says_what_it_lacks(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match=r"neither a template file nor a task; known tasks: .*sentiment"):
        open_library(str(tmp_path / "nothing.yaml"))
    with pytest.raises(UsageError, match=r"holds neither templates\.yaml nor pack\.yaml"):
        open_library(str(tmp_path))
