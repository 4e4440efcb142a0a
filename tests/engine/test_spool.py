"""Rows on disk, and nothing left of them."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.engine import Spool
from instructkit.engine.spool import sweep

BATCH = pa.record_batch({"a": [1, 2], "b": ["x", None]})


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_rows_come_back_as_they_went_in_and_more_than_once(temporary: Path) -> None:
    with Spool(BATCH.schema) as spool:
        spool.append(BATCH)
        spool.append(BATCH.slice(1))
        assert spool.rows == 3
        for _ in range(2):
            assert [batch.to_pylist() for batch in spool.batches()] == [BATCH.to_pylist(), BATCH.to_pylist()[1:]]


def test_a_spool_of_no_rows_gives_none(temporary: Path) -> None:
    with Spool(BATCH.schema) as spool:
        assert list(spool.batches()) == []


def test_the_folder_goes_with_its_side_files(temporary: Path) -> None:
    with Spool(BATCH.schema) as spool:
        with spool.file("signatures") as file:
            file.write(b"x")
        assert len(os.listdir(temporary)) == 1
    assert os.listdir(temporary) == []


def test_the_folder_goes_after_an_error_too(temporary: Path) -> None:
    def fail() -> None:
        with Spool(BATCH.schema) as spool:
            spool.append(BATCH)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert os.listdir(temporary) == []


def test_the_folder_is_for_its_user_alone(temporary: Path) -> None:
    with Spool(BATCH.schema) as spool:
        assert spool.folder.stat().st_mode & 0o077 == 0


def test_what_is_in_use_is_swept_when_a_process_ends_at_once(temporary: Path) -> None:
    with Spool(BATCH.schema):
        sweep()
        assert os.listdir(temporary) == []


@pytest.mark.parametrize("step", [ik.dedup, ik.mix])
def test_a_step_that_is_not_drained_leaves_no_folder(temporary: Path, step: object) -> None:
    rows = pa.table({"instruction": [str(number) for number in range(20_000)], "output": ["x"] * 20_000})
    reader = step(rows)  # type: ignore[operator]
    reader.read_next_batch()
    assert os.listdir(temporary)
    del reader
    assert os.listdir(temporary) == []


class Full(Exception):
    """What a writer says."""


class FullWriter:
    """A writer whose disk is full from the start."""

    def write(self, batch: pa.RecordBatch) -> None:
        raise Full

    def abort(self) -> None:
        pass


def test_a_failing_writer_leaves_no_folder(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: also while someone still holds the readers and the error, as a notebook does."""
    rows = pa.table({"instruction": [str(number) for number in range(20_000)], "output": ["x"] * 20_000})
    monkeypatch.setattr("instructkit.records.writing.open_writer", lambda *_, **__: FullWriter())
    deduped = ik.dedup(rows, exact=True)
    mixed = ik.mix(deduped)
    with pytest.raises(Full) as held:
        ik.write(mixed, "out.arrow")
    assert os.listdir(temporary) == []
    assert held.value is not None


def test_a_temporary_folder_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    with pytest.raises(ik.errors.UsageError, match=r"TMPDIR names .*none, which is no folder"):
        Spool(BATCH.schema)
