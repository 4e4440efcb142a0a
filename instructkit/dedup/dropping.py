"""``dedup``: drop rows that repeat another, or overlap an evaluation file."""

import functools
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.clusters import ClusterFile
from instructkit.dedup.contamination import LONGEST, Evaluation, overlaps, read_evaluation
from instructkit.dedup.explaining import count_thresholds, find_nearest
from instructkit.dedup.findings import Findings
from instructkit.dedup.index import NAMES, Index
from instructkit.dedup.keeping import Keep, rank_of
from instructkit.dedup.neighbours import EXACT, NearDuplicates, Verdicts, find_duplicates
from instructkit.dedup.passages import PassageSettings, cut_passages
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.shingling import Shingled, Shingler
from instructkit.dedup.signing import Signer
from instructkit.dedup.store import RowStore
from instructkit.dedup.texts import Field, fields_of
from instructkit.engine import Spool, map_batches
from instructkit.errors import UsageError
from instructkit.records.hashing import Hashes, draw, file_hash
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
    Jaccard similarity of the rows' sets of token n-grams: how pairs are found never decides. ``clusters`` is a file for
    the duplicates, each with the row it left for. ``findings`` is filled while the rows pass; given it, a new segment
    of an index waits in ``findings.index`` to be committed.

    Raises `UsageError` for settings that can't be meant.
    """
    given = replace(settings or DedupSettings(), **options)
    if "-" in given.against:
        raise UsageError("--against takes files; stdin is the rows to check")
    records = Records.of(reader)
    fields = fields_of(given.on, records.schema)
    keep = Keep(given.keep, records.schema, fields)
    passages = _passages(given, records.schema)
    index = Index(given.index, given, len(fields)) if given.index is not None else None
    sink = as_rejects(rejects)
    sink.bind(records.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        evaluation = read_evaluation(given.against) if given.against else None
        signer = Signer(given, fields) if index is not None else None
        work = functools.partial(
            _work, shingler=Shingler(given.ngram, fields, given.exact), signer=signer, evaluation=evaluation
        )
        told = findings or Findings()
        with (
            Spool(records.schema) as spool,
            RowStore(spool.folder, len(fields), given.permutations if signer else 0) as store,
            ClusterFile(clusters, fields) as cluster_file,
        ):
            sources, orders = _Sources(), []
            batches = _counted(records.batches, counts)
            if passages is not None:
                source = replace(records, batches=batches)
                on_cut = cluster_file.add_cuts if cluster_file.wanted else None
                batches = cut_passages(source, passages, counts, sink, workers, on_cut)
            for batch, made, overlapping in map_batches(batches, work, workers=workers):
                left, made = _without(batch, made, overlapping, counts, sink)  # noqa: PLW2901
                if not keep.as_they_come:
                    orders.append(keep.order(left, spool.rows))
                sources.add(left)
                spool.append(left)
                store.append(made.shingled, _origins(left), made.signed)
            store.close()
            rows = _Rows(spool, store, given, fields, index, sources, workers)
            rank = None if keep.as_they_come else rank_of(np.concatenate([*orders, np.zeros(0)]), rows.fixed)
            near = NearDuplicates(rows.store, given, fields, rank, rows.fixed, workers)
            verdicts = find_duplicates(near, given, rank)
            told.search = verdicts.search
            told.sources, told.repeats = sources.names, rows.repeats(verdicts)
            told.thresholds = count_thresholds(near, given, rank, rows.fixed)
            told.merged, told.near = find_nearest(near, given, verdicts, rows.texts_of)
            yield from _kept(rows, verdicts, counts, sink, given, cluster_file)
            if index is not None:
                told.index = rows.stage(verdicts)
        if told.index is not None and findings is None:
            told.index.commit()

    arguments = {**asdict(given), "against": [_named(path) for path in given.against], "index": given.index is not None,
                 "thresholds": [], "explain": 0}  # fmt: skip
    return take_step(records, "dedup", {name: value for name, value in arguments.items() if value not in _UNSAID},
                     None, records.schema, run, sink)  # fmt: skip


def _passages(given: DedupSettings, schema: pa.Schema) -> PassageSettings | None:
    """What is asked of repeated passages: of the output alone where nothing is said, for prompts repeat by design."""
    if not given.sentences and given.substring is None:
        return None
    on = "output" if given.on == "all" else given.on
    passages = PassageSettings(given.sentences, given.substring, given.repeats, on)
    passages.check(schema)
    return passages


def _counted(batches: Iterator[pa.RecordBatch], counts: Counts) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        counts.rows_in += batch.num_rows
        yield batch


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


class _Made:
    """What the rows of a batch are found and compared by."""

    def __init__(self, shingled: Shingled, signed: tuple[Any, Any] | None) -> None:
        self.shingled, self.signed = shingled, signed


def _work(
    batch: pa.RecordBatch, shingler: Shingler, signer: Signer | None, evaluation: Evaluation | None
) -> tuple[pa.RecordBatch, _Made, list[tuple[int, int, str]]]:
    """All that the rows of a batch need, on a worker."""
    shingled = shingler(batch)
    signed = signer(batch, shingled) if signer is not None else None
    return batch, _Made(shingled, signed), overlaps(batch, evaluation) if evaluation is not None else []


def _without(
    batch: pa.RecordBatch, made: _Made, overlapping: list[tuple[int, int, str]], counts: Counts, sink: Rejects
) -> tuple[pa.RecordBatch, _Made]:
    """Drop the rows that overlap an evaluation file."""
    if not overlapping:
        return batch, made
    rows = [row for row, _, _ in overlapping]
    counts.drop("contaminated", len(rows))
    reasons = [
        [("contaminated", f"{length} tokens of {place}", str(min(length, LONGEST)))] for _, length, place in overlapping
    ]
    sink.add_rows(batch.take(pa.array(rows)), reasons)
    keep = np.ones(batch.num_rows, bool)
    keep[rows] = False
    shingled = made.shingled
    totals = shingled.sizes.sum(axis=1, dtype=np.int64)
    shingles = shingled.shingles[np.repeat(keep, totals)] if len(shingled.shingles) else shingled.shingles
    left = Shingled(shingled.exact[keep], shingles, shingled.sizes[keep])
    signed = tuple(values[keep] for values in made.signed) if made.signed is not None else None
    return batch.filter(pa.array(keep)), _Made(left, signed)


class _Sources:
    """The source of each row, as a number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: list[npt.NDArray[np.int32]] = []

    @property
    def names(self) -> list[str]:
        return list(self._numbers)

    def add(self, batch: pa.RecordBatch | pa.Table) -> None:
        column = batch.column("source")
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        coded = column.dictionary_encode()
        numbers = [self._numbers.setdefault(name, len(self._numbers)) for name in coded.dictionary.to_pylist()]
        self._rows.append(np.array([*numbers, 0], np.int32)[np.asarray(coded.indices)])

    def of_rows(self) -> npt.NDArray[np.int32]:
        return np.concatenate([*self._rows, np.zeros(0, np.int32)])


