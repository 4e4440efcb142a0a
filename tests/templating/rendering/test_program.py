"""Templates over columns say what Jinja says of each row."""

import re
from collections.abc import Callable
from typing import Any

import jinja2
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instructkit.templating.rendering.render import template

AWKWARD = [
    "", "a", "A b", "'q' \"d\"", "{{ x }}", "{% if %}", "{", "}}", "\u3000 w\u2003", "ß", "İ", "ΟΔΟΣ", "Σ", "\x1ca\x1f",
    " \x00", "None", "0", "1", "-7", "e\u0301", "\n", "\r\n", "a|||b", "ﬁ", "i̇", "\x85x\xa0", "\u180e", "\u200b", "#}",
]  # fmt: skip
TEXTS = st.sampled_from(AWKWARD) | st.text(max_size=6)
FLOATS = st.sampled_from([0.0, -0.0, 1.0, 0.5, 1e20, float("nan"), float("inf"), -1.5, 5e-8])
STRUCT = pa.struct([("t", pa.string()), ("l", pa.list_(pa.string())), ("n", pa.int64())])
COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "t": (pa.string(), TEXTS),
    "u": (pa.string(), st.sampled_from(["", "a", "b", "yes"])),
    "n": (pa.int64(), st.integers(-3, 5)),
    "b": (pa.bool_(), st.booleans()),
    "f": (pa.float64(), FLOATS),
    "l": (pa.list_(pa.string()), st.lists(TEXTS, max_size=3)),
    "li": (pa.list_(pa.int64()), st.lists(st.integers(-2, 9), max_size=3)),
    "s": (STRUCT, st.fixed_dictionaries({"t": TEXTS, "l": st.lists(TEXTS, max_size=2), "n": st.integers(0, 3)})),
    "i": (pa.int64(), st.sampled_from([0, 1])),
    "result": (pa.string(), TEXTS),
    "z": (pa.null(), st.none()),
}

FIELDS = st.sampled_from([
    *COLUMNS, "t", "u", "s.t", "s.l", "s['t']", "s.n", "l[0]", "l[-1]", "s.l[1]", "li[0]", "v", "w", "nothing",
    "['no', 'yes'][i]", "['a', 'b', 'c'][n]", "{0: 'z', 1: 'o'}[i]", "{'a': 1, 'b': 2}[u]", "t[0]", "t[1:]", "n + 1",
    "n * 2", "t ~ u", "t.x", "l|length", "(u if b else t)", "loop", "[t, u]",
])  # fmt: skip
STEPS = st.sampled_from([
    "|lower", "|upper", "|trim", "|string", "|length", "|default('d')", "|default('d', true)", "|join(', ')",
    "|replace('a', 'bb')", "|replace('', '-')", "|replace('ß', '')", ".strip()", ".lower()", ".upper()",
    ".replace('a', '')", ".replace('a', ' ', 1)", "|first", "|last", "|title", "|capitalize", "|int", "|list",
    ".split(' ')", ".x", "[0]", "|e", "|reverse|join", "|map('upper')|list", "|abs",
])  # fmt: skip


def _through(field: str, steps: list[str]) -> str:
    for step in steps:
        field = f"({field}){step}" if step[0] in ".[" else field + step
    return field


EXPRESSIONS = st.builds(_through, FIELDS, st.lists(STEPS, max_size=2))
CONSTANTS = st.sampled_from(["''", "'a'", "'ß'", "0", "1", "-1", "none", "true", "['a', 'yes']", "n", "u"])
OPERATORS = st.sampled_from(["==", "!=", "in", "not in", "<", ">="])
TESTS = st.one_of(
    EXPRESSIONS,
    st.builds("{} {} {}".format, EXPRESSIONS, OPERATORS, CONSTANTS | EXPRESSIONS),
    st.builds("not {}".format, EXPRESSIONS),
    st.builds("{} is {}".format, FIELDS, st.sampled_from(["defined", "none", "string", "odd"])),
    st.builds("{} {} {}".format, EXPRESSIONS, st.sampled_from(["and", "or"]), EXPRESSIONS),
)
LITERALS = st.text(alphabet="ab }'\"\\\n%#é|", max_size=6)
INSERTS = st.one_of(st.builds("{{{{ {} }}}}".format, EXPRESSIONS), st.builds("{{{{- {} -}}}}".format, TESTS))


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, max_size=3).map("".join)
    return st.one_of(
        inner,
        st.builds("{{% if {} %}}{}{{% endif %}}".format, TESTS, body),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, TESTS, body, body),
        st.builds("{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format, TESTS, body, TESTS, body, body),
        st.builds("{{% set {} = {} %}}".format, st.sampled_from(["v", "w", "t"]), EXPRESSIONS),
        st.builds("{{% set v %}}{}{{% endset %}}".format, body),
        st.builds("{{% for {} in {} %}}{}{{{{ loop.index }}}}{{% endfor %}}".format, st.sampled_from(["v", "x", "t"]),
                  EXPRESSIONS, body),
    )  # fmt: skip


