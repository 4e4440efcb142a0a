"""What evaluation files hold, as rows are checked against it.

A text of an evaluation file is known by its runs of 13 tokens (the length GPT-3 used: Brown et al. 2020,
appendix C) and by its set of shingles; one of 8 to 12 tokens by itself, whole. Shorter texts are too common to prove
anything.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.arrays import U64
from instructkit.dedup.settings import SHORTEST
from instructkit.dedup.shingling import sets_of
from instructkit.engine.jit import inner, jit
from instructkit.records.buffers import buffers
from instructkit.records.characters import characters
from instructkit.records.containers.raw import BadRows
from instructkit.records.layouts import Layout, detect
from instructkit.records.lists import list_lengths
from instructkit.records.reading import open_raw
from instructkit.records.rejects import Rejects
from instructkit.records.schema import as_history, as_text
from instructkit.records.scrambling import mix
from instructkit.records.tokens import TEXTS, normalised, tokenise

log = logging.getLogger("instructkit")

MOST_ROWS = 5  # whose instructions may hold a run that still tells a row: questions of one passage, not a template
Rows = npt.NDArray[np.int64]
STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Found:
    """Numbers that stand in evaluation texts, and which: sorted, to be looked up."""

    keys: U64
    places: Rows
    seen: U64  # a bitmap: most numbers that are looked up are none of these

    @classmethod
    def of(cls, keys: U64, places: Rows) -> "Found":
        """Sort what was found."""
        order = np.lexsort((places, keys))
        keys, places = keys[order], places[order]
        seen = np.zeros(max(1, (1 << max(10, int(8 * len(keys)).bit_length())) // 64), np.uint64)
        mark(keys, seen)
        return cls(keys, places, seen)


@dataclass(frozen=True)
class Evaluation:
    """The runs of tokens of evaluation files and the shingles of their texts, and where each stands."""

    runs: Found  # places are rows
    lengths: Rows  # the lengths of runs there are
    shingles: Found  # places are texts
    sizes: npt.NDArray[np.int32]  # shingles a text
    row_of: Rows  # of each text
    rows: list[tuple[str, int]]  # file and row number
    ngram: int
    threshold: float


def read_evaluation(paths: tuple[str, ...], overlap: int, ngram: int, threshold: float) -> Evaluation:
    """Collect the runs of the files' texts, nested ones too, and the texts' shingles.

    Of examples the instruction counts only where there is no input: beside one it is a template's, and says
    nothing of the row. For the same reason a run that stands in the instructions of many rows is left out, and so is
    an instruction that itself stands in many.
    """
    reading = _Reading(overlap, ngram)
    rows: list[tuple[str, int]] = []
    for path in paths:
        bad = BadRows(Rejects())
        raw, forced, _ = open_raw(path, None, bad)
        layout, _ = detect(raw.schema, raw.name, forced)
        for batch, numbers in raw.batches:
            for texts, parents, asks in _texts(batch, layout):
                reading.add(normalised(texts), len(rows) + parents, asks)
            rows += [(raw.name, int(number)) for number in numbers]
        if bad.counts.rows_dropped:
            log.warning("%s: %d rows can't be read, so nothing is checked against them (%s)", raw.name,
                        bad.counts.rows_dropped, bad.first)  # fmt: skip
    return reading.finish(rows, threshold)


class _Reading:
    """Collects what stands in texts; those that are instructions apart."""

    def __init__(self, overlap: int, ngram: int) -> None:
        self._overlap, self._ngram = overlap, ngram
        self._runs: dict[bool, list[U64]] = {True: [], False: []}
        self._places: dict[bool, list[Rows]] = {True: [], False: []}
        self._lengths: set[int] = set()
        self._sets: list[tuple[U64, npt.NDArray[np.int64], Rows, U64, bool]] = []

    def add(self, texts: pa.StringArray, rows: Rows, asks: bool) -> None:
        """Add texts, each with its row."""
        data, offsets = buffers(texts)
        found = np.empty(int(offsets[-1] - offsets[0]) + 1, np.uint64)
        counts, widths = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
        used = runs_of(data, offsets, characters(), self._overlap, found, counts, widths)
        self._runs[asks].append(found[:used])
        self._places[asks].append(np.repeat(rows, counts))
        self._lengths |= set(np.unique(widths[counts > 0]).tolist())
        shingles, sizes, exact = sets_of(texts, self._ngram)
        self._sets.append((shingles, sizes.astype(np.int64), rows, exact, asks))

    def finish(self, rows: list[tuple[str, int]], threshold: float) -> Evaluation:
        """All that was found."""
        asked, asked_places = _sorted(self._runs[True], self._places[True])
        telling = _telling(asked, asked_places)
        runs, places = _sorted([*self._runs[False], asked[telling]], [*self._places[False], asked_places[telling]])
        asking = [exact for _, _, _, exact, asks in self._sets if asks]
        kinds, often = np.unique(np.concatenate([*asking, np.zeros(0, np.uint64)]), return_counts=True)
        common = kinds[often > MOST_ROWS]
        kept, sizes, row_of = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for shingles, size, parents, exact, asks in self._sets:
            wanted = size >= max(1, SHORTEST - self._ngram + 1)
            if asks:
                wanted &= ~np.isin(exact, common)
            kept.append(shingles[np.repeat(wanted, size)])
            sizes.append(size[wanted])
            row_of.append(parents[wanted])
        each = np.concatenate(sizes)
        texts = np.repeat(np.arange(len(each)), each)
        return Evaluation(Found.of(runs, places), np.array(sorted(self._lengths), np.int64),
                          Found.of(np.concatenate(kept), texts), each.astype(np.int32), np.concatenate(row_of), rows,
                          self._ngram, threshold)  # fmt: skip


def _sorted(runs: list[U64], places: list[Rows]) -> tuple[U64, Rows]:
    all_runs = np.concatenate([*runs, np.zeros(0, np.uint64)])
    all_places = np.concatenate([*places, np.zeros(0, np.int64)])
    order = np.lexsort((all_places, all_runs))
    return all_runs[order], all_places[order]


def _telling(runs: U64, places: Rows) -> npt.NDArray[np.bool_]:
    """Which of the sorted runs stand in few rows."""
    if not len(runs):
        return np.zeros(0, bool)
    starts = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]]))
    fresh = np.concatenate([[True], (runs[1:] != runs[:-1]) | (places[1:] != places[:-1])])
    rows = np.add.reduceat(fresh.astype(np.int64), starts)
    return np.repeat(rows <= MOST_ROWS, np.diff(np.append(starts, len(runs))))


def _texts(batch: pa.RecordBatch, layout: Layout | None) -> Iterator[tuple[pa.StringArray, Rows, bool]]:
    """The texts of a batch that are its rows' own: with the row of each, and whether they are instructions."""
    if layout is None:
        for column in batch.columns:
            for texts, rows in _leaves(column, np.arange(batch.num_rows)):
                yield texts, rows, False
        return
    found = layout.convert(batch)
    count = len(found.rows)
    instruction, given, output = (as_text(found.values.get(name), count) for name in ("instruction", "input", "output"))
    alone = pc.equal(pc.utf8_trim_whitespace(given), "")
    yield pc.if_else(alone, instruction, ""), found.rows, True
    yield given, found.rows, False
    yield output, found.rows, False
    for texts, rows in _leaves(as_history(found.values.get("history"), count), found.rows):
        yield texts, rows, False


