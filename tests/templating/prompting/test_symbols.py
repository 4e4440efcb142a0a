"""Arbitrary names for labels."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.prompting.symbols import TABLES, symbols


def of_key(key: int, labels: int) -> list[str]:
    """The symbols of all labels under one key."""
    found = symbols(np.full(labels, key, np.uint64), np.arange(labels), labels)
    assert found.type == pa.string()
    return [str(symbol) for symbol in found.to_pylist()]


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(1, 1500))
def test_two_labels_never_share_a_symbol_and_all_are_of_one_kind(key: int, labels: int) -> None:
    found = of_key(key, labels)
    assert len(set(found)) == labels
    assert any(set(found) <= set(table) for table in TABLES)


def test_another_prompt_has_other_symbols_of_every_kind() -> None:
    keys = np.random.default_rng(0).integers(0, 2**63, 600).astype(np.uint64)
    found = symbols(keys, np.zeros(600, np.int64), 1).to_pylist()
    assert len(set(found)) > 400
    for table in TABLES:
        assert 120 < len([symbol for symbol in found if symbol in set(table)]) < 280


def test_a_table_holds_no_symbol_twice_and_no_label_of_a_task() -> None:
    for table in TABLES:
        assert len(set(table)) == len(table) >= 97
    every = {symbol for table in TABLES for symbol in table}
    assert not every & {"a", "b", "c", "d", "yes", "no", "true", "false", "positive", "negative", "good", "bad"}


def test_a_symbol_hangs_on_its_key_and_label_alone() -> None:
    alone = [of_key(key, 5) for key in range(20)]
    keys, numbers = np.repeat(np.arange(20, dtype=np.uint64), 5), np.tile(np.arange(5), 20)
    order = np.random.default_rng(3).permutation(100)
    mixed = symbols(keys[order], numbers[order], 5).to_pylist()
    assert mixed == [alone[int(keys[at])][int(numbers[at])] for at in order]
