"""Bytes of a text file in large blocks that end at a line's end."""

import codecs
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.sources import Source

BLOCK = 2 << 20  # a core's cache holds it, and a few in flight are no memory
LOOK = 1 << 16  # bytes that are read at a time to find a line's end
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def open_bytes(source: Source) -> Any:
    """Open a file or stdin for reading, decompressed."""
    if source.path == "-":
        stream = pa.PythonFile(sys.stdin.buffer, mode="r")
    elif Path(source.path).is_file():
        stream = pa.OSFile(source.path, "rb")
    else:  # a named pipe: OSFile would seek in it
        stream = pa.PythonFile(open(source.path, "rb"), mode="r")  # noqa: SIM115 - PythonFile closes it
    return pa.CompressedInputStream(stream, source.compression) if source.compression else stream


def read_block(stream: Any, name: str, size: int = BLOCK) -> bytes:
    """Read up to ``size`` bytes; raises `BadInput` where a compressed file is damaged or cut."""
    try:
        data: bytes = stream.read(size)
    except (OSError, EOFError) as error:
        raise BadInput(f"{name} is a damaged or cut compressed file ({error})") from error
    return data


def byte_stream(source: Source) -> Iterator[bytes]:
    """Yield a file's bytes without a byte order mark; raises `BadInput` for UTF-16."""
    with open_bytes(source) as stream:
        data = read_block(stream, source.name)
        if data[:2] in UTF16:
            raise BadInput(_utf16(source))
        data = data.removeprefix(codecs.BOM_UTF8)
        while data:
            yield data
            data = read_block(stream, source.name)


def _utf16(source: Source) -> str:
    return f"{source.name} is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8"


class _Buffers(threading.local):
    """A thread's buffer, used again for each block: fresh memory costs more than the copy into it."""

    data = bytearray()

    def of(self, size: int) -> bytearray:
        if len(self.data) < size:
            self.data = bytearray(size)
        return self.data


_BUFFERS = _Buffers()


@dataclass(frozen=True)
class Stretch:
    """A part of a file that ends at a line's end, to be read where it is used."""

    path: str
    start: int
    end: int

    def read(self) -> memoryview:
        """The bytes, good until this thread reads the next; waits for the disk without holding the interpreter."""
        size = self.end - self.start
        block = memoryview(_BUFFERS.of(size))[:size]
        with open(self.path, "rb", buffering=0) as file:
            at = 0
            while at < size:
                got = os.preadv(file.fileno(), [block[at:]], self.start + at)
                if not got:
                    raise BadInput(f"{Path(self.path).name} became shorter while it was read")
                at += got
        return block


Block = bytes | Stretch


def load(block: Block) -> bytes | memoryview:
    """The bytes of a block; those of a stretch are good until this thread loads the next."""
    return block if isinstance(block, bytes) else block.read()


def stretches(source: Source) -> Iterator[Block] | None:
    """A plain file cut at line ends without reading it, so that workers read it side by side; else None."""
    if source.path == "-" or source.compression or not Path(source.path).is_file():
        return None
    with open(source.path, "rb") as file:
        head = file.read(len(codecs.BOM_UTF8))
    if head[:2] in UTF16:
        raise BadInput(_utf16(source))
    return _cut(source.path, len(head) if head == codecs.BOM_UTF8 else 0)


def _cut(path: str, start: int) -> Iterator[Block]:
    size = os.stat(path).st_size
    with open(path, "rb", buffering=0) as file:
        while start < size:
            end = start + BLOCK
            while end < size:  # to the end of the line that is cut there
                piece = os.pread(file.fileno(), LOOK, end)
                found = piece.find(b"\n")
                end += found + 1 if found >= 0 else len(piece)
                if found >= 0 or not piece:
                    break
            yield Stretch(path, start, min(end, size))
            start = end


def line_blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes cut after a line's end; a line longer than a chunk stands in one block."""
    held: list[bytes] = []
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join([*held, chunk[:end]])
            held = [chunk[end:]] if end < len(chunk) else []
        else:
            held.append(chunk)
    if held:
        yield b"".join(held)
