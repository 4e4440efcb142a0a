"""CSV and TSV. Every column is text: ``007`` stays ``007``."""

import csv
import io
import itertools
import logging
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from instructkit.errors import BadInput
from instructkit.records.containers.blocks import UTF16, open_bytes, read_block
from instructkit.records.containers.raw import BadRows, Numbers, Raw
from instructkit.records.sources import Source

log = logging.getLogger("instructkit")

DELIMITERS = {"csv": ",", "tsv": "\t"}
BLOCKS = (
    8 << 20,
    256 << 20,
    (1 << 31) - 1,
)  # a row must fit in one: the larger ones are tried when it does not


def open_delimited(source: Source, bad: BadRows) -> Raw:
    """Open a CSV or TSV file with a header row."""
    delimiter = DELIMITERS[source.container]
    sample = _sample(source)
    names = _header(source, sample, delimiter)
    quote = _quote(sample, delimiter, source)
    schema = pa.schema([(name, pa.string()) for name in names])
    return Raw(source.name, schema, _batches(source, delimiter, quote, schema, bad))


def _sample(source: Source) -> bytes:
    if source.path == "-":
        return b""
    with open_bytes(source) as stream:
        sample = read_block(stream, source.name, 1 << 20)
    if sample[:2] in UTF16:
        raise BadInput(f"{source.name} is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8")
    return sample


def _header(source: Source, sample: bytes, delimiter: str) -> list[str]:
    if source.path == "-":
        raise BadInput(f"{source.container.upper()} is read from a file, not from stdin; save it first")
    text = sample.decode("utf-8-sig", "replace")
    csv.field_size_limit(1 << 30)
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    if not any(names):
        raise BadInput(f"{source.name} has no header row")
    if "\ufffd" in "".join(names):
        raise BadInput(f"{source.name} is not UTF-8 (its header can't be read); convert it, e.g. "
                       "iconv -f GB18030 -t UTF-8")  # fmt: skip
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadInput(f"{source.name} has two columns named {twice[0]!r}; rename one")
    return names


def _quote(sample: bytes, delimiter: str, source: Source) -> str | bool:
    """Whether double quotes quote: always in CSV.

    In TSV they do where one opens a column's name, where a line has a field too few or too many without them
    (a line break is quoted), or where each quote that opens a field also closes it; else they are ordinary
    characters.
    """
    if delimiter == ",":
        return '"'
    lines = sample.decode("utf-8", "replace").split("\n")
    rows = [line.rstrip("\r").split(delimiter) for line in (lines[:-1] or lines) if line.strip()]
    even = all(len(row) == len(rows[0]) for row in rows)
    opened = [field for row in rows for field in row if field.startswith('"')]
    if (
        not even
        or any(name.startswith('"') for name in rows[0])
        or all(len(field) > 1 and field.endswith('"') for field in opened)
    ):
        return '"'
    log.info("%s: double quotes are ordinary characters there (not each that opens a field closes it)", source.name)
    return False


def _batches(
    source: Source, delimiter: str, quote: str | bool, schema: pa.Schema, bad: BadRows
) -> Iterator[tuple[pa.RecordBatch, Numbers]]:
    given = 0  # the last row that has been handed on, by this attempt or one with a smaller block
    good = False
    for block in BLOCKS:
        broken: dict[int, tuple[str, str]] = {}
        row = itertools.count(1)
        try:
            for batch in _open(source, delimiter, quote, schema, block, broken):
                numbers = _numbers(row, broken, batch.num_rows)
                fresh = int(np.searchsorted(numbers, given, "right"))
                for number in sorted(number for number in broken if given < number <= numbers[-1]):
                    bad.add(source.name, number, "wrong_number_of_fields", *broken[number])
                if fresh < len(numbers):
                    given = int(numbers[-1])
                    rows = _as_text(batch.slice(fresh), numbers[fresh:], schema, source.name, bad)
                    good = good or rows[0].num_rows > 0
                    yield rows
            for number in sorted(number for number in broken if number > given):
                bad.add(source.name, number, "wrong_number_of_fields", *broken[number])
            break
        except pa.ArrowInvalid as error:
            if "straddling" in str(error) and block != BLOCKS[-1]:
                continue
            raise BadInput(f"{source.name} can't be read as {source.container.upper()} ({error})") from error
    if not good and bad.first is not None:
        raise BadInput(f"{source.name}: not one row can be read ({bad.first})")


def _open(
    source: Source,
    delimiter: str,
    quote: str | bool,
    schema: pa.Schema,
    block: int,
    broken: dict[int, tuple[str, str]],
) -> Iterator[pa.RecordBatch]:
    def skip(row: pyarrow.csv.InvalidRow) -> str:
        found = f"{row.actual_columns} fields instead of {row.expected_columns}"
        broken[row.number - 1] = (found, row.text)  # pyarrow counts the header as row 1
        return "skip"

    # bytes, not text: one row in another encoding must not stop the rest
    with open_bytes(source) as stream:
        for batch in pyarrow.csv.open_csv(
            stream,
            read_options=pyarrow.csv.ReadOptions(block_size=block, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                quote_char=quote,
                newlines_in_values=quote is not False,
                invalid_row_handler=skip,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.binary() for name in schema.names}, strings_can_be_null=False
            ),
        ):
            if batch.num_rows:
                yield batch


def _numbers(row: Iterator[int], broken: dict[int, tuple[str, str]], rows: int) -> Numbers:
    return np.fromiter(itertools.islice((number for number in row if number not in broken), rows), np.int64, rows)


def _as_text(
    batch: pa.RecordBatch, numbers: Numbers, schema: pa.Schema, name: str, bad: BadRows
) -> tuple[pa.RecordBatch, Numbers]:
    try:
        return batch.cast(schema), numbers
    except pa.ArrowInvalid:
        pass
    keep = np.ones(batch.num_rows, bool)
    for at, row in enumerate(batch.to_pylist()):
        line = b"\t".join(value or b"" for value in row.values())
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            keep[at] = False
            found = f"not UTF-8 (byte 0x{line[error.start]:02x})"
            bad.add(name, int(numbers[at]), "not_utf8", found, line.decode("utf-8", "replace"))
    return pc.filter(batch, pa.array(keep)).cast(schema), numbers[keep]
