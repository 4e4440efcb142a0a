"""The bands of all rows' signatures: rows that agree in one may be alike."""

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from instructkit.dedup.arrays import I64, U64, Mask, Shingled, band_file
from instructkit.dedup.partitions import parts_of, with_equals
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.signing import NO_BAND, band_keys, signatures
from instructkit.dedup.stretches import equal_below
from instructkit.engine.mapping import map_ordered
from instructkit.engine.spool import SideFiles, disk_full


class Bands(SideFiles):
    """The keys of each band, in a file."""

    def __init__(self, folder: Path, guarded: Mask, settings: DedupSettings) -> None:
        self._bands, self._rows_per_band = settings.banding()
        super().__init__(folder, map(band_file, range(self._bands)))
        self._guarded = guarded
        self.threshold = settings.threshold

    def of(self, rows: Shingled) -> U64:
        """The keys of some rows: bands x rows."""
        ends = np.concatenate([[0], np.cumsum(rows.sizes.sum(axis=1, dtype=np.int64))])
        values = self._bands * self._rows_per_band
        signed = signatures(rows.shingles, ends, rows.sizes, self._guarded, equal_below(self.threshold), values)
        return band_keys(*signed, self._bands, self._rows_per_band)

    def append(self, keys: U64) -> None:
        """Add the keys of the next rows."""
        with disk_full(self.folder):
            for file, band in zip(self.files.values(), keys, strict=True):
                file.write(np.ascontiguousarray(band).data)

    def alive(self, wanted: Mask, workers: int | None) -> Mask:
        """Those of the rows ``wanted`` that agree in a band with another of them."""
        self.close()
        found = np.zeros(len(wanted), bool)
        for band in range(self._bands):  # one after the other: its keys are held
            keys = self.keys(band)
            for rows in map_ordered(with_band(keys, wanted), functools.partial(_agreeing, keys), workers=workers):
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
        return self.folder / band_file(band)


def with_band(keys: U64, wanted: Mask) -> Iterator[I64]:
    """The rows wanted that have text, in parts; those with equal keys together."""
    for part in parts_of(keys):
        yield part[wanted[part] & (keys[part] != NO_BAND)]


def _agreeing(keys: U64, rows: I64) -> I64:
    """Those of some rows whose key another of them has."""
    rows = rows[np.argsort(keys[rows])]
    agreeing: I64 = rows[with_equals(keys[rows])]
    return agreeing
