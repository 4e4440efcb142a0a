"""The cuts between batches depend on the rows alone."""

import itertools
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.records.batching import rechunk, row_bytes

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", pa.string()),
        ("turns", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
    ]
)
TURN = st.fixed_dictionaries({"role": st.just("user"), "content": st.one_of(st.none(), st.text(max_size=30))})
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 9),
            "text": st.one_of(st.none(), st.text(max_size=120)),
            "turns": st.one_of(st.none(), st.lists(TURN, max_size=4)),
        }
    ),
    max_size=30,
)


def batches_of(rows: list[dict[str, Any]], cuts: list[int]) -> list[pa.RecordBatch]:
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    whole = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    return [whole.slice(start, end - start) for start, end in itertools.pairwise(edges)]


@settings(max_examples=150, deadline=None)
@given(ROWS, st.lists(st.integers(0, 30), max_size=5), st.integers(1, 8), st.integers(50, 400))
def test_rows_stay_and_cuts_do_not_depend_on_the_batches_that_came(
    rows: list[dict[str, Any]], cuts: list[int], most_rows: int, most_bytes: int
) -> None:
    out = list(rechunk(batches_of(rows, cuts), most_rows, most_bytes))
    assert [row for batch in out for row in batch.to_pylist()] == rows
    whole = list(rechunk(batches_of(rows, []), most_rows, most_bytes))
    assert [batch.num_rows for batch in out] == [batch.num_rows for batch in whole]
    for batch in out:
        assert 1 <= batch.num_rows <= most_rows
        assert batch.num_rows == 1 or row_bytes(batch).sum() <= most_bytes


@settings(max_examples=60, deadline=None)
@given(ROWS, st.lists(st.integers(0, 30), max_size=5))
def test_equal_rows_give_equal_bytes(rows: list[dict[str, Any]], cuts: list[int]) -> None:
    def written(batches: list[pa.RecordBatch]) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, SCHEMA) as writer:
            for batch in rechunk(batches, 7):
                writer.write_batch(batch)
        return bytes(sink.getvalue())

    assert written(batches_of(rows, cuts)) == written(batches_of(rows, []))


def test_a_row_larger_than_a_batch_may_be_stands_alone() -> None:
    rows = [{"id": 1, "text": text, "turns": []} for text in ("a", "b" * 1000, "c")]
    assert [batch.num_rows for batch in rechunk(batches_of(rows, []), 10, 100)] == [1, 1, 1]
