"""Directories as ``datasets`` saves and loads them."""

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, OutputFailed
from tests.conftest import EXAMPLES, examples_of, raw_rows, write_lines


def test_a_directory_of_several_shards_is_read_in_order(tmp_path: Path) -> None:
    rows = [{"a": number, "b": str(number)} for number in range(100)]
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "saved"), num_shards=7)
    assert len(list((tmp_path / "saved").glob("*.arrow"))) == 7
    assert raw_rows(tmp_path / "saved") == (rows, list(range(1, 101)), [])


def test_datasets_loads_what_is_written(tmp_path: Path, examples_file: Path) -> None:
    ik.write(ik.read(str(examples_file)), str(tmp_path / "train"), shard_rows=6)
    loaded = datasets.load_from_disk(str(tmp_path / "train"))
    assert loaded.to_list() == examples_of(examples_file)
    assert sorted(path.name for path in (tmp_path / "train").glob("*.arrow")) == [
        f"data-{number:05d}-of-00004.arrow" for number in range(4)
    ]
    assert [len(datasets.Dataset.from_file(str(path))) for path in sorted((tmp_path / "train").glob("*.arrow"))] == [
        6, 6, 6, 2,
    ]  # fmt: skip


def test_the_features_said_are_those_that_datasets_infers(tmp_path: Path) -> None:
    extra = {
        "flag": True, "count": 3, "share": 0.5, "tags": ["a"], "meta": {"a": 1, "b": ["x"]},
        "pairs": [{"k": "v", "n": 1}],
    }  # fmt: skip
    write_lines(tmp_path / "a.jsonl", [{**row, **extra} for row in EXAMPLES])
    ik.write(ik.read(str(tmp_path / "a.jsonl")), str(tmp_path / "train"))
    (shard,) = (tmp_path / "train").glob("*.arrow")
    with pa.OSFile(str(shard)) as file:
        schema = pa.ipc.open_stream(file).schema
    said = json.loads((tmp_path / "train" / "dataset_info.json").read_text())["features"]
    inferred = datasets.Features.from_arrow_schema(schema.remove_metadata())
    assert datasets.Features.from_dict(said) == inferred
    assert datasets.load_from_disk(str(tmp_path / "train")).features == inferred


@pytest.mark.parametrize("kind", [pa.float16(), pa.uint8(), pa.date32(), pa.timestamp("us"), pa.decimal128(9, 2)])
def test_a_column_of_any_type_can_be_loaded(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({"instruction": ["a"], "output": ["b"], "extra": pa.nulls(1, kind)})
    ik.write(table, str(tmp_path / "train"))
    assert datasets.load_from_disk(str(tmp_path / "train"))[0]["extra"] is None


def test_a_dataset_replaces_the_one_that_stood_there(tmp_path: Path, examples_file: Path) -> None:
    target = tmp_path / "train"
    ik.write(ik.read(str(examples_file)), str(target), shard_rows=3)
    (target / "cache-17.arrow").write_bytes(b"a leftover of datasets")
    ik.write(ik.read(str(examples_file)), str(target))
    assert sorted(path.name for path in target.iterdir()) == [
        "data-00000-of-00001.arrow", "dataset_info.json", "state.json",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train", "twenty.arrow"]


def test_an_empty_directory_is_filled(tmp_path: Path, examples_file: Path) -> None:
    (tmp_path / "train").mkdir()
    ik.write(ik.read(str(examples_file)), str(tmp_path / "train"))
    assert len(examples_of(tmp_path / "train")) == 20


def test_an_existing_file_is_not_replaced_by_a_directory(tmp_path: Path, examples_file: Path) -> None:
    (tmp_path / "train").write_text("notes")
    with pytest.raises(OutputFailed, match="not overwritten"):
        ik.write(ik.read(str(examples_file)), str(tmp_path / "train"))


def test_the_lineage_and_counts_of_several_shards_are_told(tmp_path: Path, examples_file: Path) -> None:
    ik.write(ik.read(str(examples_file)), str(tmp_path / "train"), shard_rows=6)
    (step,) = ik.lineage(tmp_path / "train")
    assert step["command"] == "format"
    assert step["counts"]["rows_out"] == 20


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("{", "damaged"),
        ("{}", "damaged"),
        ('{"_data_files": []}', "names no shards"),
        ('{"_data_files": [{"filename": "../secret.arrow"}]}', "outside the dataset"),
        ('{"_data_files": [{"filename": "gone.arrow"}]}', "lacks its shard"),
    ],
)
def test_a_damaged_state_is_told(tmp_path: Path, state: str, words: str) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "state.json").write_text(state)
    with pytest.raises(BadInput, match=words):
        raw_rows(tmp_path / "saved")


def test_shards_of_different_columns_are_an_error(tmp_path: Path) -> None:
    datasets.Dataset.from_list([{"a": 1}]).save_to_disk(str(tmp_path / "one"))
    datasets.Dataset.from_list([{"b": 1}]).save_to_disk(str(tmp_path / "two"))
    other = tmp_path / "one" / "other.arrow"
    next((tmp_path / "two").glob("*.arrow")).rename(other)
    state: dict[str, Any] = json.loads((tmp_path / "one" / "state.json").read_text())
    state["_data_files"].append({"filename": "other.arrow"})
    (tmp_path / "one" / "state.json").write_text(json.dumps(state))
    with pytest.raises(BadInput, match=r"other\.arrow has other columns"):
        raw_rows(tmp_path / "one")
