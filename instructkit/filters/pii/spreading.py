"""What context made certain in one text of a row is certain in all of them: the name of a letter and of its answer."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from instructkit.filters.pii.finding import TYPES, Hits, joined
from instructkit.filters.pii.leaves import Rows

# the types that are mostly believed by the words beside them; the others are found by themselves wherever they stand
BY_CONTEXT = ("PHONE", "PASSPORT", "PLATE", "ADDRESS", "PERSON")
FEW = 32  # values: as many searches of a text are quicker than a look at each of its places

Values = dict[int, dict[str, int]]  # of each row, the values and the places of their types in TYPES


def known_values(texts: pa.StringArray, rows: Rows, hits: Hits, values: Values) -> None:
    """Note the values of a column that context made certain, by row."""
    certain = np.isin(hits.types, [TYPES.index(name) for name in BY_CONTEXT])
    note_values(
        texts, rows, Hits(hits.rows[certain], hits.starts[certain], hits.ends[certain], hits.types[certain]), values
    )


def note_values(texts: pa.StringArray, rows: Rows, hits: Hits, values: Values) -> None:
    """Note the values of all hits of a column, by row."""
    if not len(hits):
        return
    # each text once, however many hits it has: a long one copied for every hit would fill the memory
    touched, owners = np.unique(hits.rows, return_inverse=True)
    listed = texts.take(pa.array(touched)).to_pylist()
    spans = (rows[hits.rows].tolist(), hits.starts.tolist(), hits.ends.tolist(), hits.types.tolist())
    for owner, row, start, end, kind in zip(owners.tolist(), *spans, strict=True):
        values.setdefault(row, {})[listed[owner][start:end]] = kind


def spread(texts: pa.StringArray, rows: Rows, hits: Hits, values: Values) -> Hits:
    """The hits of a column, and every other place where a known value of its row stands."""
    places = np.flatnonzero(np.isin(rows, np.fromiter(values, np.int64, len(values))))
    found = set(zip(hits.rows.tolist(), hits.starts.tolist(), strict=True))
    listed = zip(places.tolist(), rows[places].tolist(), texts.take(pa.array(places)).to_pylist(), strict=True)
    more = [
        (place, start, start + len(value), kind)
        for place, row, text in listed
        for start, value in _standing(values[row], text or "")
        for kind in (values[row][value],)
        if (place, start) not in found
    ]
    return joined(hits, Hits(*np.array(more, np.int64).T)) if more else hits


def _standing(values: Iterable[str], text: str) -> Iterator[tuple[int, str]]:
    """Where values stand that are no part of a longer word or number; of those that begin together, longest first."""
    longest_first = sorted(values, key=len, reverse=True)
    search = _one_by_one if len(longest_first) <= FEW else _all_at_once
    for start, value in search(longest_first, text):
        end = start + len(value)
        if not (_touch(text[start - 1 : start], value[0]) or _touch(value[-1], text[end : end + 1])):
            yield start, value


def _one_by_one(values: list[str], text: str) -> Iterator[tuple[int, str]]:
    for value in values:
        start = text.find(value)
        while start >= 0:
            yield start, value
            start = text.find(value, start + 1)


def _all_at_once(values: list[str], text: str) -> Iterator[tuple[int, str]]:
    """One pass over the text, however many values there are."""
    known = set(values)
    lengths = sorted({len(value) for value in values}, reverse=True)
    for start in range(len(text)):
        for length in lengths:
            part = text[start : start + length]
            if part in known and len(part) == length:
                yield start, part


def _touch(one: str, other: str) -> bool:
    return one.isascii() and one.isalnum() and other.isascii() and other.isalnum()
