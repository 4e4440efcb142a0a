"""What `templates lint` finds: for each check a small bad file, and the line it names."""

import json
from pathlib import Path

import pytest

from instructkit.errors import UsageError
from instructkit.templating.library.packs import library_folder
from instructkit.templating.linting.findings import CHECKS
from instructkit.templating.linting.lint import lint, lint_file, template_files

PACK = """\
task: colors
about: Name the color of a thing.
roles:
  thing:
    about: the thing
  color:
    about: its color
    labels:
      - {en: red, zh: 红}
      - {en: blue, zh: 蓝}
  rationale:
    about: why
    optional: true
phrasings:
  - name: en-ask
    language: en
    instruction: Is it {{ options }}?
    input: "{{ thing }}"
    output: "{{ color }}"
  - name: en-why
    language: en
    instruction: |-
      Name the color of this.
      Say why.

      {{ thing }}
    output: "{{ rationale }} So: {{ color }}"
    cot: true
  - name: zh-ask
    language: zh
    instruction: 是{{ options }}？
    input: "{{ thing }}"
    output: "{{ color }}"
  - name: zh-say
    language: zh
    instruction: "{{ thing }}是什么颜色？"
    output: "{{ color }}"
examples:
  - language: en
    row: {thing: a tomato, color: red, rationale: It is ripe.}
    phrasing: en-ask
    instruction: Is it red or blue?
    input: a tomato
    output: red
  - language: zh
    row: {thing: 海, color: 蓝}
    phrasing: zh-say
    instruction: 海是什么颜色？
    output: 蓝
"""
TEN = "  - name: en-{0}\n    language: en\n    instruction: {0}. {{{{ thing }}}}\n    output: '{{{{ color }}}}'\n"

BINDINGS = """\
- name: fruit
  about: A dataset of fruit
  roles:
    thing: {column: name, remove: '[0-9]+'}
    color: {column: hue}
  labels: [red, blue]
- name: cars
  match:
    columns: [car, paint]
    pattern: {paint: '^[a-z]+$'}
  roles:
    thing: {column: car}
    color: {column: paint}
"""

PROMPTS = """\
dataset: colors
templates:
  1a: !Template
    answer_choices: red ||| blue
    id: 1a
    jinja: 'Which color has {{thing}}? ||| {{answer_choices[color]}}'
    metadata: !TemplateMetadata
      choices_in_prompt: false
      languages: [en]
      metrics: [Accuracy]
      original_task: true
    name: which
    reference: ''
  2b: !Template
    answer_choices: null
    id: 2b
    jinja: 'Describe {{thing}}. ||| {{text}}'
    metadata: !TemplateMetadata {}
    name: describe
    reference: ''
"""


