"""The template library: every pack loads, says what its examples say, and renders as Jinja renders."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.engine.sandbox import environment
from instructkit.errors import UsageError
from instructkit.templating.library.binding import parse_map
from instructkit.templating.library.labels import resolve_labels
from instructkit.templating.library.packs import Binding, Column, Pack, Phrasing, bindings, load_pack, tasks
from instructkit.templating.pack_templates import Manner, PackTemplates, phrasing_names, shows_options
from instructkit.templating.phrase import Plan, phrase
from instructkit.templating.rendering.render import template

PACKS = {task: load_pack(task) for task in tasks()}
PHRASINGS = [(task, phrasing) for task, pack in PACKS.items() for phrasing in pack.phrasings]
EXAMPLES = [(task, example) for task, pack in PACKS.items() for example in pack.examples]
BINDINGS = [(task, binding) for task in PACKS for binding in bindings(task)]
PARTS = ("instruction", "input", "output")

Row = dict[str, Any]


def phrasing_id(value: object) -> str:
    return value.name if isinstance(value, Phrasing | Binding) else str(value) if isinstance(value, str) else ""


def labels_of(pack: Pack) -> tuple[str, ...]:
    """Labels for a pack: its own, or those of its examples where any word is one."""
    role = pack.label_role
    if role is None or not role.open_labels:
        return ()
    return tuple(dict.fromkeys(word for one in pack.examples for word in [one["row"][role.name]]))


def made(pack: Pack, row: Row, phrasings: tuple[Phrasing, ...], labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """The examples that `format` makes of a row with these phrasings."""
    role = pack.label_role
    # the row's own choices are shown, but where none are asked for
    bare = role is not None and bool(role.row_labels) and not all(map(shows_options, phrasings))
    templates = PackTemplates(
        pack,
        {name: Column(name) for name in pack.roles if name in row},
        None if role is None or role.name not in row else resolve_labels(role, labels),
        phrasings,
        language=phrasings[0].language,
        manner=Manner("none" if bare else None),
    )
    options = False if bare else None
    plan = Plan("rows.jsonl", templates, {}, per_row=None, max_chars=None, max_tokens=None, seed=0, options=options)
    found = phrase(pa.RecordBatch.from_pylist([row]), plan)
    assert found.bad == []
    return list(found.examples.to_pylist())


def rows_of(pack: Pack, language: str) -> list[Row]:
    return [dict(example["row"]) for example in pack.examples if example["language"] == language]


def filled_row(pack: Pack) -> Row:
    """A row with every role filled by a text that stands nowhere else."""
    row: Row = {name: ["<<one>>", "<<two>>"] if role.is_list else f"<<{name}>>" for name, role in pack.roles.items()}
    role = pack.label_role
    if role is not None and role.row_labels:
        row[role.name] = "<<two>>"
    elif role is not None:
        row[role.name] = labels_of(pack)[0] if role.open_labels else next(iter(role.labels[0].words.values()))
    return row


def fitting(row: Row, pack: Pack, phrasing: Phrasing) -> Row:
    """The row with the roles that the phrasing uses, and those that every row has."""
    used = phrasing_names(phrasing)
    return {name: value for name, value in row.items() if name in used or not pack.roles[name].optional}


def answer_roles(pack: Pack) -> set[str]:
    """The roles that some output says."""
    said = set.union(*(set(names_of(phrasing.output)) for phrasing in pack.phrasings))
    return said & set(pack.roles)


def names_of(template: str) -> frozenset[str]:
    return phrasing_names(Phrasing("", "", template, "", ""))


def test_the_library_has_the_packs_of_its_folders() -> None:
    assert {"arithmetic", "nli", "sentiment", "summarization"} <= set(PACKS)
    assert all(pack.task == task and pack.about and pack.roles for task, pack in PACKS.items())


def test_an_unknown_pack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"there is no task 'sentimant'; near it: sentiment.*; known tasks: .*"):
        load_pack("sentimant")


@pytest.mark.parametrize(("task", "example"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else "")
def test_an_example_renders_as_it_is_written(task: str, example: dict[str, Any]) -> None:
    pack = PACKS[task]
    (chosen,) = [one for one in pack.phrasings if one.name == example["phrasing"]]
    (found,) = made(pack, fitting(example["row"], pack, chosen), (chosen,), labels_of(pack))
    assert chosen.language == example["language"]
    assert {part: found[part] for part in PARTS} == {part: example[part] for part in PARTS}
    assert found["template"] == f"{task}/{chosen.name}"


@pytest.mark.parametrize("task", PACKS)
def test_each_language_has_ten_phrasings_and_an_example(task: str) -> None:
    pack = PACKS[task]
    for language in ("en", "zh"):
        assert len([one for one in pack.phrasings if one.language == language]) >= 10
        assert rows_of(pack, language)


@pytest.mark.parametrize("task", PACKS)
def test_the_names_of_phrasings_are_unique_and_begin_with_their_language(task: str) -> None:
    names = [phrasing.name for phrasing in PACKS[task].phrasings]
    assert sorted(names) == sorted(set(names))
    assert [one.name for one in PACKS[task].phrasings if not one.name.startswith(f"{one.language}-")] == []


@pytest.mark.parametrize(("task", "phrasing"), PHRASINGS, ids=phrasing_id)
def test_a_phrasing_uses_the_roles_of_its_pack_and_says_an_answer(task: str, phrasing: Phrasing) -> None:
    pack = PACKS[task]
    known = set(pack.roles) | ({"options", "option_lines"} if pack.label_role else set())
    assert phrasing_names(phrasing) <= known
    assert names_of(phrasing.output) & set(pack.roles)


@pytest.mark.parametrize(("task", "phrasing"), PHRASINGS, ids=phrasing_id)
def test_a_phrasing_renders_on_rows_of_its_language(task: str, phrasing: Phrasing) -> None:
    pack = PACKS[task]
    rows = rows_of(pack, phrasing.language)
    for row in [*[row for row in rows if phrasing_names(phrasing) & set(pack.roles) <= set(row)], filled_row(pack)]:
        (found,) = made(pack, fitting(row, pack, phrasing), (phrasing,), labels_of(pack))
        assert found["instruction"].strip()
        assert found["output"].strip()
        for name in phrasing_names(phrasing) & set(pack.roles):
            if not pack.roles[name].is_label and not pack.roles[name].words:
                assert any(row[name] in found[part] for part in PARTS)


@pytest.mark.parametrize(("task", "phrasing"), PHRASINGS, ids=phrasing_id)
def test_no_phrasing_gives_its_answer_away(task: str, phrasing: Phrasing) -> None:
    answers = answer_roles(PACKS[task])
    assert (names_of(phrasing.instruction) | names_of(phrasing.input)) & answers == set()


@pytest.mark.parametrize(("task", "phrasing"), PHRASINGS, ids=phrasing_id)
def test_a_chain_of_thought_is_marked_and_no_other(task: str, phrasing: Phrasing) -> None:
    assert phrasing.cot == ("rationale" in names_of(phrasing.output))


@pytest.mark.parametrize("task", PACKS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_phrasings_of_a_language_put_a_row_differently(task: str, language: str) -> None:
    pack = PACKS[task]
    phrasings = tuple(one for one in pack.phrasings if one.language == language)
    row = filled_row(pack)
    found = [made(pack, fitting(row, pack, one), (one,), labels_of(pack))[0] for one in phrasings]
    prompts = [" ".join(f"{one['instruction']} {one['input']}".split()) for one in found]
    assert len(set(prompts)) == len(phrasings)


@pytest.mark.parametrize(("task", "binding"), BINDINGS, ids=phrasing_id)
def test_a_binding_fills_roles_that_are_there_with_labels_that_are_known(task: str, binding: Binding) -> None:
    pack = PACKS[task]
    assert set(binding.roles) <= set(pack.roles)
    assert {role.name for role in pack.roles.values() if not role.optional} <= set(binding.roles)
    assert all(column.sources or column.constant is not None for column in binding.roles.values())
    assert pack.label_role is None or not pack.label_role.row_labels or pack.label_role.row_labels in binding.roles
    if binding.labels:
        assert pack.label_role is not None
        found = resolve_labels(pack.label_role, binding.labels)
        assert len(found.numbered) == len(binding.labels) == len(set(found.numbered))


def test_the_names_of_bindings_are_unique() -> None:
    names = [binding.name for _, binding in BINDINGS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("task", [task for task, pack in PACKS.items() if pack.label_role])
def test_each_word_means_one_label(task: str) -> None:
    role = PACKS[task].label_role
    assert role is not None
    words = [{word.lower() for word in (*label.words.values(), *label.also)} for label in role.labels]
    assert sum(map(len, words)) == len(set().union(*words))


def test_a_role_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no role 'txt'; its roles are text, label"):
        parse_map(["txt=review"], PACKS["sentiment"], pa.schema([]))


# --- rendering in columns, against Jinja itself

AWKWARD = (
    *("{{ x }}", "{% if x %}", "{# x #}"),
    *("a\\nb\\", "\\1 $0 %s {0}", "say \"hi\" 'so'"),
    *("你好，世界", "😀", "<b>&amp;</b>"),
    *("", " ", "\n", "\u2028\x00\r\n"),
)
VALUES = st.one_of(st.text(max_size=30), st.sampled_from(AWKWARD))
TEMPLATES = sorted({getattr(one, part) for _, one in PHRASINGS for part in PARTS})
LITERALS = st.text(alphabet=st.sampled_from(" ab。\n\\\"'$%<&"), max_size=8)


def by_jinja(text: str, rows: list[Row]) -> list[str]:
    compiled = environment().from_string(text)
    return [compiled.render(row) for row in rows]


def in_columns(text: str, rows: list[Row]) -> list[str]:
    names = {name for row in rows for name in row}
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in names}
    return list(template(text).render(columns, len(rows)).to_pylist())


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4), st.lists(LITERALS, min_size=3, max_size=3))
def test_plain_insertions_render_as_jinja_renders_them(values: list[tuple[str, str]], literals: list[str]) -> None:
    before, between, after = literals
    text = before + "{{ one }}" + between + "{{ two }}" + after
    assert template(text).is_plain
    rows = [{"one": one, "two": two} for one, two in values]
    assert in_columns(text, rows) == by_jinja(text, rows)


@given(st.data())
def test_the_library_renders_as_jinja_renders_it(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEMPLATES))
    names = sorted(names_of(text))
    rows = data.draw(st.lists(st.fixed_dictionaries({name: VALUES for name in names}), min_size=1, max_size=4))
    assert in_columns(text, rows) == by_jinja(text, rows)


@pytest.mark.parametrize(
    "text",
    ["{{ one | upper }}", "{% if one %}{{ one }}{% else %}none{% endif %}", "{{ one }}{# a note #}!", "{{ one }}\n"],
)
def test_other_jinja_renders_the_same(text: str) -> None:
    rows = [{"one": "so"}, {"one": ""}, {"one": "{{ two }}"}]
    assert in_columns(text, rows) == by_jinja(text, rows)


def test_the_packs_are_plain_insertions_that_need_no_python_loop() -> None:
    assert [text for text in TEMPLATES if not template(text).is_plain] == []


def test_nothing_is_cut_or_escaped() -> None:
    rows = [{"one": " <a> & {{ b }} \n"}]
    assert in_columns("{{ one }}\n", rows) == [" <a> & {{ b }} \n\n"]
    assert in_columns("{{ one }}{{ one | trim }}\n", rows) == [" <a> & {{ b }} \n<a> & {{ b }}\n"]
