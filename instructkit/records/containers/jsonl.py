"""JSON lines, and whatever else can be given as JSON lines.

pyarrow's parser reads each block; where it refuses one (a broken line, a column of mixed types), that block
alone is read line by line in Python. The columns are those of the first block: the schema must stand before
the first row goes out, and a 10 GB file is not read twice.
"""

import functools
import itertools
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from instructkit.engine import map_ordered
from instructkit.errors import BadInput, NoRows
from instructkit.records.containers.blocks import Block, byte_stream, line_blocks, load, stretches
from instructkit.records.containers.raw import BadRows, Numbers, Raw, plain_type
from instructkit.records.hashing import canonical_json
from instructkit.records.sources import Source

log = logging.getLogger("instructkit")

EXACT = 2**53  # whole numbers up to this are floats without loss
_NULL_FIRST = re.compile(rb"\s*null")
_NULL_LINE = re.compile(rb"\n[ \t\r]*null")

Bad = tuple[int, str, str, str]  # row number, rule, what was found, the row's text


@dataclass
class Parsed:
    """A block's rows and the lines that could not be one."""

    batch: pa.RecordBatch
    numbers: Numbers
    lines: int  # of the block, blank ones too
    bad: list[Bad] = field(default_factory=list)


def open_jsonl(source: Source, bad: BadRows, workers: int | None = None) -> Raw:
    """Open a file of one JSON object a line."""
    return open_lines(source.name, stretches(source) or line_blocks(byte_stream(source)), bad, workers)


def open_lines(name: str, blocks: Iterator[Block], bad: BadRows, workers: int | None = None) -> Raw:
    """Open blocks of JSON lines; row numbers are line numbers."""
    first = bytes(load(next(blocks, b"")))
    schema = infer_schema(first)
    if not len(schema):
        raise _first_complaint(name, first)
    parse = functools.partial(parse_block, schema=schema)

    def batches() -> Iterator[tuple[pa.RecordBatch, Numbers]]:
        line = 1
        good = False
        for parsed in map_ordered(itertools.chain([first], blocks), parse, workers=workers):
            for number, rule, detail, text in parsed.bad:
                bad.add(name, line + number - 1, rule, detail, text)
            if parsed.batch.num_rows:
                good = True
                yield parsed.batch, parsed.numbers + (line - 1)
            line += parsed.lines
        if not good and bad.first is not None:
            raise BadInput(f"{name}: not one row can be read ({bad.first})")

    return Raw(name, schema, batches())


def _first_complaint(name: str, block: bytes) -> BadInput:
    for number, line in enumerate(block.split(b"\n"), 1):
        if line.strip():
            found = _load(line)
            detail = found if isinstance(found, str) else "an object with no fields"
            return BadInput(f"{name}: not one row can be read (row {number}: {detail})")
    return NoRows(f"{name} holds no rows")


def infer_schema(block: bytes) -> pa.Schema:
    """The columns of JSON lines: pyarrow's inference, or ours where values of one column differ in type.

    Text stays text (a date is not read as one), a column of only nulls is text, and a column whose values
    are of several types is text that holds their JSON.
    """
    try:
        return pa.schema([(child.name, _stored_type(child.type)) for child in _parse_arrow(block, None).schema])
    except pa.ArrowInvalid:
        objects = [found for line in block.split(b"\n") if line.strip() and isinstance(found := _load(line), dict)]
        return infer_columns(objects)


def infer_columns(objects: Sequence[dict[str, Any]]) -> pa.Schema:
    """The columns of rows given as dictionaries."""
    names = dict.fromkeys(name for row in objects for name in row)
    return pa.schema([(name, _column_type(name, [row.get(name) for row in objects])) for name in names])


def _column_type(name: str, values: list[Any]) -> pa.DataType:
    try:
        kind = _stored_type(pa.array(values, from_pandas=False).type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        log.info("column %s holds values of several types: read as text", name)
        return pa.string()
    return kind if all(_fits(value, kind) for value in values) else pa.string()


def _stored_type(kind: pa.DataType) -> pa.DataType:
    """The type an inferred one is stored as."""
    if pa.types.is_temporal(kind) or _nests_itself(kind) or _holds_nothing(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_stored_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(child.name, _stored_type(child.type)) for child in kind])
    return plain_type(kind)


