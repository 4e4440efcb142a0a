"""The examiner: every text of a row, placeholders that agree, and nothing of the data in what is told."""

import logging
import pickle
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.filters.examining import Findings
from instructkit.filters.pii import PiiExaminer
from tests.rows import examples

SECRET = "the key of the run"
TURNS = [{"role": "user", "content": "I am c@example.com"}, {"role": "assistant", "content": "Hello."}]
DATA = ("a@example.com", "c@example.com", "415-555-0132", "4111 1111 1111 1111")


def rows(count: int = 1) -> pa.RecordBatch:
    table = examples(
        [
            {"instruction": "Reply to a@example.com.", "output": "Sent to A@example.com, c@example.com."}
            | {"history": TURNS},
            {"instruction": "Reply.", "output": "Fine.", "history": []},
            {"instruction": "Call 415-555-0132 or +1 (415) 555-0132.", "output": "card 4111 1111 1111 1111"},
        ]
        * count,
        note=["from a@example.com", "none", None] * count,
        raw=[[{"text": "see c@example.com", "n": 1}], [], None] * count,
        mails=[["a@example.com", None], [], None] * count,
        kind=pa.array(["a@example.com", "x", None] * count).dictionary_encode(),
    )  # fmt: skip
    return table.combine_chunks().to_batches()[0]


def told(findings: Findings) -> str:
    """All that a report or the lineage could show."""
    verdicts = [verdict.values.to_pylist() for _, verdict, _ in findings.verdicts]
    return repr((verdicts, findings.columns, findings.marked, findings.found, findings.samples))


def test_masking_reaches_every_text_and_one_value_has_one_placeholder_in_a_row() -> None:
    findings = PiiExaminer("mask")(rows())
    assert findings.batch is not None
    first, second, third = findings.batch.to_pylist()
    assert first["instruction"] == "Reply to [EMAIL_1]."
    assert first["output"] == "Sent to [EMAIL_1], [EMAIL_2]."
    assert first["history"][0]["content"] == "I am [EMAIL_2]"
    assert (first["note"], first["raw"], first["mails"], first["kind"]) == (
        "from [EMAIL_1]", [{"text": "see [EMAIL_2]", "n": 1}], ["[EMAIL_1]", None], "[EMAIL_1]",
    )  # fmt: skip
    assert second == rows().to_pylist()[1]
    assert third["instruction"] == "Call [PHONE_1] or [PHONE_1]."
    assert (third["output"], third["note"], third["raw"]) == ("card [CARD_1]", None, None)
    assert findings.batch.schema.equals(rows().schema)
    assert findings.columns[0].to_pylist() == [["EMAIL"], [], ["CARD", "PHONE"]]
    assert findings.marked["pii_masked"].tolist() == [True, False, True]
    assert findings.found == {"EMAIL": 8, "PHONE": 2, "CARD": 1}


def test_what_is_certain_in_one_text_is_masked_in_all_of_the_row() -> None:
    table = examples(
        [
            {"instruction": "Write to Jane Doe.", "output": "Dear Jane Doe, 20 12 34"}
            | {"input": "My name is Jane Doe. Phone: 20 12 34"},
            {"instruction": "改写", "input": "我叫王小明。", "output": "王小明您好，王小明先生"},
            {"instruction": "Who was Jane Doe?", "input": "", "output": "Jane Doester, 120 12 34"},
        ]
    ).to_batches()[0]  # fmt: skip
    masked = PiiExaminer("mask")(table).batch
    assert masked is not None
    assert masked["instruction"].to_pylist() == ["Write to [PERSON_1].", "改写", "Who was Jane Doe?"]
    assert masked["output"].to_pylist() == [
        "Dear [PERSON_1], [PHONE_1]", "[PERSON_1]您好，[PERSON_1]先生", "Jane Doester, 120 12 34",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["ann@example.com"]], pa.list_view(pa.string())),
        pa.array([["ann@example.com"]], pa.large_list_view(pa.string())),
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(['"ann@example.com"'])),
        pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array(["ann@example.com"])),
    ],
    ids=lambda column: str(column.type),
)
def test_no_type_of_column_hides_its_texts(column: pa.Array) -> None:
    masked = PiiExaminer("mask")(pa.record_batch({"kept": column})).batch
    assert masked is not None
    assert masked.schema.field("kept").type == column.type
    assert "[EMAIL_1]" in str(masked["kept"].to_pylist())
    assert "ann" not in str(masked["kept"].to_pylist())


def test_a_placeholder_that_stands_already_is_no_new_values() -> None:
    table = examples(
        [
            {"instruction": "Write to a@example.com, not [EMAIL_3].", "output": "Sent to [EMAIL_1] and c@example.com."},
            {"instruction": "Write to a@example.com.", "output": "Call [PHONE_1].", "input": "[EMAIL_1]"},
            {"instruction": "Write to a@example.com.", "output": "[EMAIL_01] [email_1]"},
        ]
    ).to_batches()[0]  # fmt: skip
    masked = PiiExaminer("mask")(table).batch
    assert masked is not None
    assert masked["instruction"].to_pylist() == [
        "Write to [EMAIL_2], not [EMAIL_3].", "Write to [EMAIL_2].", "Write to [EMAIL_1].",
    ]  # fmt: skip
    assert masked["output"].to_pylist()[0] == "Sent to [EMAIL_1] and [EMAIL_4]."


