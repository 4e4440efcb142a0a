"""Labels given equally often."""

from collections import Counter

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.pretext import balance as module
from instructkit.templating.pretext.balance import Balance

LABELS = {"a": ("x", "y"), "b": ("p", "q", "r")}
KEYS = st.one_of(st.none(), st.sampled_from([(task, label) for task, labels in LABELS.items() for label in labels]))


@settings(deadline=None)
@given(st.lists(st.lists(KEYS, max_size=12), max_size=6))
def test_labels_come_out_equally_often_and_nothing_is_lost(batches: list[list[tuple[str, str] | None]]) -> None:
    balance = Balance(LABELS)
    keys = [key for batch in batches for key in batch]
    start, out = 0, []
    for batch in batches:
        rows = pa.RecordBatch.from_pydict({"row": pa.array(range(start, start + len(batch)), pa.int64())})
        passed, dropped = balance.passed(rows, batch)
        assert dropped == []
        out += passed.column("row").to_pylist()
        start += len(batch)
    left = [row for one in balance.left() for row in one.column("row").to_pylist()]
    assert sorted(out + left) == list(range(len(keys)))
    counts = Counter(keys[row] for row in out)
    for task, labels in LABELS.items():
        assert len({counts[task, label] for label in labels}) == 1
        assert min(sum(keys[row] == (task, label) for row in left) for label in labels) == 0  # none could go out yet
    assert [row for row in out if keys[row] is None] == [row for row, key in enumerate(keys) if key is None]


@settings(deadline=None)
@given(st.lists(KEYS, max_size=40), st.lists(st.integers(1, 5), min_size=40, max_size=40))
def test_where_batches_end_changes_nothing(keys: list[tuple[str, str] | None], sizes: list[int]) -> None:
    rows = pa.RecordBatch.from_pydict({"row": pa.array(range(len(keys)), pa.int64())})
    whole = Balance(LABELS).passed(rows, keys)[0].column("row").to_pylist()
    parted, start, balance = [], 0, Balance(LABELS)
    for size in sizes:
        passed, _ = balance.passed(rows.slice(start, size), keys[start : start + size])
        parted += passed.column("row").to_pylist()
        start += size
    assert parted == whole


def test_only_so_many_wait() -> None:
    rows = pa.RecordBatch.from_pydict({"row": pa.array(range(module.WAITING + 3), pa.int64())})
    _, dropped = Balance(LABELS).passed(rows, [("a", "x")] * rows.num_rows)
    assert [one.column("row").to_pylist() for one in dropped] == [[module.WAITING + place] for place in range(3)]
