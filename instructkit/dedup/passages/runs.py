"""Runs of tokens that repeat: from keys to what is cut."""

from dataclasses import dataclass

import numpy as np

from instructkit.dedup.arrays import I64
from instructkit.dedup.passages.grain import Grain
from instructkit.dedup.passages.repeats import Found
from instructkit.dedup.passages.tokens import Tokens


@dataclass(frozen=True)
class Runs:
    """Runs of tokens that repeat, in order and apart from each other."""

    rows: I64  # of the texts
    starts: I64  # first token
    ends: I64  # last token, exclusive
    lengths: I64  # of the whole run; it may begin inside the one before
    sources: I64  # the row where it stands first, of all rows

    @classmethod
    def of(cls, found: Found, sources: I64, tokens: Tokens, rows: I64, grain: Grain) -> "Runs":
        """Join the keys found where one goes on from the other, and leave out what an earlier one covers.

        ``rows`` are those of the texts whose tokens these are.
        """
        starts, ends = grain.runs(tokens, rows, found.places)
        heads = np.arange(len(rows))
        if grain.joins:
            goes_on = (np.diff(rows) == 0) & (np.diff(sources) == 0)
            goes_on &= (np.diff(found.positions) == 1) & (np.diff(found.firsts) == 1)
            heads = np.flatnonzero(np.concatenate([[True], ~goes_on]))
        rows, starts, sources = rows[heads], starts[heads], sources[heads]
        ends = ends[np.append(heads[1:], len(ends)) - 1]
        covered = np.concatenate([[0], np.maximum.accumulate(ends)[:-1]])
        begins = np.maximum(starts, covered)
        wanted = begins < ends
        return cls(rows[wanted], begins[wanted], ends[wanted], (ends - starts)[wanted], sources[wanted])

    def longest(self) -> tuple[I64, I64, I64]:
        """Of each row with runs: the row, the tokens of its longest run, and where it stands first."""
        return _first_of_each(self.rows, self.lengths, self.sources)

    def by_source(self) -> tuple[I64, I64, I64]:
        """The rows, the tokens they share with another row, and that row: of each row the most first."""
        order = np.lexsort((self.sources, self.rows))
        rows, sources, tokens = self.rows[order], self.sources[order], (self.ends - self.starts)[order]
        heads = np.flatnonzero(np.concatenate([[True], (np.diff(rows) != 0) | (np.diff(sources) != 0)]))
        rows, sources, tokens = rows[heads], sources[heads], np.add.reduceat(tokens, heads)
        order = np.lexsort((-tokens, rows))
        return rows[order], tokens[order], sources[order]

    def in_all(self) -> tuple[I64, I64, I64, I64]:
        """Of each row with runs: the row, their tokens, the most that stand first in one row, and that row."""
        rows, most, sources = _first_of_each(*self.by_source())
        heads = np.searchsorted(self.rows, rows)
        return rows, np.add.reduceat(self.ends - self.starts, heads), most, sources


def _first_of_each(rows: I64, tokens: I64, sources: I64) -> tuple[I64, I64, I64]:
    """Of each row the entry with the most tokens, the first of several."""
    order = np.lexsort((-tokens, rows))
    rows = rows[order]
    heads = np.flatnonzero(np.concatenate([[True], np.diff(rows) != 0]))
    return rows[heads], tokens[order][heads], sources[order][heads]
