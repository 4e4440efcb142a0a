"""Which keys stand at an earlier place: on disk, with a bounded number in memory.

Where there are many, each key is written with its place to one of `PARTS` files by its first bits; a file is then read
alone. What repeats goes, by its place, to files of `STRETCH` places each, which are read in the order of the rows.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from instructkit.dedup.arrays import I64
from instructkit.dedup.passages import finding
from instructkit.dedup.passages.entries import PARTS, SHIFT, Entries
from instructkit.engine import map_ordered
from instructkit.engine.spool import disk_full

STRETCH = 1 << 21


@dataclass(frozen=True)
class Found:
    """The keys of some rows that stand at an earlier place too, in order."""

    starts: I64  # rows + 1: the position of each row's first key among those of all rows
    rows: I64  # within these rows
    positions: I64  # among the keys of all rows
    firsts: I64  # the position where each stands first

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def places(self) -> I64:
        """The number of each key among those of its row, from 0."""
        return self.positions - self.starts[self.rows]

    def only(self, wanted: Any) -> "Found":
        """Those that a mask wants."""
        return Found(self.starts, self.rows[wanted], self.positions[wanted], self.firsts[wanted])


class Repeats:
    """The keys of all rows: appended batch by batch, then found, then read row by row."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[Entries] = []  # while there are few
        self._parts: list[IO[bytes]] = []
        self._starts = (folder / "starts").open("w+b")
        self._writing = threading.Lock()
        self._loaded = -1  # the stretch that is, and of each of its positions where its key stands first, or -1
        self._firsts: I64 = np.zeros(0, np.int64)
        self.keys = 0

    def __enter__(self) -> "Repeats":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (*self._parts, self._starts):
            file.close()

    def append(self, entries: Entries) -> None:
        """Add the keys of a batch; raises `OutputFailed` when the temporary folder's disk is full."""
        entries.values[:, 1] += np.uint64(self.keys) << SHIFT
        starts = np.cumsum(entries.counts) - entries.counts + self.keys
        with disk_full(self._folder):
            self._starts.write(starts.astype(np.int64).data)
            self._held.append(entries)
            self.keys += len(entries.values)
            if self.keys > finding.AT_ONCE:
                self._write_parts()

    def find(self, workers: int | None = None) -> None:
        """Find what repeats, once all keys are there."""
        with disk_full(self._folder):
            self._starts.write(np.int64(self.keys).tobytes())
            self._starts.flush()
            self._starts.seek(0)
            for file in self._parts:
                file.close()
            if self._parts:
                for _ in map_ordered(range(PARTS), self._find_in, workers=workers):
                    pass
            elif self.keys:
                entries = np.concatenate([entries.values for entries in self._held])
                _, positions, firsts = finding.repeats_among(entries[np.argsort(entries[:, 1])])
                self._write(positions, firsts)
            self._held = []

    def of_next(self, rows: int) -> Found:
        """What repeats in the next rows, in their order."""
        starts = np.fromfile(self._starts, np.int64, rows + 1)
        self._starts.seek(-8, 1)
        found = list(self._between(int(starts[0]), int(starts[-1])))
        positions, firsts = map(np.concatenate, zip(*found, strict=True)) if found else np.zeros((2, 0), np.int64)
        return Found(starts, np.searchsorted(starts, positions, "right") - 1, positions, firsts)

    def rows_of(self, positions: I64) -> I64:
        """The rows, of all, in which keys stand."""
        starts = np.memmap(self._folder / "starts", np.int64, "r")
        return np.searchsorted(starts, positions, "right").astype(np.int64) - 1

    def _part(self, number: int) -> Path:
        return self._folder / f"part-{number}"

    def _stretch(self, number: int) -> Path:
        return self._folder / f"stretch-{number}"

    def _write_parts(self) -> None:
        if not self._parts:
            self._parts = [self._part(number).open("wb") for number in range(PARTS)]
        for entries in self._held:
            for number in np.flatnonzero(np.diff(entries.bounds)):
                self._parts[number].write(entries.values[entries.bounds[number] : entries.bounds[number + 1]].data)
        self._held = []

    def _find_in(self, part: int) -> None:
        for positions, firsts in finding.repeats_in(self._part(part)):
            self._write(positions, firsts)

    def _write(self, positions: I64, firsts: I64) -> None:
        """Append what repeats, in order of position, to the files of its stretches."""
        repeats = np.stack([positions, firsts], axis=1)
        numbers, starts = np.unique(positions // STRETCH, return_index=True)
        for number, part in zip(numbers, np.split(repeats, starts[1:]), strict=False):
            with self._writing, self._stretch(number).open("ab") as file:
                file.write(part.data)

    def _between(self, start: int, end: int) -> Iterator[tuple[I64, I64]]:
        """The repeats at positions from ``start`` to ``end`` (exclusive), in order, and where each stands first."""
        for number in range(start // STRETCH, (end - 1) // STRETCH + 1 if end > start else 0):
            if number != self._loaded:
                self._load(number)
            first = number * STRETCH
            firsts = self._firsts[max(start - first, 0) : end - first]
            places = np.flatnonzero(firsts >= 0)
            yield places + max(start, first), firsts[places]

    def _load(self, number: int) -> None:
        self._loaded = number
        self._firsts = np.zeros(0, np.int64)
        path = self._stretch(number)
        if path.exists():
            repeats = np.fromfile(path, np.int64).reshape(-1, 2)
            self._firsts = np.full(STRETCH, -1, np.int64)
            self._firsts[repeats[:, 0] - number * STRETCH] = repeats[:, 1]
            path.unlink()