def test_pseudonyms_without_a_key_are_said_to_be_open(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("instructkit"), "propagate", True)
    with caplog.at_level(logging.INFO, "instructkit"):
        for mode, key in (("mask", None), ("pseudonym", b"k")):
            pickle.loads(pickle.dumps(PiiExaminer(mode, key=key)))
        assert caplog.text == ""
        pickle.loads(pickle.dumps(PiiExaminer("pseudonym")))
    assert [record.getMessage().count("knows the seed") for record in caplog.records] == [1]


def test_what_a_row_is_called_by_stays() -> None:
    table = examples([{"id": "a@example.com", "output": "a@example.com"}]).to_batches()[0]
    masked = PiiExaminer("mask")(table).batch
    assert masked is not None
    assert masked["id"].to_pylist() == ["a@example.com"]
    assert masked["output"].to_pylist() == ["[EMAIL_1]"]


@pytest.mark.parametrize("mode", ["tag", "mask", "pseudonym", "drop"])
def test_no_datum_is_told(mode: str) -> None:
    examiner = PiiExaminer(mode, key=SECRET.encode())
    findings = examiner(rows())
    assert all(datum not in told(findings) for datum in DATA)
    assert findings.samples["EMAIL"][0] == "***@e***.com"
    assert SECRET not in repr(examiner)
    if mode in ("mask", "pseudonym"):
        assert all(datum not in repr(findings.batch.to_pylist()) for datum in DATA if datum)


def test_tagging_changes_no_text() -> None:
    findings = PiiExaminer("tag")(rows())
    assert findings.batch is None
    assert findings.columns[0].to_pylist() == [["EMAIL"], [], ["CARD", "PHONE"]]
    assert list(findings.marked) == ["pii_tagged"]
    assert PiiExaminer("tag").fields == (pa.field("pii", pa.list_(pa.string())),)


def test_dropping_names_the_types_only() -> None:
    examiner = PiiExaminer("drop")
    ((name, verdict, threshold),) = examiner(rows()).verdicts
    assert (name, threshold, examiner.fields) == ("pii", "", ())
    assert verdict.fails.tolist() == [True, False, True]
    assert verdict.values.to_pylist() == ["EMAIL", None, "CARD, PHONE"]


@pytest.mark.parametrize("mode", ["mask", "pseudonym"])
def test_the_result_hangs_on_the_row_alone(mode: str) -> None:
    batch = rows(40)
    examiner = pickle.loads(pickle.dumps(PiiExaminer(mode, key=b"k")))
    whole = examiner(batch).batch.to_pylist()
    parts = [row for start in range(0, batch.num_rows, 7) for row in examiner(batch.slice(start, 7)).batch.to_pylist()]
    assert whole == parts


def test_only_the_types_asked_for_are_found() -> None:
    findings = PiiExaminer("tag", types=("CARD",))(rows())
    assert findings.found == {"CARD": 1}
    with pytest.raises(UsageError, match="no type 'MAIL'"):
        PiiExaminer("tag", types=("MAIL",))
    with pytest.raises(UsageError, match="not 'hide'"):
        PiiExaminer("hide")


def test_a_batch_without_rows_or_texts_passes() -> None:
    findings = PiiExaminer("mask")(rows().slice(0, 0))
    assert findings.columns[0].to_pylist() == []
    assert findings.batch.num_rows == 0
    numbers = pa.record_batch({"n": pa.array([1, 2])})
    assert PiiExaminer("mask")(numbers).columns[0].to_pylist() == [[], []]


def test_the_filter_masks_tags_and_drops(tmp_path: Any) -> None:
    table = pa.Table.from_batches([rows()])
    reader = ik.filter(table, preset="none", pii="mask", workers=1)
    masked = reader.read_all().to_pylist()
    assert masked[0]["instruction"] == "Reply to [EMAIL_1]."
    assert [row["pii"] for row in masked] == [["EMAIL"], [], ["CARD", "PHONE"]]
    assert ik.counts(reader).changed == {"pii_masked": 2}
    tagged = ik.filter(table, preset="none", pii="tag", workers=1).read_all()
    assert tagged.select(["instruction", "note"]).equals(table.select(["instruction", "note"]))
    dropped = ik.filter(table, preset="none", pii="drop", workers=1, rejects=str(tmp_path / "r.parquet"))
    assert dropped.read_all().num_rows == 1
    reasons = ik.read(str(tmp_path / "r.parquet")).read_all()["reasons"].to_pylist()
    assert [(one["rule"], one["value"]) for (one,) in reasons] == [("pii", "EMAIL"), ("pii", "CARD, PHONE")]
