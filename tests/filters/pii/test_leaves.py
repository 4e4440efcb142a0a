"""Texts come out of any column and go back to where they were."""

import numpy as np
import pyarrow as pa
import pytest

from instructkit.errors import BadInput
from instructkit.filters.pii.leaves import holds_text, leaves, rebuilt

TURN = pa.struct([("role", pa.string()), ("n", pa.int64())])
COLUMNS = [
    pa.array(["a", None, "", "d"]),
    pa.array(["a", None, "b", "a"], pa.large_string()),
    pa.array(["a", None, "b", "a"]).dictionary_encode(),
    pa.array([["a", None], [], None, ["d"]]),
    pa.array([["a", None], [], None, ["d"]], pa.large_list(pa.string())),
    pa.array([[{"role": "a", "n": 1}], None, [], [None, {"role": None, "n": None}]], pa.list_(TURN)),
    pa.array([{"role": "a", "n": 1}, None, {"role": "b", "n": 2}, {"role": None, "n": None}], TURN),
    pa.array([[["a"], ["b", "c"]], [[]], None, [None]], pa.list_(pa.list_(pa.string()))),
    pa.array([["a", "b"], None, ["c", "d"], ["e", None]], pa.list_(pa.string(), 2)),
    pa.array([[("k", "a")], None, [], [("k", None), ("l", "b")]], pa.map_(pa.string(), pa.string())),
    pa.array(["a", None, "b", "a"], pa.string_view()),
    pa.array([["a", None], [], None, ["d"]], pa.list_view(pa.string())),
    pa.array([["a", None], [], None, ["d"]], pa.large_list_view(pa.large_string())),
    pa.array([[{"role": "a", "n": 1}], None, [], [None]], pa.list_view(TURN)),
    pa.array([[["a"], None], [], None, [["d"]]], pa.list_(pa.list_view(pa.string()))),
    pa.ExtensionArray.from_storage(pa.json_(), pa.array(['"a"', None, '"b"', "1"])),
    pa.RunEndEncodedArray.from_arrays(pa.array([2, 3, 4], pa.int32()), pa.array(["a", None, "b"])),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
@pytest.mark.parametrize("cut", [slice(0, 4), slice(1, 4), slice(2, 2)], ids=str)
def test_texts_go_back_to_where_they_were(column: pa.Array, cut: slice) -> None:
    part = column[cut]
    assert holds_text(part.type)
    found = list(leaves(part, np.arange(len(part))))
    back = rebuilt(part, (texts for texts, _ in found))
    assert back.type == part.type
    assert back.to_pylist() == part.to_pylist()
    for texts, rows in found:
        for text, row in zip(texts.to_pylist(), rows.tolist(), strict=True):
            assert text is None or repr(text) in repr(part[row].as_py())


@pytest.mark.parametrize("kind", [pa.int64(), pa.list_(pa.int64()), pa.struct([("n", pa.float64())]), pa.binary()])
def test_columns_without_texts_are_left_alone(kind: pa.DataType) -> None:
    column = pa.nulls(3, kind)
    assert not holds_text(kind)
    assert list(leaves(column, np.arange(3))) == []
    assert rebuilt(column, iter(())) is column


def test_texts_that_could_not_be_put_back_are_refused() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array(["a", "b"]), pa.array([1, 2])])
    listed = pa.nulls(2, pa.list_view(pa.json_()))
    for column in (union, listed):
        assert holds_text(column.type)
        with pytest.raises(BadInput, match="can't be searched"):
            list(leaves(column, np.arange(2)))
