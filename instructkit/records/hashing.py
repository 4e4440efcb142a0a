"""Hashes of rows: their ids, and the random numbers that hang on them.

Everything random about a row is a hash of (seed, purpose, row id), never a draw from a shared generator:
it does not depend on the row's place, its batch, or the workers.
"""

import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

Hashes = npt.NDArray[np.uint64]

_FIELD_END = b"\x1f"  # the ASCII unit separator, between the fields of a row
_NULL = b"\x00"  # a null is not the empty string


def row_ids(columns: list[pa.Array], rows: int) -> pa.StringArray:
    """A 128-bit id (XXH3, 32 hexadecimal digits) of each row's values in the given columns.

    Equal values give equal ids on any machine and in any order of the rows.
    """
    digest = xxhash.xxh3_128_hexdigest
    return pa.array([digest(row) for row in _joined(columns, rows).to_pylist()], pa.string())


def draw(ids: pa.Array, seed: int, purpose: str) -> Hashes:
    """The random number of each row for one purpose: uint64, uniform, from seed, purpose and row id."""
    base = np.fromiter(map(xxhash.xxh3_64_intdigest, ids.cast(pa.binary()).to_pylist()), np.uint64, len(ids))
    return redraw(base, seed, purpose)


def redraw(base: Hashes, seed: int, purpose: str) -> Hashes:
    """Fresh random numbers from a row's hashes, by the finalizer of SplitMix64 (Steele et al. 2014)."""
    values: Hashes = base ^ np.uint64(xxhash.xxh3_64_intdigest(purpose.encode(), seed=seed & (2**64 - 1)))
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def file_hash(path: str) -> str:
    """XXH3 (128 bits) of a file's bytes, as ``xxhsum -H128`` prints it."""
    state = xxhash.xxh3_128()
    with open(path, "rb") as file:
        while block := file.read(1 << 22):
            state.update(block)
    return state.hexdigest()


def _joined(columns: list[pa.Array], rows: int) -> pa.Array:
    if not columns:
        return pa.array([b""] * rows, pa.binary())
    parts = [_bytes(column) for column in columns]
    return pc.binary_join_element_wise(*parts, pa.scalar(_FIELD_END), null_handling="replace", null_replacement=_NULL)


def _bytes(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_list(kind) and not column.null_count and len(column.flatten()) == 0:
        column = pa.repeat(pa.scalar("[]"), len(column))  # most rows have no earlier turns
    elif pa.types.is_nested(kind):
        texts = [None if value is None else canonical_json(value) for value in column.to_pylist()]
        column = pa.array(texts, pa.string())
    elif not (pa.types.is_string(kind) or pa.types.is_binary(kind)):
        column = pc.cast(column, pa.string())
    return column.cast(pa.binary())


def canonical_json(value: object) -> str:
    """One JSON text for one value: keys sorted, no spaces, other types as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
