"""``dedup``: drop rows that repeat another, or overlap an evaluation file."""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.against import without_overlaps
from instructkit.dedup.arrays import I64
from instructkit.dedup.clusters import ClusterFile
from instructkit.dedup.explaining import count_thresholds, find_nearest, lowest
from instructkit.dedup.findings import Findings
from instructkit.dedup.index import Index, Staged
from instructkit.dedup.keeping import Keep
from instructkit.dedup.plain import BYTES, LEAST, ROWS, PlainRows
from instructkit.dedup.rouge import RougeRows, only_equal, whole
from instructkit.dedup.rows import RunRows, Sources
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.texts import Field, fields_of, origins_of
from instructkit.dedup.verdicts import EXACT, JudgedRows, Verdicts
from instructkit.engine import Spool
from instructkit.engine.mapping import map_ordered, numbered
from instructkit.engine.worth import loaded, say_if_new
from instructkit.errors import UsageError
from instructkit.records.hashing import file_hash
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.sources import resolve
from instructkit.records.stream import Counts, Records, public_step, take_step

# settings that lineage does not repeat
_UNSAID: tuple[Any, ...] = (None, [], (), False, 0, "own", "auto", "first", "cut")


@public_step
def dedup(
    reader: object,
    settings: DedupSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    clusters: str | None = None,
    findings: Findings | None = None,
    workers: int | None = None,
    **options: Any,
) -> Records:
    """Drop rows that are equal or nearly equal to one that stays; the earliest stays.

    ``options`` are the fields of `DedupSettings` (``threshold=0.8``, ``on="output"``, ...). Similarity is the true
    Jaccard similarity of the rows' sets of token n-grams, or with ``rouge`` the F1 of ROUGE-L: how pairs are found
    never decides. ``clusters`` is a file for the duplicates, each with the row it left for. ``findings`` is filled
    while the rows pass; given it, a new segment of an index waits in ``findings.index`` to be committed.

    Raises `UsageError` for settings that can't be meant.
    """
    given = replace(settings or DedupSettings(), **options)
    if "-" in given.against:
        raise UsageError("--against takes files; stdin is the rows to check")
    records = Records.of(reader)
    fields = fields_of(given.on, records.schema)
    keep = Keep(given.keep, records.schema, fields)
    cut = _cutter(given, records)
    if given.index is not None:
        Index(given.index, given, len(fields))  # what is wrong with it is told before any row is read
    told_fields = fields if given.rouge is None else (whole(fields),)
    sink = as_rejects(rejects)
    sink.bind(records.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        told = findings or Findings()
        with Spool(records.schema) as spool, ClusterFile(clusters, told_fields, given.near_reason) as cluster_file:
            batches = _counted(records.batches, counts)
            if given.against:
                batches = without_overlaps(batches, given, told.against, counts, sink, workers)
            if cut is not None:
                on_cut = cluster_file.add_cuts if cluster_file.wanted else None
                batches = cut(
                    replace(records, batches=batches), counts=counts, sink=sink, workers=workers, on_cut=on_cut
                )
            sources = Sources()
            stored = given if given.rouge is None else only_equal(given)
            few = few_or_all(batches) if may_be_few(stored) else None
            table: _Table
            if isinstance(few, list):
                table = PlainTable(few, stored, fields, keep, spool, sources)
            else:
                say_if_new()
                from instructkit.dedup.storing import StoredTable

                table = StoredTable(few or batches, stored, fields, keep, spool, sources, workers)
            judged, rows = table.judged, table.rows
            if given.rouge is not None:
                judged = RougeRows(judged, rows.batches, told_fields[0], given.rouge)
            verdicts = judged.find(given)
            told.search = verdicts.search
            told.repeats = rows.repeats(verdicts)
            told.sources = sources.names  # those of the index among them now
            told.thresholds = count_thresholds(judged, given, rows.fixed)
            told.merged, told.near = find_nearest(judged, given, verdicts, rows.texts_of)
            yield from _kept(rows, judged, verdicts, counts, sink, given, cluster_file, workers)
            told.index = table.stage(verdicts)
        if told.index is not None and findings is None:
            told.index.commit()

    arguments = {**asdict(given), "against": [_named(path) for path in given.against], "index": given.index is not None,
                 "thresholds": [], "explain": 0}  # fmt: skip
    return take_step(records, "dedup", {name: value for name, value in arguments.items() if value not in _UNSAID},
                     None, records.schema, run, sink)  # fmt: skip


def may_be_few(given: DedupSettings) -> bool:
    """Whether rows, if they are few, are judged in plain Python."""
    return not (loaded() or lowest(given) < LEAST or given.against or given.index or given.search == "lsh")


def few_or_all(batches: Iterator[pa.RecordBatch]) -> list[pa.RecordBatch] | Iterator[pa.RecordBatch]:
    """The batches as a list if they hold few rows, else as they came."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows > ROWS or size > BYTES:
            return itertools.chain(held, batches)
    return held


class _Table(Protocol):
    """The rows of a run, ready to be judged."""

    judged: JudgedRows
    rows: RunRows

    def stage(self, verdicts: Verdicts) -> Staged | None:
        """Write the rows that stay as a new segment of the index, if there is one."""


class PlainTable:
    """Few rows, in memory."""

    def __init__(
        self, batches: list[pa.RecordBatch], given: DedupSettings, fields: tuple[Field, ...], keep: Keep, spool: Spool,
        sources: Sources,
    ) -> None:  # fmt: skip
        orders = []
        for batch in batches:
            orders.append(keep.order(batch, spool.rows))
            sources.add(batch)
            spool.append(batch)
        origins = np.concatenate([*map(origins_of, batches), np.zeros(0, np.uint64)])
        self.judged: JudgedRows = PlainRows(batches, origins, given.ngram, fields, keep.rank(orders, 0))
        self.rows = RunRows(spool, fields, sources, None)

    def stage(self, verdicts: Verdicts) -> Staged | None:
        """There is no index."""
        return None


def _cutter(given: DedupSettings, records: Records) -> "functools.partial[Iterator[pa.RecordBatch]] | None":
    """What cuts repeated passages: out of the output alone where nothing is said, for prompts repeat by design."""
    if not given.sentences and given.substring is None:
        return None
    from instructkit.dedup.passages import PassageSettings, cut_passages

    on = "output" if given.on == "all" else given.on
    passages = PassageSettings(given.sentences, given.substring, given.repeats, on)
    passages.check(records.schema)
    return functools.partial(cut_passages, settings=passages)


def _counted(batches: Iterator[pa.RecordBatch], counts: Counts) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        counts.rows_in += batch.num_rows
        yield batch


def _named(path: str) -> dict[str, str]:
    source = resolve(path)
    return {"name": source.name} | (
        {"xxh3_128": file_hash(path)} if source.container not in ("directory", "hub") else {}
    )


def _kept(
    rows: RunRows, judged: JudgedRows, verdicts: Verdicts, counts: Counts, sink: Rejects, settings: DedupSettings,
    clusters: ClusterFile, workers: int | None,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    told = sink.wanted or clusters.wanted

    def part(placed: tuple[int, pa.RecordBatch]) -> tuple[pa.RecordBatch, pa.RecordBatch, I64]:
        """The rows of a batch that stay, those that left (where they are told of), and the numbers of these."""
        start, batch = rows.fixed + placed[0], placed[1]
        stays = verdicts.stays[start : start + batch.num_rows]
        dropped = np.flatnonzero(~stays)
        if not len(dropped):
            return batch, batch.slice(0, 0), dropped
        left = batch.take(pa.array(dropped)) if told else batch.slice(0, 0)
        return batch.filter(pa.array(stays)), left, start + dropped

    names = rows.ids(verdicts.kept[verdicts.kept >= 0]) if told else None
    for left, dropped, gone in map_ordered(numbered(rows.batches()), part, workers=workers):
        exact = int((verdicts.reason[gone] == EXACT).sum())
        counts.drop("exact_duplicate", exact)
        counts.drop(settings.near_reason, len(gone) - exact)
        if names is not None and len(gone):
            kept = names.of(verdicts.kept[gone])
            sink.add_rows(dropped, _reasons(gone, verdicts, kept, settings))
            clusters.add(dropped.column("id"), kept, gone, verdicts, judged)
        if left.num_rows:
            yield left


def _reasons(
    gone: npt.NDArray[np.int64], verdicts: Verdicts, kept: pa.StringArray, settings: DedupSettings
) -> list[list[tuple[str, str, str]]]:
    found = []
    for row, other in zip(gone.tolist(), kept.to_pylist(), strict=True):
        exact = verdicts.reason[row] == EXACT
        threshold = settings.threshold if settings.rouge is None else settings.rouge
        rule, above = ("exact_duplicate", "1") if exact else (settings.near_reason, str(threshold))
        found.append([(rule, f"{verdicts.similarity[row]:.4g} of {other}", above)])
    return found
