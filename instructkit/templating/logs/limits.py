"""At most N rows for each value of a column: drawn by the seed among all that the value has."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine import Spool
from instructkit.errors import UsageError
from instructkit.records.hashing import Hashes, draw
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.stream import Counts
from instructkit.templating.logs.anonymous import as_key
from instructkit.templating.logs.users import Path

Groups = npt.NDArray[np.int32]  # the group of each row; -1: not limited
Full = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Limit:
    """At most so many rows of each value of a column of the source."""

    column: str
    most: int


def parse_limits(given: Sequence[str]) -> list[Limit]:
    """Read ``COLUMN=N``; raises `UsageError` for anything else."""
    limits: list[Limit] = []
    for text in given:
        column, _, number = text.rpartition("=")
        if not column or not re.fullmatch(r"[0-9]{1,30}", number) or int(number) < 1:
            raise UsageError(f"--max-per {text!r} is not COLUMN=N with a number N of 1 or more, e.g. user_id=200")
        if column in [one.column for one in limits]:
            raise UsageError(f"--max-per limits {column} twice; give it once")
        limits.append(Limit(column, int(number)))
    return limits


class Grouping:
    """Numbers for the values of a column; the column stands under one name or another, by its source."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._numbers: dict[str, int] = {}

    def of(self, batch: pa.RecordBatch) -> Groups:
        """The group of each row."""
        keys = pc.coalesce(*(as_key(_follow(batch, path)) for path in self._paths))
        coded = keys.dictionary_encode()
        numbers = [self._numbers.setdefault(key, len(self._numbers)) if key else -1
                   for key in coded.dictionary.to_pylist()]  # fmt: skip
        indices = pc.fill_null(coded.indices, len(numbers)).to_numpy(zero_copy_only=False)
        groups: Groups = np.array([*numbers, -1], np.int32)[indices]
        return groups


def _follow(batch: pa.RecordBatch, path: Path) -> pa.Array:
    column = batch.column(path[0])
    return pc.struct_field(column, list(path[1:])) if len(path) > 1 else column


def limited(
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    limits: Mapping[Limit, Sequence[Path]],
    seed: int,
    counts: Counts,
    rejects: Rejects,
) -> Iterator[pa.RecordBatch]:
    """Pass on at most so many rows of each value; the others are counted and rejected as ``max_per_COLUMN``.

    Which ones stay is drawn by the seed from the rows' ids, so the order of the rows decides nothing, but for rows
    that are equal. All rows wait on disk; 8 bytes a row and 4 a limit are held, and some 100 for each value.
    """
    groupings = [Grouping(paths) for paths in limits.values()]
    with Spool(schema) as spool:
        draws: list[Hashes] = []
        parts: list[list[Groups]] = [[] for _ in groupings]
        for batch in batches:
            spool.append(batch)
            draws.append(draw(batch.column("id"), seed, "max per"))
            for grouping, part in zip(groupings, parts, strict=True):
                part.append(grouping.of(batch))
        groups = [np.concatenate([np.zeros(0, np.int32), *part]) for part in parts]
        del parts
        sizes = [np.bincount(own[own >= 0]) for own in groups]
        full = choose(np.concatenate([np.zeros(0, np.uint64), *draws]), groups, [one.most for one in limits])
        start = 0
        for batch in spool.batches():
            here = full[:, start : start + batch.num_rows]
            (lost,) = np.nonzero(here.any(axis=0))
            reasons: list[list[Reason]] = [[] for _ in lost]
            for place, limit in enumerate(limits):
                rule = f"max_per_{limit.column}"
                counts.reasons[rule] += int(here[place].sum())
                for reason, row in zip(reasons, lost.tolist(), strict=True):
                    if here[place, row]:
                        reason.append((rule, f"{sizes[place][groups[place][start + row]]} rows", str(limit.most)))
            counts.rows_dropped += len(lost)
            rejects.add_rows(batch.take(pa.array(lost)), reasons)
            start += batch.num_rows
            yield batch.filter(pa.array(~here.any(axis=0))) if len(lost) else batch
    counts.reasons += Counter()  # without those that count nothing


def choose(draws: Hashes, groups: Sequence[Groups], most: Sequence[int]) -> Full:
    """The limits that have no room for a row: bool, limits x rows; a row of which none is set stays.

    Rows are taken in the order of their draws, as long as every one of their groups has room. Only rows of groups that
    are too large are looked at one by one.
    """
    over = np.zeros((len(groups), len(draws)), bool)
    for place, (own, limit) in enumerate(zip(groups, most, strict=True)):
        sizes = np.bincount(own[own >= 0], minlength=1)
        over[place] = (own >= 0) & (sizes[own] > min(limit, len(own)))
    full = np.zeros_like(over)
    (contending,) = np.nonzero(over.any(axis=0))
    contending = contending[np.argsort(draws[contending], kind="stable")]
    if len(groups) == 1:
        own = groups[0][contending]
        order = np.argsort(own, kind="stable")
        _, starts, lengths = np.unique(own[order], return_index=True, return_counts=True)
        rank = np.arange(len(order)) - np.repeat(starts, lengths)
        full[0, contending[order]] = rank >= min(most[0], len(draws))
        return full
    taken = [np.zeros(1 + int(own.max(initial=0)), np.int64) for own in groups]
    for row in contending:
        into = [place for place in range(len(groups)) if over[place, row]]
        for place in into:
            full[place, row] = taken[place][groups[place][row]] >= most[place]
        if not full[:, row].any():
            for place in into:
                taken[place][groups[place][row]] += 1
    return full
