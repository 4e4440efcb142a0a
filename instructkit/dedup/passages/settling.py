"""Which rows leave because most of them, or a passage, stands in a row that stays."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.arrays import I64
from instructkit.dedup.passages.repeats import Found
from instructkit.engine.jit import jit
from instructkit.engine.spool import disk_full

NOBODY = -1


class Holders:
    """Which row that stays holds each key: the one where it stands first, unless that row left.

    A file with holes: what is written are the keys of rows that left. Disk for these is taken before, as a mapped page
    that finds none ends the process.
    """

    def __init__(self, path: Path, keys: int) -> None:
        self._path = path
        self._rows = np.memmap(path, np.int32, "w+", shape=max(keys, 1))

    def settle(
        self, found: Found, starts: I64, ends: I64, limits: npt.NDArray[np.float64], first_row: int
    ) -> tuple[npt.NDArray[np.bool_], I64]:
        """Which rows of the next leave, and the row that holds each key found, + 1: 0 where it stands first.

        ``starts`` and ``ends`` are the tokens of the keys found; a row leaves with more repeated tokens than its limit.
        """
        rows = len(found.starts) - 1
        with disk_full(self._path.parent), self._path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 4 * int(found.starts[0]), 4 * int(found.starts[-1] - found.starts[0]))
        leaves, holders = np.zeros(rows, bool), np.zeros(len(found), np.int64)
        bounds = np.searchsorted(found.rows, np.arange(rows + 1))
        settle(bounds, found.firsts, starts, ends, limits, found.starts, first_row, self._rows, leaves, holders)
        return leaves, holders


@jit(
    "void(int64[::1], int64[::1], int64[::1], int64[::1], float64[::1], int64[::1], int64, int32[::1], boolean[::1], "
    "int64[::1])"
)
def settle(
    bounds: Any, firsts: Any, starts: Any, ends: Any, limits: Any, keys: Any, first_row: int, rows: Any, leaves: Any,
    holders: Any,
) -> None:  # fmt: skip
    """Let rows leave in their order. ``rows`` has a key's holder + 1, 0 for the first, `NOBODY` where all left."""
    for row in range(len(leaves)):
        covered, repeated = np.int64(0), np.int64(0)
        for number in range(bounds[row], bounds[row + 1]):
            holders[number] = rows[firsts[number]]
            if holders[number] != NOBODY and ends[number] > covered:
                repeated += ends[number] - max(starts[number], covered)
                covered = ends[number]
        leaves[row] = repeated > limits[row]
        if leaves[row]:
            for key in range(keys[row], keys[row + 1]):
                rows[key] = NOBODY
        else:
            for number in range(bounds[row], bounds[row + 1]):
                if holders[number] == NOBODY:
                    rows[firsts[number]] = first_row + row + 1
