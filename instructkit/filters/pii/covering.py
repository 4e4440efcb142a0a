"""Evidence of other examiners, taken from texts before they were masked: covered where it shows a datum or a part."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.pii.finding import TYPES, find_in
from instructkit.filters.pii.leaves import leaves, rebuilt
from instructkit.filters.pii.naming import narrow
from instructkit.filters.pii.spreading import Values

SHARED = 4  # characters in a row that evidence and datum have in common: it is a part of it
SHARED_HAN = 2  # a name is seldom longer
_Parts = dict[int, dict[str, int]]  # by length, the parts of a row's values and the places of their types in TYPES


def covered(column: pa.Array, values: Values, types: tuple[str, ...]) -> pa.Array:
    """The column with ``[TYPE]`` for each text that holds personal data or a part of a value found in its row.

    The column holds evidence, as texts or lists of them; one of another type is given back as it is. A text is taken
    as a whole: what stands around a part may tell the rest.
    """
    parts: dict[int, _Parts] = {}
    changed = []
    for texts, rows in leaves(column, np.arange(len(column))):
        names: dict[int, str] = {}
        places = np.flatnonzero(np.isin(rows, np.fromiter(values, np.int64, len(values))))
        for place, text in zip(places.tolist(), texts.take(pa.array(places)).to_pylist(), strict=True):
            row = int(rows[place])
            if row not in parts:
                parts[row] = _parts(values[row])
            kind = _shown(text or "", parts[row])
            if kind is not None:
                names[place] = f"[{TYPES[kind]}]"
        hits = find_in(texts, types)
        for place, kind in zip(hits.rows.tolist(), hits.types.tolist(), strict=True):
            names.setdefault(place, f"[{TYPES[kind]}]")
        mask = np.zeros(len(texts), bool)
        mask[list(names)] = True
        changed.append(
            pc.replace_with_mask(texts, pa.array(mask), pa.array([names[at] for at in sorted(names)], pa.string()))
        )
    return rebuilt(column, iter(changed)) if changed else column


def _parts(values: dict[str, int]) -> _Parts:
    parts: _Parts = {}
    for value, kind in values.items():
        for writing in _writings(value):
            size = min(SHARED if writing.isascii() else SHARED_HAN, len(writing))
            for start in range(len(writing) - size + 1):
                parts.setdefault(size, {}).setdefault(writing[start : start + size], kind)
    return parts


def _shown(text: str, parts: _Parts) -> int | None:
    """The type of the first value of which the text holds a part."""
    for writing in _writings(text):
        for size, known in parts.items():
            for start in range(len(writing) - size + 1):
                kind = known.get(writing[start : start + size])
                if kind is not None:
                    return kind
    return None


def _writings(text: str) -> set[str]:
    """A text as it stands, and its letters and digits alone, as evidence may be spelled; without regard to case."""
    plain = narrow(text).casefold()
    return {plain, "".join(filter(str.isalnum, plain))} - {""}
