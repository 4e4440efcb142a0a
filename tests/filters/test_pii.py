"""Personal data: what is believed, what is not, and how it is masked."""

from typing import Any

import pytest

import instructkit as ik
from instructkit.filters.pii import find
from tests.rows import examples

TRUE = [
    ("EMAIL", "write to ann.lee+x@mail.example.com today"),
    ("EMAIL", "请发到zhang@example.com谢谢"),
    ("PHONE", "call (415) 555-0132 after six"),
    ("PHONE", "call 415-555-0132"),
    ("PHONE", "ring +44 20 7946 0958 now"),
    ("PHONE", "我的手机是13800138000，请联系"),
    ("PHONE", "电话：+86 138 0013 8000"),
    ("CARD", "card 4111 1111 1111 1111, please"),
    ("CARD", "card 4111-1111-1111-1111"),
    ("ID", "身份证号110101190003077213。"),
    ("IBAN", "pay to GB82 WEST 1234 5698 7654 32 please"),
    ("SSN", "my number is 536-90-4399"),
]
FALSE = [
    "version 1.2.3.4 of the tool",
    "the sum 160 + 220 + 80 = 460",
    "order 1234567890 was shipped",
    "card 4111 1111 1111 1112 is no card",
    "110101190003077210 is no identity number",
    "in 2023-01-15 and 12/31/1999",
    "3.14159265358979",
    "the ISBN 978-3-16-148410-0",
    "@home and user@localhost",
    "id_13800138000123 in a table",
    "individual, 1990-2000, pp. 100-120",
]


def valid_id() -> str:
    from stdnum.cn import ric

    body = "11010119000307721"
    return body + str(ric.calc_check_digit(body + "0"))


@pytest.mark.parametrize(("kind", "text"), TRUE)
def test_a_true_datum_is_found(kind: str, text: str) -> None:
    text = text.replace("110101190003077213", valid_id())
    assert [found for _, _, found in find(text)] == [kind]


@pytest.mark.parametrize("text", FALSE)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert list(find(text)) == []


def rows() -> Any:
    turns = [{"role": "user", "content": "I am c@example.com"}, {"role": "assistant", "content": "Hello."}]
    return examples(
        [
            {"instruction": "Reply to a@example.com.", "output": "Sent to a@example.com.", "history": turns},
            {"instruction": "Reply.", "output": "Fine.", "history": []},
        ],
        note=["from a@example.com", "none"],
        raw=[[{"text": "see c@example.com"}], []],
    )


def test_masking_reaches_every_text_of_a_row_and_leaves_a_trace() -> None:
    reader = ik.filter(rows(), pii="mask", workers=1)
    masked = reader.read_all().to_pylist()
    assert masked[0]["instruction"] == "Reply to [EMAIL_1]."
    assert masked[0]["output"] == "Sent to [EMAIL_1]."
    assert masked[0]["history"][0]["content"] == "I am [EMAIL_2]"
    assert masked[0]["note"] == "from [EMAIL_1]"
    assert masked[0]["raw"] == [{"text": "see [EMAIL_2]"}]
    assert [row["pii"] for row in masked] == [["EMAIL"], []]
    assert masked[1]["output"] == "Fine."
    assert ik.counts(reader).changed == {"pii_masked": 1}


def test_tagging_changes_no_text_and_dropping_shows_kinds_only(tmp_path: Any) -> None:
    tagged = ik.filter(rows(), pii="tag", workers=1).read_all()
    assert tagged.select(["instruction", "note"]).equals(rows().select(["instruction", "note"]))
    assert tagged["pii"].to_pylist() == [["EMAIL"], []]
    reader = ik.filter(rows(), pii="drop", workers=1, rejects=str(tmp_path / "r.parquet"))
    assert reader.read_all().num_rows == 1
    ((reason,),) = ik.read(str(tmp_path / "r.parquet")).read_all()["reasons"].to_pylist()
    assert (reason["rule"], reason["value"]) == ("pii", "EMAIL")
