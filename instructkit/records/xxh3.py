"""XXH3 of every row of an Arrow column in one compiled pass.

The algorithm is Yann Collet's XXH3 (xxHash 0.8, doc/xxhash_spec.md and xxhash.h), seed 0. The library ``xxhash`` hashes
one Python object a call, which costs more than the hashing; here a column of texts is hashed where it lies. The tests
hold both against each other at every length class.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine.jit import inner, jit, pointer
from instructkit.records.buffers import buffers

Hashes = npt.NDArray[np.uint64]

_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248ee035"
    "90e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcd"
    "b45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031"
    "ce45cb3a8f95160428afd7fbcabb4b407e"
)
SECRET = np.frombuffer(_SECRET, np.uint8)

_P32_1, _P32_2, _P32_3 = np.uint64(0x9E3779B1), np.uint64(0x85EBCA77), np.uint64(0xC2B2AE3D)
_P64_1, _P64_2 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F)
_P64_3, _P64_4 = np.uint64(0x165667B19E3779F9), np.uint64(0x85EBCA77C2B2AE63)
_P64_5 = np.uint64(0x27D4EB2F165667C5)
_MX1, _MX2 = np.uint64(0x165667919E3779F9), np.uint64(0x9FB21C651E98DF25)
_LOW = np.uint64(0xFFFFFFFF)
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def xxh3_64(values: pa.Array) -> Hashes:
    """The 64-bit hash of each value of a string or binary column; of a null as of an empty one."""
    out = np.zeros(len(values), np.uint64)
    data, offsets = buffers(values)
    _hash_64(offsets, data.ctypes.data, SECRET.ctypes.data, out)
    return out


def xxh3_128_hex(values: pa.Array) -> pa.StringArray:
    """The 128-bit hash of each value as 32 hexadecimal digits."""
    out = np.empty(32 * len(values), np.uint8)
    data, offsets = buffers(values)
    _hash_128(offsets, data.ctypes.data, SECRET.ctypes.data, _HEX, out)
    ends = np.arange(len(values) + 1, dtype=np.int32) * 32
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(ends), pa.py_buffer(out))


@inner()
def _read64(at: int) -> Any:
    return numba.carray(pointer(at), (1,), np.uint64)[0]


@inner()
def _read32(at: int) -> Any:
    return np.uint64(numba.carray(pointer(at), (1,), np.uint32)[0])


@jit()
def _byte(at: int) -> Any:
    return np.uint64(numba.carray(pointer(at), (1,), np.uint8)[0])


@inner()
def _swap32(value: Any) -> Any:
    low = ((value & np.uint64(0xFF)) << np.uint64(24)) | ((value & np.uint64(0xFF00)) << np.uint64(8))
    return low | ((value >> np.uint64(8)) & np.uint64(0xFF00)) | ((value >> np.uint64(24)) & np.uint64(0xFF))


@inner()
def _swap64(value: Any) -> Any:
    return (_swap32(value & _LOW) << np.uint64(32)) | _swap32(value >> np.uint64(32))


@inner()
def _rotate(value: Any, bits: int) -> Any:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@inner()
def _multiply(one: Any, other: Any) -> Any:
    """The 128-bit product, as its low and high halves."""
    a, b = one & _LOW, one >> np.uint64(32)
    c, d = other & _LOW, other >> np.uint64(32)
    low, cross, turned, high = a * c, b * c, a * d, b * d
    middle = (low >> np.uint64(32)) + (cross & _LOW) + turned
    return (middle << np.uint64(32)) | (low & _LOW), (cross >> np.uint64(32)) + (middle >> np.uint64(32)) + high


@inner()
def _fold(one: Any, other: Any) -> Any:
    low, high = _multiply(one, other)
    return low ^ high


@inner()
def _avalanche(value: Any) -> Any:
    value = (value ^ (value >> np.uint64(37))) * _MX1
    return value ^ (value >> np.uint64(32))


@inner()
def _avalanche64(value: Any) -> Any:
    value = (value ^ (value >> np.uint64(33))) * _P64_2
    value = (value ^ (value >> np.uint64(29))) * _P64_3
    return value ^ (value >> np.uint64(32))


@inner()
def _mix16(at: int, secret: int) -> Any:
    return _fold(_read64(at) ^ _read64(secret), _read64(at + 8) ^ _read64(secret + 8))


@inner()
def _merge(lanes: Any, secret: int, start: Any) -> Any:
    for pair in range(4):
        one = lanes[2 * pair] ^ _read64(secret + 16 * pair)
        start += _fold(one, lanes[2 * pair + 1] ^ _read64(secret + 16 * pair + 8))
    return _avalanche(start)


@inner()
def _stripe(lanes: Any, at: int, secret: int) -> None:
    for lane in range(8):
        value = _read64(at + 8 * lane)
        key = value ^ _read64(secret + 8 * lane)
        lanes[lane ^ 1] += value
        lanes[lane] += (key & _LOW) * (key >> np.uint64(32))


@inner()
def _long(lanes: Any, at: int, size: int, secret: int) -> None:
    """Over 240 bytes: stripes of 64 bytes, blocks of 16 stripes."""
    lanes[0], lanes[1], lanes[2], lanes[3] = _P32_3, _P64_1, _P64_2, _P64_3
    lanes[4], lanes[5], lanes[6], lanes[7] = _P64_4, _P32_2, _P64_5, _P32_1
    blocks = (size - 1) // 1024
    for block in range(blocks):
        for stripe in range(16):
            _stripe(lanes, at + 1024 * block + 64 * stripe, secret + 8 * stripe)
        for lane in range(8):
            value = lanes[lane]
            lanes[lane] = ((value ^ (value >> np.uint64(47))) ^ _read64(secret + 128 + 8 * lane)) * _P32_1
    for stripe in range((size - 1 - 1024 * blocks) // 64):
        _stripe(lanes, at + 1024 * blocks + 64 * stripe, secret + 8 * stripe)
    _stripe(lanes, at + size - 64, secret + 121)


@inner()
def _combined(at: int, size: int) -> Any:
    first, middle, last = _byte(at), _byte(at + (size >> 1)), _byte(at + size - 1)
    return (first << np.uint64(16)) | (middle << np.uint64(24)) | last | (np.uint64(size) << np.uint64(8))


@inner()
def _one_64(at: int, size: int, secret: int, lanes: Any) -> Any:
    length = np.uint64(size)
    if size == 0:
        return _avalanche64(_read64(secret + 56) ^ _read64(secret + 64))
    if size <= 3:
        return _avalanche64(_combined(at, size) ^ (_read32(secret) ^ _read32(secret + 4)))
    if size <= 8:
        value = _read32(at + size - 4) + (_read32(at) << np.uint64(32))
        value ^= _read64(secret + 8) ^ _read64(secret + 16)
        value = (value ^ _rotate(value, 49) ^ _rotate(value, 24)) * _MX2
        value = (value ^ ((value >> np.uint64(35)) + length)) * _MX2
        return value ^ (value >> np.uint64(28))
    if size <= 16:
        low = _read64(at) ^ (_read64(secret + 24) ^ _read64(secret + 32))
        high = _read64(at + size - 8) ^ (_read64(secret + 40) ^ _read64(secret + 48))
        return _avalanche(length + _swap64(low) + high + _fold(low, high))
    total = length * _P64_1
    if size <= 128:
        for turn in range((size - 1) // 32 + 1):
            total += _mix16(at + 16 * turn, secret + 32 * turn)
            total += _mix16(at + size - 16 * (turn + 1), secret + 32 * turn + 16)
        return _avalanche(total)
    if size <= 240:
        for turn in range(8):
            total += _mix16(at + 16 * turn, secret + 16 * turn)
        total = _avalanche(total)
        for turn in range(8, size // 16):
            total += _mix16(at + 16 * turn, secret + 16 * (turn - 8) + 3)
        return _avalanche(total + _mix16(at + size - 16, secret + 119))
    _long(lanes, at, size, secret)
    return _merge(lanes, secret + 11, total)


@inner()
def _mix32(low: Any, high: Any, one: int, other: int, secret: int) -> Any:
    low = (low + _mix16(one, secret)) ^ (_read64(other) + _read64(other + 8))
    high = (high + _mix16(other, secret + 16)) ^ (_read64(one) + _read64(one + 8))
    return low, high


@inner()
def _short_128(at: int, size: int, secret: int) -> Any:
    """Up to 16 bytes."""
    length = np.uint64(size)
    if size == 0:
        low, high = _read64(secret + 64) ^ _read64(secret + 72), _read64(secret + 80) ^ _read64(secret + 88)
        return _avalanche64(low), _avalanche64(high)
    if size <= 3:
        low = _combined(at, size)
        swapped = _swap32(low)
        high = ((swapped << np.uint64(13)) | (swapped >> np.uint64(19))) & _LOW
        low ^= _read32(secret) ^ _read32(secret + 4)
        return _avalanche64(low), _avalanche64(high ^ (_read32(secret + 8) ^ _read32(secret + 12)))
    if size <= 8:
        value = _read32(at) + (_read32(at + size - 4) << np.uint64(32))
        value ^= _read64(secret + 16) ^ _read64(secret + 24)
        low, high = _multiply(value, _P64_1 + (length << np.uint64(2)))
        high += low << np.uint64(1)
        low ^= high >> np.uint64(3)
        low = (low ^ (low >> np.uint64(35))) * _MX2
        return low ^ (low >> np.uint64(28)), _avalanche(high)
    first, last = _read64(at), _read64(at + size - 8)
    low, high = _multiply(first ^ last ^ (_read64(secret + 32) ^ _read64(secret + 40)), _P64_1)
    low += (length - np.uint64(1)) << np.uint64(54)
    last ^= _read64(secret + 48) ^ _read64(secret + 56)
    high += last + (last & _LOW) * (_P32_2 - np.uint64(1))
    low ^= _swap64(high)
    found, above = _multiply(low, _P64_2)
    return _avalanche(found), _avalanche(above + high * _P64_2)


@inner()
def _one_128(at: int, size: int, secret: int, lanes: Any) -> Any:
    length = np.uint64(size)
    if size <= 16:
        return _short_128(at, size, secret)
    low, high = length * _P64_1, np.uint64(0)
    if size > 240:
        _long(lanes, at, size, secret)
        return _merge(lanes, secret + 11, low), _merge(lanes, secret + 117, ~(length * _P64_2))
    if size <= 128:
        for turn in range((size - 1) // 32, -1, -1):
            low, high = _mix32(low, high, at + 16 * turn, at + size - 16 * (turn + 1), secret + 32 * turn)
    else:
        for turn in range(4):
            low, high = _mix32(low, high, at + 32 * turn, at + 32 * turn + 16, secret + 32 * turn)
        low, high = _avalanche(low), _avalanche(high)
        for turn in range(4, size // 32):
            low, high = _mix32(low, high, at + 32 * turn, at + 32 * turn + 16, secret + 3 + 32 * (turn - 4))
        low, high = _mix32(low, high, at + size - 16, at + size - 32, secret + 103)
    mixed = low * _P64_1 + high * _P64_4 + length * _P64_2
    return _avalanche(low + high), np.uint64(0) - _avalanche(mixed)


@jit()
def _hash_64(offsets: Any, start: int, key: int, out: Any) -> None:
    lanes = np.zeros(8, np.uint64)
    for row in range(len(out)):
        first = np.int64(offsets[row])
        out[row] = _one_64(start + first, np.int64(offsets[row + 1]) - first, key, lanes)


@jit()
def _hash_128(offsets: Any, start: int, key: int, digits: Any, out: Any) -> None:
    lanes = np.zeros(8, np.uint64)
    for row in range(len(offsets) - 1):
        first = np.int64(offsets[row])
        low, high = _one_128(start + first, np.int64(offsets[row + 1]) - first, key, lanes)
        for place in range(16):
            shift = np.uint64(60 - 4 * place)
            out[32 * row + place] = digits[(high >> shift) & np.uint64(15)]
            out[32 * row + 16 + place] = digits[(low >> shift) & np.uint64(15)]
