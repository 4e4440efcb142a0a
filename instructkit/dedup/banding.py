"""The bands of all rows' signatures: rows that agree in one may be alike."""

import contextlib
import functools
from pathlib import Path
from types import TracebackType

import numpy as np

from instructkit.dedup.arrays import I64, U64, Mask, Shingled, band_file
from instructkit.dedup.partitions import parts_of, with_equals
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.signing import NO_BAND, band_keys, signatures
from instructkit.dedup.stretches import equal_below
from instructkit.engine.mapping import map_ordered
from instructkit.engine.spool import disk_full


class Bands:
    """The keys of each band, in a file."""

    def __init__(self, folder: Path, guarded: Mask, settings: DedupSettings) -> None:
        self._folder = folder
        self._guarded = guarded
        self._bands, self._rows_per_band = settings.banding()
        self._files = [self._path(band).open("wb") for band in range(self._bands)]
        self.threshold = settings.threshold

    def __enter__(self) -> "Bands":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # of a full disk the write has told
            for file in self._files:
                file.close()

    def of(self, rows: Shingled) -> U64:
        """The keys of some rows: bands x rows."""
        ends = np.concatenate([[0], np.cumsum(rows.sizes.sum(axis=1, dtype=np.int64))])
        values = self._bands * self._rows_per_band
        signed = signatures(rows.shingles, ends, rows.sizes, self._guarded, equal_below(self.threshold), values)
        return band_keys(*signed, self._bands, self._rows_per_band)

    def append(self, keys: U64) -> None:
        """Add the keys of the next rows."""
        with disk_full(self._folder):
            for file, band in zip(self._files, keys, strict=True):
                file.write(np.ascontiguousarray(band).data)

    def close(self) -> None:
        """End the writing: the keys are read."""
        with disk_full(self._folder):
            for file in self._files:
                file.close()

    def alive(self, wanted: Mask, workers: int | None) -> Mask:
        """Those of the rows ``wanted`` that agree in a band with another of them."""
        self.close()
        found = np.zeros(len(wanted), bool)
        for band in range(self._bands):  # one after the other: its keys are held
            keys = self.keys(band)
            for rows in map_ordered(parts_of(keys), functools.partial(_agreeing, keys, wanted), workers=workers):
                found[rows] = True
        return found

    def keys(self, band: int) -> U64:
        """The keys of a band, one a row."""
        return np.fromfile(self._path(band), np.uint64)

    def take(self, band: int) -> U64:
        """The keys of a band; its file goes."""
        keys = self.keys(band)
        self._path(band).unlink()
        return keys

    def _path(self, band: int) -> Path:
        return self._folder / band_file(band)


def _agreeing(keys: U64, wanted: Mask, part: I64) -> I64:
    """The rows wanted of a part whose key another of them has."""
    rows = part[wanted[part] & (keys[part] != NO_BAND)]
    rows = rows[np.argsort(keys[rows])]
    agreeing: I64 = rows[with_equals(keys[rows])]
    return agreeing