def found(path: Path, text: str) -> list[tuple[int, str, str]]:
    """The line, check and words of each finding, but that the small files have few phrasings."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    findings = lint_file(path)
    assert all(finding.path == str(path) for finding in findings)
    return [(one.line, one.check, one.text) for one in findings if one.check != "few_phrasings"]


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def test_a_good_pack_has_no_findings_but_that_it_is_small(tmp_path: Path) -> None:
    assert found(tmp_path / "pack.yaml", PACK) == []
    assert [(one.line, one.text) for one in lint_file(tmp_path / "pack.yaml")] == [
        (14, "few phrasings in en: 2, not 10 or more"),
        (14, "few phrasings in zh: 2, not 10 or more"),
    ]


# what is changed: old text, new text, and the line, check and words of the one finding
PACKS: dict[str, tuple[str, str, int, str, str]] = {
    "yaml that is none": ("about: Name", "about: [Name", 3, "unreadable", "can't be read as YAML"),
    "a tag that runs code": ("optional: true", "optional: !!python/object/apply:os.system [ls]", 13, "yaml_tag",
                             "the tag !!python/object/apply:os.system is refused"),
    "a tag of PromptSource in a pack": ("roles:", "roles: !Template", 3, "yaml_tag", "!Template is refused"),
    "a date that is none": ("about: why", "about: 2024-99-99", 1, "unreadable", "month"),
    "a key twice": ("    about: its color\n", "    about: its color\n    about: its hue\n", 8, "duplicate_key",
                    "'about' stands twice"),
    "a misspelt key of the pack": ("examples:", "exmples: []\nexamples:", 38, "unknown_key", "no key 'exmples'"),
    "a misspelt key of a role": ("    optional:", "    optinal: true\n    optional:", 13, "unknown_key",
                                 "a role has no key 'optinal'; it has about, columns, optional"),
    "a misspelt key of a phrasing": ("    cot: true", "    cot: true\n    imput: x", 29, "unknown_key", "'imput'"),
    "a misspelt key of an example": ("    input: a tomato", "    input: a tomato\n    outptu: x", 44, "unknown_key",
                                     "an example has no key 'outptu'"),
    "a role without about": ("    about: why\n    optional", "    optional", 11, "missing_key", "'about'"),
    "a phrasing without output": ('    input: "{{ thing }}"\n    output: "{{ color }}"', '    input: "{{ thing }}"', 15,
                                  "missing_key", "a phrasing must have the key 'output'"),
    "a pack without a task": ("task: colors\n", "", 1, "missing_key", "'task'"),
    "a name that YAML takes for a truth": ("name: en-ask", "name: yes", 15, "wrong_type",
                                           "name must be text, not True; put it in quotes"),
    "a phrasing that is a text": ("  - name: zh-say\n", "  - zh-say\n  - name: zh-say\n", 34,
                                  "wrong_type", "a phrasing is a mapping of keys to values, not 'zh-say'"),
    "a label that is a word": ("- {en: red, zh: 红}", "- red", 9, "wrong_type", "a label is a mapping of languages"),
    "a name twice": ("name: zh-say", "name: zh-ask", 34, "duplicate_name", "zh-ask is on line 29 already"),
    "a template that is cut": ("{{ rationale }} So", "{{ rationale So", 27, "bad_template", "this is no Jinja"),
    "a template that is cut in a later line": ("      {{ thing }}", "      {% if thing", 26, "bad_template",
                                               "this is no Jinja"),
    "a filter that is not there": ("{{ thing }}是", "{{ thing | shout }}是", 36, "bad_template", "shout"),
    "a template that fails": ("{{ thing }}是", "{{ thing.a.b }}是", 34, "bad_template", "can't be put to a row"),
    "an unknown name": ("{{ thing }}是", "{{ thin }}是", 36, "unknown_role",
                        "zh-say uses 'thin'; the pack has color, option_lines, options, rationale, thing"),
    "an unknown name in a later line": ("      {{ thing }}", "      {{ thin }}", 26, "unknown_role",
                                        "en-why uses 'thin'"),
    "choices of a role that is none": ("    labels:\n      - {en: red, zh: 红}\n      - {en: blue, zh: 蓝}",
                                       "    labels: hues", 8, "unknown_role", "color takes its choices from 'hues'"),
    "an answer in the prompt": ("Is it {{ options }}?", "Is it {{ color }} or {{ options }}?", 19, "answer_given_away",
                                "en-ask shows color, which is in its output, in the prompt too"),
    "an empty instruction": ('"{{ thing }}是什么颜色？"', '" "', 36, "renders_nothing",
                             "zh-say has an empty instruction"),
    "an empty output": ('output: "{{ rationale }} So: {{ color }}"\n    cot: true', 'output: ""', 27, "renders_nothing",
                        "en-why has an empty output"),
    "an output without a role": ('是什么颜色？"\n    output: "{{ color }}"', '是什么颜色？"\n    output: "color"', 37,
                                 "constant_output", "zh-say answers the same for every row"),
    "a chain of thought that is not said": ("    cot: true\n", "", 20, "wrong_cot",
                                            "en-why: cot is false, but its output shows the rationale"),
    "a chain of thought that is none": ('output: "{{ color }}"\n  - name: en-why',
                                        'output: "{{ color }}"\n    cot: true\n  - name: en-why', 20, "wrong_cot",
                                        "en-ask: cot is true, but its output shows no rationale"),
    "an example of no phrasing": ("phrasing: en-ask", "phrasing: en-asks", 41, "wrong_example",
                                  "there is no phrasing 'en-asks'"),
    "an example that renders otherwise": ("    input: a tomato", "    input: the tomato", 43, "wrong_example",
                                          "en-ask gives the input 'a tomato', not 'the tomato'"),
    "an example without its input": ("    input: a tomato\n", "", 41, "wrong_example", "the input 'a tomato', not ''"),
    "an example with a label that is none": ("color: 蓝}", "color: 绿}", 46, "wrong_example", "'绿'"),
    "an example without a role": ("{thing: 海, color: 蓝}", "{color: 蓝}", 46, "wrong_example", "the row has no thing"),
    "an example of another role": ("{thing: 海, color", "{hue: x, thing: 海, color", 46, "unknown_role", "'hue'"),
    "an unused role": ("  rationale:\n", "  shade:\n    about: its shade\n    optional: true\n  rationale:\n", 11,
                       "unused_role", "no phrasing uses the role shade"),
    "choices that are not shown": ("是{{ options }}？", "是红还是蓝？", 6, "unused_choices", "no phrasing in zh shows"),
    "equal prompts": ('instruction: "{{ thing }}是什么颜色？"', 'instruction: "是{{ options }}？ {{ thing }}"', 34,
                      "equal_phrasings", "zh-say makes the same prompt as zh-ask on line 29"),
    "a phrasing that no example serves": (", rationale: It is ripe.", "", 38, "missing_example",
                                          "no example in en fills the roles of en-why"),
}  # fmt: skip


@pytest.mark.parametrize("what", PACKS)
def test_a_fault_of_a_pack_is_found_at_its_line(what: str, tmp_path: Path) -> None:
    old, new, line, check, words = PACKS[what]
    findings = found(tmp_path / "pack.yaml", changed(PACK, old, new))
    assert (line, check) in [(at, name) for at, name, _ in findings]
    (said,) = [text for at, name, text in findings if (at, name) == (line, check)]
    assert words in said
    # a prompt that changed may spoil the example that shows it, and nothing else
    others = {name for at, name, _ in findings if (at, name) != (line, check)}
    assert others <= {"wrong_example", "unused_role", "missing_example"}


def test_an_example_of_another_language_is_found(tmp_path: Path) -> None:
    text = changed(PACK, "phrasing: zh-say", "phrasing: en-ask")
    assert (45, "wrong_example", "en-ask is in en") in found(tmp_path / "pack.yaml", text)


def test_a_language_without_an_example_is_found(tmp_path: Path) -> None:
    text = PACK[: PACK.index("  - language: zh\n    row")]
    assert found(tmp_path / "pack.yaml", text) == [(38, "missing_example", "there is no example in zh")]


def test_languages_that_differ_by_more_than_a_third_are_found(tmp_path: Path) -> None:
    def unbalanced(more: int) -> list[tuple[int, str, str]]:
        added = "".join(TEN.format(number) for number in range(more))
        return found(tmp_path / "pack.yaml", changed(PACK, "examples:\n", added + "examples:\n"))

    assert unbalanced(1) == []  # 3 and 2: a third
    assert unbalanced(2) == [
        (14, "unbalanced_languages", "the languages have unequal numbers of phrasings: 4 in en, 2 in zh")
    ]


def test_ten_phrasings_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(changed(PACK, "examples:\n", "".join(map(TEN.format, range(8))) + "examples:\n"), encoding="utf-8")
    assert [one.text for one in lint_file(path) if one.check == "few_phrasings"] == [
        "few phrasings in zh: 2, not 10 or more"
    ]


def test_a_pack_in_one_language_is_found(tmp_path: Path) -> None:
    start, end = PACK.index("  - name: zh-ask"), PACK.index("examples:")
    text = PACK[:start] + PACK[end : PACK.index("  - language: zh\n    row")]
    assert found(tmp_path / "pack.yaml", text) == [(14, "unbalanced_languages", "all phrasings are in en")]


def test_a_pack_without_phrasings_is_found(tmp_path: Path) -> None:
    start, end = PACK.index("phrasings:"), PACK.index("examples:")
    findings = found(tmp_path / "pack.yaml", PACK[:start] + "phrasings: []\nexamples: []\n" + PACK[end:end])
    assert (14, "renders_nothing", "the pack has no phrasing") in findings


def test_nothing_is_built_of_a_tag(tmp_path: Path) -> None:
    target = tmp_path / "made"
    text = PACK + f'more: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ["{target}"]]\n'
    assert {check for _, check, _ in found(tmp_path / "pack.yaml", text)} == {"yaml_tag"}
    assert not target.exists()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "empty"),
        ("task: a\nabout: 颜色\n".encode("gb18030"), 2, "not UTF-8"),
        (b"a: 1\n---\nb: 2\n", 2, "as YAML"),
        (b"a: &a [*a]\n", 1, "no templates"),
        (b"just a text\n", 1, "no templates"),
        (b"# a list\n" + b"[" * 100_000, 2, "nested deeper than 100 levels"),
    ],
    ids=["empty", "other encoding", "two documents", "a list of itself", "text", "deep"],
)
def test_a_file_that_holds_no_templates_is_one_finding(content: bytes, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_bytes(content)
    (finding,) = lint_file(path)
    assert (finding.line, finding.check) == (line, "unreadable")
    assert words in finding.text


BAD_BINDINGS: dict[str, tuple[str, str, int, str, str]] = {
    "an unknown role": ("color: {column: hue}", "color: {column: hue}\n    hue: {column: hue}", 6, "unknown_role",
                        "fruit fills 'hue'; the roles of colors are thing, color, rationale"),
    "a missing role": ("    color: {column: hue}\n", "", 3, "missing_role", "fruit has no column for color"),
    "an unknown label": ("[red, blue]", "[red, green]", 6, "unknown_label", "fruit: 'green' is no color of this task"),
    "a name twice": ("name: cars", "name: fruit", 7, "duplicate_name", "fruit is on line 1 already"),
    "a misspelt key": ("{column: hue}", "{colum: hue}", 5, "unknown_key", "a binding's role has no key 'colum'"),
    "a misspelt key of match": ("    columns: [car", "    colums: [car", 9, "unknown_key", "match has no key 'colums'"),
    "no roles": ("  roles:\n    thing: {column: car}\n    color: {column: paint}\n", "", 7, "missing_key", "'roles'"),
    "a pattern that is none": ("'^[a-z]+$'", "'['", 10, "bad_template", "'[' is no regular expression"),
    "a removal that is none": ("'[0-9]+'", "'('", 4, "bad_template", "'(' is no regular expression"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_BINDINGS)
def test_a_fault_of_a_binding_is_found_at_its_line(what: str, tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(PACK, encoding="utf-8")
    path = tmp_path / "bindings.yaml"
    assert found(path, BINDINGS) == []
    old, new, line, check, words = BAD_BINDINGS[what]
    ((at, name, said),) = found(path, changed(BINDINGS, old, new))
    assert (at, name) == (line, check)
    assert words in said


def test_bindings_that_are_no_list_are_found(tmp_path: Path) -> None:
    assert found(tmp_path / "bindings.yaml", "name: fruit\n")[0][:2] == (1, "wrong_type")


BAD_PROMPTS: dict[str, tuple[str, str, int, str, str]] = {
    "another tag": ("original_task: true", "original_task: !!python/name:os.system ''", 11, "yaml_tag", "python/name"),
    "no Jinja": ("{{thing}}.", "{% if thing %}.", 17, "bad_template", "no Jinja"),
    "no target": ("{{thing}}. |||", "{{thing}}.", 17, "no_target", "describe has no |||"),
    "an empty target": ("||| {{text}}", "|||", 17, "renders_nothing", "describe has an empty target"),
    "an answer in the prompt": ("Describe {{thing}}", "Describe {{ text }}", 17, "answer_given_away",
                                "describe shows text, its whole target, in the prompt too"),
    "choices that are not given": ("answer_choices: red ||| blue", "answer_choices: null", 6, "unknown_role",
                                   "which uses answer_choices, and has none"),
    "a name twice": ("name: describe", "name: which", 19, "duplicate_name", "which is on line 3 already"),
    "one text twice": ("  2b: !Template\n", "  2b: !Template\n    jinja: 'Describe {{thing}}.  ||| {{text}}'\n"
                       "    name: first\n  3c: !Template\n", 17, "equal_phrasings", "the same text as first"),
    "a misspelt key": ("answer_choices: null", "answer_choises: null", 15, "unknown_key", "'answer_choises'"),
    "no name": ("    name: describe\n", "", 14, "missing_key", "a template must have the key 'name'"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_PROMPTS)
def test_a_fault_of_a_promptsource_file_is_found_at_its_line(what: str, tmp_path: Path) -> None:
    path = tmp_path / "templates.yaml"
    assert found(path, PROMPTS) == []
    old, new, line, check, words = BAD_PROMPTS[what]
    findings = found(path, changed(PROMPTS, old, new))
    (said,) = [text for at, name, text in findings if (at, name) == (line, check)]
    assert words in said


PATTERNS = """\
{
  "rte": [
    ["{premise} Does it follow that {hypothesis}?", "{answer}"],
    ["{premise} Is this so: {hypothesis}?", "{answer}"]
  ],
  "cb": [
    ["{premise} Is this so: {hypothesis}?", "{answer}"]
  ]
}
"""

BAD_PATTERNS: dict[str, tuple[str, str, int, str, str]] = {
    "no JSON": ('"{answer}"]\n  ],', '"{answer}"]\n  ]', 6, "unreadable", "can't be read as JSON"),
    "a lone brace": ("Is this so: {", "Is { this so: {", 4, "bad_template", "is no pattern"),
    "a field with a format": ("follow that {hypothesis}", "follow that {hypothesis:d}", 3, "bad_template",
                              "only plain names are read"),
    "an answer in the prompt": ("Is this so: {", "{answer} Is this so: {", 4, "answer_given_away",
                                "rte-2 shows answer"),
    "an empty prompt": ('"{premise} Does it follow that {hypothesis}?"', '""', 3, "renders_nothing",
                        "rte-1 has an empty instruction"),
    "an output without a field": ('follow that {hypothesis}?", "{answer}"', 'follow that {hypothesis}?", "answer"', 3,
                                  "constant_output", "rte-1 answers the same"),
    "one prompt twice": ("Does it follow that {", "Is  this so: {", 4, "equal_phrasings",
                         "rte-2 makes the same prompt as rte-1 on line 3"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_PATTERNS)
def test_a_fault_of_a_pattern_is_found_at_its_line(what: str, tmp_path: Path) -> None:
    path = tmp_path / "flan.json"
    assert found(path, PATTERNS) == []
    old, new, line, check, words = BAD_PATTERNS[what]
    ((at, name, said),) = found(path, changed(PATTERNS, old, new))
    assert (at, name) == (line, check)
    assert words in said


def test_json_that_is_no_yaml_is_checked_without_its_lines(tmp_path: Path) -> None:
    text = '{"a": [\n\t["{x} \\ud83d\\ude00", "{x}"]]}'
    assert json.loads(text)
    assert [(check, line) for line, check, _ in found(tmp_path / "flan.json", text)] == [("answer_given_away", 1)]


def test_every_check_has_a_test() -> None:
    tables = (PACKS, BAD_BINDINGS, BAD_PROMPTS, BAD_PATTERNS)
    tested = {check for table in tables for _, _, _, check, _ in table.values()}
    assert set(CHECKS) - tested == {"few_phrasings", "unbalanced_languages"}  # which have tests of their own


def test_a_folder_is_searched_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pack.yaml").write_text(changed(PACK, "    cot: true\n", ""), encoding="utf-8")
    (tmp_path / "a" / "bindings.yaml").write_text(BINDINGS, encoding="utf-8")
    (tmp_path / "a" / "other.yaml").write_text("no templates", encoding="utf-8")
    (tmp_path / "templates.yaml").write_text(PROMPTS, encoding="utf-8")
    report = lint([str(tmp_path), str(tmp_path / "a")])
    assert (report.files, report.errors, report.warnings) == (3, 1, 2)
    path = tmp_path / "a" / "pack.yaml"
    assert str(report.findings[-1]).startswith(f"{path}:20: error: en-why: cot is false")
    assert str(report.findings[-1]).endswith("[wrong_cot]")


def test_a_task_is_found_by_its_name_and_what_is_not_there_is_refused(tmp_path: Path) -> None:
    assert library_folder() / "nli" / "pack.yaml" in template_files("nli")
    with pytest.raises(UsageError, match="neither a file, nor a folder, nor a task; known tasks: acceptability"):
        lint(["nowhere"])
    with pytest.raises(UsageError, match=r"holds no pack.yaml, bindings.yaml or templates.yaml"):
        lint([str(tmp_path)])


def test_the_library_has_no_findings() -> None:
    assert [str(finding) for finding in lint([str(library_folder())]).findings if finding.is_error] == []
