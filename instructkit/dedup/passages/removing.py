"""Cut repeated sentences and passages out of the later texts, or drop their rows."""

import functools
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from instructkit.dedup.passages.applying import Remover
from instructkit.dedup.passages.entries import Entries
from instructkit.dedup.passages.grain import Grain
from instructkit.dedup.passages.names import Names
from instructkit.dedup.passages.repeats import Repeats
from instructkit.dedup.passages.settings import PassageSettings
from instructkit.engine import Spool, map_batches
from instructkit.records.buffers import buffers
from instructkit.records.rejects import Rejects
from instructkit.records.schema import as_text
from instructkit.records.stream import Counts, Records, close

BYTES = 4 << 20  # of the texts that are worked on together, unless one row has more

OnCut = Callable[[list[tuple[str, int, str]]], None]


def cut_passages(
    records: Records,
    settings: PassageSettings,
    counts: Counts,
    sink: Rejects,
    workers: int | None = None,
    on_cut: OnCut | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows with what stands at an earlier place cut out of their texts, or without the rows that hold it.

    Sentences go first, then substrings of what is left. Dropped and changed rows are counted in ``counts`` (rows in and
    out are the caller's to count); dropped ones go to ``sink``. ``on_cut`` is told of each changed row and each row it
    repeats: the id, the number of tokens cut, the id of the row where they stand first. The result depends on neither
    workers nor batches.

    Raises `UsageError` where ``settings.on`` is no column of texts.
    """
    settings.check(records.schema)
    batches = records.batches
    # compiled loops are loaded only where they are used
    if settings.sentences:
        from instructkit.dedup.passages.sentences import Sentences

        batches = _pass(
            batches, records.schema, Sentences(settings.min_tokens), settings, counts, sink, workers, on_cut
        )
    if settings.substring is not None:
        from instructkit.dedup.passages.windows import Windows

        batches = _pass(batches, records.schema, Windows(settings.substring), settings, counts, sink, workers, on_cut)
    return batches


def _pass(
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    grain: Grain,
    settings: PassageSettings,
    counts: Counts,
    sink: Rejects,
    workers: int | None,
    on_cut: OnCut | None,
) -> Iterator[pa.RecordBatch]:
    """Take out what repeats at one grain."""
    named = sink.wanted or on_cut is not None
    with Spool(schema) as spool, Repeats(spool.folder) as repeats, Names(spool.folder, named) as names:
        work = functools.partial(_entries, on=settings.on, grain=grain)
        try:
            for batch, entries in map_batches(_pieces(batches, settings.on), work, workers=workers):
                spool.append(batch)
                repeats.append(entries)
                names.append(batch.column("id"))
        finally:
            close(batches)
        repeats.find(workers)
        remover = Remover(settings.on, grain, repeats, names)
        for after in remover.cut(spool, workers) if settings.repeats == "cut" else remover.drop(spool):
            if after.changed:
                counts.changed[grain.changed] += after.changed
            counts.drop(after.reason, after.dropped)
            if after.reasons:
                sink.add_rows(after.rejected, after.reasons)
            if on_cut is not None and after.cuts:
                on_cut(after.cuts)
            if after.batch.num_rows:
                yield after.batch


def _entries(batch: pa.RecordBatch, on: str, grain: Grain) -> tuple[pa.RecordBatch, Entries]:
    """What may repeat in a batch, on a worker."""
    return batch, Entries.of(grain.keys(as_text(batch.column(on))))


def _pieces(batches: Iterator[pa.RecordBatch], on: str) -> Iterator[pa.RecordBatch]:
    """The batches in pieces whose texts have at most `BYTES`."""
    for batch in batches:
        _, offsets = buffers(as_text(batch.column(on)))
        start = 0
        while start < batch.num_rows:
            end = max(start + 1, int(np.searchsorted(offsets, int(offsets[start]) + BYTES, "right")) - 1)
            yield batch.slice(start, end - start)
            start = end
