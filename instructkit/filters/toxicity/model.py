"""The model: linear over hashed n-grams, a table a language, in a file that is only numbers.

A slot of a table belongs to one n-gram: its weight counts only where 16 more bits of the hash agree, so an n-gram that
was never seen weighs nothing, and a text of unknown words stays at the bias instead of drifting with its length.
"""

import functools
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.filters.toxicity import characters, grams
from instructkit.filters.toxicity.characters import Stream
from instructkit.filters.toxicity.grams import WINDOW, Grams, Hashes, Spans
from instructkit.records.buffers import buffers

FILE = Path(__file__).with_name("model.npz")
LANGUAGES: dict[str, Callable[[Stream], Iterator[Grams]]] = {"en": grams.english, "zh": grams.chinese}
SHORTEST = {"en": 18.0, "zh": 3.0}  # characters: in training a shorter text counts as this long
BLOCK = 1 << 18  # characters that are worked on at once: the arrays stay in the processor's cache
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """The weights of one language."""

    marks: npt.NDArray[np.uint16]  # of each slot: the high bits of its n-gram's hash
    weights: npt.NDArray[np.int8]
    unit: float  # what a weight of 1 adds
    bias: float
    shortest: float  # characters: a shorter stretch counts as this long
    slope: float  # the score is sigmoid(slope * (sum / sqrt(length) + bias)); 0.5 is where rows are flagged

    def look_up(self, hashes: Hashes) -> npt.NDArray[np.int8]:
        """The weight of each n-gram; 0 for one the model does not know."""
        slots = hashes & np.uint32(len(self.marks) - 1)
        found: npt.NDArray[np.int8] = self.weights[slots] * (self.marks[slots] == hashes >> np.uint32(16))
        return found

    def score(self, total: npt.NDArray[np.int64], spans: Spans) -> npt.NDArray[np.float64]:
        """The score of spans from the weights of the n-grams that begin at each character."""
        sums = np.add.reduceat(total, spans.begins)
        logits = self.slope * (self.unit * sums / np.sqrt(np.maximum(spans.lengths, self.shortest)) + self.bias)
        # a stretch without a known n-gram is none of this language
        scores: npt.NDArray[np.float64] = np.where(sums == 0, 0.0, 1 / (1 + np.exp(-np.clip(logits, -30, 30))))
        return scores


@dataclass(frozen=True)
class Model:
    """A table for each language."""

    tables: dict[str, Table]

    def score(self, texts: pa.StringArray) -> dict[str, Scores]:
        """The score of each text in each language, in [0, 1]: that of its worst sentence or window."""
        found = {name: np.zeros(len(texts), np.float32) for name in self.tables}
        for first, stream in streams(texts):
            for name, scores in self.score_stream(stream).items():
                found[name][first : first + len(scores)] = scores
        return found

    def score_stream(self, stream: Stream) -> dict[str, Scores]:
        """The scores of the texts of one stream."""
        rows = len(stream.starts) - 1
        found = {name: np.zeros(rows, np.float32) for name in self.tables}
        both: list[Spans] = []
        for name, table in self.tables.items():
            total = np.zeros(len(stream.codes), np.int64)
            for one in LANGUAGES[name](stream):
                total[one.places] += table.look_up(one.hashes)
            if not total.any():
                continue
            both = both or [grams.spans(stream), grams.spans(stream, WINDOW)]
            for spans in both:
                np.maximum.at(found[name], spans.rows, table.score(total, spans).astype(np.float32))
        return found


def streams(texts: pa.StringArray) -> Iterator[tuple[int, Stream]]:
    """Streams of about `BLOCK` bytes of text each, with the number of their first text."""
    if not len(texts):
        return
    _, offsets = buffers(texts)
    blocks = (offsets[:-1] - offsets[0]) // BLOCK
    firsts = np.flatnonzero(np.concatenate([[True], np.diff(blocks) > 0]))
    for first, end in zip(firsts.tolist(), [*firsts[1:].tolist(), len(texts)], strict=True):
        yield first, characters.read(texts.slice(first, end - first))


@functools.cache
def model() -> Model:
    """The model that ships beside this file."""
    return load(FILE)


def load(path: Path) -> Model:
    """Read a model; it is arrays of numbers, and nothing of it is run.

    Raises `BadInput` for a file that is missing, cut off, or no such model.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return Model({name: _table(file, name) for name in LANGUAGES})
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise BadInput(f"{path} is no toxicity model, or is cut off ({type(error).__name__})") from error


def _table(file: Any, name: str) -> Table:
    marks, weights, numbers = (file[f"{name}_{part}"] for part in ("marks", "weights", "numbers"))
    fits = (marks.dtype, weights.dtype, numbers.dtype) == (np.uint16, np.int8, np.float64) and numbers.shape == (4,)
    if (
        not fits
        or not np.isfinite(numbers).all()
        or numbers[2] < 1
        or marks.shape != weights.shape
        or marks.ndim != 1
        or len(marks).bit_count() != 1
    ):
        raise ValueError(name)
    return Table(marks, weights, *map(float, numbers))


def save(model: Model, path: Path) -> None:
    """Write a model; equal models give equal bytes."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, table in model.tables.items():
        arrays |= {f"{name}_marks": table.marks, f"{name}_weights": table.weights}
        arrays[f"{name}_numbers"] = np.array([table.unit, table.bias, table.shortest, table.slope])
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
