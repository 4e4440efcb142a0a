"""XXH3 over columns gives what the library xxhash gives, value by value."""

import pyarrow as pa
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from instructkit.records.xxh3 import xxh3_64, xxh3_128_hex

# every length of the short and middle classes, and both sides of the long class's stripes and blocks
EVERY_CLASS = [bytes(range(256)) * 9, b""] + [bytes((7 * at + size) % 256 for at in range(size)) for size in range(600)]
EDGES = [b"x" * size for size in (1023, 1024, 1025, 1088, 1089, 2047, 2048, 2049, 5000, 70_001)]


def check(values: list[bytes]) -> None:
    column = pa.array(values, pa.binary())
    assert xxh3_64(column).tolist() == [xxhash.xxh3_64_intdigest(value) for value in values]
    assert xxh3_128_hex(column).to_pylist() == [xxhash.xxh3_128_hexdigest(value) for value in values]


def test_every_length_class_is_hashed_as_the_library_hashes_it() -> None:
    check(EVERY_CLASS + EDGES)


@given(st.lists(st.binary(max_size=400), max_size=8))
def test_any_bytes_are_hashed_as_the_library_hashes_them(values: list[bytes]) -> None:
    check(values)


def test_a_slice_is_hashed_at_its_place() -> None:
    column = pa.array(["one", "two", "three", "four"])
    assert xxh3_128_hex(column.slice(1, 2)).to_pylist() == [
        xxhash.xxh3_128_hexdigest(text) for text in (b"two", b"three")
    ]
    assert xxh3_64(column.slice(3)).tolist() == [xxhash.xxh3_64_intdigest(b"four")]


def test_an_empty_column_has_no_hashes() -> None:
    assert xxh3_128_hex(pa.array([], pa.string())).to_pylist() == []
    assert xxh3_64(pa.array([], pa.string())).tolist() == []