class _Rows:
    """The rows of this run, behind those of the index that they may be alike; what is known of them by number."""

    def __init__(
        self, spool: Spool, store: RowStore, given: DedupSettings, fields: tuple[Field, ...], index: Index | None,
        sources: _Sources, workers: int | None,
    ) -> None:  # fmt: skip
        self.spool, self.store, self.fixed = spool, store, 0
        self._own, self._index, self._fields, self._sources = store, index, fields, sources
        self._earlier = NAMES.empty_table()
        if index is None:
            return
        NearDuplicates(store, given, fields, None, 0, workers).sign()
        folder = spool.folder / "all"
        folder.mkdir()
        with RowStore(folder, len(fields), given.permutations) as self.store:
            self._earlier = index.copy(index.meeting(store, spool.folder), self.store)
            self.fixed = self.store.rows
            self.store.extend(store)
            self.store.close()

    def repeats(self, verdicts: Verdicts) -> npt.NDArray[np.int64]:
        """How many rows of each source left for one of each source."""
        own = self._sources.of_rows()
        if self.fixed:
            self._sources.add(self._earlier)
            own = np.concatenate([self._sources.of_rows()[len(own) :], own])
        count = len(self._sources.names)
        gone = np.flatnonzero(verdicts.kept >= 0)
        pairs = own[gone].astype(np.int64) * count + own[verdicts.kept[gone]]
        return np.bincount(pairs, minlength=count * count).reshape(count, count)

    def ids(self, rows: npt.NDArray[np.integer[Any]]) -> "_Names":
        """The ids of some rows."""
        wanted = np.unique(rows).astype(np.int64)
        earlier = wanted[wanted < self.fixed]
        pieces = [self._earlier["id"].combine_chunks().take(pa.array(earlier))] if len(earlier) else []
        pieces += [column for (column,) in self._take(wanted, ("id",))]
        return _Names(wanted, pa.concat_arrays(pieces) if pieces else pa.array([], pa.string()))

    def texts_of(self, rows: npt.NDArray[np.integer[Any]]) -> dict[int, tuple[str, str]]:
        """The ids of some rows, and their compared texts."""
        wanted = np.unique(rows).astype(np.int64)
        names = tuple(name for field in self._fields for name in field.columns if name != "history")
        found = {int(row): (str(self._earlier["id"][int(row)]), "") for row in wanted[wanted < self.fixed]}
        own = iter(wanted[wanted >= self.fixed].tolist())
        for ident, *texts in self._take(wanted, ("id", *names)):
            for at in range(len(ident)):
                parts = (str(text[at].as_py() or "") for text in texts)
                found[next(own)] = (ident[at].as_py(), " | ".join(part for part in parts if part))
        return found

    def _take(self, wanted: npt.NDArray[np.int64], names: tuple[str, ...]) -> Iterator[list[pa.Array]]:
        start = self.fixed
        for batch in self.spool.batches():
            inside = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, start + batch.num_rows)] - start
            start += batch.num_rows
            if len(inside):
                yield [batch.column(name).take(pa.array(inside)) for name in names]

    def stage(self, verdicts: Verdicts) -> Any:
        """Write the rows that stay to the index."""
        assert self._index is not None  # noqa: S101 - asked for only where there is one
        stays = np.flatnonzero(verdicts.stays[self.fixed :])
        pieces = [pa.table(columns, schema=NAMES) for columns in self._take(stays + self.fixed, tuple(NAMES.names))]
        return self._index.stage(self._own, stays, pa.concat_tables([NAMES.empty_table(), *pieces]))


