"""How a source's rows find their task, their columns and their templates."""

import logging
from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.records.sources import Source
from instructkit.templating.library.packs import bindings, load_pack, tasks
from instructkit.templating.planning import _binding_by_name


def lines(path: Path, *rows: str) -> str:
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return str(path)


def made(source: str, **options: object) -> list[dict[str, object]]:
    return list(pa.Table.from_batches(list(ik.format(source, **options))).to_pylist())


@pytest.mark.parametrize(
    ("name", "binding"),
    [
        ("hub:glue/sst2", "glue/sst2"),
        ("hub:glue/sst2:validation", "glue/sst2"),
        ("hub:nyu-mll/glue/sst2", "glue/sst2"),
        ("hub:stanfordnlp/imdb", "imdb"),
    ],
)
def test_a_dataset_of_the_hub_is_known_by_its_name(name: str, binding: str) -> None:
    found = _binding_by_name(Source(name, "hub"), None)
    assert found is not None
    assert found.name == binding


def test_a_dataset_of_the_hub_is_not_bound_to_another_task_than_the_one_said() -> None:
    assert _binding_by_name(Source("hub:glue/sst2", "hub"), "nli") is None
    assert _binding_by_name(Source("hub:nobody/nothing", "hub"), None) is None
    assert _binding_by_name(Source("glue/sst2", "csv"), None) is None


def test_a_binding_names_the_columns_and_labels_of_a_local_copy(tmp_path: Path) -> None:
    path = lines(tmp_path / "my_sst2.tsv", "idx\tsentence\tlabel", "0\tA slow film.\t0", "1\tA joy.\t1")
    rows = made(path, binding="glue/sst2", template=["en-command"])
    assert [row["output"] for row in rows] == ["negative", "positive"]


def test_there_are_bindings_for_eighty_datasets_and_phrasings_by_the_hundred() -> None:
    assert len(tasks()) >= 33
    assert sum(len(bindings(task)) for task in tasks()) >= 80
    assert sum(len(load_pack(task).phrasings) for task in tasks()) >= 600


def test_a_binding_that_is_not_known_is_answered_with_those_near_it(tmp_path: Path) -> None:
    path = lines(tmp_path / "r.jsonl", '{"text": "x", "label": 1}')
    with pytest.raises(UsageError, match="no binding 'glue/sst'; near it are glue/sst2"):
        ik.format(path, binding="glue/sst")


def test_what_was_guessed_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = lines(tmp_path / "r.jsonl", '{"question": "?", "choices": ["a", "b"], "answer": "B"}')
    logging.getLogger("instructkit").propagate = True
    with caplog.at_level(logging.INFO, "instructkit"):
        rows = made(path, task="multiple-choice-question-answering")
    assert "question=question, choices=choices, answer=answer guessed" in caplog.text
    assert rows[0]["output"] == "b"


def test_several_columns_make_the_choices_of_a_row(tmp_path: Path) -> None:
    path = lines(tmp_path / "r.csv", "ask,a,b,key", "Which floats?,stone,cork,1")
    columns = ["question=ask", "choices=a,b", "answer=key"]
    (row,) = made(path, task="multiple-choice-question-answering", map=columns)
    assert row["output"] == "cork"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"template": ["en-nothing"]}, "sentiment has no template 'en-nothing'; it has en-"),
        ({"symbols": True}, "symbols mean nothing without examples"),
        ({"zero_shot_share": 0.5}, "say how many the others get"),
        ({"options": "none", "options_share": 0.5}, "not with --options none"),
        ({"shots": (3, 1)}, "a range from less to more, not 3-1"),
        ({"options": "digits"}, "options is one of letters, words, none"),
        ({"templates": "nothing.yaml"}, "not with --task or --binding"),
    ],
)
def test_settings_that_can_not_be_meant_are_refused_in_one_sentence(
    sample_data: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        ik.format(str(sample_data / "reviews.csv"), task="sentiment", **options)
    assert "\n" not in str(caught.value)


def test_a_pack_name_serves_as_templates(sample_data: Path) -> None:
    rows = made(str(sample_data / "reviews.csv"), templates="sentiment", template=["en-command", "zh-command"])
    assert {row["template"] for row in rows} == {"sentiment/en-command", "sentiment/zh-command"}


def test_phrasings_of_another_language_than_the_text_are_marked(sample_data: Path) -> None:
    rows = made(str(sample_data / "reviews.csv"), task="sentiment", language="zh")
    assert {row["prompt_language"] for row in rows} == {"zh"}
    assert {row["text_language"] for row in rows} == {"en", "zh"}
    assert all(str(row["template"]).startswith("sentiment/zh-") for row in rows)
