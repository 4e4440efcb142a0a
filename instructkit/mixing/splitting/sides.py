"""Writing each side to its place: a directory of datasets, or a file a side. All of them, or none."""

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import OutputFailed, UsageError
from instructkit.mixing.splitting.report import SplitReport
from instructkit.mixing.splitting.settings import SIDES, SplitSettings
from instructkit.mixing.splitting.splitting import split_records
from instructkit.records.batching import BYTES, ROWS, rechunk
from instructkit.records.containers.directory import DirectoryWriter
from instructkit.records.part import PartFile, Writer, disk_errors
from instructkit.records.rejects import Rejects
from instructkit.records.sources import split_suffix
from instructkit.records.stream import Counts, Records, with_lineage
from instructkit.records.writing import SHARD_ROWS, check_folder, check_target, drain, open_writer

log = logging.getLogger("instructkit")

SLOT = "{split}"  # stands for a side in the name of its file
LABEL = "\0side"  # the column that names a row's side until it is written; no user's column is called so
DICT = "dataset_dict.json"


def split_to(
    reader: object,
    target: str,
    settings: SplitSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    report: SplitReport | None = None,
    workers: int | None = None,
    shard_rows: int = SHARD_ROWS,
    **options: Any,
) -> None:
    """`split` rows and write each side: to a directory that ``datasets.load_from_disk`` opens, or to a file each.

    ``target`` is a directory (no suffix, or a trailing slash), or a name with ``{split}`` in it.
    """
    check_sides(target)
    given = replace(settings or SplitSettings(), **options)
    write_sides(split_records(reader, given, rejects, report, workers, LABEL), target, shard_rows=shard_rows)


def has_sides(target: str) -> bool:
    """Whether an output's name asks for a place for each side, and not for one stream."""
    return SLOT in target or (
        target != "-" and (target.endswith("/") or Path(target).is_dir() or not Path(target).suffix)
    )


def check_sides(target: str) -> None:
    """Raise, before any work is done for nothing, where the sides can't be written there."""
    if SLOT not in target and has_sides(target):
        path = Path(target)
        check_folder(path)
        if path.exists() and not path.is_dir():
            raise OutputFailed(f"{target} is a file; a directory was to be written there")
        lost = [entry.name for entry in path.iterdir() if not _is_ours(entry)] if path.exists() else []
        if lost:
            raise OutputFailed(f"{target} also holds {lost[0]}, which would be lost; choose another name, or move it")
        return
    if SLOT in str(Path(target).parent):
        raise UsageError(f"{target}: {SLOT} stands in the name of the file, not of its folder")
    if SLOT in target:
        if split_suffix(target)[0] is None:
            raise UsageError(f"{target}: name a file type, e.g. {SLOT}.jsonl; a directory needs no {SLOT}")
        for place in side_paths(target):
            check_target(place)
    else:
        check_target(target)


def side_paths(target: str) -> list[str]:
    """The files that a name with ``{split}`` stands for."""
    return [target.replace(SLOT, side) for side in SIDES]


def check_inputs(target: str, inputs: Iterable[str]) -> None:
    """Raise `UsageError` for an input that a side would replace: what the other sides get would be gone from it."""
    folder = Path(target).resolve()
    sides = [Path(place).resolve() for place in side_paths(target)]
    for name in inputs:
        place = Path(name).resolve()
        if name != "-" and (place in sides if SLOT in target else folder in (place, *place.parents)):
            raise UsageError(f"{name} is an input, and its sides would take its place: choose another name")


def _is_ours(entry: Path) -> bool:
    """Whether what is in a folder is of an earlier split."""
    return entry.name == DICT or (entry.is_dir() and entry.name in SIDES and (entry / "state.json").exists())


def write_sides(records: Records, target: str, *, shard_rows: int = SHARD_ROWS) -> None:
    """Drain a stream whose last column names the side of each row; that column is left out."""
    schema = with_lineage(records.schema.remove(len(records.schema) - 1), records.lineage)
    drain(records, SidesWriter(target, schema, shard_rows))


class SidesWriter:
    """A writer a side, in a folder beside the place; what they have written is moved there together at the end."""

    def __init__(self, target: str, schema: pa.Schema, shard_rows: int) -> None:
        self._target, self._schema, self._shard_rows = target, schema, shard_rows
        self._part = PartFile(Path(target))
        self._writers: dict[str, _Side] = {}
        with disk_errors(self._part.path):
            self._part.part.mkdir()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows to their sides."""
        labels = batch.column(batch.num_columns - 1)
        rows = pa.RecordBatch.from_arrays(batch.columns[:-1], schema=self._schema)
        for side in labels.unique().to_pylist():
            if side not in self._writers:
                self._writers[side] = _Side(self._open(side))
            self._writers[side].write(rows.filter(pa.compute.equal(labels, side)))

    def _open(self, side: str) -> Writer:
        place = self._part.part / self._name(side)
        if SLOT in self._target:
            return open_writer(str(place), self._schema)
        return DirectoryWriter(place, self._schema, self._shard_rows, split=side)

    def _name(self, side: str) -> str:
        return Path(self._target).name.replace(SLOT, side) if SLOT in self._target else side

    def finish(self, counts: list[Counts]) -> None:
        """Complete every side, then put all of them in their places."""
        there = [side for side in SIDES if side in self._writers]
        for side in there:
            self._writers[side].finish(counts)
        if SLOT not in self._target:
            with disk_errors(self._part.path):
                (self._part.part / DICT).write_text(json.dumps({"splits": there}) + "\n", encoding="utf-8")
            self._part.commit()
            return
        for side in SIDES:
            place = Path(self._target.replace(SLOT, side))
            with disk_errors(place):
                if side in there:
                    os.replace(self._part.part / self._name(side), place)
                elif place.exists():
                    log.warning("%s is of an earlier run, and stands as it was: this one has no %s side", place, side)
        self._part.discard()

    def abort(self) -> None:
        """Leave nothing."""
        for side in self._writers.values():
            side.abort()
        self._part.discard()


class _Side:
    """Gathers a side's rows to whole batches, so that its bytes don't hang on how the rows of all came."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._held: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0
        self.abort = writer.abort

    def write(self, batch: pa.RecordBatch) -> None:
        self._held.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= ROWS or self._bytes >= BYTES:
            self._flush()

    def finish(self, counts: list[Counts]) -> None:
        self._flush()
        self._writer.finish(counts)

    def _flush(self) -> None:
        for batch in rechunk(self._held):
            self._writer.write(batch)
        self._held, self._rows, self._bytes = [], 0, 0
