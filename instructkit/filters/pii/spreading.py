"""What context made certain in one text of a row is certain in all of them: the name of a letter and of its answer."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from instructkit.filters.pii.finding import TYPES, Hits, joined
from instructkit.filters.pii.leaves import Rows

# the types that are mostly believed by the words beside them; the others are found by themselves wherever they stand
BY_CONTEXT = ("PHONE", "PASSPORT", "PLATE", "ADDRESS", "PERSON")

Values = dict[int, dict[str, int]]  # of each row, the values and the places of their types in TYPES


def known_values(texts: pa.StringArray, rows: Rows, hits: Hits, values: Values) -> None:
    """Note the values of a column that context made certain, by row."""
    places = np.flatnonzero(np.isin(hits.types, [TYPES.index(name) for name in BY_CONTEXT]))
    if not len(places):
        return
    owners = texts.take(pa.array(hits.rows[places])).to_pylist()
    spans = (rows[hits.rows[places]].tolist(), hits.starts[places].tolist(), hits.ends[places].tolist())
    for text, row, start, end, kind in zip(owners, *spans, hits.types[places].tolist(), strict=True):
        values.setdefault(row, {})[text[start:end]] = kind


def spread(texts: pa.StringArray, rows: Rows, hits: Hits, values: Values) -> Hits:
    """The hits of a column, and every other place where a known value of its row stands."""
    places = np.flatnonzero(np.isin(rows, np.fromiter(values, np.int64, len(values))))
    found = set(zip(hits.rows.tolist(), hits.starts.tolist(), strict=True))
    listed = zip(places.tolist(), rows[places].tolist(), texts.take(pa.array(places)).to_pylist(), strict=True)
    more = [
        (place, start, start + len(value), kind)
        for place, row, text in listed
        for value, kind in values[row].items()
        for start in _whole(value, text or "")
        if (place, start) not in found
    ]
    return joined(hits, Hits(*np.array(more, np.int64).T)) if more else hits


def _whole(value: str, text: str) -> Iterator[int]:
    """Where a value stands that is no part of a longer word or number."""
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        if not (_touch(text[start - 1 : start], value[0]) or _touch(value[-1], text[end : end + 1])):
            yield start
        start = text.find(value, end)


def _touch(one: str, other: str) -> bool:
    return one.isascii() and one.isalnum() and other.isascii() and other.isalnum()
