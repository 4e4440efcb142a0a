"""Outputs: whole or not at all, equal rows in every format, equal bytes for equal rows."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.errors import OutputFailed, UsageError
from instructkit.records.schema import EXAMPLE, HISTORY
from tests.conftest import examples_of, write_lines

FORMATS = ["a.arrow", "a.parquet", "a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.json", "a.csv", "a.csv.gz", "a.tsv", "a"]
# any text but what no format could be asked to keep: a NUL in a CSV file, and a lone carriage return in it
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)
FILLED = TEXT.filter(lambda text: bool(text.strip()))
TURN = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": TEXT})
EXAMPLES = st.lists(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(("id", "instruction", "task", "source", "parent", "template"), FILLED),
            **dict.fromkeys(("input", "output", "system"), TEXT),
            "history": st.lists(TURN, max_size=3),
        }
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", FORMATS)
@given(rows=EXAMPLES)
def test_what_is_written_is_read_again(tmp_path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=EXAMPLE)
    ik.write(table, str(tmp_path / name))
    assert examples_of(tmp_path / name) == table.to_pylist()


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet", "a"])
def test_extra_columns_keep_their_types(tmp_path: Path, name: str) -> None:
    extra = pa.table(
        {
            "instruction": ["a", "b"],
            "output": ["c", "d"],
            "score": pa.array([1.5, None]),
            "tags": pa.array([["x"], None]),
            "meta": pa.array([{"k": 1}, {"k": None}]),
            "when": pa.array([0, 1], pa.timestamp("us")),
        }
    )
    ik.write(extra, str(tmp_path / name))
    read = ik.read(str(tmp_path / name))
    for column in ("score", "tags", "meta", "when"):
        assert read.schema.field(column).type == extra.schema.field(column).type
    assert (
        read.read_all().select(["score", "tags", "meta", "when"]).to_pylist()
        == extra.drop_columns(["instruction", "output"]).to_pylist()
    )


def test_a_text_file_is_a_row_a_line(tmp_path: Path) -> None:
    ik.write(
        pa.table({"instruction": ["a\nb", "c\\n"], "input": ["", "i"], "output": ["o", "p"]}), str(tmp_path / "a.txt")
    )
    assert (tmp_path / "a.txt").read_text() == "a\\nb\\no\nc\\\\n\\ni\\np\n"


def test_a_json_array_of_no_rows_is_json(tmp_path: Path) -> None:
    ik.write(EXAMPLE.empty_table(), str(tmp_path / "a.json"))
    assert json.loads((tmp_path / "a.json").read_text()) == []
    assert examples_of(tmp_path / "a.json") == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_appears_when_it_is_complete(tmp_path: Path, name: str) -> None:
    seen: list[bool] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(3):
            seen.append((tmp_path / name).exists())
            yield pa.RecordBatch.from_pylist([{"instruction": str(number), "output": "x"}])

    schema = pa.schema([("instruction", pa.string()), ("output", pa.string())])
    ik.write(pa.RecordBatchReader.from_batches(schema, batches()), str(tmp_path / name))
    assert seen == [False, False, False]
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", FORMATS)
def test_a_failing_stream_leaves_the_old_file(tmp_path: Path, name: str) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([{"instruction": "a", "output": "x"}])
        raise ValueError("the source broke")

    schema = pa.schema([("instruction", pa.string()), ("output", pa.string())])
    ik.write(pa.table({"instruction": ["old"], "output": ["old"]}), str(tmp_path / name))
    with pytest.raises(ValueError, match="the source broke"):
        ik.write(pa.RecordBatchReader.from_batches(schema, batches()), str(tmp_path / name))
    assert os.listdir(tmp_path) == [name]
    assert [row["instruction"] for row in examples_of(tmp_path / name)] == ["old"]


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet", "a.jsonl.gz", "a"])
def test_equal_input_gives_equal_bytes_with_one_worker_and_with_two(
    tmp_path: Path, sample_data: Path, name: str
) -> None:
    """Reviews in number, so that there is something to share out, through all four steps."""
    source = tmp_path / "reviews.csv"
    header, _, rows = (sample_data / "reviews.csv").read_text().partition("\n")
    source.write_text(header + "\n" + "".join(rows.replace(".", f" {copy}.") for copy in range(80)))
    written = []
    for workers in (1, 2):
        target = tmp_path / str(workers) / name
        target.parent.mkdir()
        made = ik.format([str(source)], task="sentiment", per_row=2, workers=workers)
        kept = ik.filter(ik.dedup(made, exact=True, workers=workers), language="en,zh", workers=workers)
        ik.write(ik.mix(kept, cap=9000), str(target), shard_rows=4000)
        files = sorted(target.iterdir()) if target.is_dir() else [target]
        written.append({file.name: file.read_bytes() for file in files})
    assert written[0] == written[1]
    assert len(written[0]) == (4 if name == "a" else 1)


def test_the_format_of_a_file_does_not_change_its_ids(tmp_path: Path) -> None:
    rows = [{"instruction": f"Say {number}.", "output": str(number)} for number in range(3)]
    paths = [tmp_path / name for name in ("b.jsonl", "b.csv", "b.parquet")]
    write_lines(paths[0], rows)
    paths[1].write_text("instruction,output\n" + "".join(f"{row['instruction']},{row['output']}\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), paths[2])
    ids = [[row["id"] for row in examples_of(path)] for path in paths]
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids[0])) == 3


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("a.docx", "unknown type '.docx'"),
        ("a.arrow.gz", "text files only"),
        ("a.parquet.zst", "text files only"),
    ],
)
def test_a_target_that_means_nothing_is_wrong_usage(tmp_path: Path, target: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ik.write(EXAMPLE.empty_table(), str(tmp_path / target))


def test_a_directory_is_not_written_over_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").mkdir()
    with pytest.raises(OutputFailed, match="is a directory"):
        ik.write(EXAMPLE.empty_table(), str(tmp_path / "a.arrow"))


def test_the_arrow_file_is_what_datasets_maps_into_memory(tmp_path: Path, examples_file: Path) -> None:
    mapped = datasets.Dataset.from_file(str(examples_file))
    assert mapped.to_list() == examples_of(examples_file)
    assert (
        mapped.features["history"] == datasets.Features.from_arrow_schema(pa.schema([("history", HISTORY)]))["history"]
    )
