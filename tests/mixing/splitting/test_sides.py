"""Each side in its place, all of them or none."""

import os
from pathlib import Path

import datasets
import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, OutputFailed, UsageError
from instructkit.mixing.splitting import sides as writing
from tests.mixing.splitting.test_splitting import rows_of, table_of


def table(count: int = 60) -> pa.Table:
    return table_of(rows_of(count, split=lambda number: f"mine {number}"))


def test_a_directory_opens_with_datasets_and_holds_every_row_once(tmp_path: Path) -> None:
    ik.split_to(table(), str(tmp_path / "data"), validation=0.1, test=12, shard_rows=20)
    found = datasets.load_from_disk(str(tmp_path / "data"))
    assert {name: (len(side), str(side.split)) for name, side in found.items()} == {
        "train": (42, "train"),
        "validation": (6, "validation"),
        "test": (12, "test"),
    }
    rows = [row for side in found.values() for row in side.to_list()]
    assert sorted(rows, key=lambda row: int(row["output"])) == table().to_pylist()
    for name in found:
        outputs = [int(text) for text in found[name]["output"]]
        assert outputs == sorted(outputs)
        (step,) = ik.lineage(str(tmp_path / "data" / name))
        assert step["command"] == "split"
        assert step["arguments"] == {"test": 12, "validation": 0.1, "near_duplicates": 0.8}
        assert (step["seed"], step["counts"]["rows_out"], step["counts"]["found"]["test"]) == (0, 60, 12)


def test_a_name_with_a_slot_is_a_file_a_side(tmp_path: Path) -> None:
    ik.split_to(table(), str(tmp_path / "all-{split}.parquet"), test=12)
    assert sorted(os.listdir(tmp_path)) == ["all-test.parquet", "all-train.parquet"]
    assert ik.read(str(tmp_path / "all-test.parquet")).read_all().num_rows == 12
    assert ik.lineage(str(tmp_path / "all-train.parquet"))[-1]["counts"]["rows_out"] == 60


@pytest.mark.parametrize("target", ["data/", "{split}.arrow"])
def test_batches_and_workers_make_no_difference_to_the_bytes(target: str, tmp_path: Path) -> None:
    written = []
    for place, (rows, workers) in enumerate([(60, 1), (7, 2)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        reader = pa.RecordBatchReader.from_batches(table().schema, table().to_batches(max_chunksize=rows))
        ik.split_to(reader, str(folder / target), test=12, workers=workers)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written.append([(str(path.relative_to(folder)), path.read_bytes()) for path in files])
    assert written[0] == written[1]


@pytest.mark.parametrize("target", ["data/", "{split}.jsonl"])
def test_an_error_midway_leaves_what_stood_there(target: str, tmp_path: Path) -> None:
    place = str(tmp_path / target) if "{" in target else f"{tmp_path}/{target}"
    ik.split_to(table(), place, test=6)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    torn = table().set_column(8, "parent", pa.array(["p"] * 60))
    with pytest.raises(BadInput, match="the sides leak"):  # known when all rows have been written
        ik.split_to(torn, place, by=("id",), on_leak="fail")
    again = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert again == before
    assert not [name for name in os.listdir(tmp_path) if "part" in name]


def test_a_failing_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "replace", full)
    with pytest.raises(OutputFailed, match="the disk is full"):
        ik.split_to(table(), str(tmp_path / "{split}.arrow"))
    assert os.listdir(tmp_path) == []


def test_an_earlier_split_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "data"
    ik.split_to(table(), f"{place}/", validation=6)
    ik.split_to(table(), f"{place}/")
    assert sorted(os.listdir(place)) == ["dataset_dict.json", "test", "train"]
    (place / "notes.md").write_text("mine")
    with pytest.raises(OutputFailed, match=r"also holds notes.md, which would be lost"):
        ik.split_to(table(), f"{place}/")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputFailed, match="is a file"):
        ik.split_to(table(), str(tmp_path / "file"))


def test_a_side_of_an_earlier_run_that_this_has_not_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ik.split_to(table(), str(tmp_path / "{split}.jsonl"), validation=6)
    ik.split_to(table(), str(tmp_path / "{split}.jsonl"))
    assert "validation.jsonl is of an earlier run, and stands as it was" in caplog.text


@pytest.mark.parametrize(
    ("target", "error", "match"),
    [
        ("{split}/rows.jsonl", UsageError, "in the name of the file"),
        ("{split}", UsageError, "name a file type"),
        ("{split}.docx", UsageError, "name a file type"),
        ("nowhere/{split}.jsonl", OutputFailed, "does not exist"),
        ("nowhere/data/", OutputFailed, "does not exist"),
    ],
)
def test_places_that_are_none_are_told_before_any_row_is_read(
    target: str, error: type[Exception], match: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=match):
        ik.split_to(table(), f"{tmp_path}/{target}")
    assert os.listdir(tmp_path) == []
