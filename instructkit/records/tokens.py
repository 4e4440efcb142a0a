"""Tokens of a text in any script, as 64-bit hashes, straight off Arrow buffers.

A token is a run of letters, digits and underscores; or one character of a script written without spaces
(Chinese, Japanese, Thai, Lao, Khmer, Burmese); or one mark of punctuation or symbol, so that ``3+2`` and
``3-2`` differ. White space only separates. Case and Unicode form do not count.

Stretches of ASCII are cut 64 bytes at a time: one bit a byte tells where words are, and the bits where tokens start
and end are counted off (as simdjson does for JSON: Langdale, Lemire 2019). Other characters are looked up one by one.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine.jit import inner, jit, leading_zeros, load64, trailing_zeros
from instructkit.records.ascii_blocks import BLOCK, ascii_masks
from instructkit.records.buffers import buffers
from instructkit.records.characters import ALONE, COMBINES, KIND, MAY_CHANGE, WORD, characters, composed
from instructkit.records.scrambling import mix

# what `buffers` gives, in the signature of a loop
BYTES, OFFSETS = "Array(uint8, 1, 'C', readonly=True)", "Array(int32, 1, 'C', readonly=True)"
TEXTS = f"{BYTES}, {OFFSETS}"

_LENGTH = np.uint64(0xD6E8FEB86659FD93)
_CHARACTER = np.uint64(0x5851F42D4C957F2D)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_HIGH = np.uint64(0x8080808080808080)
_ONE, _EIGHT = np.uint64(1), np.uint64(8)


def normalised(texts: pa.StringArray) -> pa.StringArray:
    """Texts without nulls, those that are not in NFC brought to it.

    Only the few characters that may change are taken out and normalised: a text is long, and they are few.
    """
    data, offsets = buffers(texts)
    room = 1 << 10
    while True:
        starts, ends, rows = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
        found = unstable(data, offsets, characters(), starts, ends, rows)
        if found <= room:
            break
        room = found
    if not found:
        return texts
    held = data.tobytes()
    changed = dict.fromkeys(rows[:found].tolist(), b"")
    done = {row: int(offsets[row]) for row in changed}
    for start, end, row in zip(starts[:found].tolist(), ends[:found].tolist(), rows[:found].tolist(), strict=True):
        changed[row] += held[done[row] : start] + composed(held[start:end].decode()).encode()
        done[row] = end
    whole = [(changed[row] + held[done[row] : offsets[row + 1]]).decode() for row in changed]
    flags = np.zeros(len(texts), bool)
    flags[list(changed)] = True
    return pc.replace_with_mask(texts, pa.array(flags), pa.array(whole, pa.string()))


@inner(f"UniTuple(int64, 2)({BYTES}, int64)")
def code_point(data: Any, at: int) -> Any:
    """The character beyond ASCII at a place of valid UTF-8, and its bytes."""
    lead = np.int64(data[at])
    if lead < 0xE0:
        return ((lead & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), 2
    point = (np.int64(data[at + 1]) & 0x3F) << 6 | (np.int64(data[at + 2]) & 0x3F)
    if lead < 0xF0:
        return ((lead & 0x0F) << 12) | point, 3
    return ((lead & 0x07) << 18) | (point << 6) | (np.int64(data[at + 3]) & 0x3F), 4


@jit(f"int64({TEXTS}, uint32[::1], int64[::1], int64[::1], int64[::1])")
def unstable(data: Any, offsets: Any, table: Any, starts: Any, ends: Any, rows: Any) -> int:
    """Where characters stand that NFC may change, or whose case the table does not know; gives how many stretches.

    A stretch goes from a character that nothing before it composes with to the next such one. What has no room in the
    arrays is counted only.
    """
    base = data.ctypes.data
    safe = len(data) - 8
    found = 0
    for row in range(len(offsets) - 1):
        at, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        stable = at  # the last character that begins anew
        before = np.uint32(0)
        inside = False
        while at < end:
            if at <= safe and not inside and load64(base + at) & _HIGH == 0:
                at = min(at + 8, end)
                stable = at - 1
                before = np.uint32(0)
                continue
            if data[at] < 0x80:
                entry, size = np.uint32(0), 1
            else:
                point, size = code_point(data, at)
                if point < 0x10000:
                    entry = table[point] & (MAY_CHANGE | COMBINES)
                elif point < 0x1F000 or point >= 0x2F800:  # scripts with case or marks, compatibility ideographs
                    entry = MAY_CHANGE
                else:
                    entry = np.uint32(0)
            if entry == 0:
                if inside and found <= len(ends):
                    ends[found - 1] = at
                inside = False
                stable = at
            elif not inside and (entry & MAY_CHANGE or entry & before & COMBINES):
                inside = True
                if found < len(starts):
                    starts[found], ends[found], rows[found] = stable, end, row
                found += 1
            before = entry
            at += size
    return found


@inner("uint64(uint64, uint64, int64)")
def absorb(state: Any, held: Any, size: int) -> Any:
    """Take the next characters of a word into its hash."""
    return mix(state ^ held ^ (np.uint64(size) * _LENGTH))  # no weaker: words may differ in a byte of each part


@inner("uint64(uint64, uint64, int64)")
def word_hash(state: Any, held: Any, size: int) -> Any:
    """The hash of a word: what was absorbed, and its last characters."""
    return mix(state ^ held ^ (np.uint64(size) * _LENGTH))


@inner("uint64(int64)")
def character_hash(point: int) -> Any:
    """The hash of a character beyond ASCII that is a token."""
    return mix(np.uint64(point) ^ _CHARACTER)


@inner("UniTuple(int64, 2)(int64, int64, uint64[::1], int64)")
def ascii_tokens(address: int, room: int, tokens: Any, count: int) -> Any:
    """The tokens of the ASCII characters from an address on, in at most `BLOCK` bytes of ``room``.

    A word that may go on behind them is left. Gives the bytes used and the tokens there are now.
    """
    words, seen, beyond, folded = ascii_masks(address)
    limit = min(trailing_zeros(beyond), room)  # BLOCK where all is ASCII
    if limit < BLOCK:
        keep = (_ONE << np.uint64(limit)) - _ONE
        words &= keep
        seen &= keep
    alone = seen & ~words
    used = limit
    if 0 < limit < room and (words >> np.uint64(limit - 1)) & _ONE:
        used -= leading_zeros(~(words << np.uint64(BLOCK - limit)))
        keep = (_ONE << np.uint64(used)) - _ONE
        words &= keep
        alone &= keep
    starts = (words & ~(words << _ONE)) | alone
    ends = (words & ~(words >> _ONE)) | alone
    while starts:
        start = trailing_zeros(starts)
        size = np.uint64(trailing_zeros(ends) - start + 1)
        starts &= starts - _ONE
        ends &= ends - _ONE
        place = folded + start
        state = np.uint64(0)
        while size > _EIGHT:
            state = absorb(state, load64(place), 8)
            place += 8
            size -= _EIGHT
        tokens[count] = word_hash(state, load64(place) & (_ALL >> (np.uint64(64) - _EIGHT * size)), size)
        count += 1
    return used, count


@jit(f"int64({BYTES}, int64, int64, uint32[::1], uint64[::1])")
def tokenise(data: Any, start: int, end: int, table: Any, tokens: Any) -> int:
    """Write the token hashes of ``data[start:end]`` (valid UTF-8, in NFC) to ``tokens``; gives their number.

    ``tokens`` must hold ``end - start`` values; ``table`` is that of `characters`.
    """
    base = data.ctypes.data
    safe = len(data) - 8
    count = 0
    at = np.int64(start)
    state, held, size = np.uint64(0), np.uint64(0), 0  # of the word that is open
    inside = wide = False  # in a word; `held` has its characters beyond ASCII, 21 bits each
    while at < end:
        byte = np.int64(data[at])
        if byte < 0x80:
            if not inside and at <= safe - BLOCK and load64(base + at) & _HIGH == 0:
                used, count = ascii_tokens(base + at, end - at, tokens, count)
                if used:
                    at += used
                    continue
            entry, point = table[byte], byte
            at += 1
            if entry >> KIND == WORD:
                if wide or size == 8:
                    state, held, size, wide = absorb(state, held, size), np.uint64(0), 0, False
                held |= np.uint64(entry & np.uint32(0xFF)) << np.uint64(8 * size)
                size += 1
                inside = True
                continue
        else:
            point, width = code_point(data, at)
            at += width
            entry = np.uint32(ALONE << 16)
            if point < 0x10000:
                entry = table[point]
                point = np.int64(entry & np.uint32(0xFFFF))
            if entry >> KIND & np.uint32(3) == WORD:
                if (size > 0 and not wide) or size == 3:
                    state, held, size = absorb(state, held, size), np.uint64(0), 0
                held = (held << np.uint64(21)) | np.uint64(point | (1 << 20))
                size += 1
                inside = wide = True
                continue
        if inside:
            tokens[count] = word_hash(state, held, size)
            count += 1
            state, held, size, inside, wide = np.uint64(0), np.uint64(0), 0, False, False
        if entry >> KIND & np.uint32(3) == ALONE:
            tokens[count] = word_hash(np.uint64(0), np.uint64(point), 1) if point < 0x80 else character_hash(point)
            count += 1
    if inside:
        tokens[count] = word_hash(state, held, size)
        count += 1
    return count


def count_tokens(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    """The number of tokens of each text: int64, one a row."""
    data, offsets = buffers(normalised(texts))
    counts = np.zeros(len(texts), np.int64)
    _count_all(data, offsets, characters(), counts, max(int(np.diff(offsets).max(initial=1)), 1))
    return counts


@jit()
def _count_all(data: Any, offsets: Any, table: Any, counts: Any, longest: int) -> None:
    buffer = np.zeros(longest, np.uint64)
    for row in range(len(counts)):
        counts[row] = tokenise(data, offsets[row], offsets[row + 1], table, buffer)