def _leaves(column: pa.Array, rows: npt.NDArray[np.int64]) -> Iterator[tuple[pa.StringArray, npt.NDArray[np.int64]]]:
    """The texts inside a column of any depth, each with the row it belongs to."""
    if pa.types.is_string(column.type):
        yield pc.fill_null(column, ""), rows
    elif pa.types.is_struct(column.type):
        for child in column.flatten():
            yield from _leaves(child, rows)
    elif pa.types.is_list(column.type):
        yield from _leaves(column.flatten(), np.repeat(rows, list_lengths(column)))


@jit("void(uint64[::1], uint64[::1])")
def mark(keys: Any, seen: Any) -> None:
    """Mark numbers in a bitmap."""
    bits = np.uint64(64 * len(seen) - 1)
    for key in keys:
        slot = key & bits
        seen[slot >> np.uint64(6)] |= np.uint64(1) << (slot & np.uint64(63))


@inner()
def run_hash(tokens: Any, start: int, width: int) -> Any:
    """Hash of ``tokens[start:start + width]``."""
    value = np.uint64(width)
    for place in range(start, start + width):
        value = value * STEP + tokens[place]
    return mix(value)


@jit(f"int64({TEXTS}, uint32[::1], int64, uint64[::1], int64[::1], int64[::1])")
def runs_of(data: Any, offsets: Any, table: Any, overlap: int, out: Any, sizes: Any, widths: Any) -> int:
    """Write the hash of each text's runs to ``out``; gives how many there are."""
    longest = 0
    for row in range(len(sizes)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    tokens = np.empty(longest + 1, np.uint64)
    used = 0
    for row in range(len(sizes)):
        count = tokenise(data, offsets[row], offsets[row + 1], table, tokens)
        if count < SHORTEST:
            continue
        width = min(count, overlap)
        widths[row] = width
        for place in range(count - width + 1):
            out[used] = run_hash(tokens, place, width)
            used += 1
        sizes[row] = count - width + 1
    return used
