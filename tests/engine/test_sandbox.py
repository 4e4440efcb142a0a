"""Templates from strangers: nothing is reached, nothing runs on or grows without end."""

import time
from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput
from instructkit.records.yaml_files import load_yaml
from instructkit.templating.library.libraries import open_library
from instructkit.templating.rendering.render import template
from tests.conftest import write_lines

# each on its own line; `x` is the text "abc", `d` a dictionary
ESCAPES = """
{{ config }}
{{ config.items() }}
{{ request.application.__globals__ }}
{{ url_for.__globals__ }}
{{ environment }}
{{ context }}
{{ _ }}
{{ __builtins__ }}
{{ __import__("os").popen("id").read() }}
{{ open("/etc/passwd").read() }}
{{ self }}
{{ self.__init__.__globals__ }}
{{ self._TemplateReference__context }}
{{ self._TemplateReference__context.cycler.__init__.__globals__.os }}
{{ cycler }}
{{ cycler(1) }}
{{ cycler.__init__.__globals__.os.popen("id").read() }}
{{ lipsum }}
{{ lipsum(n=100000) }}
{{ lipsum.__globals__["os"] }}
{{ joiner }}
{{ joiner.__init__.__globals__.os }}
{{ namespace }}
{{ namespace() }}
{{ namespace.__init__.__globals__.os }}
{% set ns = namespace() %}{% set ns.__class__ = 1 %}{{ ns.__class__ }}
{{ namespace(a=1)._Namespace__attrs }}
{{ x.__class__ }}
{{ x.__class__.__mro__ }}
{{ "".__class__.__mro__[1].__subclasses__() }}
{{ [].__class__.__base__.__subclasses__() }}
{{ ().__class__.__bases__[0] }}
{{ (1).__class__ }}
{{ true.__class__ }}
{{ none.__class__ }}
{{ nothing.__class__ }}
{{ nothing._undefined_exception }}
{{ x.__doc__ }}
{{ x["__class__"] }}
{{ x["__cl" + "ass__"]["__mro__"] }}
{{ x|attr("__class__") }}
{{ x|attr("__cla" ~ "ss__") }}
{{ x|attr("\\x5f\\x5fclass\\x5f\\x5f") }}
{{ "{0.__class__}".format(x) }}
{{ "{0.__class__.__mro__}".format(x) }}
{{ "{a.__class__}".format(a=x) }}
{{ "{0[__class__]}".format(x) }}
{{ "{a.__class__}".format_map({"a": x}) }}
{{ "{a.__init__.__globals__}".format_map({"a": cycler}) }}
{{ ("{0.__cl" ~ "ass__}").format(x) }}
{{ ("{0.__class__}"|safe).format(x) }}
{{ ("{0.__class__}"|e).format_map({"0": x}) }}
{{ "{0.__class__}"|attr("format")(x) }}
{{ (["{0.__class__}"]|map(attribute="format")|first)(x) }}
{{ (["{0.__class__}"]|map("attr", "format")|first)(x) }}
{{ ["{0.__class__}".format][0](x) }}
{{ dict(f="{0.__class__}".format).f(x) }}
{{ namespace(f="{0.__class__}".format).f(x) }}
{{ [x]|map(attribute="__class__")|join }}
{{ [x]|map(attribute="__class__.__mro__")|join }}
{{ [x]|map("attr", "__class__")|join }}
{{ [x]|join(attribute="__class__") }}
{{ [x]|sum(attribute="__class__") }}
{{ (x|map("upper")).gi_frame }}
{{ (x|map("upper")).gi_frame.f_globals }}
{{ (x|map("upper"))|attr("gi_frame") }}
{{ (x|map("upper")).gi_code }}
{{ x.upper }}
{{ [x.upper] }}
{{ {"a": x.upper} }}
{{ x ~ x.upper }}
{{ x.upper|string }}
{{ x.upper|upper }}
{{ [x.upper]|join }}
{{ "%s" % x.upper }}
{{ "%s"|format(x.upper) }}
{{ "{}".format(x.upper) }}
{{ x.upper.__self__ }}
{{ x.upper.__func__ }}
{{ x|map("upper") }}
{{ x|map("upper")|string }}
{{ zip(x, x) }}
{{ zip.mro() }}
{{ range }}
{{ range.__globals__ }}
{{ dict }}
{{ dict.mro() }}
{{ dict.__subclasses__() }}
{{ d.update.__self__ }}
{{ x.encode("utf-8") }}
{{ (5).to_bytes(9, "big") }}
{% macro m() %}{% endmacro %}{{ m }}
{% macro m() %}{% endmacro %}{{ m._func }}
{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}
{% macro m() %}{% endmacro %}{{ m._environment }}
{% macro m() %}{{ caller }}{% endmacro %}{% call m() %}x{% endcall %}
{% for c in x %}{{ loop }}{% endfor %}
{% for c in x %}{{ loop._iterable }}{% endfor %}
{% for c in x %}{{ loop.__class__ }}{% endfor %}
{% include "/etc/passwd" %}
{% include x ignore missing %}
{% import "os" as os %}{{ os }}
{% from "os" import system %}{{ system("id") }}
{% extends "base.html" %}
{% extends x %}
{% if x.__class__ %}reached{% endif %}
{% set c = x.__class__ %}{{ c }}
""".strip().splitlines()

