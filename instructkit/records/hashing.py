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

from instructkit.engine.worth import worth_compiling
from instructkit.records.lists import list_lengths, lists_of
from instructkit.records.values import python_values

Hashes = npt.NDArray[np.uint64]

_LOOPS = "instructkit.records.xxh3"
_FIELD_END = b"\x1f"  # the ASCII unit separator, between the fields of a row
_STRUCT_END, _ELEMENT_END = b"\x1e", b"\x1d"  # between the fields of a struct, and the elements of a list
_NULL = b"\x00"  # a null is not the empty string


def row_ids(columns: list[pa.Array], rows: int) -> pa.StringArray:
    """A 128-bit id (XXH3, 32 hexadecimal digits) of each row's values in the given columns.

    Equal values give equal ids on any machine and in any order of the rows.
    """
    values = _joined(columns, rows)
    if worth_compiling(module=_LOOPS):
        from instructkit.records.xxh3 import xxh3_128_hex

        return xxh3_128_hex(values)
    return pa.array(map(xxhash.xxh3_128_hexdigest, values.to_pylist()), pa.string())


def draw(ids: pa.Array, seed: int, purpose: str) -> Hashes:
    """The random number of each row for one purpose: uint64, uniform, from seed, purpose and row id."""
    return redraw(_hashes(ids), seed, purpose)


def _hashes(values: pa.Array) -> Hashes:
    """XXH3 (64 bits) of each text."""
    if worth_compiling(module=_LOOPS):
        from instructkit.records.xxh3 import xxh3_64

        return xxh3_64(values)
    texts = values.cast(pa.binary()).to_pylist()
    return np.fromiter(map(xxhash.xxh3_64_intdigest, texts), np.uint64, len(values))


def redraw(base: Hashes, seed: int, purpose: str) -> Hashes:
    """Fresh random numbers from a row's hashes, by the finalizer of SplitMix64 (Steele et al. 2014)."""
    return scramble(base ^ salt(seed, purpose))


def scramble(values: Hashes) -> Hashes:
    """The finalizer of SplitMix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed


def salt(seed: int, purpose: str) -> np.uint64:
    """What makes the random numbers of one seed and purpose differ from those of another."""
    value: np.uint64 = np.uint64(xxhash.xxh3_64_intdigest(purpose.encode(), seed=seed & (2**64 - 1)))
    return value


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
    return _joined_bytes([_bytes(column) for column in columns], _FIELD_END)


def _joined_bytes(parts: list[pa.Array], end: bytes) -> pa.Array:
    return pc.binary_join_element_wise(*parts, pa.scalar(end), null_handling="replace", null_replacement=_NULL)


def _list_bytes(column: pa.ListArray) -> pa.Array:
    """Lists as their number of elements and the elements; the number keeps [] and [""] apart."""
    elements = _bytes(column.flatten())
    if elements.null_count:
        elements = pc.fill_null(elements, _NULL)
    joined = pc.binary_join(lists_of(list_lengths(column), elements), _ELEMENT_END)
    number = pc.cast(pc.list_value_length(column), pa.string())
    return _joined_bytes([number.cast(pa.binary()), joined], _ELEMENT_END)


def _bytes(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_list(kind):
        return _list_bytes(column)
    if pa.types.is_struct(kind):
        names = sorted(field.name for field in kind)
        fields = [_bytes(child) for child in (pc.struct_field(column, name) for name in names)]
        return (
            _joined_bytes(fields, _STRUCT_END) if fields else pc.cast(column.is_valid(), pa.string()).cast(pa.binary())
        )
    if pa.types.is_nested(kind):
        column = json_texts(column)
    elif not (pa.types.is_string(kind) or pa.types.is_binary(kind)):
        column = pc.cast(column, pa.string())
    return column.cast(pa.binary())


def json_texts(column: pa.Array) -> pa.StringArray:
    """The values of a column as `canonical_json`; nulls stay."""
    return pa.array([None if value is None else canonical_json(value) for value in python_values(column)], pa.string())


def canonical_json(value: object) -> str:
    """One JSON text for one value: keys sorted, no spaces, other types as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
