"""The keys of one file that equal an earlier one.

Most keys stand once: only those that may stand twice are sorted with their places.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from instructkit.dedup.arrays import I64, U64
from instructkit.dedup.passages.entries import CHECK, ENTRY_BYTES, PART_BITS, SHIFT

AT_ONCE = 1 << 20  # keys in memory together
SPLIT_BITS = 4  # a file of more keys is split by so many bits more
SPLITS = 3  # at most; what is larger then holds few keys, each many times
TABLE = 1 << 18  # marks, by low bits, which keys may stand twice


def repeats_in(path: Path, bits: int = PART_BITS, splits: int = 0) -> Iterator[tuple[I64, I64]]:
    """Yield the positions of keys that equal an earlier one, ascending, and where those stand first; the file goes.

    ``bits`` are the first ones that all its keys have in common.
    """
    if path.stat().st_size > ENTRY_BYTES * AT_ONCE and splits < SPLITS:
        for part in _split(path, bits):
            yield from repeats_in(part, bits + SPLIT_BITS, splits + 1)
        return
    before = np.zeros((0, 2), np.uint64)  # each key once, at its first place, of the blocks that were read
    for block, more in _blocks(path):
        entries = np.concatenate([before, block]) if len(before) else block
        again, positions, firsts = repeats_among(entries)
        yield positions, firsts
        if more:
            before = np.delete(entries, again, axis=0)
    path.unlink()


def repeats_among(entries: U64) -> tuple[I64, I64, I64]:
    """Which entries, in order of position, equal an earlier one; their positions, and where those stand first."""
    twice = _maybe_twice(entries[:, 0])
    again, firsts = _repeats(entries[twice])
    again = twice[again]
    return again, (entries[again, 1] >> SHIFT).astype(np.int64), firsts


def _blocks(path: Path) -> Iterator[tuple[U64, bool]]:
    """A file's entries, `AT_ONCE` at a time, and whether more come."""
    left = path.stat().st_size // ENTRY_BYTES
    with path.open("rb") as file:
        while left > 0:
            block = np.fromfile(file, np.uint64, 2 * min(left, AT_ONCE)).reshape(-1, 2)
            left -= len(block)
            yield block, left > 0


def _split(path: Path, bits: int) -> list[Path]:
    """Split a file by the next bits of its keys, in the order of their places."""
    parts = [path.with_name(f"{path.name}-{number}") for number in range(1 << SPLIT_BITS)]
    files = [part.open("wb") for part in parts]
    try:
        for block, _ in _blocks(path):
            numbers = (block[:, 0] >> np.uint64(64 - SPLIT_BITS - bits)) & np.uint64((1 << SPLIT_BITS) - 1)
            for number, file in enumerate(files):
                file.write(block[numbers == number].data)
    finally:
        for file in files:
            file.close()
    path.unlink()
    return parts


def _maybe_twice(keys: U64) -> I64:
    """Where the keys stand that may be there twice: all that are, and a few that share low bits with one."""
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.zeros(0, np.int64)
    low = np.uint64(TABLE - 1)
    marked = np.zeros(TABLE, bool)
    marked[twice & low] = True
    return np.flatnonzero(marked[keys & low])


def _repeats(values: U64) -> tuple[I64, I64]:
    """Which entries (in order of position) equal an earlier one, and the position of the first that they equal."""
    order = np.argsort(values[:, 0], kind="stable")
    keys, places = values[order, 0], values[order, 1]
    checks = places & CHECK
    same_key = keys[1:] == keys[:-1]
    if (same_key & (checks[1:] != checks[:-1])).any():  # two with one key
        again = np.lexsort((checks, keys))
        order, keys, places, checks = order[again], keys[again], places[again], checks[again]
        same_key = keys[1:] == keys[:-1]
    same = np.concatenate([[False], same_key & (checks[1:] == checks[:-1])])[: len(keys)]
    heads = np.maximum.accumulate(np.where(same, 0, np.arange(len(keys))))
    firsts = np.full(len(values), -1, np.int64)
    firsts[order[same]] = (places[heads[same]] >> SHIFT).astype(np.int64)
    found = np.flatnonzero(firsts >= 0)
    return found, firsts[found]
