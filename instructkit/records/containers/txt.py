"""Plain text: each line that is not blank is a row with one column, ``text``."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.containers.blocks import byte_stream, line_blocks
from instructkit.records.containers.raw import BadRows, Numbers, Raw
from instructkit.records.sources import Source

SCHEMA = pa.schema([("text", pa.string())])


def open_txt(source: Source, bad: BadRows) -> Raw:
    """Open a text file, a line a document."""

    def batches() -> Iterator[tuple[pa.RecordBatch, Numbers]]:
        number = 0
        good = False
        for block in line_blocks(byte_stream(source)):
            texts: list[str] = []
            numbers: list[int] = []
            lines = block.removesuffix(b"\n").split(b"\n")
            for line in lines:
                number += 1
                try:
                    text = line.rstrip(b"\r").decode("utf-8")
                except UnicodeDecodeError as error:
                    found = f"not UTF-8 (byte 0x{line[error.start]:02x} at {error.start})"
                    bad.add(source.name, number, "not_utf8", found, line.decode("utf-8", "replace"))
                    continue
                if text.strip():
                    texts.append(text)
                    numbers.append(number)
            if texts:
                good = True
                yield (
                    pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], schema=SCHEMA),
                    np.array(numbers),
                )
        if not good and bad.first is not None:
            raise BadInput(f"{source.name}: not one row can be read ({bad.first})")

    return Raw(source.name, SCHEMA, batches())