class _Names:
    """The ids of some rows."""

    def __init__(self, rows: npt.NDArray[np.int64], ids: pa.StringArray) -> None:
        self._rows, self._ids = rows, ids

    def of(self, rows: npt.NDArray[np.integer[Any]]) -> pa.StringArray:
        """The ids of some of them."""
        return self._ids.take(pa.array(np.searchsorted(self._rows, rows)))


def _kept(
    rows: _Rows, verdicts: Verdicts, counts: Counts, sink: Rejects, settings: DedupSettings, clusters: ClusterFile
) -> Iterator[pa.RecordBatch]:
    names = rows.ids(verdicts.kept[verdicts.kept >= 0]) if sink.wanted or clusters.wanted else None
    start = rows.fixed
    for batch in rows.spool.batches():
        stays = verdicts.stays[start : start + batch.num_rows]
        dropped = np.flatnonzero(~stays)
        exact = int((verdicts.reason[start + dropped] == EXACT).sum())
        counts.drop("exact_duplicate", exact)
        counts.drop("near_duplicate", len(dropped) - exact)
        if names is not None and len(dropped):
            gone = start + dropped
            kept = names.of(verdicts.kept[gone])
            left = batch.take(pa.array(dropped))
            sink.add_rows(left, _reasons(gone, verdicts, kept, settings))
            clusters.add(left.column("id"), kept, gone, verdicts, rows.store)
        start += batch.num_rows
        if len(dropped) < batch.num_rows:
            yield batch.filter(pa.array(stays)) if len(dropped) else batch


def _reasons(
    gone: npt.NDArray[np.int64], verdicts: Verdicts, kept: pa.StringArray, settings: DedupSettings
) -> list[list[tuple[str, str, str]]]:
    found = []
    for row, other in zip(gone.tolist(), kept.to_pylist(), strict=True):
        exact = verdicts.reason[row] == EXACT
        rule, threshold = ("exact_duplicate", "1") if exact else ("near_duplicate", str(settings.threshold))
        found.append([(rule, f"{verdicts.similarity[row]:.4g} of {other}", threshold)])
    return found
