"""JSON lines: equal to ``json.loads`` line by line, with the line of every bad row."""

import codecs
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.records.containers.blocks import line_blocks
from instructkit.records.containers.jsonl import infer_schema, open_lines, parse_block
from tests.conftest import Noted, raw_rows, write_lines

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# one type a column, as nearly every file has it
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "number": st.integers(-(2**70), 2**70),
    "share": st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**60), 2**60)),
    "flag": st.booleans(),
    "list": st.lists(st.one_of(st.none(), TEXT), max_size=3),
    "object": st.fixed_dictionaries({"a": st.one_of(st.none(), TEXT), "b": st.integers(-5, 5)}),
    "date": st.sampled_from(["2024-01-01", "2024-01-01T10:00:00Z", "1999-12-31 23:59:59"]),
}
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={name: st.one_of(st.none(), values) for name, values in COLUMNS.items()}),
    min_size=1,
    max_size=6,
)


def same(found: Any, said: Any) -> bool:
    """Whether a stored value is the JSON value: itself, or its JSON where the column became text."""
    if found is None or said is None:
        return found is None and said is None
    if isinstance(said, dict) and isinstance(found, dict):
        return all(same(found.get(name), said.get(name)) for name in {*found, *said})
    if isinstance(said, list) and isinstance(found, list):
        return len(found) == len(said) and all(map(same, found, said))
    if isinstance(found, str) and not isinstance(said, str):
        return bool(json.loads(found) == said)
    return bool(found == said) and isinstance(found, bool) == isinstance(said, bool)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.booleans(), st.booleans())
def test_parsing_equals_json_loads_line_by_line(rows: list[dict[str, Any]], escaped: bool, crlf: bool) -> None:
    end = "\r\n" if crlf else "\n"
    block = "".join(json.dumps(row, ensure_ascii=escaped) + end for row in rows).encode()
    schema = infer_schema(block)
    if not len(schema):
        return  # rows with no column at all
    parsed = parse_block(block, schema)
    assert parsed.bad == []
    assert parsed.numbers.tolist() == list(range(1, len(rows) + 1))
    for found, line in zip(parsed.batch.to_pylist(), block.decode().split("\n"), strict=False):
        said = json.loads(line)
        assert all(same(found[name], said.get(name)) for name in schema.names), (found, said)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(['{"a": "x"}', '{"a": "y"}', "", "  ", "{", '["a"]', "null", '{"b": 1}']), min_size=1),
    st.integers(1, 40),
)
def test_row_numbers_are_line_numbers_whatever_the_blocks(lines: list[str], size: int) -> None:
    lines = ['{"a": "first"}', *lines]
    data = "".join(line + "\n" for line in lines).encode()
    blocks = line_blocks(iter([data[at : at + size] for at in range(0, len(data), size)]))
    first = next(blocks)
    bad = Noted()
    raw = open_lines("a.jsonl", iter([first, *blocks]), bad, workers=1)
    numbers = [number for _, found in raw.batches for number in found.tolist()]
    good = [at for at, line in enumerate(lines, 1) if line.startswith('{"a"')]
    known = '{"b": 1}' in first.decode()
    assert numbers == (
        sorted([*good, *(at for at, line in enumerate(lines, 1) if line == '{"b": 1}')]) if known else good
    )
    wrong = {"{": "not_json", '["a"]': "not_json", "null": "not_json"} | (
        {} if known else {'{"b": 1}': "unexpected_column"}
    )
    assert bad.noted == [(at, wrong[line]) for at, line in enumerate(lines, 1) if line in wrong]


def test_a_byte_order_mark_and_windows_line_ends_are_no_content(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(codecs.BOM_UTF8 + b'{"a": "x"}\r\n\r\n{"a": "y"}\r\n')
    assert raw_rows(path) == ([{"a": "x"}, {"a": "y"}], [1, 3], [])


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x1c"])
def test_only_a_line_feed_ends_a_line(tmp_path: Path, separator: str) -> None:
    """``str.splitlines`` would cut the value in two."""
    text = f"one{separator}two"
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"a": text}, ensure_ascii=False) + "\n", encoding="utf-8", newline="")
    assert raw_rows(path)[0] == [{"a": text}]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_compressed_file_is_read_as_it_is(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    with pa.CompressedOutputStream(str(path), {".gz": "gzip", ".zst": "zstd"}[ending]) as file:
        file.write(b'{"a": 1}\n{"a": 2}\n')
    assert raw_rows(path) == ([{"a": 1}, {"a": 2}], [1, 2], [])


def test_a_file_without_a_last_line_end_keeps_its_last_row(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}')
    assert raw_rows(path) == ([{"a": 1}, {"a": 2}], [1, 2], [])


def test_the_result_does_not_depend_on_the_workers(tmp_path: Path) -> None:
    """More than one block of 8 MB, the second with a broken line and a blank one."""
    lines = [json.dumps({"a": number, "b": "x" * 1000}) for number in range(20_000)]
    lines[15_000], lines[15_001] = "{", ""
    path = write_lines(tmp_path / "a.jsonl", lines)
    one = raw_rows(path, workers=1)
    assert one[2] == [(15_001, "not_json")]
    assert one[1] == [number for number in range(1, 20_001) if number not in (15_001, 15_002)]
    assert raw_rows(path, workers=3) == one


def test_text_that_looks_like_a_date_stays_as_it_was_written(tmp_path: Path) -> None:
    dates = [{"a": "2024-01-01"}, {"a": "2024-01-01T10:00:00+02:00"}]
    assert raw_rows(write_lines(tmp_path / "a.jsonl", dates))[0] == dates


def test_whole_numbers_too_large_for_arrow_lose_no_digit(tmp_path: Path) -> None:
    rows = [{"a": 2**64 + 1, "b": 0.5}, {"a": 1, "b": 2**53 + 1}]
    found = raw_rows(write_lines(tmp_path / "a.jsonl", rows))[0]
    assert [(int(row["a"]), str(row["b"])) for row in found] == [(2**64 + 1, "0.5"), (1, str(2**53 + 1))]


def test_the_last_of_two_equal_keys_counts_as_in_json_loads(tmp_path: Path) -> None:
    assert raw_rows(write_lines(tmp_path / "a.jsonl", ['{"a": 1, "a": 2}']))[0] == [{"a": 2}]


def test_a_column_that_comes_later_is_rejected_by_row_not_lost(tmp_path: Path) -> None:
    """The columns are those of the first block; what does not fit them is told."""
    lines = [json.dumps({"a": "x" * 1000})] * 9000
    path = write_lines(tmp_path / "a.jsonl", [*lines, '{"a": "x", "late": 1}', '{"a": 5}'])
    rows, numbers, bad = raw_rows(path)
    assert bad == [(9001, "unexpected_column")]
    assert numbers[-1] == 9002
    assert rows[-1] == {"a": "5"}


def test_an_object_without_fields_is_kept_as_its_json(tmp_path: Path) -> None:
    assert raw_rows(write_lines(tmp_path / "a.jsonl", [{"a": "x", "meta": {}}]))[0] == [{"a": "x", "meta": "{}"}]
