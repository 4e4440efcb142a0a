"""Evidence of other examiners shows nothing of what is masked in the texts."""

import pickle

import pyarrow as pa
import pytest

from instructkit.filters.pii import PiiExaminer
from tests.rows import examples

ROWS = [
    {"instruction": "You bitch.whore@example.com, you bitch", "output": "Call 415-555-0132."},
    {"instruction": "我叫王小明。", "output": "Fine."},
    {"instruction": "Hello.", "output": "You bitch"},
]
WORDS = [["bitch.whore@example", "WHORE", "idiot", "you", None, "5550132"], ["小明", "王", "坏"], ["bitch", "whore"]]
COVERED = [["[EMAIL]", "[EMAIL]", "idiot", "you", None, "[PHONE]"], ["[PERSON]", "王", "坏"], ["bitch", "whore"]]


def batch() -> pa.RecordBatch:
    return examples(ROWS).combine_chunks().to_batches()[0]


@pytest.mark.parametrize("mode", ["mask", "pseudonym"])
@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string())], ids=str)
def test_a_part_of_a_value_of_the_row_is_covered(mode: str, kind: pa.DataType) -> None:
    (words,) = PiiExaminer(mode)(batch()).cover([pa.array(WORDS, kind)])
    assert (words.type, words.to_pylist()) == (kind, COVERED)


def test_texts_are_covered_and_other_columns_stay() -> None:
    given = [pa.array(["…itch.whore@exa…", None, "x"]), pa.array([0.5, 1.0, None]), pa.array([None, None, ""])]
    texts, numbers, empty = PiiExaminer("mask")(batch()).cover(given)
    assert texts.to_pylist() == ["[EMAIL]", None, "x"]
    assert numbers is given[1]
    assert empty.equals(given[2])


def test_a_datum_is_covered_even_where_its_row_has_none() -> None:
    (texts,) = PiiExaminer("mask")(batch()).cover([pa.array(["a", "b", "mail ann@example.com"])])
    assert texts.to_pylist() == ["a", "b", "[EMAIL]"]


def test_only_the_types_asked_for_are_covered() -> None:
    (words,) = PiiExaminer("mask", types=("PHONE",))(batch()).cover([pa.array(WORDS)])
    assert words.to_pylist() == [[*WORDS[0][:-1], "[PHONE]"], *WORDS[1:]]


@pytest.mark.parametrize("mode", ["tag", "drop"])
def test_where_no_text_is_changed_evidence_stays(mode: str) -> None:
    given = [pa.array(WORDS)]
    assert PiiExaminer(mode)(batch()).cover(given) == given


def test_a_batch_without_rows_or_evidence_passes() -> None:
    none = pa.array([], pa.list_(pa.string()))
    assert PiiExaminer("mask")(batch().slice(0, 0)).cover([none]) == [none]
    assert PiiExaminer("mask")(batch()).cover([]) == []
    empty = pa.array([[], None, []], pa.list_(pa.string()))
    assert PiiExaminer("mask")(batch()).cover([empty])[0].equals(empty)


def test_the_findings_can_be_sent_to_another_process() -> None:
    findings = pickle.loads(pickle.dumps(PiiExaminer("mask")(batch())))
    assert findings.cover([pa.array(WORDS)])[0].to_pylist() == COVERED
