"""Plain text: a line a row."""

from pathlib import Path

import pytest

import instructkit as ik
from instructkit.errors import UsageError
from tests.conftest import raw_rows
from tests.rows import examples


def test_each_line_that_is_not_blank_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffone\r\n\n  \n two\u2028half \nlast".encode())
    assert raw_rows(tmp_path / "a.txt") == (
        [{"text": "one"}, {"text": " two\u2028half "}, {"text": "last"}],
        [1, 4, 5],
        [],
    )


def test_a_line_that_is_no_utf8_is_told_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\n\n\xff\xfe\nfour\n")
    assert raw_rows(tmp_path / "a.txt") == ([{"text": "one"}, {"text": "four"}], [1, 4], [(3, "not_utf8")])


def test_line_numbers_go_on_over_blocks(tmp_path: Path) -> None:
    lines = ["x" * 1000] * 20_000
    (tmp_path / "a.txt").write_text("\n".join(lines))
    rows, numbers, _ = raw_rows(tmp_path / "a.txt")
    assert len(rows) == 20_000
    assert numbers == list(range(1, 20_001))


def test_turns_are_no_text(tmp_path: Path) -> None:
    made = ik.export(examples([{"instruction": "a", "output": "b"}]), to="sharegpt", columns=("none",))
    with pytest.raises(UsageError, match=r"a \.txt file holds text, and conversations is none: write \.jsonl"):
        ik.write(made, str(tmp_path / "a.txt"))
