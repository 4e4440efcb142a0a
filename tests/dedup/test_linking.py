"""Which rows are alike, against brute force over `PlainRows`'s own similarity and the public dedup."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import instructkit as ik
from instructkit.dedup import linking
from instructkit.dedup.components import components
from instructkit.dedup.linking import link_rows
from instructkit.engine import Spool
from tests.rows import examples

THRESHOLD = 0.6
WORDS = ["ash", "birch", "cedar", "elm", "fir", "gum", "hazel", "ivy"]


def rows_of_words(count: int, seed: int) -> list[dict[str, str]]:
    """Rows of which many are alike: each is a change of one before it, or new."""
    draw = random.Random(seed)
    texts = [[draw.choice(WORDS) + str(draw.randrange(40)) for _ in range(draw.randrange(6, 20))]]
    while len(texts) < count:
        words = list(draw.choice(texts))
        kind = draw.randrange(4)
        if kind == 0:
            words = [draw.choice(WORDS) + str(draw.randrange(40)) for _ in range(draw.randrange(6, 20))]
        elif kind == 1:
            words[draw.randrange(len(words))] = draw.choice(WORDS)
        elif kind == 2:
            words.append(draw.choice(WORDS))
        texts.append(words)
    return [{"instruction": " ".join(words), "output": draw.choice(["yes", "no"])} for words in texts]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))} if words else set()


def alike(one: dict[str, str], other: dict[str, str]) -> bool:
    if one["output"] != other["output"]:
        return False
    a, b = (shingles(row["instruction"]) for row in (one, other))
    return (len(a & b) + 1) / (len(a | b) + 1) >= THRESHOLD - 1e-9  # and the answer's one shingle


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_groups_and_borders_are_those_of_brute_force(plain: bool, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of_words(150, seed)
    pairs = [pair for pair in itertools.combinations(range(len(rows)), 2) if alike(rows[pair[0]], rows[pair[1]])]
    assert len(pairs) > 20
    one, other = np.array(pairs, np.int32).T
    monkeypatch.setattr(linking, "may_be_few", lambda given: plain)
    table = examples(rows)
    sides = np.random.default_rng(seed).integers(-1, 3, len(rows)).astype(np.int8)
    expected = {row for pair in pairs for row in pair
                if -1 not in sides[list(pair)] and sides[pair[0]] != sides[pair[1]]}  # fmt: skip
    with Spool(table.schema) as spool:
        found = link_rows(iter(table.to_batches(max_chunksize=50)), THRESHOLD, spool)
        assert found.groups().tolist() == components(len(rows), one, other).tolist()
        assert set(np.flatnonzero(found.across(sides)).tolist()) == expected
        assert not found.across(np.zeros(len(rows), np.int8)).any()


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
def test_components_are_what_a_walk_reaches(count: int, pairs: list[tuple[int, int]]) -> None:
    pairs = [(one % count, other % count) for one, other in pairs]
    reached = list(range(count))
    for _ in range(count):
        for one, other in pairs:
            reached[one] = reached[other] = min(reached[one], reached[other])
    one, other = np.array(pairs, np.int32).reshape(-1, 2).T
    assert components(count, one, other).tolist() == reached


def test_a_chain_is_one_component_in_few_rounds() -> None:
    order = np.random.default_rng(0).permutation(100_000).astype(np.int32)
    assert not components(len(order), order[:-1], order[1:]).any()


def test_where_nothing_is_linked_dedup_drops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of_words(150, 7)
    table = examples(rows)
    monkeypatch.setattr(linking, "may_be_few", lambda given: False)
    with Spool(table.schema) as spool:
        groups = link_rows(iter(table.to_batches()), THRESHOLD, spool).groups()
    firsts = table.take(np.unique(groups))
    assert ik.dedup(firsts, threshold=THRESHOLD).read_all().num_rows == len(firsts)
