"""Several inputs as one stream."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import instructkit as ik
from instructkit.errors import BadInput
from instructkit.records.reading import unify
from tests.conftest import examples_of, write_lines

ROW = {"instruction": "a", "output": "b"}


def two(folder: Path, one: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    return examples_of(
        write_lines(folder / "a.jsonl", [{**ROW, **one}]), write_lines(folder / "b.jsonl", [{**ROW, **other}])
    )


def test_columns_of_either_input_are_kept(tmp_path: Path) -> None:
    rows = two(tmp_path, {"score": 1}, {"lang": "en"})
    assert [(row["score"], row["lang"]) for row in rows] == [(1, None), (None, "en")]
    assert [row["source"] for row in rows] == ["a.jsonl", "b.jsonl"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 2.5, [1.0, 2.5]),
        (1, "x", ["1", "x"]),
        (True, "x", ["true", "x"]),
        (None, 5, [None, "5"]),
    ],
)
def test_a_column_of_two_types_takes_the_one_that_holds_both(
    tmp_path: Path, one: Any, other: Any, expected: list[Any]
) -> None:
    assert [row["value"] for row in two(tmp_path, {"value": one}, {"value": other})] == expected


def test_a_column_of_types_that_do_not_fit_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="column 'value'"):
        two(tmp_path, {"value": ["x"]}, {"value": 1})


def test_a_whole_number_past_a_floats_digits_is_not_rounded(tmp_path: Path) -> None:
    pq.write_table(pa.table({**{name: [text] for name, text in ROW.items()}, "n": [2**53 + 1]}), tmp_path / "a.parquet")
    other = write_lines(tmp_path / "b.jsonl", [{**ROW, "n": 0.5}])
    with pytest.raises(ik.InstructkitError, match="9007199254740993"):
        examples_of(tmp_path / "a.parquet", other)


def test_integers_of_any_width_are_one() -> None:
    schema = unify([pa.schema([("n", pa.int8())]), pa.schema([("n", pa.uint32())])])
    assert schema.field("n").type == pa.int64()


def test_bad_rows_of_all_inputs_are_counted_and_kept(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "a.jsonl", [ROW, "{"])
    other = write_lines(tmp_path / "b.jsonl", ["[]", ROW, "{"])
    reader = ik.read(str(one), str(other), rejects=str(tmp_path / "rejects.arrow"))
    assert reader.read_all().num_rows == 2
    assert ik.counts(reader).reasons == {"not_json": 3}
    with pa.OSFile(str(tmp_path / "rejects.arrow")) as file:
        rejected = pa.ipc.open_stream(file).read_all().to_pylist()
    assert [(row["origin"]["file"], row["origin"]["row"]) for row in rejected] == [
        ("a.jsonl", 2), ("b.jsonl", 1), ("b.jsonl", 3),
    ]  # fmt: skip


def test_whatever_has_an_arrow_stream_is_taken() -> None:
    table = pa.Table.from_pylist([ROW])

    class Frame:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return table.__arrow_c_stream__(requested_schema)

    for source in (table, Frame(), table.to_reader()):
        assert ik.dedup(source, exact=True).read_all()["output"].to_pylist() == ["b"]


def test_an_error_in_a_reader_reaches_the_caller_as_itself(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [ROW, "{"])
    with pytest.raises(BadInput, match="--max-bad 0"):
        ik.filter(ik.dedup(ik.read(str(path), max_bad=0), exact=True)).read_all()
