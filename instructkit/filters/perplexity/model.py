"""A model of characters: n-grams with Witten-Bell smoothing, in one table of hashes."""

import functools
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.jit import inner, jit, uint64_at
from instructkit.errors import BadInput
from instructkit.filters.perplexity.counting import BASE, GROWTH, U64, characters, grams

FORMAT = "instructkit character n-grams 1"
CONTEXT = 32  # added to the tag of an n-gram: the same characters as the context of the next
TAG = np.uint64(0xD6E8FEB86659FD93)
ABSENT = np.uint64(2)  # a key that the table never holds: those in it are odd
LONGEST = 16  # characters of an n-gram


@dataclass(frozen=True)
class CharacterModel:
    """Probabilities of n-grams, weights of contexts, and the perplexities of clean text it was not trained on."""

    order: int
    keys: U64  # of n-grams, tagged by their length, and of contexts
    values: npt.NDArray[np.float32]  # of an n-gram ln p, of a context ln of the weight of what is shorter
    unseen: float  # ln p of a character never seen
    percentiles: dict[str, list[float]]  # by language ("" for all): the perplexity at 0, 1, ... 100 percent

    @functools.cached_property
    def _table(self) -> tuple[U64, npt.NDArray[np.float32]]:
        return table_of(self.keys, self.values)

    def perplexities(self, texts: pa.StringArray) -> npt.NDArray[np.float64]:
        """The perplexity of a character of each text; NaN for an empty text."""
        points, starts = characters(texts)
        if not len(points):
            return np.zeros(0)
        sums = np.zeros(len(texts))
        add_logs(points, starts, self.order, *self._table, self.unseen, sums)
        counted = np.diff(starts) - 1
        with np.errstate(over="ignore"):
            found = np.exp(-sums / counted)
        return np.where(counted > 1, found, np.nan)

    def save(self, path: Path) -> None:
        """Write the model: arrays of numbers and JSON, nothing that could run."""
        known = {"format": FORMAT, "order": self.order, "unseen": self.unseen, "percentiles": self.percentiles}
        head = np.frombuffer(json.dumps(known).encode(), np.uint8)
        with path.open("wb") as file:
            np.savez(file, head=head, keys=self.keys, values=self.values)


def load_character_model(path: Path) -> CharacterModel:
    """Read a model that `CharacterModel.save` wrote.

    Raises `BadInput` for a file that is none; no pickle is ever read.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
            keys, values = arrays["keys"], arrays["values"]
            model = CharacterModel(int(head["order"]), keys, values, float(head["unseen"]), dict(head["percentiles"]))
            known = head["format"] == FORMAT
    except OSError as error:
        raise BadInput(f"{path}: the model can't be read ({error.strerror or 'it is none'})") from error
    except (ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is no model of train-perplexity") from error
    for told in model.percentiles.values():
        known = known and isinstance(told, list) and len(told) == 101 and all(map(_is_number, told))
    shapes = keys.ndim == values.ndim == 1 and keys.shape == values.shape
    if (
        not known
        or keys.dtype != np.uint64
        or values.dtype != np.float32
        or not shapes
        or not 1 <= model.order <= LONGEST
    ):
        raise BadInput(f"{path} is no model of train-perplexity, or one of another version: train it anew")
    return model


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def keys_of(points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], size: int, tag: int) -> U64:
    """The n-gram of a size that ends at each character, as a key of the table; `ABSENT` where there is none."""
    hashes, whole = grams(points, starts, size)
    keys: U64 = (hashes ^ np.uint64(tag * int(TAG) % (1 << 64))) | np.uint64(1)
    keys[~whole] = ABSENT
    return keys


def table_of(keys: U64, values: npt.NDArray[np.float32]) -> tuple[U64, npt.NDArray[np.float32]]:
    """A table with open addressing, at most half full."""
    size = 64
    while size < 2 * len(keys):
        size *= 2
    table, held = np.zeros(size, np.uint64), np.zeros(size, np.float32)
    fill(keys, values, table, held)
    return table, held


@inner("int64(int64, int64, uint64)")
def slot_of(table: Any, mask: Any, key: Any) -> Any:
    """Where a key stands in the table at an address, or the free place where it would."""
    slot = np.int64(key >> np.uint64(17)) & mask
    while True:
        found = uint64_at(table, slot)
        if not found or found == key:
            return slot
        slot = (slot + 1) & mask


@jit("void(uint64[::1], float32[::1], uint64[::1], float32[::1])")
def fill(keys: Any, values: Any, table: Any, held: Any) -> None:
    """Put keys with their values into an empty table."""
    address, mask = table.ctypes.data, len(table) - 1
    for row in range(len(keys)):
        slot = slot_of(address, mask, keys[row])
        table[slot] = keys[row]
        held[slot] = values[row]


@inner("uint64(uint32)")
def scrambled(point: Any) -> Any:
    """A character's share of a hash: `counting.grams`, which this is the running form of."""
    return (np.uint64(point) + np.uint64(1)) * GROWTH


@inner("uint64(uint64, int64)")
def key_of(hashed: Any, tag: int) -> Any:
    """The key of an n-gram or context: see `keys_of`."""
    return (hashed ^ (np.uint64(tag) * TAG)) | np.uint64(1)


@jit("void(Array(uint32, 1, 'C', readonly=True), int64[::1], int64, uint64[::1], float32[::1], float64, float64[::1])")
def add_logs(points: Any, starts: Any, orders: int, table: Any, held: Any, unseen: float, sums: Any) -> None:
    """Add up ln p of the characters of each text, each after those before it.

    The longest known n-gram tells; for each longer context that was seen without it, that context's weight comes in.
    """
    address, mask = table.ctypes.data, len(table) - 1
    hashes, before = np.zeros(orders, np.uint64), np.zeros(orders, np.uint64)  # of the n-grams that end here, by length
    for text in range(len(sums)):
        total = 0.0
        for at in range(starts[text], starts[text + 1]):
            longest = min(orders, at - starts[text] + 1)
            value = scrambled(points[at])
            for back in range(longest):
                if back:
                    further = scrambled(points[at - back])
                    value = value * BASE + (further ^ (further >> np.uint64(31)))
                hashes[back] = (value ^ (value >> np.uint64(29))) * GROWTH
            size = longest if at > starts[text] else -1
            while size > 0:
                slot = slot_of(address, mask, key_of(hashes[size - 1], size))
                if table[slot]:
                    total += held[slot]
                    break
                if size > 1:
                    slot = slot_of(address, mask, key_of(before[size - 2], size - 1 + CONTEXT))
                    if table[slot]:
                        total += held[slot]
                size -= 1
            if size == 0:
                total += unseen
            hashes, before = before, hashes
        sums[text] = total
