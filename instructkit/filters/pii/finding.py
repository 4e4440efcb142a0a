"""Finding: quick tests over columns, patterns over the few texts they let through, one claim a stretch of text."""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.filters.pii.addresses import ADDRESS
from instructkit.filters.pii.detector import END, Detector, Family
from instructkit.filters.pii.identity import IDENTITY
from instructkit.filters.pii.mail import MAIL
from instructkit.filters.pii.naming import narrow
from instructkit.filters.pii.network import NETWORK
from instructkit.filters.pii.payment import PAYMENT
from instructkit.filters.pii.persons import INTRODUCED_PERSON, PERSON
from instructkit.filters.pii.phones import PHONE
from instructkit.filters.pii.secrets import SECRETS

# in the order they are believed: a stretch of text is given to the first that claims it
FAMILIES = (MAIL, SECRETS, IDENTITY, PAYMENT, NETWORK, PHONE, ADDRESS, PERSON, INTRODUCED_PERSON)
TYPES = tuple(dict.fromkeys(detector.type for family in FAMILIES for detector in family.detectors))
NOT_BY_DEFAULT = ("URL",)  # a page is nobody's secret
DEFAULT_TYPES = tuple(name for name in TYPES if name not in NOT_BY_DEFAULT)

MANY, LARGE = 64, 1 << 16  # texts, bytes: with fewer the quick tests take longer to compile than they save
_ROW = 1 << 32  # characters: more than a text can have
# what `narrow` is for: full-width letters and digits, and blanks that RE2 does not take for one
_WIDE_TEXT = r"[０-９Ａ-Ｚａ-ｚ＠．－＋\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"


@dataclass
class Hits:
    """Where the personal data of a column stand: one entry each, by row and place, never overlapping."""

    rows: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]  # in characters
    ends: npt.NDArray[np.int64]
    types: npt.NDArray[np.int64]  # places in TYPES

    def __len__(self) -> int:
        return len(self.rows)

    def between(self, start: int, end: int) -> "Hits":
        """Those of the rows from ``start`` to ``end``, whose first is then row 0."""
        first, last = np.searchsorted(self.rows, [start, end])
        part = slice(int(first), int(last))
        return Hits(self.rows[part] - start, self.starts[part], self.ends[part], self.types[part])


def find(text: str, types: tuple[str, ...] = DEFAULT_TYPES) -> Iterator[tuple[int, int, str]]:
    """The personal data of a text: start, end, type; in order, never overlapping.

    >>> list(find("Write to ann@example.com."))
    [(9, 24, 'EMAIL')]
    """
    hits = find_in(pa.array([text], pa.string()), types)
    for start, end, kind in zip(hits.starts.tolist(), hits.ends.tolist(), hits.types.tolist(), strict=True):
        yield start, end, TYPES[kind]


def find_in(texts: pa.StringArray, types: tuple[str, ...] = DEFAULT_TYPES) -> Hits:
    """The personal data of a column of texts."""
    wanted = frozenset(types)
    texts = _narrow(texts)
    many = len(texts) >= MANY or texts.nbytes >= LARGE
    every = np.arange(len(texts))
    found: list[npt.NDArray[np.int64]] = []
    order = 0
    for family in FAMILIES:
        detectors = [one for one in family.detectors if one.type in wanted]
        order += len(family.detectors)
        if not detectors:
            continue
        among = _matching(texts, family.quick) if many else every
        if not len(among):
            continue
        part = texts.take(pa.array(among))
        for place, detector in enumerate(detectors):
            hits = _search(part, detector, many)
            if len(hits):
                hits[:, 0] = among[hits[:, 0]]
                found.append(np.column_stack([hits, np.full(len(hits), order + place - len(family.detectors))]))
    return _claims(found)


def _matching(texts: pa.StringArray, quick: str) -> npt.NDArray[np.int64]:
    matches = pc.match_substring_regex(texts, quick)
    if matches.null_count:
        matches = pc.fill_null(matches, False)
    places: npt.NDArray[np.int64] = np.flatnonzero(matches.to_numpy(zero_copy_only=False))
    return places


