"""A first pass over the rows: which group each is in, its random number, and what there is to mix."""

from array import array
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput, UsageError
from instructkit.mixing.properties import check_constraint, satisfies
from instructkit.mixing.raking import patterns
from instructkit.mixing.rates import Group
from instructkit.mixing.settings import MixSettings
from instructkit.mixing.tally import PRETRAINING_CELL, Cell, Tally
from instructkit.records.batching import row_bytes
from instructkit.records.hashing import Hashes, draw
from instructkit.records.lengths import Lengths, content_lengths, estimated_tokens
from instructkit.records.schema import as_text

Codes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64]


@dataclass
class Gathered:
    """What the first pass has learned: 12 bytes a row, and 8 for each number that is asked for."""

    names: list[Cell]  # of the codes
    codes: Codes  # the cell of each row
    draws: Hashes  # the random number of each row
    tally: Tally
    bytes: int  # of the rows in memory
    score: Numbers | None = None  # what the selection goes by; nan where there is none
    difficulty: Numbers | None = None  # what the curriculum goes by
    notes: list[str] = field(default_factory=list)


class Gatherer:
    """Looks at batches on their way into a spool."""

    def __init__(self, settings: MixSettings, schema: pa.Schema, *, lengths: bool) -> None:
        self._settings, self._lengths = settings, lengths
        score = settings.select.partition(":")[2]
        self._score = _number_column(score, "--select score:", schema, settings.select[:6] == "score:")
        by = settings.easy_by
        self._difficulty = _number_column(by, "--curriculum ", schema, by not in ("", "length", "rarity"))
        _number_column(settings.quality or "", "--quality ", schema, settings.quality is not None)
        for one in settings.shares:
            check_constraint(one, schema)
        self._codes: dict[Cell, int] = {}
        self._names: list[Cell] = []  # of the codes
        self._tally = Tally()
        # they grow in place: lists of parts would be there twice when they are joined
        self._cell_codes, self._draws = array("i"), array("Q")
        self._scores, self._difficulties = array("d"), array("d")
        self._bytes = 0

    def look(self, batch: pa.RecordBatch, *, pretraining: bool = False) -> None:
        """Take note of a batch's rows."""
        settings, rows = self._settings, batch.num_rows
        if pretraining:
            codes = np.full(rows, self._code(PRETRAINING_CELL), np.int32)
        else:
            codes = self._cells(batch)
        self._cell_codes.frombytes(codes.tobytes())
        self._draws.frombytes(draw(batch.column("id"), settings.seed, "mix").tobytes())
        self._bytes += int(row_bytes(batch).sum())
        chars, size = content_lengths(batch) if self._lengths else (np.zeros(rows), np.zeros(rows))
        tokens = estimated_tokens(chars, size)
        self._count(codes, chars, tokens)
        if settings.quality is not None and not pretraining:
            self._add_scores(codes, _numbers(batch.column(settings.quality)))
        if self._score is not None:
            self._scores.frombytes(_numbers(batch.column(self._score)).tobytes())
        if self._difficulty is not None or settings.easy_by == "length":
            held = tokens if self._difficulty is None else _numbers(batch.column(self._difficulty))
            self._difficulties.frombytes((settings.easy_sign * held).astype(np.float64).tobytes())

    def _code(self, cell: Cell) -> int:
        """The number of a cell, a new one for one that was not seen before."""
        code = self._codes.setdefault(cell, len(self._names))
        if code == len(self._names):
            self._names.append(cell)
        return code

    def _count(self, codes: Codes, chars: Lengths, tokens: Lengths) -> None:
        present, inside = np.unique(codes, return_inverse=True)
        for counted, sums in ((self._tally.rows, np.bincount(inside)), (self._tally.chars, np.bincount(inside, chars)),
                              (self._tally.tokens, np.bincount(inside, tokens))):  # fmt: skip
            for code, number in zip(present.tolist(), sums.tolist(), strict=True):
                cell = self._names[code]
                counted[cell] = counted.get(cell, 0) + int(number)

    def _add_scores(self, codes: Codes, scores: Numbers) -> None:
        if np.isinf(scores).any():
            raise BadInput(f"--quality {self._settings.quality}: a score is infinite, and so would be the rate")
        held = ~np.isnan(scores)
        present, inside = np.unique(codes, return_inverse=True)
        sums = np.bincount(inside, np.where(held, scores, 0.0)).tolist()
        for code, added, number in zip(present.tolist(), sums, np.bincount(inside, held).tolist(), strict=True):
            group = self._names[code][0]
            total, count = self._tally.scores.get(group, (0.0, 0))
            self._tally.scores[group] = (total + added, count + int(number))

    def done(self) -> Gathered:
        """What was learned."""
        codes = np.frombuffer(self._cell_codes, np.int32)
        draws = np.frombuffer(self._draws, np.uint64)
        found = Gathered(self._names, codes, draws, self._tally, self._bytes)
        if self._score is not None:
            found.score = np.frombuffer(self._scores, np.float64)
        if len(self._difficulties):
            found.difficulty = np.frombuffer(self._difficulties, np.float64)
            missing = int(np.isnan(found.difficulty).sum())
            if missing:
                found.notes.append(f"{missing:,} rows have no {self._difficulty}: they come last in the curriculum")
        return found

    def _cells(self, batch: pa.RecordBatch) -> Codes:
        """The cell of each row; a missing value is the name ""."""
        combined = np.zeros(batch.num_rows, np.int64)
        names: list[Group] = [()]  # of the numbers in ``combined``
        for column in self._settings.columns:
            encoded = batch.column(column).dictionary_encode()
            held = [*as_text(encoded.dictionary).to_pylist(), ""]
            indices = pc.fill_null(encoded.indices, len(held) - 1).to_numpy(zero_copy_only=False)
            # numbered anew after each column, for the product of many columns' values overflows
            present, combined = np.unique(combined * len(held) + indices, return_inverse=True)
            names = [(*names[one // len(held)], held[one % len(held)]) for one in present.tolist()]
        shares = len(self._settings.shares)
        if shares:
            matches = np.stack([satisfies(batch, one) for one in self._settings.shares], axis=1)
            combined = combined << shares | patterns(matches)
        present, inverse = np.unique(combined, return_inverse=True)
        codes = [self._code((names[one >> shares], one & ((1 << shares) - 1))) for one in present.tolist()]
        return np.array(codes, np.int32)[inverse]


def _number_column(name: str, option: str, schema: pa.Schema, wanted: bool) -> str | None:
    """The column, where one is wanted; raises `UsageError` where it holds no numbers."""
    if not wanted:
        return None
    if name not in schema.names:
        raise UsageError(f"{option}{name}: no such column; the columns are {', '.join(schema.names)}")
    kind = schema.field(name).type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise UsageError(f"{option}{name}: the column holds {kind}, not numbers")
    return name


def _numbers(column: pa.Array) -> Numbers:
    # whole numbers beyond 2^53 are rounded, rather than refused
    numbers = column.cast(pa.float64(), safe=False)
    found: Numbers = pc.fill_null(numbers, float("nan")).to_numpy(zero_copy_only=False)
    return found


def check_by(columns: tuple[str, ...], schema: pa.Schema) -> None:
    """Raise `UsageError` where rows can't be grouped by these columns."""
    for column in columns:
        if column not in schema.names:
            raise UsageError(f"--by {column}: no such column; the columns are {', '.join(schema.names)}")
        if pa.types.is_nested(schema.field(column).type):
            raise UsageError(f"--by {column}: a group is a text or a number, not a list or a struct")
