"""``.json`` files: lines, one array (also pretty-printed), or one object that holds the rows."""

import codecs
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from instructkit.errors import BadInput, NoRows
from instructkit.records.containers.blocks import BLOCK, byte_stream, line_blocks
from instructkit.records.containers.jsonl import from_objects, is_utf8, open_lines
from instructkit.records.containers.raw import BadRows, Raw
from instructkit.records.layouts.nested import NESTED, is_squad, is_super_natural
from instructkit.records.schema import EXAMPLE
from instructkit.records.sources import Source

_SPACE = re.compile(r"[ \t\r\n]*")


def open_json(source: Source, bad: BadRows, workers: int | None = None) -> Raw:
    """Open a JSON file of any of the three shapes, told apart by its first bytes.

    An array streams; a single object (SQuAD, a Super-NaturalInstructions task) is read whole.
    """
    chunks = byte_stream(source)
    first = next(chunks, b"")
    while not first.strip():
        more = next(chunks, None)
        if more is None:
            raise NoRows(f"{source.name} holds no rows")
        first = more
    first = _to_a_line_end(first, chunks)
    chunks = itertools.chain([first], chunks)
    opening = first.lstrip()[:1]
    if opening == b"[":
        lines = _array_lines(source.name, chunks)
        start = next(lines, None)
        if start is None:  # no rows, so no columns either: an empty set of examples
            return Raw(source.name, EXAMPLE, iter(()))
        return open_lines(source.name, itertools.chain([start], lines), bad, workers)
    if opening == b"{" and not _is_lines(first):
        return _open_object(source.name, b"".join(chunks))
    return open_lines(source.name, line_blocks(chunks), bad, workers)


def _to_a_line_end(first: bytes, chunks: Iterator[bytes]) -> bytes:
    """Read on until a whole line is there to be judged; an array needs none."""
    if first.lstrip().startswith(b"["):
        return first
    pieces = [first]
    while b"\n" not in pieces[-1] and (more := next(chunks, b"")):
        pieces.append(more)
    return b"".join(pieces)


def _is_lines(first: bytes) -> bool:
    """Whether the first line is a whole object by itself and another follows."""
    line, _, rest = first.lstrip().partition(b"\n")
    try:
        json.loads(line)
    except ValueError:
        # the line may be broken JSON among whole ones: then the next one starts an object too
        return bool(rest.lstrip()[:1] == b"{" and not rest.startswith((b" ", b"\t")))
    return bool(rest.strip()) or not any(key in json.loads(line) for key in NESTED)


def _array_lines(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut an array into its elements and give them as JSON lines."""
    lines: list[str] = []
    size = 0
    for element in _elements(name, _text(name, chunks)):
        # a raw line break cannot stand inside a JSON string, so it is only layout
        lines.append(element.replace("\n", " ").replace("\r", " "))
        size += len(element)
        if size > BLOCK // 2:
            yield ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")
            lines, size = [], 0
    if lines:
        yield ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def _text(name: str, chunks: Iterator[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
            offset += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{name} is not UTF-8 (near byte {offset + error.start}); convert it, e.g. iconv -f GB18030 -t UTF-8"
        ) from error


def _elements(name: str, texts: Iterator[str]) -> Iterator[str]:
    decode = json.JSONDecoder().raw_decode
    buffer = next(texts)
    at = buffer.index("[") + 1
    row = 0
    comma = True  # whether the comma before the next element has been passed
    while True:
        at = _skip(buffer, at)
        if at < len(buffer) and buffer[at] == "]":
            if buffer[at + 1 :].strip() or any(piece.strip() for piece in texts):
                raise BadInput(f"{name} goes on after its array; give each array as a file of its own")
            break
        if not comma and at < len(buffer):
            if buffer[at] != ",":
                raise BadInput(f"{name}: a comma is missing after row {row} of the array")
            comma = True
            at = _skip(buffer, at + 1)
            if at < len(buffer) and buffer[at] == "]":
                raise BadInput(f"{name}: a comma stands before the end of the array, after row {row}; remove it")
        try:
            if at >= len(buffer):
                raise json.JSONDecodeError("end", buffer, at)
            _, end = decode(buffer, at)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(buffer) - 12 or error.msg.startswith("Unterminated")
            pieces = list(itertools.islice(texts, 1 + len(buffer) // BLOCK)) if cut else []
            if not pieces:
                raise BadInput(_array_complaint(name, row, error, cut)) from error
            buffer, at = buffer[at:] + "".join(pieces), 0
            continue
        except RecursionError as error:
            raise BadInput(f"{name}: row {row + 1} of the array is nested too deep") from error
        if end == len(buffer) and (piece := next(texts, "")):  # a number may go on there
            buffer, at = buffer[at:] + piece, 0
            continue
        yield buffer[at:end]
        row += 1
        at = end
        comma = False
        if at > BLOCK:
            buffer, at = buffer[at:], 0


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _array_complaint(name: str, row: int, error: json.JSONDecodeError, cut: bool) -> str:
    if cut:
        return f"{name} is cut off in the middle of its array, after row {row}; get the whole file"
    return f"{name}: row {row + 1} of the array is no JSON ({error.msg})"


def _open_object(name: str, data: bytes) -> Raw:
    try:
        whole = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8 (near byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} is no JSON, or cut off ({error})") from error
    if b"\\ud" in data.lower() and not is_utf8(whole):
        raise BadInput(f"{name} holds half a surrogate pair (an emoji cut in two), which is no text; remove it")
    if is_squad(whole):
        return from_objects(name, NESTED["squad"](whole))
    if is_super_natural(whole):
        raw = from_objects(name, NESTED["super-ni"](whole))
        raw.task = {key: value for key, value in whole.items() if key != "Instances"}
        return raw
    return from_objects(name, iter(_rows_inside(name, whole)))


def _rows_inside(name: str, whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The one list of objects that a file's object holds, or the object itself as a single row."""
    lists = {
        key: value
        for key, value in whole.items()
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    }
    if len(lists) > 1:
        raise BadInput(f"{name} is one object with several lists of rows ({', '.join(lists)}); keep one of them")
    return next(iter(lists.values())) if lists and not _is_chat(lists) else [whole]


def _is_chat(lists: dict[str, Any]) -> bool:
    return any(key in ("messages", "conversations") for key in lists)
