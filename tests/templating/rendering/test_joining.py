"""The compiled passes give what the plain forms give: each is the other's oracle."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.engine import worth
from instructkit.errors import BadInput
from instructkit.records.hashing import scramble
from instructkit.templating.rendering import joining
from instructkit.templating.rendering.joining import Joiner, rank

TEXTS = st.lists(st.text(max_size=6), min_size=1, max_size=6)


@pytest.fixture(params=["plain", "compiled"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    use(request.param, monkeypatch)
    return str(request.param)


def use(form: str, patch: pytest.MonkeyPatch) -> None:
    for module in ("hashing", "script"):
        patch.setattr(f"instructkit.records.{module}.worth_compiling", lambda **_: form == "compiled")
    for module in ("phrase", "pack_templates"):
        patch.setattr(f"instructkit.templating.{module}.worth_compiling", lambda: form == "compiled")


@settings(deadline=None)  # the first call compiles
@given(TEXTS, TEXTS, st.data())
def test_each_row_is_joined_by_its_own_template(one: list[str], other: list[str], data: st.DataObject) -> None:
    columns = {"one": pa.array(one), "other": pa.array(other)}
    templates = [[(False, "a "), (True, "one"), (False, "。")], [(True, "other"), (True, "one")], [], [(False, "é")]]
    rows = data.draw(st.lists(st.integers(0, min(len(one), len(other)) - 1), max_size=8))
    numbers = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    found = Joiner.of(templates).join(columns, np.array(rows, np.int64), np.array(numbers, np.int64))
    value = {
        "one": lambda row: one[0 if len(one) == 1 else row],
        "other": lambda row: other[0 if len(other) == 1 else row],
    }
    assert found.to_pylist() == [
        "".join(value[text](row) if named else text for named, text in templates[number])
        for row, number in zip(rows, numbers, strict=True)
    ]


def test_a_slice_is_joined_at_its_place() -> None:
    column = pa.array(["a", "bb", "ccc", "dddd"]).slice(1, 3)
    found = Joiner.of([[(True, "x"), (False, "!")]]).join({"x": column}, np.array([2, 0]), np.array([0, 0]))
    assert found.to_pylist() == ["dddd!", "bb!"]


def test_texts_beyond_what_an_array_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOST_BYTES", 9)
    with pytest.raises(BadInput, match="pass 2 GB"):
        Joiner.of([[(True, "x")]]).join({"x": pa.array(["12345", "67890"])}, np.array([0, 1]), np.array([0, 0]))


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=6), st.integers(1, 5), st.integers(1, 5), st.data())
def test_the_lowest_draws_come_first(base: list[int], number: int, wide: int, data: st.DataObject) -> None:
    wide = min(wide, number)
    rows = np.array(base, np.uint64)
    salts = np.arange(1, number + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    table = np.array(
        data.draw(st.lists(st.lists(st.booleans(), min_size=number, max_size=number), min_size=2, max_size=2))
    )
    kinds = np.array([place % 3 - 1 for place in range(len(rows))], np.int64)
    ranked = np.zeros((len(rows), wide), np.int64)
    rank(rows, salts, kinds, table, ranked, np.zeros(wide, np.uint64))
    for row in range(len(rows)):
        draws = scramble(rows[row] ^ salts)
        able = [at for at in range(number) if kinds[row] >= 0 and table[kinds[row], at]]
        expected = sorted(able, key=lambda at: int(draws[at]))[:wide]
        assert ranked[row].tolist() == expected + [-1] * (wide - len(expected))


def formatted(path: Path, **options: object) -> pa.Table:
    return pa.Table.from_batches(list(ik.format(str(path), **options)))


@pytest.mark.parametrize("options", [{}, {"per_row": 3}, {"per_row": None, "language": "zh"}, {"cot": "exclude"}])
def test_small_and_large_inputs_are_formatted_alike(
    sample_data: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    tables = []
    for name in ("plain", "compiled"):
        use(name, monkeypatch)
        tables.append([formatted(sample_data / "reviews.csv", task="sentiment", **options),
                       formatted(sample_data / "reading.json", **options)])  # fmt: skip
    assert tables[0] == tables[1]


def test_a_row_has_one_id_in_both_forms_and_for_ever(form: str, sample_data: Path) -> None:
    table = formatted(sample_data / "reviews.csv", task="sentiment")
    assert table.column("parent")[0].as_py() == "6e5ad2ba2f24b4e9047751e509fe9bcf"


def test_compiled_loops_are_used_from_some_hundred_thousand_rows_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worth._Seen, "rows", 0)
    monkeypatch.delitem(worth.sys.modules, "instructkit.engine.jit", raising=False)
    worth.note(worth.ROWS)
    assert not worth.worth_compiling()
    worth.note(1)
    assert worth.worth_compiling()


def test_a_row_is_counted_once_however_many_loops_it_passes(sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worth._Seen, "rows", 0)
    table = formatted(sample_data / "reviews.csv", task="sentiment", per_row=2)
    assert worth._Seen.rows == table.num_rows / 2 == 62