TEMPLATES = st.lists(st.recursive(LITERALS | INSERTS, _blocks, max_leaves=6), min_size=1, max_size=5).map("".join)
# an address in the memory is text to Jinja and refused here
OBJECT = re.compile(r" at 0x|<(LoopContext|function|bound method|built-in method)", re.IGNORECASE)


def jinja(source: str, strict: bool) -> jinja2.Template:
    """A template as Jinja itself compiles it."""
    undefined = jinja2.StrictUndefined if strict else jinja2.Undefined
    return jinja2.Environment(undefined=undefined, keep_trailing_newline=strict).from_string(source)


def assert_equal_to_jinja(source: str, strict: bool, columns: dict[str, pa.Array], rows: int) -> None:
    """Compare each row's text, or that it fails."""
    plain, ours = jinja(source, strict), template(source, strict)
    failures: dict[int, str] = {}
    texts = ours.render(columns, rows, failures=failures).to_pylist()
    lists = {name: column.to_pylist() for name, column in columns.items()}
    for row in range(rows):
        values = {name: _number(name, column[row], ours.numbers) for name, column in lists.items()}
        try:
            wanted = plain.render(values)
        except Exception:
            assert row in failures, (source, values, texts[row])
            continue
        if row in failures:
            assert OBJECT.search(wanted), (source, values, failures[row], wanted)
        else:
            assert texts[row] == wanted, (source, values, ours.program)


def _number(name: str, value: Any, numbers: frozenset[str]) -> Any:
    """CSV's labels are texts: those that index a list or are compared with a number become numbers."""
    spelled = isinstance(value, str) and re.fullmatch(r"0|-?[1-9][0-9]{0,17}", value)
    return int(value) if name in numbers and spelled else value


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEMPLATES, st.data(), st.booleans(), st.booleans())
def test_any_template_says_of_each_row_what_jinja_says(
    source: str, data: st.DataObject, strict: bool, nulls: bool
) -> None:
    try:
        jinja(source, strict)
    except jinja2.TemplateSyntaxError:
        return
    rows = data.draw(st.integers(1, 5))
    columns = {}
    for name, (kind, values) in COLUMNS.items():
        if name in source:
            # methods of None: see the test below
            drawn = st.none() | values if nulls else values
            columns[name] = pa.array(data.draw(st.lists(drawn, min_size=rows, max_size=rows)), kind)
    assert_equal_to_jinja(source, strict, columns, rows)


METHODS = ["{{ t.lower() }}", "{{ t.strip()|upper }}", "{{ t.replace('a', 'b') }}", "{{ s.t.upper() }}"]


@pytest.mark.parametrize("source", METHODS)
def test_a_method_of_a_field_that_is_null_fails_as_in_jinja(source: str) -> None:
    columns = {"t": pa.array(["A b", None]), "s": pa.array([{"t": "a"}, {"t": None}])}
    assert_equal_to_jinja(source, False, columns, 2)


@pytest.mark.parametrize("source", ["{{ l[1].strip() }}", "{{ l[1]|upper }}", "{{ l[0].lower() }}"])
def test_a_method_of_a_place_that_is_not_there_fails_as_in_jinja(source: str) -> None:
    for strict in (True, False):
        assert_equal_to_jinja(source, strict, {"l": pa.array([["A"], ["A", " B "], []])}, 3)


