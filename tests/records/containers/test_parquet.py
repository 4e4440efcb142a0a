"""Parquet."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from instructkit.errors import BadInput
from tests.conftest import raw_rows


def test_row_groups_are_read_in_order(tmp_path: Path) -> None:
    table = pa.table({"a": range(30_000), "b": [str(number) for number in range(30_000)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=700)
    rows, numbers, _ = raw_rows(tmp_path / "a.parquet")
    assert rows == table.to_pylist()
    assert numbers == list(range(1, 30_001))


def test_damaged_pages_are_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [str(number) * 9 for number in range(9000)]}), tmp_path / "a.parquet")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    data[200:2000] = bytes(1800)
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(BadInput, match=r"a\.parquet is damaged"):
        raw_rows(tmp_path / "a.parquet")
