"""Bytes of a text file in large blocks that end at a line's end."""

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.sources import Source

BLOCK = 8 << 20
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
            raise BadInput(f"{source.name} is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8")
        data = data.removeprefix(codecs.BOM_UTF8)
        while data:
            yield data
            data = read_block(stream, source.name)


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