@pytest.mark.parametrize(
    "source",
    [
        # what is set is evaluated where it stands, used or not
        "{% set a = (l|first)['x'] %}{% if false %}{{ a }}{% endif %}-",
        "{% set a = nothing.x.y %}-",
        "{% set a = t.x.y %}{% set b = 1 %}{{ b }}",
        # what can be walked through only once is empty the second time
        "{% set a = l|map('upper') %}{{ a|join }}{{ a|join }}",
        "{% set a = l|select %}{{ a|list }}{{ a|list }}",
        "{% set a = [l|reject] %}{{ a[0]|list }}{{ a[0]|list }}",
        "{% set a = l|map('upper')|list %}{{ a|join }}{{ a|join }}",
        # what changes in place
        "{% set a = [] %}{{ a.append(t) or a }}{{ a }}",
        "{% set a = [] %}{{ a['append'](t) or a }}{{ a }}",
        "{% set a = [] %}{% set add = a.append %}{{ add(t) or a }}{{ a }}",
        "{% set a = {} %}{{ a.setdefault('k', t) }}{{ a }}",
        "{% set a = cycler('x', t) %}{{ a.next() }}{{ a.next() }}",
        "{% set make = cycler %}{% set a = make('x', t) %}{{ a.next() }}{{ a.next() }}",
        "{% set a = joiner(t) %}{{ a() }}{{ a() }}",
        "{% set a = namespace(k=t) %}{% if t %}{% set a.k = 'z' %}{% endif %}{{ a.k }}",
        # a name that is set stands for what it was set to, not for what its parts became
        "{% set t = t ~ '!' %}{{ t }}{% if t %}{{ t }}{% endif %}",
        "{% set a = t %}{% for t in l %}{{ t }}{{ a }}{% endfor %}{{ t }}",
        "{{ v }}{% set v = t %}{{ v }}{% set w = v %}{{ w }}",
        "{% if t %}{% set v = t %}{% endif %}{{ v }}",
        "{% for x in l %}{% set v = x %}{% endfor %}{{ v }}",
        "{{ {'1': 'one', '0': 'zero'}[t] }}{{ {1: 'one', 0: 'zero'}[n] }}",
        "{% set names = {'1': 'one', '0': 'zero'} %}{{ names[t] }}",
        "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(t) }}{{ m(n) }}",
        "{% filter upper %}{{ t }}{% endfilter %}{% with v = t %}{{ v }}{% endwith %}{{ v }}",
        "{% raw %}{{ t }}{% endraw %}{# {{ t }} #}{{ '{{ t }}' }}\n",
        "{%- if n > 0 -%} {{ t }} {%- elif n == 0 %} zero {% elif n %} less {% endif -%}\n",
        "{% if t %}" + "{% elif n == 7 %}x" * 150 + "{% else %}{{ n }}{% endif %}",
    ],
)
def test_what_one_part_of_a_template_does_to_another_is_as_in_jinja(source: str) -> None:
    columns = {
        "t": pa.array(["1", "", "ß {{ n }}"]),
        "n": pa.array([1, 0, -3]),
        "l": pa.array([["a", "b"], [], [""]]),
    }
    assert_equal_to_jinja(source, False, columns, 3)


def _is_plain(source: str) -> bool:
    return template(source, strict=False).is_plain


@pytest.mark.parametrize(
    "source",
    [
        "{{ t }}, {{ t|trim|lower }}: {{ s.t.strip() }} {{ l[0] }}",
        "{% if n == 1 %}{{ t }}{% elif t %}a{% else %}{{ ['no', 'yes'][n] }}{% endif %}",
        "{% set a = ['x', 'y'] %}{{ a[n] }}{% for one in l %}{{ loop.index }}{{ one }}{% endfor %}",
        "{{ t|default('d') }}{{ l|join(', ') }}{{ l|map('upper')|join }}",
    ],
)
def test_concatenations_look_ups_and_branches_are_done_in_columns(source: str) -> None:
    assert _is_plain(source)


@pytest.mark.parametrize("draw", ["l|choice", "l|random", "l|map('choice')|list", "l|map(t)|list", "[1, 2]|choice"])
def test_a_template_that_draws_is_rendered_row_by_row(draw: str) -> None:
    assert not _is_plain("{{ " + draw + " }}")


@pytest.mark.parametrize(
    ("kind", "make"),
    [(pa.large_string(), str), (pa.uint8(), int), (pa.float32(), float)],
)
def test_columns_of_any_type_are_said_as_python_says_them(kind: pa.DataType, make: Callable[[int], object]) -> None:
    values = pa.array([make(1), make(2), None, make(1)]).cast(kind)
    assert_equal_to_jinja("{{ x }}{% if x %}!{% endif %}{{ x|string|upper }}", False, {"x": values}, 4)


def test_a_sliced_column_is_read_where_it_begins() -> None:
    columns = {
        "s": pa.array([{"t": str(row), "l": [str(row)] * (row % 3)} for row in range(9)]).slice(4, 3),
        "l": pa.array([[str(row)] * (row % 3) for row in range(9)]).slice(4, 3),
        "t": pa.array([None, "a", "", "b", "c", None, "", "d", "e"]).slice(4, 3),
    }
    assert_equal_to_jinja("{{ s.t }}{{ s.l[0] }}{{ l[-1] }}{% if t %}{{ t }}{% endif %}", False, columns, 3)
