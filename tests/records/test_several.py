"""Several inputs that are to be one."""

import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.records.reading import read_examples
from instructkit.records.several import Several, check_given_once
from tests.rows import examples

TYPES = {"int": [1, None], "text": ["x", ""], "list": [[1], []]}


def write(folder: Path, *kinds: str) -> list[str]:
    """A file a kind, whose column ``extra`` holds values of it."""
    paths = []
    for kind in kinds:
        paths.append(str(folder / f"{kind}.arrow"))
        ik.write(examples([{"output": kind}, {"output": kind + "2"}], extra=TYPES[kind]), paths[-1])
    return paths


def merged(paths: list[str], how: str, again: bool) -> pa.Table:
    records = read_examples(paths, several=Several(how))
    batches = records.again() if again and records.again is not None else records.batches
    return pa.Table.from_batches(list(batches), records.schema)


def test_a_column_of_two_types_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'extra' is int64 in int\.arrow and string in text\.arrow: --on-conflict text"):
        merged(write(tmp_path, "int", "text"), "refuse", False)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize(
    ("how", "columns"),
    [
        ("text", {"extra": ["1", None, "x", "", "[1]", "[]"]}),
        ("rename", {"extra": [1, None] + [None] * 4, "extra_2": [None, None, "x", "", None, None],
                    "extra_3": [None] * 4 + [[1], []]}),
        ("drop", {}),
    ],
)  # fmt: skip
def test_a_column_of_two_types_is_kept_as_asked(tmp_path: Path, how: str, columns: dict[str, Any], again: bool) -> None:
    table = merged(write(tmp_path, "int", "text", "list"), how, again)
    assert table.select(table.schema.names[10:]).to_pydict() == columns
    assert table["output"].to_pylist() == ["int", "int2", "text", "text2", "list", "list2"]


def test_whole_and_other_numbers_do_not_clash(tmp_path: Path) -> None:
    ik.write(examples([{}], extra=[1.5]), str(tmp_path / "float.arrow"))
    table = merged([*write(tmp_path, "int"), str(tmp_path / "float.arrow")], "refuse", False)
    assert table["extra"].to_pylist() == [1.0, None, 1.5]


def test_an_input_without_rows_is_named_or_passed_over(tmp_path: Path) -> None:
    full = write(tmp_path, "int")
    ik.write(examples([{}]).slice(0, 0), str(tmp_path / "empty.arrow"))
    paths = [*full, str(tmp_path / "empty.arrow")]
    with pytest.raises(BadInput, match=r"empty\.arrow holds no rows; --allow-empty"):
        list(read_examples(paths, several=Several()).batches)
    assert sum(batch.num_rows for batch in read_examples(paths, several=Several(allow_empty=True)).batches) == 2


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", ""), ("b.jsonl", "\n\n"), ("c.json", " "), ("d.csv", "")])
def test_a_file_that_holds_nothing_at_all_is_named_or_passed_over(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    paths = [str(tmp_path / name), *write(tmp_path, "int")]
    with pytest.raises(BadInput, match=rf"{name} .*; --allow-empty goes on without it"):
        read_examples(paths, several=Several())
    read = read_examples(paths, several=Several(allow_empty=True))
    assert sum(batch.num_rows for batch in read.batches) == 2


def test_a_file_given_twice_is_refused_and_a_copy_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (one,) = write(tmp_path, "int")
    with pytest.raises(UsageError, match="is given twice"):
        check_given_once((one, str(tmp_path / ".." / tmp_path.name / "int.arrow")))
    (tmp_path / "copy.arrow").write_bytes(Path(one).read_bytes())
    with caplog.at_level(logging.INFO, "instructkit"):
        read_examples([one, str(tmp_path / "copy.arrow")], several=Several())
    assert "copy.arrow holds the same bytes as int.arrow" in caplog.text


def test_a_way_out_of_a_conflict_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="--on-conflict is refuse, text, rename, drop, not 'guess'"):
        Several("guess")


def test_a_new_name_is_nobodys(tmp_path: Path) -> None:
    paths = write(tmp_path, "int", "text")
    ik.write(examples([{}], extra=[2.5], extra_2=["own"]), str(tmp_path / "own.arrow"))
    table = merged([*paths, str(tmp_path / "own.arrow")], "rename", False)
    assert table.schema.names[10:] == ["extra", "extra_2_2", "extra_2"]
    assert table["extra_2_2"].to_pylist() == [None, None, "x", "", None]
    assert table["extra_2"].to_pylist() == [None] * 4 + ["own"]
