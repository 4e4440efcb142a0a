"""Files of clusters: rows that they name together are on one side."""

from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput
from instructkit.mixing.splitting import SplitReport
from tests.conftest import write_lines
from tests.mixing.splitting.test_splitting import on_two_sides, rows_of, table_of


def rows(count: int = 60) -> pa.Table:
    return table_of([{**row, "id": f"r{at}"} for at, row in enumerate(rows_of(count))])


def test_rows_of_a_cluster_stay_together_also_through_a_row_that_is_not_there(tmp_path: Path) -> None:
    pairs = [(f"r{at}", f"gone{at % 10}") for at in range(60)]
    file = write_lines(tmp_path / "c.jsonl", [{"id": one, "kept": kept, "reason": "x"} for one, kept in pairs])
    report = SplitReport()
    found = ik.split(rows(), by_clusters=str(file), test=0.3, report=report).read_all()["split"].to_pylist()
    assert not on_two_sides([at % 10 for at in range(60)], found)
    assert (report.units, report.largest_unit) == (10, 6)
    assert [(border.what, border.looked_at, border.shared) for border in report.borders[:2]] == [
        ("parent", 60, 0),
        ("cluster", 10, 0),
    ]


def test_a_file_may_name_a_cluster_for_each_row(tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("id,cluster\n" + "".join(f"r{at},{at // 20}\n" for at in range(60)))
    found = ik.split(rows(), by_clusters=str(file), test=0.3).read_all()["split"].to_pylist()
    assert not on_two_sides([at // 20 for at in range(60)], found)


def test_what_dedup_writes_is_understood(tmp_path: Path) -> None:
    table = pa.concat_tables([rows(), *([rows(20)] * 2)])
    table = table.set_column(0, "id", pa.array([f"n{at}" for at in range(100)]))
    table = table.set_column(8, "parent", pa.array([f"n{at}" for at in range(100)]))
    file = str(tmp_path / "c.parquet")
    ik.dedup(table, clusters=file).read_all()
    report = SplitReport()
    found = ik.split(table, by_clusters=file, near_duplicates=None, report=report, test=0.3).read_all()
    assert not on_two_sides(table["instruction"].to_pylist(), found["split"].to_pylist())
    assert report.units == 60
    assert not report.leaks


def test_rows_of_which_a_passage_was_cut_are_in_no_cluster(tmp_path: Path) -> None:
    lines = [{"id": f"r{at}", "kept": "r0", "reason": "cut"} for at in range(1, 50)]
    file = write_lines(tmp_path / "c.jsonl", [*lines, {"id": "r58", "kept": "r59", "reason": "near_duplicate"}])
    report = SplitReport()
    ik.split(rows(), by_clusters=str(file), report=report).read_all()
    assert report.units == 59


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    other = write_lines(tmp_path / "other.jsonl", [{"id": "r1", "text": "x"}])
    with pytest.raises(BadInput, match=r"other\.jsonl holds no clusters: it has id, text"):
        ik.split(rows(), by_clusters=str(other))
    strange = write_lines(tmp_path / "strange.jsonl", [{"id": "x", "kept": "y"}])
    with pytest.raises(BadInput, match=r"strange\.jsonl names no row of the input"):
        ik.split(rows(), by_clusters=str(strange)).read_all()
    with pytest.raises(BadInput, match="does not exist"):
        ik.split(rows(), by_clusters=str(tmp_path / "none.jsonl"))


def test_a_file_of_no_duplicates_is_no_error(tmp_path: Path) -> None:
    file = str(tmp_path / "c.jsonl")
    ik.dedup(rows(), clusters=file).read_all()
    assert ik.split(rows(), by_clusters=file).read_all().num_rows == 60