def _holds_nothing(kind: pa.DataType) -> bool:
    """Whether a value or something in it is {}: that has no columns, but its JSON can be kept."""
    if pa.types.is_list(kind):
        return _holds_nothing(kind.value_type)
    return pa.types.is_struct(kind) and (not len(kind) or any(_holds_nothing(child.type) for child in kind))


def _nests_itself(kind: pa.DataType, above: frozenset[str] = frozenset()) -> bool:
    """Whether a type is a tree (replies in replies): its depth differs by row, so only its JSON has one type."""
    if pa.types.is_list(kind):
        return _nests_itself(kind.value_type, above)
    return pa.types.is_struct(kind) and any(
        pa.types.is_nested(child.type) and (child.name in above or _nests_itself(child.type, above | {child.name}))
        for child in kind
    )


def parse_block(lines: Block, schema: pa.Schema) -> Parsed:
    """Parse one block of lines into the given columns."""
    block = load(lines)
    count = _lines(block)
    try:
        table = _parse_arrow(block, schema)
        if not _is_ascii(block):
            table.validate(full=True)
        if table.num_rows and table.num_rows == count:  # no blank lines, so rows are lines
            batch = table.combine_chunks().to_batches()[0]
            return Parsed(batch, np.arange(1, count + 1, dtype=np.int64), count)
    except pa.ArrowInvalid:
        pass
    return _parse_slowly(bytes(block), schema)


def _lines(block: bytes | memoryview) -> int:
    data = np.frombuffer(block, np.uint8)
    return int(np.count_nonzero(data == ord("\n"))) + (len(data) > 0 and data[-1] != ord("\n"))


def _is_ascii(block: bytes | memoryview) -> bool:
    words = np.frombuffer(block, np.uint64, len(block) // 8)
    return not (words & np.uint64(0x8080808080808080)).any() and bytes(block[len(words) * 8 :]).isascii()


def _parse_arrow(block: bytes | memoryview, schema: pa.Schema | None) -> pa.Table:
    if _NULL_FIRST.match(block):
        raise pa.ArrowInvalid("the first line is null")  # pyarrow crashes at it
    table = pyarrow.json.read_json(
        pa.BufferReader(pa.py_buffer(block)),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=max(len(block) + 1, 1024)),
        parse_options=pyarrow.json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="infer" if schema is None else "error"
        ),
    )
    if _has_null_row(table, block):
        raise pa.ArrowInvalid("a line is null")
    if any(_reaches(column, EXACT) for column in table.columns):
        raise pa.ArrowInvalid("a whole number may have been rounded")
    return table


def _has_null_row(table: pa.Table, block: bytes | memoryview) -> bool:
    """Whether a line is null: a row of nulls, to pyarrow."""
    return all(column.null_count for column in table.columns) and _NULL_LINE.search(block) is not None


def _reaches(column: pa.Array | pa.ChunkedArray, limit: float) -> bool:
    """Whether a float in a column, or in the lists and structs of one, is as large as this."""
    if isinstance(column, pa.ChunkedArray):
        return any(_reaches(chunk, limit) for chunk in column.chunks)
    if pa.types.is_nested(column.type):
        children = column.flatten()
        return any(_reaches(child, limit) for child in (children if isinstance(children, list) else [children]))
    return pa.types.is_floating(column.type) and bool(pc.any(pc.greater_equal(pc.abs(column), limit)).as_py())


def _parse_slowly(block: bytes, schema: pa.Schema) -> Parsed:
    rows: list[tuple[int, dict[str, Any]]] = []
    bad: list[Bad] = []
    for number, line in enumerate(block.split(b"\n"), 1):
        if not line.strip():
            continue
        found = _load(line)
        if isinstance(found, dict):
            rows.append((number, found))
        else:
            rule = "not_utf8" if found.startswith("not UTF-8") else "not_json"
            bad.append((number, rule, found, line.decode("utf-8", "replace")))
    return _to_batch(rows, schema, bad, _lines(block))


