"""Which rows demonstrate before another, against brute force."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.prompting.demonstrations import K1, RELEVANCE, SAME, B, Pool
from instructkit.templating.prompting.shots import METHODS

Numbers = npt.NDArray[np.int64]
WORDS = [
    "red", "green", "blue", "one", "two", "three", "four", "five",
    "cat", "dog", "sun", "moon", "tea", "milk", "door", "wall",
]  # fmt: skip


def pool_of(
    texts: Sequence[str],
    *,
    parents: Sequence[str] | None = None,
    groups: Sequence[int] | None = None,
    labels: Sequence[int] | None = None,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> Pool:
    rows = len(texts)
    return Pool.of(
        pa.array(texts, pa.string()),
        pa.array(parents or [f"parent {row}" for row in range(rows)], pa.string()),
        np.array(groups or [0] * rows, np.int64),
        np.array(labels or [0] * rows, np.int64),
        np.ones((1, rows), bool) if allowed is None else allowed,
    )


def chosen_by(
    pool: Pool,
    method: str,
    texts: Sequence[str],
    wanted: int | Sequence[int],
    *,
    order: str = "similar-last",
    parents: Sequence[str] | None = None,
    groups: Sequence[int] | None = None,
    numbers: Sequence[int] | None = None,
    seed: int = 0,
) -> list[list[int]]:
    """The rows that demonstrate before each query, in the order shown."""
    found, ranks = ranked_by(pool, method, texts, wanted, order, parents, groups, numbers, seed)
    assert found.shape == ranks.shape
    return [[int(row) for row in line if row >= 0] for line in found]


def ranked_by(
    pool: Pool,
    method: str,
    texts: Sequence[str],
    wanted: int | Sequence[int],
    order: str = "similar-last",
    parents: Sequence[str] | None = None,
    groups: Sequence[int] | None = None,
    numbers: Sequence[int] | None = None,
    seed: int = 0,
) -> tuple[Numbers, Numbers]:
    queries = len(texts)
    return pool.choose(
        method,
        order,
        pa.array(texts, pa.string()),
        pa.array(parents or [f"query {row}" for row in range(queries)]),
        np.array(groups or [0] * queries, np.int64),
        np.array(numbers or [0] * queries, np.int64),
        np.full(queries, wanted) if isinstance(wanted, int) else np.array(wanted, np.int64),
        np.random.default_rng(seed).integers(0, 2**63, queries).astype(np.uint64),
    )


def by_choice(pool: Pool, method: str, text: str, wanted: int) -> list[int]:
    """The rows that demonstrate before a query, the first chosen first."""
    found, ranks = ranked_by(pool, method, [text], wanted)
    order = np.argsort(ranks[0])
    return [int(row) for row in found[0][order] if row >= 0]


# ---- the oracles: BM25 and MMR as the papers write them, over words between spaces


def bm25(pool: Sequence[str], query: str) -> list[float]:
    lists = [text.split() for text in pool]
    average = sum(map(len, lists)) / len(lists)
    scores = []
    for words in lists:
        score = 0.0
        for word in set(query.split()):
            holders = sum(word in other for other in lists)
            idf = math.log(1 + (len(lists) - holders + 0.5) / (holders + 0.5))
            count = words.count(word)
            score += idf * count * (K1 + 1) / (count + K1 * (1 - B + B * len(words) / average))
        scores.append(score)
    return scores


def jaccard(one: str, other: str) -> float:
    mine, yours = set(one.split()), set(other.split())
    return len(mine & yours) / len(mine | yours)


def best_of(pool: Sequence[str], query: str, got: Sequence[int], wanted: int, relevance: float) -> list[list[int]]:
    """The rows that each turn may choose: those of the best value, after what was ``got`` before."""
    scores = bm25(pool, query)
    left = [row for row, text in enumerate(pool) if scores[row] > 0 and jaccard(text, query) < SAME]
    turns: list[list[int]] = []
    while left and len(turns) < wanted:
        taken = got[: len(turns)]
        values = {
            row: relevance * scores[row] / max(scores)
            - (1 - relevance) * max((jaccard(pool[row], pool[other]) for other in taken), default=0.0)
            for row in left
        }
        best = max(values.values())
        turns.append([row for row in left if math.isclose(values[row], best, rel_tol=1e-4, abs_tol=1e-5)])
        last = got[len(turns) - 1]
        left = [row for row in left if row != last and jaccard(pool[row], pool[last]) < SAME]
    return turns


POOLS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=25)


@pytest.mark.parametrize(("method", "relevance"), [("nearest", 1.0), ("mmr", RELEVANCE)])
@settings(max_examples=120, deadline=None)
@given(POOLS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), st.integers(1, 4))
def test_the_nearest_are_those_of_brute_force(
    method: str, relevance: float, texts: list[str], query: str, wanted: int
) -> None:
    got = by_choice(pool_of(texts), method, query, wanted)
    # behind those that share a word with the query stand random ones
    for row, best in zip(got, best_of(texts, query, got, wanted, relevance), strict=False):
        assert row in best


@settings(max_examples=150, deadline=None)
@given(
    POOLS,
    st.sampled_from(METHODS),
    st.sampled_from(["similar-last", "simple-first", "random"]),
    st.integers(0, 6),
)
def test_no_row_is_demonstrated_by_itself_its_copy_its_parents_row_or_the_same_row_twice(
    texts: list[str], method: str, order: str, wanted: int
) -> None:
    parents = [f"p{row // 2}" for row in range(len(texts))]
    groups = [row % 2 for row in range(len(texts))]
    allowed = np.array([[row % 3 > 0 for row in range(len(texts))], [True] * len(texts)])
    pool = pool_of(
        texts, parents=parents, groups=groups, allowed=allowed, labels=[row % 4 for row in range(len(texts))]
    )
    numbers = [row % 2 for row in range(len(texts))]
    shouted = [text.upper().replace(" ", "  ") for text in texts]  # a copy is one in another case and spacing too
    found = chosen_by(pool, method, shouted, wanted, order=order, parents=parents, groups=groups, numbers=numbers)
    for query, rows in enumerate(found):
        usable = [
            row
            for row in range(len(texts))
            if parents[row] != parents[query]
            and groups[row] == groups[query]
            and allowed[numbers[query], row]
            and jaccard(texts[row], texts[query]) < SAME
        ]
        assert set(rows) <= set(usable)
        assert all(jaccard(texts[a], texts[b]) < SAME for place, a in enumerate(rows) for b in rows[:place])
        # fewer than wanted only where no other would do
        left = [row for row in usable if all(jaccard(texts[row], texts[one]) < SAME for one in rows)]
        assert len(rows) == wanted or (len(rows) < wanted and not left)


def different(number: int) -> list[str]:
    """Texts without a word in common."""
    return [f"a{row} b{row} c{row}" for row in range(number)]


@pytest.mark.parametrize("method", METHODS)
def test_exactly_as_many_as_wanted_also_of_a_rare_language_or_template_in_a_large_pool(method: str) -> None:
    texts = different(6000)
    groups = [int(row % 600 == 0) for row in range(6000)]  # ten rows in all
    allowed = np.array([[row % 500 == 1 for row in range(6000)]])
    found = chosen_by(pool_of(texts, groups=groups), method, ["new text"] * 20, 5, groups=[1] * 20)
    assert all(len(rows) == 5 and all(row % 600 == 0 for row in rows) for rows in found)
    found = chosen_by(pool_of(texts, allowed=allowed), method, ["new text"] * 20, 5)
    assert all(len(rows) == 5 and all(row % 500 == 1 for row in rows) for rows in found)
    assert chosen_by(pool_of(texts), method, ["new text"], 2, groups=[7]) == [[]]


def test_random_rows_are_all_equally_often() -> None:
    found = chosen_by(pool_of(different(50)), "random", ["x"] * 4000, 2)
    counts = Counter(row for rows in found for row in rows)
    assert len(counts) == 50
    assert all(abs(count - 160) < 60 for count in counts.values())


def test_balanced_takes_each_label_equally_often_however_rare_it_is() -> None:
    labels = [0] * 900 + [1] * 90 + [2] * 10
    found = chosen_by(pool_of(different(1000), labels=labels), "balanced", ["x"] * 200, 6)
    assert all(Counter(labels[row] for row in rows) == {0: 2, 1: 2, 2: 2} for rows in found)
    firsts = Counter(min(labels[row] for row in rows) for rows in chosen_by(
        pool_of(different(1000), labels=labels), "balanced", ["x"] * 300, 1))  # fmt: skip
    assert all(count > 60 for count in firsts.values())  # the label that begins is drawn


def test_balanced_counts_only_the_labels_of_the_querys_language() -> None:
    # labels 1, 2 are English, 0, 3, 4 .. 60 Chinese: as the hashes of open labels fall
    labels = [1, 2] * 50 + [0, *range(3, 61)] * 5
    groups = [0] * 100 + [1] * (len(labels) - 100)
    found = chosen_by(pool_of(different(len(labels)), labels=labels, groups=groups), "balanced", ["x"] * 200, 4)
    assert all(Counter(labels[row] for row in rows) == {1: 2, 2: 2} for rows in found)


def test_balanced_goes_on_by_turns_where_a_label_has_no_row_left() -> None:
    labels = [0] + [1, 2] * 20
    texts = ["query", *different(40)]  # the only row of label 0 is the query's own copy
    found = chosen_by(pool_of(texts, labels=labels), "balanced", ["query"] * 100, 6)
    assert all(Counter(labels[row] for row in rows) == {1: 3, 2: 3} for rows in found)


def test_diverse_rows_are_less_alike_than_random_ones() -> None:
    draw = np.random.default_rng(1)
    texts = [" ".join(draw.choice(WORDS, 5)) for _ in range(300)]

    def alikeness(method: str) -> float:
        found = chosen_by(pool_of(texts), method, ["x"] * 200, 4)
        pairs = [(a, b) for rows in found for place, a in enumerate(rows) for b in rows[:place]]
        return float(np.mean([jaccard(texts[a], texts[b]) for a, b in pairs]))

    assert alikeness("diverse") < 0.5 * alikeness("random")


def test_diverse_rows_of_a_pool_in_clusters_come_from_different_ones() -> None:
    texts = [f"{WORDS[row % 4]} {WORDS[row % 4 + 4]} {WORDS[row % 4 + 8]} n{row}" for row in range(80)]
    found = chosen_by(pool_of(texts), "diverse", ["x"] * 50, 4)
    assert all(len({row % 4 for row in rows}) == 4 for rows in found)


def test_the_most_similar_stands_last() -> None:
    texts = ["red one", "red green two", "red green blue three", "red green blue cat four", "sun moon"]
    for method in METHODS:
        (rows,) = chosen_by(pool_of(texts), method, ["red green blue cat"], 4)
        near = [jaccard(texts[row], "red green blue cat") for row in rows]
        assert near == sorted(near)
    (rows,) = chosen_by(pool_of(texts), "nearest", ["red green blue cat"], 1)
    assert rows in ([2], [3])


def test_the_shortest_stands_first() -> None:
    texts = ["a b c d", "e", "f g h", "i j"]
    assert chosen_by(pool_of(texts), "random", ["x"], 4, order="simple-first") == [[1, 3, 2, 0]]


def test_a_random_order_is_any_order() -> None:
    found = chosen_by(pool_of(different(3)), "random", ["x"] * 3000, 3, order="random")
    counts = Counter(map(tuple, found))
    assert len(counts) == 6
    assert all(abs(count - 500) < 100 for count in counts.values())
    # ... also of rows that were chosen in one and the same order
    texts = ["red green blue", "red green two three", "red four five six"]
    found = chosen_by(pool_of(texts), "nearest", ["red green blue sun moon"] * 3000, 3, order="random")
    assert all(abs(count - 500) < 100 for count in Counter(map(tuple, found)).values())
    assert len(set(map(tuple, found))) == 6


@pytest.mark.parametrize("method", METHODS)
def test_a_query_gets_the_same_whatever_stands_beside_it(method: str) -> None:
    draw = np.random.default_rng(2)
    texts = [" ".join(draw.choice(WORDS, 5)) for _ in range(100)]
    queries = [" ".join(draw.choice(WORDS, 5)) for _ in range(30)]
    pool = pool_of(texts, labels=[row % 3 for row in range(100)])
    keys = draw.integers(0, 2**63, 30).astype(np.uint64)

    def choose(start: int, end: int) -> list[list[int]]:
        count = end - start
        zeros = np.zeros(count, np.int64)
        found, _ = pool.choose(
            method, "similar-last", pa.array(queries[start:end]), pa.array([f"q{at}" for at in range(start, end)]),
            zeros, zeros, np.full(count, 3), keys[start:end],
        )  # fmt: skip
        return [list(map(int, row)) for row in found]

    assert [choose(at, at + 1)[0] for at in range(30)] == choose(0, 30)


def test_texts_without_words_and_an_empty_pool_do_no_harm() -> None:
    assert chosen_by(pool_of([]), "nearest", ["a"], 3) == [[]]
    found = chosen_by(pool_of(["...", "", "cat"]), "mmr", ["", "cat"], 2)
    assert [sorted(rows) for rows in found] == [[0, 2], [0, 1]]
    assert chosen_by(pool_of(["cat", "dog"]), "nearest", [""], 2)[0] in ([0, 1], [1, 0])
    assert chosen_by(pool_of(["cat", "dog"]), "random", ["sun", "moon"], [0, 2])[0] == []
