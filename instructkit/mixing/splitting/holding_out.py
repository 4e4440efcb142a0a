"""The unseen-task protocol: whole tasks that only the test side has."""

import fnmatch

import numpy as np

from instructkit.dedup.arrays import Rows
from instructkit.errors import BadInput, UsageError
from instructkit.mixing.splitting.assigning import Mask, fill
from instructkit.mixing.splitting.gathering import Names
from instructkit.mixing.splitting.settings import SplitSettings
from instructkit.records.hashing import salt, scramble

LISTED = 20  # names that an error tells


def held_out(groups: Names, settings: SplitSettings) -> Mask:
    """Which of the tasks (or of another column's values) are held out.

    Raises `UsageError` where a name or a glob fits none, `BadInput` where none is left to train.
    """
    names = groups.names
    found = np.zeros(len(names), bool)
    if settings.hold_out_share is not None:
        rows = np.bincount(groups.of_rows(), minlength=len(names))
        draws = scramble(np.array([salt(settings.seed, f"hold out {name}") for name in names], np.uint64))
        order = np.argsort(draws, kind="stable")
        found[order[fill(rows[order], int(settings.hold_out_share * rows.sum() + 0.5))]] = True
        if not found.any():
            found[np.argmin(rows)] = True
    for pattern in settings.hold_out_task:
        found |= _fits(pattern, names, settings.hold_out_by)
    if found.all() and len(found):
        raise BadInput(f"every {settings.hold_out_by} is held out: nothing is left to train")
    return found


def _fits(pattern: str, names: list[str], column: str) -> Mask:
    fits = np.array([name == pattern for name in names], bool)
    if not fits.any():
        fits = np.array([fnmatch.fnmatchcase(name, pattern) for name in names], bool)
    if not fits.any():
        listed = sorted(names)
        more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
        raise UsageError(
            f"--hold-out-task {pattern}: no {column} here fits it; there are {', '.join(listed[:LISTED])}{more}"
        )
    return fits


def held_units(held_rows: Mask, of_rows: Rows, units_of_row: Rows, units: int) -> Rows:
    """For each unit the number of a task in it that is held out, or -1."""
    found = np.full(units, -1, np.int32)
    np.maximum.at(found, units_of_row[held_rows], of_rows[held_rows])
    return found
