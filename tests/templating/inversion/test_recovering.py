"""Roles read back from what phrasings made of them."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.inversion import recovering
from instructkit.templating.inversion.recovering import PARTS, Recovery, spans_of
from instructkit.templating.library.packs import Pack, Phrasing, Role, load_pack, tasks
from instructkit.templating.rendering.render import template

FORMS = [False, True]


@pytest.fixture(params=FORMS, ids=["plain", "compiled"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both forms of the loop, one after the other."""
    monkeypatch.setattr(recovering, "worth_compiling", lambda rows: request.param)


@pytest.mark.parametrize("task", tasks())
def test_every_plain_phrasing_of_the_library_gives_its_roles_back(task: str, form: None) -> None:
    pack = load_pack(task)
    recovery = Recovery.of(pack)
    values = {name: [f"«{name}一»ü", f"<{name}>\n\n二. 1", "x"] for name in recovery.names}
    columns = {name: pa.array(texts) for name, texts in values.items()}
    for number, phrasing in enumerate(pack.phrasings):
        made = {part: template(getattr(phrasing, part)).render(columns, 3) for part in PARTS}
        found, read = recovery.recover(made, np.full(3, number))
        if recovery.phrasings[number] is None:
            assert not read.any()
            continue
        used = template(phrasing.instruction).names | template(phrasing.input).names | template(phrasing.output).names
        assert read[0], phrasing.name  # the others may hold what parts two roles
        for name in recovery.names:
            expected = values[name] if name in used else [None] * 3
            assert [text for text, there in zip(found[name].to_pylist(), read, strict=True) if there] == [
                text for text, there in zip(expected, read, strict=True) if there
            ]


def pack_of(*phrasings: tuple[str, str, str]) -> Pack:
    roles = {name: Role(name, name) for name in ("a", "b", "c")}
    made = tuple(Phrasing(f"en-{number}", "en", *parts) for number, parts in enumerate(phrasings))
    return Pack("t", "t", roles, made, ())


def recovered(pack: Pack, *texts: str) -> dict[str, str | None] | None:
    columns = dict(zip(PARTS, ([text] for text in texts), strict=True))
    found, read = Recovery.of(pack).recover({name: pa.array(text) for name, text in columns.items()}, np.zeros(1, int))
    return {name: values[0].as_py() for name, values in found.items()} if read[0] else None


def test_a_text_that_could_be_parted_in_two_ways_is_not_known(form: None) -> None:
    pack = pack_of(("Q: {{ a }}\nA: {{ b }}", "", "{{ c }}"))
    assert recovered(pack, "Q: one\nA: two", "", "3") == {"a": "one", "b": "two", "c": "3"}
    assert recovered(pack, "Q: one\nA: or\nA: two", "", "3") is None


def test_a_role_that_stands_twice_must_say_the_same(form: None) -> None:
    pack = pack_of(("Say {{ a }}.", "{{ a }}", "{{ b }}"))
    assert recovered(pack, "Say hi.", "hi", "x") == {"a": "hi", "b": "x"}
    assert recovered(pack, "Say hi.", "ho", "x") is None


def test_a_text_that_the_phrasing_did_not_make_is_not_known(form: None) -> None:
    pack = pack_of(("Say {{ a }}.", "", "{{ b }}"))
    assert recovered(pack, "Say hi!", "", "x") is None
    assert recovered(pack, "Say.", "", "x") is None
    assert recovered(pack, "Say hi.", "and more", "x") is None
    assert recovered(pack, "", "", "") is None


def test_roles_without_a_literal_between_them_are_not_known(form: None) -> None:
    assert recovered(pack_of(("{{ a }}{{ b }}", "", "{{ c }}")), "onetwo", "", "x") is None


few = st.text(alphabet="ab-", max_size=6)


@settings(deadline=None)  # the first call loads tables or compiled loops
@given(st.lists(few.filter(bool), min_size=1, max_size=2), few, few, st.lists(few, min_size=4, max_size=4))
def test_the_reading_is_the_only_one_there_is(between: list[str], before: str, behind: str, values: list[str]) -> None:
    names = ["a", "b", "c", "d"][: len(between) + 1]
    pieces = [(False, before)] if before else []
    for place, name in enumerate(names):
        pieces += [(True, name)] + ([(False, between[place])] if place < len(between) else [])
    pieces += [(False, behind)] if behind else []
    spelled = dict(zip(names, values, strict=False))
    text = "".join(spelled[part] if is_role else part for is_role, part in pieces)
    readings = set()
    inner = text[len(before) : len(text) - len(behind)]
    for cuts in itertools.combinations_with_replacement(range(len(inner) + 1), 2 * len(between)):
        ends = [0, *cuts, len(inner)]
        parts = [inner[ends[at] : ends[at + 1]] for at in range(len(ends) - 1)]
        if parts[1::2] == between:
            readings.add(tuple(parts[::2]))
    assert tuple(spelled.values()) in readings
    spans = spans_of(tuple(pieces), text)
    if spans is None:
        assert len(readings) > 1
    else:
        assert {tuple(text[first:last] for first, last in spans)} == readings


@settings(deadline=None)  # the first call loads tables or compiled loops
@given(st.lists(st.tuples(few, few, few), min_size=1, max_size=8), st.data())
def test_the_compiled_loop_reads_as_the_plain_one(rows: list[tuple[str, str, str]], data: st.DataObject) -> None:
    from instructkit.templating.inversion.recovering_loops import recover

    pack = pack_of(("a{{ a }}-{{ b }}", "{{ c }}", "{{ a }}"), ("{{ a }}b{{ b }}-{{ c }}a", "", "{{ b }}"),
                   ("-", "{{ b }}", "{{ c }}b"), ("{{ a }}{{ b }}", "", "{{ c }}"))  # fmt: skip
    recovery = Recovery.of(pack)
    numbers = np.array([data.draw(st.integers(0, 3)) for _ in rows])
    made = []
    for values, number in zip(rows, numbers, strict=True):
        columns = {name: pa.array([text]) for name, text in zip("abc", values, strict=True)}
        phrasing = pack.phrasings[int(number)]
        made.append([template(getattr(phrasing, part)).render(columns, 1)[0].as_py() for part in PARTS])
    parts = {name: pa.array([row[place] for row in made]) for place, name in enumerate(PARTS)}
    plain, read = recovery.recover(parts, numbers)
    compiled, same = recover(recovery, [parts[name] for name in PARTS], numbers)
    assert same.tolist() == read.tolist()
    assert {name: values.to_pylist() for name, values in compiled.items()} == {
        name: values.to_pylist() for name, values in plain.items()
    }
