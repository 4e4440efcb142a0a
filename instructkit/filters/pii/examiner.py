"""The examiner of personal data: every text of a row is looked at, and what is found tagged, masked or dropped."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.filters.examining import Findings
from instructkit.filters.pii.covering import covered
from instructkit.filters.pii.finding import DEFAULT_TYPES, TYPES, Hits, find_in, joined
from instructkit.filters.pii.leaves import Rows, holds_text, leaves, rebuilt
from instructkit.filters.pii.naming import PLACEHOLDER, Placeholders, sample
from instructkit.filters.pii.ner import spans_of
from instructkit.filters.pii.pseudonyms import Pseudonyms
from instructkit.filters.pii.spreading import Values, known_values, note_values, spread
from instructkit.filters.rule import Verdict
from instructkit.records.lists import list_lengths, lists_of

log = logging.getLogger("instructkit")

MODES = ("off", "tag", "mask", "pseudonym", "drop")
NAMES = ("id", "parent", "task", "source", "template")  # what a row is called by, never changed
CHANGING = ("mask", "pseudonym")
COLUMN = "pii"
SAMPLES = 3  # of each type, a batch
_DONE = {"tag": "pii_tagged", "mask": "pii_masked", "pseudonym": "pii_pseudonymized"}


@dataclass(frozen=True)
class PiiExaminer:
    """Looks for personal data in all texts of a row: earlier turns and the user's own columns too.

    ``ner`` names a function, ``MODULE:FUNCTION``, that finds more (see `ner`). The key is no part of the object's
    text. Raises `UsageError` for an unknown mode or type.
    """

    mode: str
    types: tuple[str, ...] = DEFAULT_TYPES
    key: bytes | None = field(default=None, repr=False)
    seed: int = 0
    ner: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES[1:]:
            raise UsageError(f"pii is one of {', '.join(MODES)}, not {self.mode!r}")
        if unknown := [name for name in self.types if name not in TYPES]:
            raise UsageError(f"there is no type {unknown[0]!r} of personal data; known types: {', '.join(TYPES)}")
        if self.mode == "pseudonym" and self.key is None:  # said once: a copy for a worker is not made anew
            log.info(
                "without a key the pseudonyms can be recomputed by anyone who knows the seed, and values tried out "
                "(--pii-key sets one)"
            )

    @property
    def fields(self) -> tuple[pa.Field, ...]:
        """The column of the types found in each row, unless such rows are dropped."""
        return () if self.mode == "drop" else (pa.field(COLUMN, pa.list_(pa.string())),)

    @property
    def holds_gil(self) -> bool:
        """Patterns and checks are Python."""
        return True

    def __call__(self, batch: pa.RecordBatch) -> "PiiFindings":
        """Examine the rows of a batch."""
        names = [one.name for one in batch.schema if one.name not in NAMES and holds_text(one.type)]
        every = np.arange(batch.num_rows)
        parts = [part for name in names for part in leaves(batch.column(name), every)]
        found = self._find(parts)
        values: Values = {}
        for leaf in found:
            known_values(leaf.texts, leaf.rows, leaf.hits, values)
        if values:
            for leaf in found:
                leaf.hits = spread(leaf.texts, leaf.rows, leaf.hits, values)
        findings = PiiFindings(found_in=found if self.mode in CHANGING else None, types=self.types)
        kinds = self._kinds(found, batch.num_rows)
        has = list_lengths(kinds) > 0
        for leaf in found:
            leaf.report(findings)
        if self.mode == "drop":
            findings.verdicts.append(("pii", Verdict(has, pc.if_else(has, pc.binary_join(kinds, ", "), None)), ""))
            return findings
        findings.columns.append(kinds)
        findings.marked[_DONE[self.mode]] = has
        if self.mode in CHANGING:
            findings.batch = self._changed(batch, names, found) if has.any() else batch
        return findings

    def _find(self, parts: list[tuple[pa.StringArray, Rows]]) -> "list[_Leaf]":
        """What is found in each column of texts; all are searched as one, as each search builds the quick tests."""
        if not parts:
            return []
        texts = pa.concat_arrays([texts for texts, _ in parts])
        hits = find_in(texts, self.types)
        if self.ner:
            hits = joined(hits, spans_of(self.ner, texts, self.types))
        ends = np.cumsum([len(rows) for _, rows in parts])
        return [
            _Leaf(texts, rows, hits.between(int(end) - len(rows), int(end)))
            for (texts, rows), end in zip(parts, ends, strict=True)
        ]

    def _kinds(self, found: "list[_Leaf]", rows: int) -> pa.ListArray:
        """The types in each row, sorted, each once."""
        order = sorted(TYPES)
        place = np.array([order.index(name) for name in TYPES])
        codes = [leaf.rows[leaf.hits.rows] * len(order) + place[leaf.hits.types] for leaf in found]
        each = np.unique(np.concatenate(codes) if codes else np.zeros(0, np.int64))
        names = pa.array(order, pa.string()).take(pa.array(each % len(order)))
        return lists_of(np.bincount(each // len(order), minlength=rows), names)

    def _changed(self, batch: pa.RecordBatch, names: list[str], found: "list[_Leaf]") -> pa.RecordBatch:
        rows: dict[int, Placeholders] = {}
        standing = _standing(found) if self.mode == "mask" else {}
        pseudonyms = Pseudonyms(self.key, self.seed) if self.mode == "pseudonym" else None

        def name(row: int, kind: str, value: str) -> str:
            if pseudonyms is not None:
                return pseudonyms.of(kind, value)
            placeholders = rows.get(row)
            if placeholders is None:
                placeholders = rows[row] = Placeholders(standing.get(row, ()))
            return placeholders.of(kind, value)

        texts = iter([leaf.renamed(name) for leaf in found])
        columns = [
            rebuilt(batch.column(one.name), texts) if one.name in names else batch.column(one.name)
            for one in batch.schema
        ]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _standing(found: "list[_Leaf]") -> dict[int, set[str]]:
    """The placeholders that stand already in the texts of rows with data, by row."""
    touched = np.unique(np.concatenate([leaf.rows[leaf.hits.rows] for leaf in found]))
    standing: dict[int, set[str]] = {}
    for leaf in found:
        places = np.flatnonzero(np.isin(leaf.rows, touched))
        texts = leaf.texts.take(pa.array(places))
        marked = np.flatnonzero(pc.fill_null(pc.match_substring_regex(texts, PLACEHOLDER), False))
        for row, text in zip(leaf.rows[places[marked]].tolist(), texts.take(pa.array(marked)).to_pylist(), strict=True):
            standing.setdefault(row, set()).update(re.findall(PLACEHOLDER, text))
    return standing


@dataclass
class PiiFindings(Findings):
    """What was found in a batch; it can cover the same data in what others found."""

    found_in: "list[_Leaf] | None" = field(default=None, repr=False)  # None where no text is changed
    types: tuple[str, ...] = DEFAULT_TYPES

    def cover(self, columns: list[pa.Array]) -> list[pa.Array]:
        """Columns of evidence that others add to the batch, with ``[TYPE]`` for what shows a datum or a part of one.

        A text that shares four characters in a row with a value of its row is covered whole. Columns that hold no
        texts stay, and all of them where the mode changes no text. The columns of names, as ``pii`` and ``failed``,
        are no evidence and must not be given.
        """
        if self.found_in is None:
            return columns
        values: Values = {}
        for leaf in self.found_in:
            note_values(leaf.texts, leaf.rows, leaf.hits, values)
        return [covered(column, values, self.types) for column in columns]


@dataclass
class _Leaf:
    """One column of texts, the row of each, and what was found in them."""

    texts: pa.StringArray
    rows: Rows
    hits: Hits

    def report(self, findings: Findings) -> None:
        """Count what was found, and show the form of the first few."""
        counts = np.bincount(self.hits.types, minlength=len(TYPES))
        for kind in np.flatnonzero(counts).tolist():
            findings.found[TYPES[kind]] += int(counts[kind])
            shown = findings.samples.setdefault(TYPES[kind], [])
            for place in np.flatnonzero(self.hits.types == kind)[: SAMPLES - len(shown)].tolist():
                text = self.texts[int(self.hits.rows[place])].as_py()
                shown.append(sample(TYPES[kind], text[self.hits.starts[place] : self.hits.ends[place]]))

    def renamed(self, name: Callable[[int, str, str], str]) -> pa.StringArray:
        """The texts with each datum replaced."""
        if not len(self.hits):
            return self.texts
        touched: npt.NDArray[np.int64] = np.unique(self.hits.rows)
        texts = iter(self.texts.take(pa.array(touched)).to_pylist())
        owners = self.rows[self.hits.rows].tolist()
        places = (self.hits.rows.tolist(), self.hits.starts.tolist(), self.hits.ends.tolist(), self.hits.types.tolist())
        changed: list[str] = []
        pieces: list[str] = []
        text, last, at = "", -1, 0
        for owner, place, start, end, kind in zip(owners, *places, strict=True):
            if place != last:
                changed.append("".join([*pieces, text[at:]]))
                pieces, text, last, at = [], next(texts), place, 0
            pieces += (text[at:start], name(owner, TYPES[kind], text[start:end]))
            at = end
        changed.append("".join([*pieces, text[at:]]))
        mask = np.zeros(len(self.texts), bool)
        mask[touched] = True
        return pc.replace_with_mask(self.texts, pa.array(mask), pa.array(changed[1:], pa.string()))
