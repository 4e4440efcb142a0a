"""Dropping rows that overlap evaluation files, before anything else is done with them."""

import functools
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from instructkit.dedup.settings import DedupSettings
from instructkit.engine import map_batches
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts

if TYPE_CHECKING:
    from instructkit.dedup.contamination import Overlap

FileFound = dict[str, str | int]


def without_overlaps(
    batches: Iterator[pa.RecordBatch], given: DedupSettings, told: list[FileFound], counts: Counts, sink: Rejects,
    workers: int | None,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """Yield the rows that overlap none of the files; ``told`` takes what was found of each at the end.

    That is its rows, how many of them were found in the input, and how many rows of the input went.
    """
    from instructkit.dedup.contamination import overlaps
    from instructkit.dedup.evaluation import read_evaluation

    evaluation = read_evaluation(given.against, given.overlap, given.ngram, given.threshold)
    found: set[tuple[str, int]] = set()
    dropped: Counter[str] = Counter()
    work = functools.partial(_checked, check=functools.partial(overlaps, evaluation=evaluation))
    for batch, overlapping in map_batches(batches, work, workers=workers):
        if not overlapping:
            yield batch
            continue
        found |= {(overlap.file, overlap.number) for overlap in overlapping}
        dropped.update(overlap.file for overlap in overlapping)
        counts.drop("contaminated", len(overlapping))
        rows = [overlap.row for overlap in overlapping]
        reasons = [[("contaminated", overlap.value, overlap.threshold)] for overlap in overlapping]
        sink.add_rows(batch.take(pa.array(rows)), reasons)
        keep = np.ones(batch.num_rows, bool)
        keep[rows] = False
        yield batch.filter(pa.array(keep))
    hit = Counter(file for file, _ in found)
    for file, rows_there in Counter(file for file, _ in evaluation.rows).items():
        told.append({"file": file, "rows": rows_there, "rows_found": hit[file], "rows_dropped": dropped[file]})


def _checked(
    batch: pa.RecordBatch, check: "functools.partial[list[Overlap]]"
) -> "tuple[pa.RecordBatch, list[Overlap]]":
    return batch, check(batch)
