"""CSV and TSV: equal to the csv module's reading, every column text."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import raw_rows

CELL = st.text(st.sampled_from(list("ab,\t\"'0\n\r 你\u2028")), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_reading_equals_the_csv_module(tmp_path_factory: Any, rows: list[tuple[str, ...]], end: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([("a", "b", "c"), *rows])
    path = tmp_path_factory.getbasetemp() / "property.csv"
    path.write_bytes(out.getvalue().encode())
    found, numbers, bad = raw_rows(path)
    assert [tuple(row.values()) for row in found] == rows
    assert numbers == list(range(1, len(rows) + 1))
    assert bad == []


def test_every_column_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,when,flag,none\n007,2024-01-01,true,\n1e3,NA,null,NaN\n")
    assert raw_rows(tmp_path / "a.csv")[0] == [
        {"id": "007", "when": "2024-01-01", "flag": "true", "none": ""},
        {"id": "1e3", "when": "NA", "flag": "null", "none": "NaN"},
    ]


def test_quotes_keep_commas_line_breaks_and_quotes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label\n"one, two\nthree ""four""",1\n', newline="")
    assert raw_rows(tmp_path / "a.csv")[0] == [{"text": 'one, two\nthree "four"', "label": "1"}]


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbftext,label\r\nx,1\r\n")
    assert raw_rows(tmp_path / "a.csv")[0] == [{"text": "x", "label": "1"}]


def test_rows_with_a_wrong_number_of_fields_are_told_by_record(tmp_path: Path) -> None:
    """A record may take several lines: it is records that are counted."""
    (tmp_path / "a.csv").write_text('a,b\n"1\n2\n3",x\nshort\n4,y\none,two,three\n5,z\n')
    rows, numbers, bad = raw_rows(tmp_path / "a.csv")
    assert [row["a"] for row in rows] == ["1\n2\n3", "4", "5"]
    assert numbers == [1, 3, 5]
    assert bad == [(2, "wrong_number_of_fields"), (4, "wrong_number_of_fields")]


def test_blank_lines_are_no_rows_and_not_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n\n1,x\n\n\nshort\n2,y\n")
    rows, numbers, bad = raw_rows(tmp_path / "a.csv")
    assert [row["a"] for row in rows] == ["1", "2"]
    assert (numbers, bad) == ([1, 3], [(2, "wrong_number_of_fields")])


def test_bad_rows_at_the_end_and_in_later_blocks_keep_their_numbers(tmp_path: Path) -> None:
    """More than one block of 8 MB."""
    lines = [f"{number},{'x' * 1000}" for number in range(20_000)]
    lines[10] = lines[15_000] = lines[-1] = "short"
    (tmp_path / "a.csv").write_text("a,b\n" + "\n".join(lines) + "\n")
    rows, numbers, bad = raw_rows(tmp_path / "a.csv")
    assert [number for number, _ in bad] == [11, 15_001, 20_000]
    assert [int(row["a"]) + 1 for row in rows] == numbers


def test_a_field_longer_than_a_block_is_read_once(tmp_path: Path) -> None:
    long = "y" * (20 << 20)
    lines = [f"{number},{'x' * 1000}" for number in range(9_000)]
    (tmp_path / "a.csv").write_text("a,b\nshort\n" + "\n".join([*lines, f"long,{long}", "last,z"]) + "\n")
    rows, numbers, bad = raw_rows(tmp_path / "a.csv")
    assert [row["a"] for row in rows] == [*map(str, range(9_000)), "long", "last"]
    assert rows[-2]["b"] == long
    assert numbers == list(range(2, 9_004))
    assert bad == [(1, "wrong_number_of_fields")]


def test_quotes_in_an_unquoted_tsv_are_ordinary_characters(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text('question\tanswer\n"Who" said so?\t"me\nhe said "no"\tx\n')
    assert raw_rows(tmp_path / "a.tsv")[0] == [
        {"question": '"Who" said so?', "answer": '"me'},
        {"question": 'he said "no"', "answer": "x"},
    ]


@pytest.mark.parametrize("value", ["a\tb", "a\nb", 'say "hi"', "x"])
def test_quotes_in_a_quoted_tsv_quote(tmp_path: Path, value: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b"), (value, "1")])
    (tmp_path / "a.tsv").write_text(out.getvalue(), newline="")
    assert raw_rows(tmp_path / "a.tsv")[0] == [{"a": value, "b": "1"}]


def test_a_quoted_header_tells_that_quotes_quote(tmp_path: Path) -> None:
    """Cut at the tabs, both lines of the value have as many fields as the header."""
    (tmp_path / "a.tsv").write_text('"a"\t"b"\n"1"\t"x\n\ty"\n', newline="")
    assert raw_rows(tmp_path / "a.tsv")[0] == [{"a": "1", "b": "x\n\ty"}]


@pytest.mark.parametrize(("ending", "codec"), [(".gz", "gzip"), (".zst", "zstd")])
def test_a_compressed_csv_is_read_as_it_is(tmp_path: Path, ending: str, codec: str) -> None:
    path = tmp_path / f"a.csv{ending}"
    with pa.CompressedOutputStream(str(path), codec) as file:
        file.write(b"a,b\n1,x\n")
    assert raw_rows(path)[0] == [{"a": "1", "b": "x"}]


def test_the_real_tables_are_read_without_a_bad_row(real_data: Path) -> None:
    for name, rows in (("toxicity/davidson_labeled_data.csv", 24_783), ("toxicity/cold/dev.csv", 6_431)):
        found, _, bad = raw_rows(real_data / name)
        with open(real_data / name, newline="", encoding="utf-8-sig") as file:
            said = list(csv.reader(file))[1:]
        assert [list(row.values()) for row in found] == said
        assert (len(found), bad) == (rows, [])
