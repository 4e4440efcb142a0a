"""Rows that overlap an evaluation file: a long run of tokens stands in both.

A text of the evaluation file is known by its runs of 13 tokens (the length GPT-3 used: Brown et al. 2020,
appendix C); one of 8 to 12 tokens by itself, whole. Shorter texts are too common to prove anything.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.texts import FIELDS, field_texts
from instructkit.engine.jit import jit
from instructkit.records.characters import characters
from instructkit.records.containers.raw import BadRows
from instructkit.records.layouts import Layout, detect
from instructkit.records.lists import list_lengths
from instructkit.records.reading import open_raw
from instructkit.records.rejects import Rejects
from instructkit.records.schema import as_history, as_text
from instructkit.records.tokens import TEXTS, buffers, mix, normalised, tokenise

log = logging.getLogger("instructkit")

LONGEST, SHORTEST = 13, 8
MOST_ROWS = (
    5  # whose instructions a run may stand in and still tell a row: the questions of one passage, not a template
)
U64 = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Evaluation:
    """The runs of tokens of evaluation files, and where each stands."""

    runs: npt.NDArray[np.uint64]  # sorted
    places: npt.NDArray[np.int64]  # into `rows`
    lengths: npt.NDArray[np.int64]  # the lengths there are
    rows: list[tuple[str, int]]  # file and row number


def read_evaluation(paths: tuple[str, ...]) -> Evaluation:
    """Collect the runs of the files' texts, nested ones too.

    Of examples the instruction counts only where there is no input: beside one it is a template's, and says
    nothing of the row. For the same reason a run that stands in the instructions of many rows is left out.
    """
    found_runs: dict[bool, list[U64]] = {True: [], False: []}  # by whether they are of instructions
    found_places: dict[bool, list[Rows]] = {True: [], False: []}
    lengths: set[int] = set()
    rows: list[tuple[str, int]] = []
    for path in paths:
        bad = BadRows(Rejects())
        raw, forced, _ = open_raw(path, None, bad)
        layout, _ = detect(raw.schema, raw.name, forced)
        for batch, numbers in raw.batches:
            for texts, parents, asks in _texts(batch, layout):
                data, offsets = buffers(normalised(texts))
                found = np.empty(int(offsets[-1] - offsets[0]) + 1, np.uint64)
                sizes = np.zeros(len(texts), np.int64)
                width = np.zeros(len(texts), np.int64)
                used = runs_of(data, offsets, characters(), found, sizes, width)
                found_runs[asks].append(found[:used])
                found_places[asks].append(np.repeat(len(rows) + parents, sizes))
                lengths |= set(np.unique(width[sizes > 0]).tolist())
            rows += [(raw.name, int(number)) for number in numbers]
        if bad.counts.rows_dropped:
            log.warning("%s: %d rows can't be read, so nothing is checked against them (%s)", raw.name,
                        bad.counts.rows_dropped, bad.first)  # fmt: skip
    asked, asked_places = _sorted(found_runs[True], found_places[True])
    telling = _telling(asked, asked_places)
    runs, places = _sorted([*found_runs[False], asked[telling]], [*found_places[False], asked_places[telling]])
    return Evaluation(runs, places, np.array(sorted(lengths), np.int64), rows)


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


def overlaps(batch: pa.RecordBatch, evaluation: Evaluation) -> list[tuple[int, int, str]]:
    """The rows of a batch that share a run: row, length in tokens, and the file and row it stands in."""
    found: dict[int, tuple[int, int, str]] = {}
    for field in FIELDS["all"]:
        data, offsets = buffers(field_texts(batch, field))
        hits = np.full(batch.num_rows, -1, np.int64)
        lengths = np.zeros(batch.num_rows, np.int64)
        search(data, offsets, characters(), evaluation.runs, evaluation.lengths, hits, lengths)
        for row in np.flatnonzero(hits >= 0).tolist():
            file, number = evaluation.rows[int(evaluation.places[hits[row]])]
            found.setdefault(row, (row, int(lengths[row]), f"{file} row {number}"))
    return sorted(found.values())


@jit()
def run_hash(tokens: Any, start: int, width: int) -> Any:
    """Hash of ``tokens[start:start + width]``."""
    value = np.uint64(width)
    for place in range(start, start + width):
        value = value * _STEP + tokens[place]
    return mix(value)


@jit(f"int64({TEXTS}, uint32[::1], uint64[::1], int64[::1], int64[::1])")
def runs_of(data: Any, offsets: Any, classes: Any, out: Any, sizes: Any, widths: Any) -> int:
    """Write the hash of each text's runs to ``out``; gives how many there are."""
    longest = 0
    for row in range(len(sizes)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    tokens = np.empty(longest + 1, np.uint64)
    used = 0
    for row in range(len(sizes)):
        count = tokenise(data, offsets[row], offsets[row + 1], classes, tokens)
        if count < SHORTEST:
            continue
        width = min(count, LONGEST)
        widths[row] = width
        for place in range(count - width + 1):
            out[used] = run_hash(tokens, place, width)
            used += 1
        sizes[row] = count - width + 1
    return used


@jit(f"void({TEXTS}, uint32[::1], uint64[::1], int64[::1], int64[::1], int64[::1])")
def search(data: Any, offsets: Any, classes: Any, runs: Any, widths: Any, hits: Any, lengths: Any) -> None:
    """For each text the place in ``runs`` (sorted) of its first run that is there, longest runs first."""
    longest = 0
    for row in range(len(hits)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    tokens = np.empty(longest + 1, np.uint64)
    for row in range(len(hits)):
        count = tokenise(data, offsets[row], offsets[row + 1], classes, tokens)
        for number in range(len(widths) - 1, -1, -1):
            width = widths[number]
            if hits[row] >= 0:
                break
            power = np.uint64(1)
            for _ in range(width - 1):
                power *= _STEP
            rolling = np.uint64(0)
            for place in range(count):
                if place >= width:
                    rolling -= tokens[place - width] * power
                rolling = rolling * _STEP + tokens[place]
                if place < width - 1:
                    continue
                # as run_hash, whose first value is the width
                value = mix(rolling + np.uint64(width) * power * _STEP)
                at = np.searchsorted(runs, value)
                if at < len(runs) and runs[at] == value:
                    hits[row] = at
                    lengths[row] = width
                    break