BOMBS = {
    "range": "{% for i in range(10**9) %}{% endfor %}",
    "nested loops": "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "recursive loop": "{% for i in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    "recursive macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "branching macro": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "doubled by ~": "{% set s = namespace(a='ab') %}{% for i in range(99) %}{% set s.a = s.a ~ s.a %}{% endfor %}",
    "doubled by +": "{% set s = namespace(a='ab') %}{% for i in range(99) %}{% set s.a = s.a + s.a %}{% endfor %}",
    "doubled lists": "{% set s = namespace(a=[1]) %}{% for i in range(99) %}{% set s.a = s.a + s.a %}{% endfor %}",
    "doubled by extend": "{% set a = [1] %}{% for i in range(99) %}{% set _ = a.extend(a) %}{% endfor %}",
    "a list in itself": "{% set a = [] %}{% set b = [a] %}{% set _ = a.append(b) %}{{ a }}",
    "a list held often": "{% set a = [0] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 100 %}{{ c }}",
    "literals held often": "{% set a = x %}" + "{% set a = [a, a, a, a, a, a, a, a] %}" * 12 + "{{ a }}",
    "big list appended": "{% set a = [] %}{% set b = [0] * 1000 %}{% for i in range(99999) %}{% set _ = a.append(b) %}"
    "{% endfor %}{{ a }}",
    "text product": "{{ 'a' * 10**10 }}",
    "product of products": "{{ 'a' * 9999 * 9999 * 99 }}",
    "list product": "{{ [1] * 10**10 }}",
    "bytes": "{{ x.encode() * 10**10 }}",
    "power": "{{ 10 ** (10 ** 9) }}",
    "product of numbers": "{% set s = namespace(a=99) %}{% for i in range(99) %}{% set s.a = s.a * s.a %}{% endfor %}",
    "center": "{{ x.center(10**9) }}",
    "center filter": "{{ x|center(10**9) }}",
    "ljust": "{{ x.ljust(10**9) }}",
    "zfill": "{{ x.zfill(10**9) }}",
    "tabs": "{{ '\\t'.expandtabs(10**9) }}",
    "indent": "{{ x|indent(10**9) }}",
    "indent by text": "{{ ('\\n' * 200000)|indent('x' * 1000) }}",
    "wrap by text": "{{ ('a ' * 200000)|wordwrap(1, true, 'x' * 1000) }}",
    "percent width": "{{ '%1000000000d' % 1 }}",
    "percent width by value": "{{ '%*d' % (10**9, 1) }}",
    "percent precision": "{{ '%.1000000000f' % 1.0 }}",
    "percent width with key": "{{ '%(a)1000000000d' % {'a': 1} }}",
    "many widths": "{{ ('%9999d' * 5000) % ([1] * 5000) }}",
    "braces width": "{{ '{:1000000000}'.format(1) }}",
    "braces width by value": "{{ '{:{}}'.format(1, 10**9) }}",
    "braces filter": "{{ '%1000000000s'|format(x) }}",
    "one value shown often": "{{ ('{0}' * 5000).format('a' * 100000) }}",
    "replace": "{{ ('a' * 10**6).replace('a', 'b' * 10**4) }}",
    "replace filter": "{{ ('a' * 10**6)|replace('a', 'b' * 10**4) }}",
    "replace nothing": "{{ ('a' * 10**6).replace('', 'b' * 10**4) }}",
    "join": "{{ ('a' * 10**6).join(range(9999)|map('string')) }}",
    "join filter": "{{ ('a' * 10**6)|join('b' * 10**6) }}",
    "translate": "{{ ('a' * 10**6).translate({97: 'b' * 10**4}) }}",
    "batch": "{{ x|batch(10**9, 'fill')|list }}",
    "slice": "{{ x|slice(10**9)|list }}",
    "sum of lists": "{{ ([[1] * 1000] * 600)|sum(start=[]) }}",
    "map": "{{ ('a' * 10**7)|map('upper')|list|length }}",
    "sort": "{{ (range(99999)|list * 9)|sort|length }}",
    "tojson": "{% set a = '\\\\' * 10**6 %}{{ a|tojson|tojson|tojson|tojson|tojson }}",
    "pprint": "{{ ([[1] * 1000] * 900)|pprint }}",
    "urlize": "{{ ('http://a.b ' * 10**6)|urlize }}",
    "output": "{% for i in range(9999) %}{{ 'a' * 9999 }}{% endfor %}",
    "output of a macro": "{% macro m() %}{% for i in range(9999) %}{{ 'a' * 9999 }}{% endfor %}{% endmacro %}{{ m() }}",
    "filters in a loop": "{% set a = 'a' * 10**7 %}{% for i in range(9999) %}{% set b = a|upper %}{% endfor %}",
    "methods in a loop": "{% set a = 'a' * 10**7 %}{% for i in range(9999) %}{% set b = a.upper() %}{% endfor %}",
    "slices in a loop": "{% set a = 'a' * 10**7 %}{% for i in range(9999) %}{% set b = a[1:] %}{% endfor %}",
    "comparisons in a loop": "{% set a = 'a' * 10**7 %}{% set b = 'a' * 10**7 %}"
    "{% for i in range(9999) %}{% set c = a == b %}{% endfor %}",
    "searches in a loop": "{% set a = 'ab' * 10**6 %}{% for i in range(99999) %}{% set c = 'x' in a %}{% endfor %}",
    "tests in a loop": "{% set a = 'ab' * 10**6 %}{% for i in range(99999) %}{% set c = 'x' is in a %}{% endfor %}",
    "index in a loop": "{% set a = range(99999)|list %}{% for i in range(9999) %}{% set _ = a.index(9) %}{% endfor %}",
    "hashes in a loop": "{% set a = ((0,) * 1000,) * 1000 %}{% set b = {a: 1} %}"
    "{% for i in range(9999) %}{% set _ = b[a] %}{% endfor %}",
}


def rendering(source: str, strict: bool) -> tuple[str | None, dict[int, str]]:
    """What a template makes of a row, and why it failed."""
    failures: dict[int, str] = {}
    columns = {"x": pa.array(["abc"]), "d": pa.array([{"a": 1}])}
    return template(source, strict).render(columns, 1, failures=failures)[0].as_py(), failures


@pytest.mark.parametrize("source", ESCAPES)
def test_a_template_reaches_nothing_but_its_row(source: str) -> None:
    for strict in (True, False):
        try:
            text, failures = rendering(source, strict)
        except BadInput:
            continue
        # "abc" is the row's own: a format to which a method was given shows no more than that
        assert failures or text in ("", "abc", "Undefined"), text


@pytest.mark.parametrize("name", BOMBS)
def test_a_template_that_would_run_or_grow_without_end_fails_soon(name: str) -> None:
    start = time.process_time()
    text, failures = rendering(BOMBS[name], strict=False)
    assert text is None
    assert failures
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ '* %s: 10000 of %d*' | format(x, 5) }}", "* abc: 10000 of 5*"),
        ("{{ '{:>5}|{}'.format(x, 100000) }}", "  abc|100000"),
        ("{{ '%(a)s %%' % {'a': x} }}", "abc %"),
        (
            "{% set a = [] %}{% for i in [10**12, 2] %}{% set _ = a.append(i) %}{% endfor %}{{ a }}",
            "[1000000000000, 2]",
        ),
        ("{{ ', '.join(x|map('upper')) }}", "A, B, C"),
        ("{% for a, b in zip(x, 'de') %}{{ a ~ b }}{% endfor %}", "adbe"),
        ("{% for c in x recursive %}{{ c }}{% endfor %}", "abc"),
        ("{{ x.center(9).strip() * 3 }}", "abcabcabc"),
        ("{{ 'a b' | wordwrap(1) | indent(2) }}", "a\n  b"),
        ("{% for i in range(9999) %}{{ i % 2 }}{% endfor %}", "01" * 4999 + "0"),
        ("{{ nothing }}{{ nothing|default('d') }}{{ []|random }}", "d"),
        ("{{ d.items()|list }}{{ d }}{{ (1, none, 2.5) }}", "[('a', 1)]{'a': 1}(1, None, 2.5)"),
    ],
)
def test_what_templates_do_every_day_is_within_the_bounds(source: str, text: str) -> None:
    assert rendering(source, strict=False) == (text, {})


