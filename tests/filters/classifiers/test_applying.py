"""Applying a classifier: what is dropped, what is added, and what is refused."""

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from instructkit.errors import BadInput, UsageError
from instructkit.filters.classifiers import ClassifierExaminer, parse_classifier
from instructkit.filters.classifiers.models import open_classifier
from instructkit.filters.classifiers.texts import Normalization
from tests.rows import examples

GOOD, BAD = "a lovely kind sweet house 很好", "an awful cruel bitter house 很差"


def batch(*outputs: str) -> pa.RecordBatch:
    return examples([{"output": output} for output in outputs]).to_batches()[0]


def dropped(examiner: ClassifierExaminer, *outputs: str) -> list[bool]:
    ((_, verdict, _),) = examiner(batch(*outputs)).verdicts
    found: list[bool] = verdict.fails.tolist()
    return found


def test_a_label_drops_the_rows_that_have_it_and_minus_keeps_them(single: str) -> None:
    assert dropped(parse_classifier(f"{single}:blame:0.5"), GOOD, BAD) == [False, True]
    assert dropped(parse_classifier(f"{single}:-blame:0.5"), GOOD, BAD) == [True, False]
    assert dropped(parse_classifier(f"{single}:praise:0.5"), GOOD, BAD) == [True, False]


def test_the_verdict_tells_the_label_the_probability_and_the_threshold(single: str) -> None:
    ((name, verdict, threshold),) = parse_classifier(f"{single}:blame:0.6")(batch(BAD)).verdicts
    assert name == "classifier_verdict"
    assert verdict.value(0).startswith("blame 0.9") or verdict.value(0) == "blame 1.00"
    assert threshold == "below 0.6"


def test_without_a_threshold_the_one_of_the_best_f1_is_taken(several: str) -> None:
    examiner = parse_classifier(f"{several}:cat")
    assert examiner.threshold == open_classifier(several).sidecar.thresholds["cat"]
    assert dropped(examiner, "a good cat and a dog", "a good dog and a book") == [True, False]


def test_a_model_alone_adds_columns(single: str, several: str) -> None:
    best, score = parse_classifier(single)(batch(GOOD, BAD)).columns
    assert [child.name for child in parse_classifier(single).fields] == ["verdict_label", "verdict_score"]
    assert best.to_pylist() == ["praise", "blame"]
    assert all(0.5 <= value <= 1 for value in score.to_pylist())
    warm, cat = parse_classifier(several)(batch("a lovely kind cat 很好", BAD)).columns
    assert [child.name for child in parse_classifier(several).fields] == ["several_warm", "several_cat"]
    assert (warm.to_numpy() > 0.5).tolist() == [True, False]
    assert cat.to_pylist()[0] > cat.to_pylist()[1]


def test_the_examiner_goes_to_another_process_and_hangs_on_no_batch(single: str) -> None:
    examiner = pickle.loads(pickle.dumps(parse_classifier(f"{single}:blame:0.5")))
    texts = [GOOD, BAD, "", "table lamp", GOOD, "😀", "a\x00b\nc"]
    whole = dropped(examiner, *texts)
    assert whole == [one for text in texts for one in dropped(examiner, text)]
    assert whole[:2] == [False, True]


def test_it_can_be_asked_about_the_prompt(single: str) -> None:
    rows = examples([{"instruction": BAD, "output": GOOD}]).to_batches()[0]
    for on, fails in (("output", False), ("prompt", True)):
        ((_, verdict, _),) = parse_classifier(f"{single}:blame:0.5", on)(rows).verdicts
        assert verdict.fails.tolist() == [fails]


def test_a_path_may_hold_colons(single: str, tmp_path: Path) -> None:
    odd = tmp_path / "a:b.ftz"
    shutil.copy(single, odd)
    shutil.copy(single + ".json", f"{odd}.json")
    assert parse_classifier(f"{odd}").label is None
    assert parse_classifier(f"{odd}:blame:0.25").threshold == 0.25


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{model}:nope", "has no label 'nope'; it has blame, praise"),
        ("{model}:blame:2", "'2' is no number between 0 and 1"),
        ("{model}:blame:x", "'x' is no number"),
        ("{model}:blame:nan", "'nan' is no number"),
        ("missing.ftz:blame", "there is no model 'missing.ftz'"),
        ("missing.ftz", "there is no model 'missing.ftz'"),
    ],
)
def test_what_can_not_be_meant_is_refused(single: str, given: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_classifier(given.format(model=single))


@pytest.mark.parametrize("kind", ["text", "pickle", "cut", "empty"])
def test_a_file_that_is_no_model_is_refused(single: str, tmp_path: Path, kind: str) -> None:
    content = {"text": b"hello", "pickle": pickle.dumps({"a": 1}), "cut": Path(single).read_bytes()[:400], "empty": b""}
    (tmp_path / "m.ftz").write_bytes(content[kind])
    with pytest.raises(UsageError, match=r"no fastText model|can't be read"):
        parse_classifier(str(tmp_path / "m.ftz"))


@pytest.mark.parametrize("content", ["{", "[]", '{"instructkit_classifier": 9}', '{"instructkit_classifier": 1}'])
def test_a_sidecar_that_is_none_is_refused(single: str, tmp_path: Path, content: str) -> None:
    shutil.copy(single, tmp_path / "m.ftz")
    (tmp_path / "m.ftz.json").write_text(content)
    with pytest.raises(BadInput, match="is not what train-classifier writes"):
        open_classifier(str(tmp_path / "m.ftz"))


def test_the_sidecar_of_another_model_is_refused(single: str, several: str, tmp_path: Path) -> None:
    shutil.copy(single, tmp_path / "m.ftz")
    shutil.copy(several + ".json", tmp_path / "m.ftz.json")
    with pytest.raises(BadInput, match="belongs to another model"):
        open_classifier(str(tmp_path / "m.ftz"))


def test_a_model_without_a_sidecar_is_asked_plainly(single: str, tmp_path: Path) -> None:
    shutil.copy(single, tmp_path / "m.ftz")
    examiner = parse_classifier(f"{tmp_path / 'm.ftz'}:blame")
    assert examiner.threshold == 0.5
    assert dropped(examiner, BAD, GOOD) == [True, False]


def test_texts_are_made_one_line_of_words() -> None:
    texts = pa.array(["Two\nLines\r\n", "中文abc", "__label__bad </s> x", "a\x00b\u2028c", None, ""])
    assert Normalization()(texts) == ["two lines", "中 文 abc", "__label __bad < /s> x", "a b c", "", ""]
    assert Normalization(lower=False, space_han=False)(texts)[:2] == ["Two Lines", "中文abc"]


def test_probabilities_are_those_of_fasttext(single: str) -> None:
    classifier: Any = open_classifier(single)
    found = classifier.probabilities(pa.array([GOOD, BAD]))
    for row, text in enumerate((GOOD, BAD)):
        (line,) = Normalization()(pa.array([text]))
        labels, values = classifier.model.predict(line, k=2)
        expected = dict(zip(labels, values, strict=True))
        assert np.allclose(
            found[row], [min(1, expected["__label__blame"]), min(1, expected["__label__praise"])], atol=1e-6
        )
