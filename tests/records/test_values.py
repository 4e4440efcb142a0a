"""A column's values in Python."""

import json
from datetime import datetime

import pyarrow as pa
import pytest

from instructkit.engine.lean import hidden
from instructkit.records.values import python_values

FINE = 1_700_000_000_123_456_789


def test_values_are_what_pyarrow_makes_of_them() -> None:
    values = [{"a": [1, None], "when": datetime(2024, 1, 2)}, None]
    assert python_values(pa.array(values)) == values


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (pa.timestamp("ns"), FINE, "2023-11-14 22:13:20.123456789"),
        (pa.timestamp("ns", "UTC"), FINE, "2023-11-14 22:13:20.123456789Z"),
        (pa.time64("ns"), 3_600_000_000_001, "01:00:00.000000001"),
        (pa.duration("ns"), 1_000_000_001, 1_000_000_001),
        (pa.list_(pa.timestamp("ns")), [FINE], ["2023-11-14 22:13:20.123456789"]),
        (pa.struct([("when", pa.timestamp("ns"))]), {"when": FINE}, {"when": "2023-11-14 22:13:20.123456789"}),
    ],
)  # fmt: skip
def test_times_finer_than_pythons_are_read_whole_and_without_pandas(
    kind: pa.DataType, value: object, read: object
) -> None:
    with hidden("pandas"):
        found = python_values(pa.array([value, None], kind))
    assert found == [read, None]
    json.dumps(found)
