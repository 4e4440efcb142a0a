"""Parts, whose numbers together are those that went in."""

from pathlib import Path

import numpy as np
import pytest

from instructkit.dedup import partitions
from instructkit.dedup.partitions import Partitions, parts_of


def test_parts_have_all_rows_once_and_equal_keys_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "ROWS_A_SORT", 100)
    keys = np.random.default_rng(1).integers(0, 2**64, 3000, np.uint64).repeat(2)
    parts = list(parts_of(keys))
    assert len(parts) == 64
    assert sorted(np.concatenate(parts).tolist()) == list(range(6000))
    assert all(len(np.unique(keys[part])) * 2 == len(part) for part in parts)
    assert [part.tolist() for part in parts_of(keys[:50])] == [list(range(50))]


def test_what_is_appended_comes_back_part_by_part_and_the_file_goes(tmp_path: Path) -> None:
    with Partitions(tmp_path, "x", 4) as found:
        found.append(np.array([1, 2, 3], np.uint64), np.array([0, 1, 1, 1, 3]))
        found.append_mixed(np.array([3, 0, 2]), np.array([4, 5, 6], np.uint64))
        found.close()
        assert found.entries == 6
        assert [found.take(part).tolist() for part in found.parts] == [[1, 5], [], [6], [2, 3, 4]]
    assert list(tmp_path.iterdir()) == []
