"""Rows that overlap an evaluation file: a long run of tokens stands in both.

A text of the evaluation file is known by its runs of 13 tokens (the length GPT-3 used: Brown et al. 2020,
appendix C); one of 8 to 12 tokens by itself, whole. Shorter texts are too common to prove anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.texts import FIELDS, field_texts
from instructkit.engine.jit import jit
from instructkit.records.containers.raw import BadRows
from instructkit.records.reading import open_raw
from instructkit.records.rejects import Rejects
from instructkit.records.tokens import buffers, character_classes, mix, normalised, tokenise

LONGEST, SHORTEST = 13, 8
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Evaluation:
    """The runs of tokens of evaluation files, and where each stands."""

    runs: npt.NDArray[np.uint64]  # sorted
    places: npt.NDArray[np.int64]  # into `rows`
    lengths: npt.NDArray[np.int64]  # the lengths there are
    rows: list[tuple[str, int]]  # file and row number


def read_evaluation(paths: tuple[str, ...]) -> Evaluation:
    """Collect the runs of every text column of the files, nested ones too."""
    runs, places, lengths = [], [], set()
    rows: list[tuple[str, int]] = []
    for path in paths:
        raw, _, _ = open_raw(path, None, BadRows(Rejects()))
        for batch, numbers in raw.batches:
            for texts, parents in _texts(batch):
                data, offsets = buffers(normalised(texts))
                found = np.empty(int(offsets[-1] - offsets[0]) + 1, np.uint64)
                sizes = np.zeros(len(texts), np.int64)
                width = np.zeros(len(texts), np.int64)
                used = runs_of(data, offsets, character_classes(), found, sizes, width)
                runs.append(found[:used])
                places.append(np.repeat(len(rows) + parents, sizes))
                lengths |= set(np.unique(width[sizes > 0]).tolist())
            rows += [(raw.name, int(number)) for number in numbers]
    all_runs = np.concatenate([*runs, np.zeros(0, np.uint64)])
    order = np.argsort(all_runs, kind="stable")
    all_places = np.concatenate([*places, np.zeros(0, np.int64)])
    return Evaluation(all_runs[order], all_places[order], np.array(sorted(lengths), np.int64), rows)


def _texts(batch: pa.RecordBatch) -> Iterator[tuple[pa.StringArray, npt.NDArray[np.int64]]]:
    for column in batch.columns:
        yield from _leaves(column, np.arange(batch.num_rows))


def _leaves(column: pa.Array, rows: npt.NDArray[np.int64]) -> Iterator[tuple[pa.StringArray, npt.NDArray[np.int64]]]:
    """The texts inside a column of any depth, each with the row it belongs to."""
    if pa.types.is_string(column.type):
        yield pc.fill_null(column, ""), rows
    elif pa.types.is_struct(column.type):
        for child in column.flatten():
            yield from _leaves(child, rows)
    elif pa.types.is_list(column.type):
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        yield from _leaves(column.flatten(), np.repeat(rows, lengths))


def overlaps(batch: pa.RecordBatch, evaluation: Evaluation) -> list[tuple[int, int, str]]:
    """The rows of a batch that share a run: row, length in tokens, and the file and row it stands in."""
    found: dict[int, tuple[int, int, str]] = {}
    for field in FIELDS["all"]:
        data, offsets = buffers(field_texts(batch, field))
        hits = np.full(batch.num_rows, -1, np.int64)
        lengths = np.zeros(batch.num_rows, np.int64)
        search(data, offsets, character_classes(), evaluation.runs, evaluation.lengths, hits, lengths)
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


@jit("int64(uint8[::1], int32[::1], uint8[::1], uint64[::1], int64[::1], int64[::1])")
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


@jit("void(uint8[::1], int32[::1], uint8[::1], uint64[::1], int64[::1], int64[::1], int64[::1])")
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
