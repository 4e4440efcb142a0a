"""Arbitrary names for labels: symbol tuning (Wei et al. 2023), by which a model must read the examples.

The symbols are numbers, letters or words that say nothing about a task. Which ones a prompt gets hangs on its key.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.records.hashing import redraw

_CONSONANTS = "bcdfghjklmnpqrstvwxz"  # without vowels they spell no word
_WORDS = [
    "acorn",
    "anchor",
    "anvil",
    "apron",
    "badge",
    "barrel",
    "basket",
    "bell",
    "blanket",
    "bottle",
    "bowl",
    "brick",
    "bridge",
    "broom",
    "brush",
    "bucket",
    "button",
    "cable",
    "candle",
    "canoe",
    "carpet",
    "chair",
    "clock",
    "coat",
    "coin",
    "comb",
    "cork",
    "crayon",
    "cup",
    "curtain",
    "desk",
    "dish",
    "door",
    "drum",
    "easel",
    "envelope",
    "fan",
    "feather",
    "fence",
    "flag",
    "flute",
    "fork",
    "frame",
    "garden",
    "gate",
    "glove",
    "hammer",
    "harp",
    "hat",
    "helmet",
    "hinge",
    "hook",
    "jacket",
    "jar",
    "kettle",
    "key",
    "kite",
    "ladder",
    "lamp",
    "lantern",
    "leaf",
    "lemon",
    "locket",
    "magnet",
    "map",
    "marble",
    "mirror",
    "mitten",
    "mug",
    "nail",
    "napkin",
    "needle",
    "nest",
    "oar",
    "oven",
    "paddle",
    "pan",
    "parcel",
    "pebble",
    "pencil",
    "piano",
    "pillow",
    "pin",
    "plank",
    "plate",
    "plum",
    "pocket",
    "pump",
    "quilt",
    "raft",
    "rake",
    "ribbon",
    "ring",
    "rope",
    "ruler",
    "saddle",
    "sail",
    "scarf",
]


def _primes_below(number: int) -> int:
    """The largest prime not above a number: with it any step visits every symbol before one comes again."""
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number -= 1
    return number


def _tables() -> tuple[list[str], ...]:
    letters = [a + b + c for a in _CONSONANTS for b in _CONSONANTS for c in _CONSONANTS]
    numbers = [str(number) for number in range(1, 10_000)]
    return tuple(table[: _primes_below(len(table))] for table in (numbers, letters, list(_WORDS)))


TABLES = _tables()


def symbols(keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64], labels: int) -> pa.StringArray:
    """A symbol for each (key, label number): one key gives one kind of symbol, and never one symbol to two labels.

    ``labels`` is how many there are: kinds of fewer symbols are left out.
    """
    tables = [table for table in TABLES if len(table) >= labels] or [max(TABLES, key=len)]
    starts = np.cumsum([0, *map(len, tables)])
    kind = (redraw(keys, 0, "kind of symbol") % np.uint64(len(tables))).astype(np.int64)
    size = np.diff(starts)[kind]
    first = (redraw(keys, 0, "first symbol") % size.astype(np.uint64)).astype(np.int64)
    step = 1 + (redraw(keys, 0, "step of symbols") % (size - 1).astype(np.uint64)).astype(np.int64)
    place = starts[kind] + (first + numbers * step) % size
    return pa.array([symbol for table in tables for symbol in table], pa.string()).take(pa.array(place))
