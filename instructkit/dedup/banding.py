"""The bands of all rows' signatures: rows that agree in one may be alike."""

import functools
from pathlib import Path

import numpy as np

from instructkit.dedup.arrays import I64, U64, Mask, Shingled
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
        self._files = [self.path(folder, band).open("wb") for band in range(self._bands)]
        self.threshold = settings.threshold

    @staticmethod
    def path(folder: Path, band: int) -> Path:
        """The file of a band."""
        return folder / f"band-{band}"

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
        """End the writing."""
        with disk_full(self._folder):
            for file in self._files:
                file.close()

    def alive(self, wanted: Mask, workers: int | None) -> Mask:
        """Those of the rows ``wanted`` that agree in a band with another of them."""
        self.close()
        found = np.zeros(len(wanted), bool)
        for rows in map_ordered(range(self._bands), functools.partial(self._agreeing, wanted), workers=workers):
            found[rows] = True
        return found

    def _agreeing(self, wanted: Mask, band: int) -> I64:
        keys = self.keys(band)
        agreeing = []
        for part in parts_of(keys):
            rows = part[wanted[part] & (keys[part] != NO_BAND)]
            rows = rows[np.argsort(keys[rows])]
            agreeing.append(rows[with_equals(keys[rows])])
        return np.concatenate(agreeing)

    def keys(self, band: int) -> U64:
        """The keys of a band, one a row."""
        return np.fromfile(self.path(self._folder, band), np.uint64)

    def take(self, band: int) -> U64:
        """The keys of a band; its file goes."""
        keys = self.keys(band)
        self.path(self._folder, band).unlink()
        return keys
