"""A recognizer of the user's own."""

import re
from pathlib import Path

import pytest

from instructkit.errors import UsageError
from instructkit.filters.pii import PiiExaminer, spacy_ner
from instructkit.filters.pii.ner import load
from instructkit.filters.pii.spacy_ner import spacy_recognizer
from tests.rows import examples


def capitalized_pairs(texts: list[str]) -> list[list[tuple[int, int, str]]]:
    """Two capitalized words are a person, for these tests."""
    return [[(*match.span(), "PERSON") for match in re.finditer(r"[A-Z]\w+ [A-Z]\w+", text)] for text in texts]


def too_few(texts: list[str]) -> list[list[tuple[int, int, str]]]:
    return []


def fails(texts: list[str]) -> list[list[tuple[int, int, str]]]:
    raise ValueError(f"no idea of {texts}")


def other_types(texts: list[str]) -> list[list[tuple[int, int, str]]]:
    return [[(0, 1, "PER")] for _ in texts]


def beyond(texts: list[str]) -> list[list[tuple[int, int, str]]]:
    return [[(0, 9999, "PERSON")] for _ in texts]


def no_types(texts: list[str]) -> list[list[tuple[int, int]]]:
    return [[(0, 1)] for _ in texts]


@pytest.mark.parametrize(
    ("function", "why"),
    [("fails", "failed .ValueError"), ("other_types", "'PER' is no type"), ("beyond", "9999 is not in"),
     ("no_types", "start, end, type")],
)  # fmt: skip
def test_what_a_recognizer_does_wrong_is_told_without_the_text(function: str, why: str) -> None:
    batch = examples([{"output": "Ann Lee"}]).to_batches()[0]
    with pytest.raises(UsageError, match=why) as told:
        PiiExaminer("tag", ner=f"{__name__}:{function}")(batch)
    assert "Ann" not in str(told.value)
    assert told.value.__cause__ is None


def test_what_a_recognizer_finds_is_masked_beside_the_patterns() -> None:
    batch = examples([{"instruction": "Ann Lee wrote to ann@example.com.", "output": "Ann Lee did."}]).to_batches()[0]
    masked = PiiExaminer("mask", ner=f"{__name__}:capitalized_pairs")(batch).batch
    assert masked is not None
    assert masked["instruction"].to_pylist() == ["[PERSON_1] wrote to [EMAIL_1]."]
    assert masked["output"].to_pylist() == ["[PERSON_1] did."]
    assert PiiExaminer("mask", types=("EMAIL",), ner=f"{__name__}:capitalized_pairs")(batch).found == {"EMAIL": 1}


@pytest.mark.parametrize(
    ("name", "why"),
    [("no_such_module:f", "can't be imported"), (f"{__name__}:nothing", "names no function"), ("x", "names no "
    "function"),
     (f"{__name__}:too_few", "0 answers for 1 texts")],
)  # fmt: skip
def test_a_recognizer_that_is_none_is_a_usage_error(name: str, why: str) -> None:
    batch = examples([{"output": "Ann Lee"}]).to_batches()[0].select(["output"])
    with pytest.raises(UsageError, match=why):
        PiiExaminer("tag", ner=name)(batch)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A pipeline of spaCy's without a trained part: names and a town by a list, so that nothing has to be fetched."""
    spacy = pytest.importorskip("spacy")
    made = spacy.blank("en")
    rules = made.add_pipe("entity_ruler")
    rules.add_patterns([{"label": "PERSON", "pattern": "Ada Byron"}, {"label": "PERSON", "pattern": "李娜"},
                        {"label": "GPE", "pattern": "Ockham"}])  # fmt: skip
    folder = str(tmp_path_factory.mktemp("spacy") / "names")
    made.to_disk(folder)
    return folder


def test_the_persons_of_a_spacy_model_are_masked_and_nothing_else_of_it(pipeline: str) -> None:
    rows = [{"output": "Ada Byron met a man in Ockham; Ada Byron left."}, {"output": "Nobody came."}]
    found = PiiExaminer("mask", ner=f"spacy:{pipeline}")(examples(rows).to_batches()[0])
    assert found.batch is not None
    outputs = found.batch.column("output").to_pylist()
    assert outputs == ["[PERSON_1] met a man in Ockham; [PERSON_1] left.", "Nobody came."]


def test_a_text_is_given_to_spacy_in_parts_and_no_place_moves(pipeline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacy_ner, "LONGEST", 40)
    for text in ("word " * 30 + "Ada Byron " + "word\n" * 30 + "Ada Byron", "x" * 100 + " Ada Byron", ""):
        (found,) = spacy_recognizer(pipeline)([text])
        names = [match.span() for match in re.finditer("Ada Byron", text)]
        assert [(start, end) for start, end, _ in found] == names


@pytest.mark.parametrize(("model", "why"), [("no_such_model", "no such model"), ("blank", "finds no entities")])
def test_a_model_that_is_none_or_finds_nothing_is_refused(model: str, why: str, tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(UsageError, match=why):
        load(f"spacy:{tmp_path / model}")
