"""Rows that are told to be like no other, against brute force over all pairs."""

import random
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from instructkit.dedup.shingling import Shingler
from instructkit.dedup.sifting import Sift
from instructkit.dedup.stretches import equal_below
from instructkit.dedup.texts import fields_of
from tests.dedup.test_dropping import jaccard, shingles, varied_texts
from tests.rows import examples

ALL = ("instruction", "input", "output")


def alive(rows: list[dict[str, str]], folder: Path, threshold: float, share: float, batch: int = 100) -> list[int]:
    """The rows that may be alike another."""
    table = examples(rows)
    fields = fields_of("all", table.schema)
    sift = Sift(folder, np.array([field.guarded for field in fields]), threshold, share)
    shingler = Shingler(5, fields, sets_below=equal_below(threshold))
    for start in range(0, len(rows), batch):
        sift.append(sift.dealer(shingler(table.slice(start, batch).combine_chunks().to_batches()[0])))
    return np.flatnonzero(sift.alive(np.ones(len(rows), bool), 1)).tolist()


def repetitive(count: int, seed: int) -> list[str]:
    """Texts in which a few words are repeated, some often."""
    draw = random.Random(seed)
    return [" ".join(draw.choice(["ha", "ho", "是"]) for _ in range(draw.choice([3, 8, 40]))) for _ in range(count)] + [
        "ha " * number for number in range(3, 30)
    ]


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_a_row_that_is_alike_another_is_never_told_to_be_like_none(
    threshold: float, share: float, tmp_path: Path
) -> None:
    texts = [*varied_texts(150, seed=1), *repetitive(100, seed=2)]
    draw = random.Random(3)
    rows = [{name: draw.choice([text, "yes", "ha ha ha"]) for name in ALL} for text in texts]
    sets = [[frozenset((name, part) for part in shingles(row[name])) for name in ALL] for row in rows]
    found = set(alive(rows, tmp_path, threshold, share))
    pairs = 0
    for one, other in combinations(range(len(rows)), 2):
        both = zip(sets[one][1:], sets[other][1:], strict=True)
        everything = jaccard(frozenset().union(*sets[one]), frozenset().union(*sets[other]))
        if everything >= threshold and all(jaccard(first, second) >= threshold for first, second in both):
            pairs += 1
            assert {one, other} <= found
    assert pairs > 20


def test_rows_that_are_like_no_other_are_told(tmp_path: Path) -> None:
    draw = random.Random(4)
    texts = [" ".join(f"word{draw.randrange(5000)}" for _ in range(150)) for _ in range(500)]
    rows = [{"instruction": "Sum this up.", "input": text, "output": "yes"} for text in [*texts, *texts[:20]]]
    found = alive(rows, tmp_path, 0.8, 0.4)
    assert set(range(20)) | set(range(500, 520)) <= set(found)
    assert len(found) < 60


def test_how_the_rows_are_batched_changes_nothing(tmp_path: Path) -> None:
    rows = [{"instruction": "Sum this up.", "output": text} for text in varied_texts(300, seed=5)]
    expected = alive(rows, tmp_path, 0.9, 0.5)
    assert 0 < len(expected) < 300
    for batch in (1, 7, 300):
        assert alive(rows, tmp_path, 0.9, 0.5, batch) == expected
