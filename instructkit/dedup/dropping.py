"""``dedup``: drop rows that repeat an earlier one, or overlap an evaluation file."""

import functools
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.contamination import LONGEST, Evaluation, overlaps, read_evaluation
from instructkit.dedup.neighbours import EXACT, Verdicts, find_duplicates
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.shingling import Shingled, Shingler
from instructkit.dedup.store import RowStore
from instructkit.dedup.texts import fields_of
from instructkit.engine import Spool, map_batches
from instructkit.errors import UsageError
from instructkit.records.hashing import Hashes, draw, file_hash
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.sources import resolve
from instructkit.records.stream import Counts, Records, public_step, take_step


@public_step
def dedup(
    reader: object,
    settings: DedupSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    workers: int | None = None,
    **options: Any,
) -> Records:
    """Drop rows that are equal or nearly equal to one that stays; the earliest stays.

    ``options`` are the fields of `DedupSettings` (``threshold=0.8``, ``on="output"``, ...). Similarity is the true
    Jaccard similarity of the rows' sets of token n-grams; MinHash-LSH only finds the candidates.

    Raises `UsageError` for settings that can't be meant.
    """
    given = replace(settings or DedupSettings(), **options)
    if "-" in given.against:
        raise UsageError("--against takes files; stdin is the rows to check")
    records = Records.of(reader)
    fields = fields_of(given.on, records.schema)
    sink = as_rejects(rejects)
    sink.bind(records.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        evaluation = read_evaluation(given.against) if given.against else None
        work = functools.partial(_work, shingler=Shingler(given.ngram, fields, given.exact), evaluation=evaluation)
        with Spool(records.schema) as spool, RowStore(spool.folder, len(fields)) as store:
            for batch, signed, overlapping in map_batches(records.batches, work, workers=workers):
                counts.rows_in += batch.num_rows
                left, left_signed = _without(batch, signed, overlapping, counts, sink)
                spool.append(left)
                store.append(left_signed, _origins(left))
            store.close()
            verdicts = find_duplicates(store, given, fields, None, workers)
            yield from _kept(spool, verdicts, counts, sink, given)

    arguments = {**asdict(given), "against": [_named(path) for path in given.against]}
    return take_step(records, "dedup", {name: value for name, value in arguments.items() if value not in ([], False)},
                     None, records.schema, run, sink)  # fmt: skip


def _origins(batch: pa.RecordBatch) -> Hashes:
    """What the phrasings of one raw row have in common, and 0 for rows that no phrasing made (TASK/NAME).

    The source counts too: two datasets may number their rows alike.
    """
    origins = draw(pc.binary_join_element_wise(batch.column("source"), batch.column("parent"), "\n"), 0, "origin")
    phrased = pc.match_substring(batch.column("template"), "/").to_numpy(zero_copy_only=False)
    return np.where(phrased, origins, np.uint64(0))


def _named(path: str) -> dict[str, str]:
    source = resolve(path)
    return {"name": source.name} | (
        {"xxh3_128": file_hash(path)} if source.container not in ("directory", "hub") else {}
    )


def _work(
    batch: pa.RecordBatch, shingler: Shingler, evaluation: Evaluation | None
) -> tuple[pa.RecordBatch, Shingled, list[tuple[int, int, str]]]:
    """All that the rows of a batch need, on a worker."""
    return batch, shingler(batch), overlaps(batch, evaluation) if evaluation is not None else []


def _without(
    batch: pa.RecordBatch,
    signed: Shingled,
    overlapping: list[tuple[int, int, str]],
    counts: Counts,
    sink: Rejects,
) -> tuple[pa.RecordBatch, Shingled]:
    """Drop the rows that overlap an evaluation file."""
    if not overlapping:
        return batch, signed
    rows = [row for row, _, _ in overlapping]
    counts.drop("contaminated", len(rows))
    reasons = [
        [("contaminated", f"{length} tokens of {place}", str(min(length, LONGEST)))] for _, length, place in overlapping
    ]
    sink.add_rows(batch.take(pa.array(rows)), reasons)
    keep = np.ones(batch.num_rows, bool)
    keep[rows] = False
    totals = signed.sizes.sum(axis=1, dtype=np.int64)
    shingles = signed.shingles[np.repeat(keep, totals)] if len(signed.shingles) else signed.shingles
    left = Shingled(signed.exact[keep], shingles, signed.sizes[keep])
    return batch.filter(pa.array(keep)), left


def _kept(
    spool: Spool, verdicts: Verdicts, counts: Counts, sink: Rejects, settings: DedupSettings
) -> Iterator[pa.RecordBatch]:
    names = _names_of_kept(spool, verdicts) if sink.wanted else None
    start = 0
    for batch in spool.batches():
        stays = verdicts.stays[start : start + batch.num_rows]
        dropped = np.flatnonzero(~stays)
        exact = int((verdicts.reason[start + dropped] == EXACT).sum())
        counts.drop("exact_duplicate", exact)
        counts.drop("near_duplicate", len(dropped) - exact)
        if names is not None and len(dropped):
            reasons = [[_reason(row, verdicts, names, settings)] for row in (start + dropped).tolist()]
            sink.add_rows(batch.take(pa.array(dropped)), reasons)
        start += batch.num_rows
        if len(dropped) < batch.num_rows:
            yield batch.filter(pa.array(stays)) if len(dropped) else batch


class _Names:
    """The ids of the rows that others left for."""

    def __init__(self, rows: np.ndarray[Any, np.dtype[np.int64]], ids: pa.StringArray) -> None:
        self._rows, self._ids = rows, ids

    def of(self, row: int) -> str:
        return str(self._ids[int(np.searchsorted(self._rows, row))].as_py())


def _names_of_kept(spool: Spool, verdicts: Verdicts) -> _Names:
    rows = np.unique(verdicts.kept[verdicts.kept >= 0]).astype(np.int64)
    pieces, start = [], 0
    for batch in spool.batches():
        inside = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + batch.num_rows)] - start
        pieces.append(batch.column("id").take(pa.array(inside)))
        start += batch.num_rows
    return _Names(rows, pa.concat_arrays(pieces) if pieces else pa.array([], pa.string()))


def _reason(row: int, verdicts: Verdicts, names: _Names, settings: DedupSettings) -> tuple[str, str, str]:
    other = names.of(int(verdicts.kept[row]))
    similarity = float(verdicts.similarity[row])
    if verdicts.reason[row] == EXACT:
        return "exact_duplicate", f"{similarity:.4g} of {other}", "1"
    return "near_duplicate", f"{similarity:.4g} of {other}", str(settings.threshold)
