"""``split``: sides that have nothing in common."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.dedup.arrays import I64
from instructkit.dedup.linking import link_rows
from instructkit.engine import Spool
from instructkit.engine.mapping import numbered
from instructkit.errors import BadInput
from instructkit.mixing.splitting.clusters import named_clusters, read_clusters
from instructkit.mixing.splitting.gathering import Gathered, check_columns
from instructkit.mixing.splitting.noting import note_misses
from instructkit.mixing.splitting.planning import SHARED, Plan
from instructkit.mixing.splitting.proving import SHOWN, Proof
from instructkit.mixing.splitting.report import SplitReport
from instructkit.mixing.splitting.settings import SIDES, TEST, TRAIN, VALIDATION, Sides, SplitSettings
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.schema import extra_name
from instructkit.records.stream import Counts, Records, public_step, take_step

SPLIT = "split"  # the extra column that names a row's side


@public_step
def split(
    reader: object,
    settings: SplitSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    report: SplitReport | None = None,
    workers: int | None = None,
    **options: Any,
) -> Records:
    """Give each row a side, in a last column ``split``: train, validation or test. The order stays.

    ``options`` are the fields of `SplitSettings` (``test=0.1``, ``by=("user",)``, ...): a whole number is rows, one
    below 1 a share of them. Rows of one parent, and near-duplicates, are never on two sides. ``report`` is filled while
    the rows pass.

    Raises `UsageError` for settings that can't be meant and columns that are not there, `BadInput` where the rows can't
    be split so.
    """
    return split_records(reader, replace(settings or SplitSettings(), **options), rejects, report, workers, SPLIT)


def split_records(
    reader: object,
    given: SplitSettings,
    rejects: str | Rejects | None,
    report: SplitReport | None,
    workers: int | None,
    label: str,
) -> Records:
    """`split`, inside; the column that names the side is the last one and called ``label``."""
    records = Records.of(reader)
    check_columns(given, records.schema)
    read = read_clusters(given.by_clusters) if given.by_clusters is not None else None
    schema = _labelled(records.schema, label)
    sink = as_rejects(rejects)
    sink.bind(records.schema)
    told = report if report is not None else SplitReport()

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        with Spool(records.schema) as spool:
            gathered = Gathered(given)
            links = link_rows(gathered.over(records.batches, counts), given.threshold, spool, workers)
            if not spool.rows:
                raise BadInput("no row came in: nothing can be split")
            clusters = read.of(gathered.ids()) if read is not None else None
            plan = Plan(gathered, given, links, clusters, told)
            proof = Proof(spool.rows, given)
            yield from _labelled_rows(spool, plan, proof, schema, counts, sink)
            for border, rows in proof.finish(links, clusters, plan.held):
                border.ids = _ids(spool, rows[:SHOWN])
                told.borders.append(border)
            _tell(told, proof.sides, gathered, plan, given)
            counts.found.update(told.sides)
            if told.leaks and given.on_leak == "fail":
                raise BadInput("nothing is written, for the sides leak: " + "; ".join(one.leak() for one in told.leaks))

    unsaid: tuple[Any, ...] = (None, (), 0, ("parent",))
    arguments = {
        name: value for name, value in asdict(given).items() if value not in unsaid or name == "near_duplicates"
    }
    arguments |= {"test": given.wanted_test} if given.wanted_test else {}
    if given.by_clusters is not None:
        arguments["by_clusters"] = named_clusters(given.by_clusters)
    for name in ("seed", "on_leak", *(() if given.holds_out else ("hold_out_by",))):
        arguments.pop(name, None)
    return take_step(records, "split", arguments, given.seed, schema, run, sink)


def _labelled(schema: pa.Schema, label: str) -> pa.Schema:
    """The schema with the column of sides; a user's own of this name is renamed."""
    taken = {*schema.names, label}
    fields = [child.with_name(extra_name(label, taken)) if child.name == label else child for child in schema]
    return pa.schema([*fields, pa.field(label, pa.string())])


def _labelled_rows(
    spool: Spool, plan: Plan, proof: Proof, schema: pa.Schema, counts: Counts, sink: Rejects
) -> Iterator[pa.RecordBatch]:
    """The rows in their order, each with its side; those that are dropped are counted."""
    names = pa.array(SIDES)
    for start, batch in numbered(spool.batches()):
        sides = plan.sides[start : start + batch.num_rows]
        kept = np.flatnonzero(sides >= 0)
        if len(kept) < batch.num_rows:
            dropped = np.flatnonzero(sides < 0)
            counts.drop(SHARED, len(dropped))
            sink.add_rows(batch.take(pa.array(dropped)), plan.reasons(start + dropped))
        if not len(kept):
            continue
        rest = batch if len(kept) == batch.num_rows else batch.take(pa.array(kept))
        labelled = pa.RecordBatch.from_arrays([*rest.columns, names.take(pa.array(sides[kept]))], schema=schema)
        proof.add(start + kept, rest, labelled.column(labelled.num_columns - 1))
        yield labelled


def _ids(spool: Spool, rows: I64) -> list[str]:
    """The ids of a few rows, ascending."""
    found: list[str] = []
    if not len(rows):
        return found
    for start, batch in numbered(spool.batches()):
        inside = rows[(rows >= start) & (rows < start + batch.num_rows)] - start
        found += batch.column("id").take(pa.array(inside)).to_pylist() if len(inside) else []
        if start + batch.num_rows > rows[-1]:
            break
    return found


def _tell(told: SplitReport, sides: Sides, gathered: Gathered, plan: Plan, given: SplitSettings) -> None:
    """Count the rows that went out."""
    tasks, names = gathered.tasks.of_rows(), gathered.tasks.names
    out = sides >= 0
    counted = np.bincount(tasks[out].astype(np.int64) * len(SIDES) + sides[out], minlength=len(SIDES) * len(names))
    table = counted.reshape(len(names), len(SIDES))
    there = [side for side in (TRAIN, VALIDATION, TEST) if side == TRAIN or plan.wanted.get(side)]
    told.sides = {SIDES[side]: int(table[:, side].sum()) for side in there}
    told.tasks = {names[task]: {SIDES[side]: int(table[task, side]) for side in there}
                  for task in sorted(range(len(names)), key=names.__getitem__)}  # fmt: skip
    note_misses(told, plan.wanted, given)
