"""JSON made a column at once is what json.dumps gives."""

import json
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from instructkit.records.containers.json_text import object_texts, text_bytes

TEXT = st.text(st.characters(codec="utf-8"), max_size=8) | st.text('\\"\n\r\t\b\f\x00\x1f\x7f\u2028é😀', max_size=8)
NULL = st.none()
COLUMNS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), NULL | TEXT),
    (pa.int64(), NULL | st.integers(-(2**63), 2**63 - 1)),
    (pa.bool_(), NULL | st.booleans()),
    (pa.float64(), NULL | st.floats(allow_nan=False, allow_infinity=False)),
    (pa.list_(pa.string()), NULL | st.lists(NULL | TEXT, max_size=3)),
    (pa.list_(pa.list_(pa.string())), NULL | st.lists(NULL | st.lists(TEXT, max_size=2), max_size=2)),
    (pa.struct([('a"b', pa.string()), ("n", pa.float64())]),
     NULL | st.fixed_dictionaries({'a"b': NULL | TEXT, "n": NULL | st.floats(-9, 9)})),
    (pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
     NULL | st.lists(NULL | st.fixed_dictionaries({"role": TEXT, "content": NULL | TEXT}), max_size=3)),
]  # fmt: skip


@given(data=st.data())
def test_rows_are_spelled_as_json_dumps_spells_them(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4))
    rows = data.draw(st.integers(0, 4))
    columns = [pa.array(data.draw(st.lists(values, min_size=rows + 1, max_size=rows + 1)), kind)
               for kind, values in chosen]  # fmt: skip
    names = [f'n"{number}\n' for number in range(len(chosen))]
    sliced = [column.slice(1) for column in columns]
    found = object_texts(sliced, names, [None] * len(names))
    pairs = zip(*(column.to_pylist() for column in sliced), strict=True)
    wanted = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in pairs]
    assert found.to_pylist() == wanted
    assert text_bytes(found.slice(1) if rows else found) == "".join(wanted[1:]).encode()


def test_what_json_has_no_word_for_is_null() -> None:
    nan, infinite = float("nan"), float("inf")
    columns = [pa.array([nan, -infinite, 1.5]), pa.array([{"w": [nan]}, {"w": [infinite, 2.0]}, {"w": None}])]
    assert object_texts(columns, ["a", "b"], [None, None]).to_pylist() == [
        '{"a": null, "b": {"w": [null]}}',
        '{"a": null, "b": {"w": [null, 2.0]}}',
        '{"a": 1.5, "b": {"w": null}}',
    ]