def _search(texts: pa.StringArray, detector: Detector, many: bool) -> npt.NDArray[np.int64]:
    """Rows, starts, ends and types of what one detector believes in."""
    rows = _matching(texts, detector.quick) if many else np.arange(len(texts))
    if not len(rows):
        return np.zeros((0, 4), np.int64)
    listed = [text or "" for text in texts.take(pa.array(rows)).to_pylist()]
    read = detector.read
    spans = [span for match in detector.pattern.finditer(END.join(listed)) if (span := read(match))]
    hits = np.zeros((len(spans), 4), np.int64)
    if spans:
        hits[:, 1:3] = spans
        begins = np.cumsum([0, *(len(text) + 1 for text in listed[:-1])])
        place = np.searchsorted(begins, hits[:, 1], "right") - 1
        hits[:, 0] = rows[place]
        hits[:, 1:3] -= begins[place][:, None]
        hits[:, 3] = TYPES.index(detector.type)
    return hits


def _claims(found: list[npt.NDArray[np.int64]]) -> Hits:
    """Of hits that overlap the one whose detector stands first, then the one that begins first."""
    hits = np.concatenate(found) if found else np.zeros((0, 5), np.int64)
    hits = hits[np.lexsort((hits[:, 4], hits[:, 2], hits[:, 1], hits[:, 0]))]
    if len(hits):  # what two detectors claim alike is the first one's
        hits = hits[np.r_[True, (hits[1:, :3] != hits[:-1, :3]).any(axis=1)]]
    row, start, end = hits[:, 0], hits[:, 1], hits[:, 2]
    reach = np.maximum.accumulate(row * _ROW + end) if len(hits) else end
    clash = row[1:] * _ROW + start[1:] < reach[:-1]
    if clash.any():
        rows = np.unique(row[1:][clash])
        among = np.isin(row, rows)
        hits = np.concatenate([hits[~among], _settled(hits[among])])
        hits = hits[np.lexsort((hits[:, 1], hits[:, 0]))]
    return Hits(hits[:, 0], hits[:, 1], hits[:, 2], hits[:, 3])


def joined(hits: Hits, more: Hits) -> Hits:
    """The hits of both; where they overlap, those of the first."""
    both = [
        np.column_stack([one.rows, one.starts, one.ends, one.types, np.full(len(one), order)])
        for order, one in enumerate((hits, more))
    ]
    return _claims(both)


def _settled(hits: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    kept: list[list[int]] = []
    taken: dict[int, list[tuple[int, int]]] = {}  # of each row, in order; as they lie apart, neighbors are all to ask
    for hit in sorted(hits.tolist(), key=lambda hit: (hit[4], hit[1])):
        start, end = hit[1], hit[2]
        spans = taken.setdefault(hit[0], [])
        place = bisect(spans, (start, end))
        if (not place or spans[place - 1][1] <= start) and (place == len(spans) or end <= spans[place][0]):
            spans.insert(place, (start, end))
            kept.append(hit)
    return np.array(kept, np.int64)


def _narrow(texts: pa.StringArray) -> pa.StringArray:
    """Full-width digits and signs as the plain ones; no place moves."""
    wide = pc.fill_null(pc.match_substring_regex(texts, _WIDE_TEXT), False)
    if not pc.any(wide).as_py():
        return texts
    values = [narrow(text) for text in texts.filter(wide).to_pylist()]
    return pc.replace_with_mask(texts, wide, pa.array(values, pa.string()))


def parse_types(text: str) -> tuple[str, ...]:
    """Read a list of types: ``EMAIL,PHONE`` are these two, ``-PERSON`` all usual ones but names, ``+URL`` one more.

    Raises `UsageError` for an unknown type, listing the known ones.
    """
    given = [part.strip() for part in text.split(",") if part.strip()]
    names = [part.lstrip("+-").upper() for part in given]
    for name in names:
        if name not in TYPES:
            raise UsageError(f"there is no type {name!r} of personal data; known types: {', '.join(TYPES)}")
    plain = {name for part, name in zip(given, names, strict=True) if part[0] not in "+-"}
    chosen = plain or set(DEFAULT_TYPES)
    for part, name in zip(given, names, strict=True):
        chosen = chosen - {name} if part[0] == "-" else chosen | {name}
    if not chosen:
        raise UsageError(f"the types {text!r} leave nothing to look for; known types: {', '.join(TYPES)}")
    return tuple(name for name in TYPES if name in chosen)


__all__ = ["DEFAULT_TYPES", "FAMILIES", "TYPES", "Detector", "Family", "Hits", "find", "find_in", "parse_types"]
