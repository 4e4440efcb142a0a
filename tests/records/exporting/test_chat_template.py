"""Chat templates: as transformers renders them, and from anybody."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.engine.sandbox import ERRORS
from instructkit.errors import BadInput, UsageError
from instructkit.records.exporting.chat_template import BUILT_IN, FOLDER, ChatTemplate, Refused, load
from tests.records.exporting.conftest import Exports
from tests.rows import examples

CASES = json.loads((Path(__file__).parent / "chat_template_cases.json").read_text(encoding="utf-8"))["cases"]
ASKED = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['name']}-{len(case['turns'])}")
def test_a_template_gives_the_text_that_transformers_gives(case: dict[str, Any]) -> None:
    source = case["source"] or (FOLDER / f"{case['name']}.jinja").read_text(encoding="utf-8")
    template = ChatTemplate(case["name"], source, "<B>", "<E>", "2026-01-31")
    if case["text"] is None:
        with pytest.raises((*ERRORS, Refused)):
            template.render(case["turns"], case["tools"])
    else:
        assert template.render(case["turns"], case["tools"]) == case["text"]


def test_every_template_that_comes_along_has_a_name_and_tokens() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.jinja")) == sorted(BUILT_IN)


def test_chatml_is_spelled_as_it_is_known() -> None:
    assert load("chatml").render([{"role": "system", "content": "Be brief."}, *ASKED]) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello.<|im_end|>\n"
    )


def test_tokens_and_template_are_those_of_a_tokenizers_configuration(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer_config.json"
    source = "{{ bos_token }}{{ messages[-1].content }}{{ eos_token }}"
    path.write_text(json.dumps({"chat_template": source, "bos_token": "<s>", "eos_token": {"content": "</s>"}}))
    assert load(str(path)).render(ASKED) == "<s>Hello.</s>"
    assert load(str(path), eos="!").render(ASKED) == "<s>Hello.!"
    several = [{"name": "default", "template": "one"}, {"name": "tool_use", "template": "two"}]
    path.write_text(json.dumps({"chat_template": several}))
    assert load(str(path)).render(ASKED) == "one"
    assert load(f"{path}:tool_use").render(ASKED) == "two"
    with pytest.raises(UsageError, match=r"no chat template 'rag'; name one: .*:default, .*:tool_use"):
        load(f"{path}:rag")


def test_the_day_is_the_one_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "day.jinja"
    path.write_text("{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}")
    assert load(str(path), date="2026-01-31").render(ASKED) == "31 Jan 2026"
    with pytest.raises(UsageError, match="not a date"):
        load(str(path), date="tomorrow")


@pytest.mark.parametrize(
    ("content", "message"),
    [("{% for m in messages %}", r"t\.json is no Jinja \(line 1"), ("{{ x | nothing }}", "is no Jinja"),
     ("{% if x %}" * 300 + "{% endif %}" * 300, "nested too deep")],
    ids=["cut", "unknown filter", "deep"],
)  # fmt: skip
def test_what_is_no_template_is_told_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"chat_template": content}))
    with pytest.raises(BadInput, match=message):
        load(str(path))


@pytest.mark.parametrize(
    "content", ["[]", '{"chat_template": 3}', "{}", "{", "\ud83d".encode("utf-16-le", "surrogatepass")]
)
def test_a_file_without_a_template_is_told(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "t.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput):
        load(str(path))


HOSTILE = {
    "runs for ever": "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}",
    "grows": "{% set ns = namespace(s='x' * 1000) %}{% for a in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "pads": "{{ 'x'.center(10**9) }}",
    "a long list": "{{ range(10**9) | list }}",
    "a power": "{{ 9 ** 99999 ** 9 }}",
    "reaches for Python": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "reaches through a function": "{{ raise_exception.__globals__['os'] }}",
    "shows an object": "{{ raise_exception }}",
    "a date that is padded": "{{ strftime_now('%999999999d') }}",
    "json that is padded": "{{ messages | tojson(indent=999999999) }}",
    "calls itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_template_fails_at_once(kind: str) -> None:
    template = ChatTemplate(kind, HOSTILE[kind], date="2026-01-31")
    with pytest.raises(ERRORS):
        template.render(ASKED)


def test_rows_on_which_a_template_fails_are_rejected_with_what_it_says(exports: Exports, tmp_path: Path) -> None:
    path = tmp_path / "picky.jinja"
    path.write_text(
        "{% if messages[0].content == 'bad' %}{{ raise_exception('bad is refused') }}{% endif %}"
        "{% if messages[0].content == 'worse' %}{{ messages[9].content }}{% endif %}{{ messages[0].content }}"
    )
    table = examples([{"instruction": "good"}, {"instruction": "bad"}, {"instruction": "worse"}])
    rejects = tmp_path / "rejects.jsonl"
    rows = exports.rows(table, to="text", chat_template=str(path), columns=("none",), rejects=str(rejects))
    assert rows == [{"text": "good"}]
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(row["instruction"], row["reasons"]) for row in told] == [
        ("bad", [{"rule": "template_refused", "value": "bad is refused", "threshold": ""}]),
        ("worse", [{"rule": "template_failed", "value": "it uses a value that is not there", "threshold": ""}]),
    ]


def test_a_template_that_fails_its_bounds_on_row_after_row_stops_the_run(exports: Exports, tmp_path: Path) -> None:
    path = tmp_path / "loop.jinja"
    path.write_text("{{ 'x'.center(10**9) }}")
    with pytest.raises(BadInput, match=r"loop\.jinja passes its bounds on row after row"):
        exports.rows(examples([{"instruction": str(row)} for row in range(30)]), to="text", chat_template=str(path))


def test_tools_are_given_to_a_template_whether_they_are_a_list_or_json(exports: Exports, tmp_path: Path) -> None:
    path = tmp_path / "tools.jinja"
    path.write_text("{{ tools[0].name if tools else 'none' }}")
    for tools in ([[{"name": "a"}], None], ['[{"name": "a"}]', "no json"]):
        rows = exports.rows(examples([{}, {"instruction": "b"}], tools=tools), to="text", chat_template=str(path))
        assert [row["text"] for row in rows] == ["a", "none"]


def test_processes_give_the_same_text(tmp_path: Path) -> None:
    table = examples([{"instruction": f"Question {row}?"} for row in range(60)])
    batches = table.to_batches(max_chunksize=8)
    made = [
        ik.export(pa.Table.from_batches(batches), to="text", chat_template="llama-3", workers=workers).read_all()
        for workers in (1, 2)
    ]
    assert made[0].equals(made[1])


def test_a_text_that_is_no_conversation_stands_as_it_is() -> None:
    mixed = ik.mix(examples([{}]), pretraining=pa.table({"text": ["A text to be packed."]}), pretraining_share=0.5,
                   pretraining_as="text").read_all()  # fmt: skip
    texts = ik.export(mixed, to="text", chat_template="chatml").read_all()["text"].to_pylist()
    assert "A text to be packed." in texts
    assert len(texts) == 2
    reader = ik.export(mixed, to="alpaca")
    assert reader.read_all().num_rows == 1
    assert ik.counts(reader).reasons == {"whole_text": 1}


@pytest.mark.parametrize(
    ("source", "reason"),
    [("{{ '\\ud800' }}", "template_failed"), ("{{ raise_exception('half: \\ud800') }}", "template_refused")],
)
def test_half_of_a_character_is_a_reject_of_its_row(tmp_path: Path, source: str, reason: str) -> None:
    path = tmp_path / "half.jinja"
    path.write_text("{% if messages[0].content == 'x' %}" + source + "{% else %}whole{% endif %}")
    table = examples([{"instruction": name, "output": "b"} for name in "xy"])
    made = ik.export(table, to="text", chat_template=str(path), rejects=str(tmp_path / "r.jsonl"), workers=1)
    assert made.read_all()["text"].to_pylist() == ["whole"]
    (row,) = map(json.loads, (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines())
    assert [one["rule"] for one in row["reasons"]] == [reason]


def test_a_token_that_is_half_a_character_can_be_told_in_the_lineage(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer_config.json"
    path.write_text('{"chat_template": "{{ bos_token }}a", "bos_token": "\\ud800"}')
    made = ik.export(examples([{"instruction": "a", "output": "b"}]), to="text", chat_template=str(path), workers=1)
    assert made.read_all()["text"].to_pylist() == ["?a"]
