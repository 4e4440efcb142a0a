"""What is certain in one text of a row is found in all of it, however long the text and however many the values."""

import tracemalloc

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from instructkit.filters.pii.finding import Hits, find_in
from instructkit.filters.pii.spreading import Values, _all_at_once, _one_by_one, known_values, spread

WORDS = st.text(alphabet="ab1 王", min_size=1, max_size=4)


def test_a_text_is_taken_once_however_many_hits_it_has() -> None:
    text = "".join(f"call 415-555-{number:04d}, " for number in range(4000))
    texts, rows, values = pa.array([text]), np.zeros(1, np.int64), Values()
    hits = find_in(texts)
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    known_values(texts, rows, hits, values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(hits), len(values[0])) == (4000, 4000)
    assert peak < 20 * len(text)
    assert pa.total_allocated_bytes() - before < 20 * len(text)


def test_many_values_are_found_where_one_text_repeats_another() -> None:
    numbers = [f"415-555-{number:04d}" for number in range(200)]
    texts = pa.array(["".join(f"call {number}, " for number in numbers), " ".join(numbers)])
    rows, values = np.zeros(2, np.int64), Values()
    hits = find_in(texts.slice(0, 1))
    known_values(texts, rows, hits, values)
    assert np.bincount(spread(texts, rows, hits, values).rows).tolist() == [200, 200]


@given(st.lists(WORDS, unique=True, max_size=8), st.text(alphabet="ab1 王", max_size=30))
def test_one_pass_finds_what_a_search_for_each_value_finds(values: list[str], text: str) -> None:
    longest_first = sorted(values, key=len, reverse=True)
    assert sorted(_all_at_once(longest_first, text)) == sorted(_one_by_one(longest_first, text))


def test_nothing_is_known_where_nothing_was_found() -> None:
    values = Values()
    none = np.zeros(0, np.int64)
    known_values(pa.array(["a"]), np.zeros(1, np.int64), Hits(none, none, none, none), values)
    assert values == {}