def _load(line: bytes) -> dict[str, Any] | str:
    """A line's object, or what is wrong with it."""
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"not UTF-8 (byte 0x{line[error.start]:02x} at {error.start})"
    except ValueError as error:
        return f"no JSON ({error})"
    except RecursionError:
        return "JSON nested too deep"
    if b"\\ud" in line.lower() and not is_utf8(found):
        return "half a surrogate pair (an emoji cut in two), which is no text"
    return found if isinstance(found, dict) else f"a JSON {_json_kind(found)}, not an object"


def is_utf8(value: object) -> bool:
    """Whether a value's text can be stored: JSON's escapes can name half a surrogate pair, UTF-8 can't."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _json_kind(value: object) -> str:
    kinds = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "number")


def _to_batch(rows: list[tuple[int, dict[str, Any]]], schema: pa.Schema, bad: list[Bad], lines: int = 0) -> Parsed:
    kept: list[tuple[int, dict[str, Any]]] = []
    for number, row in rows:
        complaint = _misfit(row, schema)
        if complaint is None:
            kept.append((number, row))
        else:
            bad.append((number, *complaint, json.dumps(row, ensure_ascii=False)))
    columns = [
        pa.array([_value(row.get(column.name), column.type) for _, row in kept], column.type) for column in schema
    ]
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    return Parsed(batch, np.array([number for number, _ in kept], np.int64), lines, sorted(bad))


def _misfit(row: dict[str, Any], schema: pa.Schema) -> tuple[str, str] | None:
    for name, value in row.items():
        place = schema.get_field_index(name)
        if place < 0:
            return "unexpected_column", f"column {name!r} is not among those of the first rows"
        if not (pa.types.is_string(schema.field(place).type) or _fits(value, schema.field(place).type)):
            return "unexpected_type", f"column {name!r} was {schema.field(place).type} in the first rows"
    return None


def _fits(value: Any, kind: pa.DataType) -> bool:
    """Whether a value can be stored in a type with nothing lost."""
    if value is None:
        return True
    if pa.types.is_struct(kind):
        fields = {child.name: child.type for child in kind}
        return isinstance(value, dict) and all(
            name in fields and _fits(child, fields[name]) for name, child in value.items()
        )
    if pa.types.is_list(kind):
        return isinstance(value, list) and all(_fits(child, kind.value_type) for child in value)
    if pa.types.is_boolean(kind):
        return isinstance(value, bool)
    if pa.types.is_integer(kind):
        return type(value) is int and -(2**63) <= value < 2**63
    if pa.types.is_floating(kind):
        return type(value) is float or (type(value) is int and abs(value) <= EXACT)
    return isinstance(value, str)


def _value(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_string(kind):
        return value if isinstance(value, str) or value is None else canonical_json(value)
    if pa.types.is_list(kind) and value is not None:
        return [_value(child, kind.value_type) for child in value]
    if pa.types.is_struct(kind) and value is not None:
        return {child.name: _value(value.get(child.name), child.type) for child in kind}
    return float(value) if pa.types.is_floating(kind) and value is not None else value


def from_objects(name: str, rows: Iterator[dict[str, Any]]) -> Raw:
    """Rows made in Python (a nested file's), a few thousand at a time."""
    first = list(itertools.islice(rows, 20_000))
    schema = infer_columns(first)

    def batches() -> Iterator[tuple[pa.RecordBatch, Numbers]]:
        start, piece = 1, first
        while piece:
            parsed = _to_batch(list(enumerate(piece, start)), schema, [])
            if parsed.bad:
                raise BadInput(f"{name}: row {parsed.bad[0][0]}: {parsed.bad[0][2]}")
            yield parsed.batch, parsed.numbers
            start += len(piece)
            piece = list(itertools.islice(rows, 4096))

    return Raw(name, schema, batches())
