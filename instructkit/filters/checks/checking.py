"""``check``: two passes over the rows, the second over those tasks alone that have something to look at."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from instructkit.engine import Spool
from instructkit.filters.checks.labels import Labels, Told, label_patterns
from instructkit.filters.checks.noting import Noting
from instructkit.filters.checks.overlap import overlapping
from instructkit.filters.checks.prompts import Clash, clashes
from instructkit.filters.checks.report import SHOWN, Finding, Report
from instructkit.records.stream import Records


def check(reader: object, *, against: tuple[str, ...] = ()) -> Report:
    """Look for what is wrong with the rows as a whole; no row is changed or dropped.

    ``against`` names evaluation files: sources of which rows overlap them are told.
    """
    records = Records.of(reader)
    noting, labels = Noting(), dict[str, Labels]()
    with Spool(records.schema) as spool:
        for batch in records.batches:
            spool.append(batch)
            noting.add(batch)
            for task, rows in _by_task(batch):
                labels.setdefault(task, Labels()).add(_outputs(rows))
        notes = noting.notes()
        clashing = clashes(notes)
        told = _told(spool, {task: one for task, one in labels.items() if one.are_labels and len(one.counts) > 1})
        wanted = {int(row) for clash in clashing for row in clash.rows[:SHOWN]} | {
            row for one in told.values() for row in one.rows
        }
        ids = _ids(spool, sorted(wanted))
        findings = [*_of_labels(labels, told, ids), *(_of_clash(clash, notes.tasks, ids) for clash in clashing)]
        if against:
            findings += overlapping(pa.RecordBatchReader.from_batches(records.schema, spool.batches()), against)
    return Report(notes.rows, sorted(findings, key=lambda finding: (-finding.rows, finding.check, finding.group)))


def _by_task(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The rows of each task, in their order."""
    known = batch.column("task").dictionary_encode()
    if len(known.dictionary) == 1:
        yield known.dictionary[0].as_py(), batch
        return
    numbers = known.indices.to_numpy()
    for number, task in enumerate(known.dictionary.to_pylist()):
        yield task, batch.take(pa.array(np.flatnonzero(numbers == number)))


def _outputs(batch: pa.RecordBatch) -> list[str]:
    return [output.strip() for output in batch.column("output").to_pylist()]


def _told(spool: Spool, labels: dict[str, Labels]) -> dict[str, Told]:
    """Of each classification, whether inputs tell the answers."""
    patterns = {task: label_patterns(one.counts) for task, one in labels.items()}
    found = {task: Told() for task in labels}
    start = 0
    for batch in spool.batches() if labels else ():
        numbers = np.arange(start, start + batch.num_rows)
        tasks = batch.column("task").to_numpy(zero_copy_only=False)
        for task, told in found.items():
            rows = np.flatnonzero(tasks == task)
            chosen = batch.take(pa.array(rows))
            told.look(numbers[rows].tolist(), chosen.column("input"), _outputs(chosen), patterns[task])
        start += batch.num_rows
    return found


def _ids(spool: Spool, rows: list[int]) -> dict[int, str]:
    """The ids of rows by their numbers."""
    found: dict[int, str] = {}
    start = at = 0
    for batch in spool.batches() if rows else ():
        while at < len(rows) and rows[at] < start + batch.num_rows:
            found[rows[at]] = batch.column("id")[rows[at] - start].as_py()
            at += 1
        start += batch.num_rows
    return found


def _of_labels(labels: dict[str, Labels], told: dict[str, Told], ids: dict[int, str]) -> Iterator[Finding]:
    for task, one in labels.items():
        if detail := one.constant():
            yield Finding("constant_label", task, one.rows, detail)
        if detail := one.imbalance():
            yield Finding("imbalance", task, one.rows, detail)
        if task in told and (detail := told[task].leak()):
            yield Finding("answer_in_input", task, told[task].own, detail, tuple(ids[row] for row in told[task].rows))


def _of_clash(clash: Clash, tasks: list[str], ids: dict[int, str]) -> Finding:
    shown = tuple(ids[int(row)] for row in clash.rows[:SHOWN])
    return Finding(clash.check, tasks[clash.task], len(clash.rows), f"{clash.prompts:,} prompts: {clash.detail}", shown)
