"""How long rows are: characters, and about how many tokens a language model would make of them.

No tokenizer is asked: four letters of ASCII count as a token, a character of three bytes (Chinese, Japanese, Korean)
as 0.8, one of two bytes (Cyrillic, Greek, Arabic, accented Latin) as about half. A tokenizer's own count differs.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.lists import list_lengths
from instructkit.records.schema import CONTENT

ASCII_TOKENS = 1 / 4
WIDE_TOKENS = 0.8

Lengths = npt.NDArray[np.int64]


def estimated_tokens(characters: Any, size: Any) -> Any:
    """About how many tokens texts have, by their characters and bytes (UTF-8); of arrays or of one text."""
    wide = (size - characters) / 2
    return np.ceil((characters - wide) * ASCII_TOKENS + wide * WIDE_TOKENS)


def content_lengths(batch: pa.RecordBatch) -> tuple[Lengths, Lengths]:
    """The characters and the bytes of each example's texts, earlier turns and system prompt among them: int64."""
    characters, size = np.zeros(batch.num_rows, np.int64), np.zeros(batch.num_rows, np.int64)
    for name in CONTENT:
        if name not in batch.schema.names:
            continue
        column = batch.column(name)
        if name != "history":
            characters += _filled(pc.utf8_length(column))
            size += _filled(pc.binary_length(column))
            continue
        said = pc.struct_field(column.flatten(), "content")
        lengths = list_lengths(column)
        ends = np.cumsum(lengths)
        for totals, of_turns in ((characters, pc.utf8_length(said)), (size, pc.binary_length(said))):
            sums = np.concatenate([[0], np.cumsum(_filled(of_turns))])
            np.add(totals, sums[ends] - sums[ends - lengths], out=totals)
    return characters, size


def _filled(lengths: pa.Array) -> Lengths:
    filled: Lengths = pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return filled