def test_a_row_that_fails_does_not_fail_the_next() -> None:
    failures: dict[int, str] = {}
    numbers = pa.array([1, 10**6, 2])
    texts = template("{% for i in range(n) %}{% for j in range(n) %}.{% endfor %}{% endfor %}{% set n = n %}").render(
        {"n": numbers}, 3, failures=failures
    )
    assert texts.to_pylist() == [".", None, "...."]
    assert list(failures) == [1]


def test_a_template_that_fails_on_every_row_is_counted_and_the_rows_are_rejected(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", [{"text": "a"}, {"text": "b"}])
    library = tmp_path / "templates.yaml"
    library.write_text(
        "dataset: d\ntemplates:\n  a: !Template\n    name: bomb\n    jinja: '{{ text * 10**10 }} ||| {{ text }}'\n"
    )
    reader = ik.format([str(source)], templates=str(library))
    assert reader.read_all().num_rows == 0
    assert ik.counts(reader).reasons == {"template_failed": 2}


@pytest.mark.parametrize(
    "text",
    [
        '!!python/object/apply:os.system ["touch reached"]',
        "templates: !!python/name:os.system",
        "a: !!python/module:os",
        "- !!python/object/new:os.system [touch reached]",
        "a: !!python/tuple [1]",
        "a: !Anything {}",
        "!Template [1]",
        "[" * 50_000,
        "[" * 5_000 + "]" * 5_000,
        "{a: " * 3_000 + "1" + "}" * 3_000,
        "\n".join("  " * depth + "a:" for depth in range(3_000)),
        "2001-99-99",
        "? [a]\n: b",
        "a: [",
        "a: \x00",
    ],
)
def test_yaml_that_builds_objects_or_nests_without_end_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "templates.yaml"
    path.write_text(text)
    for read in (load_yaml, open_library):
        with pytest.raises(BadInput, match="can't be read as YAML"):
            read(str(path) if read is open_library else path)  # type: ignore[operator]
    assert not (tmp_path / "reached").exists()


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "{{ " + "[" * 300 + "]" * 300 + " }}",
        "{{ " + "+".join("a" * 5_000) + " }}",
        "{{ a" + ".b" * 5_000 + " }}",
        "{{ a" + "|e" * 5_000 + " }}",
        "{{ " + "not " * 3_000 + "a }}",
        "{% if a %}" * 3_000 + "{% endif %}" * 3_000,
        "{% for a in x %}" * 30 + "{% endfor %}" * 30,  # Python nests twenty blocks
    ],
)
def test_a_template_nested_too_deep_is_an_error_and_no_crash(source: str) -> None:
    with pytest.raises(BadInput, match=r"no Jinja|nested too deep"):
        template(source, strict=False).render({"x": pa.array(["abc"])}, 1)
