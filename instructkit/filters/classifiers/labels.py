"""The labelled rows a classifier is trained from: a text, and one label or several yes-or-no ones."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput
from instructkit.records.columns import check_column, check_text_column, open_columns
from instructkit.records.containers.raw import BadRows
from instructkit.records.rejects import Rejects

FEWEST = 20  # rows: with fewer nothing can be learned and measured
_YES, _NO = ("1", "1.0", "true"), ("0", "0.0", "false")


@dataclass
class Labelled:
    """Texts and their labels."""

    texts: pa.StringArray
    labels: tuple[str, ...]
    marked: npt.NDArray[np.bool_]  # rows x labels
    multi_label: bool
    left_out: Counter[str]  # rows without a text, without a label


def read_labelled(sources: Sequence[str], text: str, columns: Sequence[str], layout: str | None = None) -> Labelled:
    """Read the columns of one or more files.

    One label column holds a label a row; several hold 0 or 1 (false or true) each, and are the labels themselves.

    Raises `BadInput` for columns that are not there, labels that can't be learned, and too few rows.
    """
    texts: list[pa.Array] = []
    values: list[list[pa.Array]] = [[] for _ in columns]
    left_out: Counter[str] = Counter()
    for path in sources:
        bad = BadRows(Rejects())
        raw, _ = open_columns(path, layout, bad)
        check_text_column(raw.schema, raw.name, text)
        for name in columns:
            check_column(raw.schema, raw.name, name)
        for batch, numbers in raw.batches:
            read = [_as_text(batch, name, raw.name) for name in columns]
            if len(columns) > 1:
                read = [_yes_or_no(one, name, raw.name, numbers) for one, name in zip(read, columns, strict=True)]
            filled = pc.not_equal(pc.utf8_trim_whitespace(batch.column(text)), "").fill_null(False)
            known = pc.not_equal(read[0], "").fill_null(False) if len(columns) == 1 else filled
            left_out["no_text"] += batch.num_rows - pc.sum(filled).as_py() if batch.num_rows else 0
            left_out["no_label"] += pc.sum(pc.and_not(filled, known)).as_py() or 0
            kept = pc.and_(filled, known)
            texts.append(batch.column(text).filter(kept))
            for held, one in zip(values, read, strict=True):
                held.append(one.filter(kept))
        left_out.update(bad.counts.reasons)
    joined = pa.chunked_array(texts, pa.string()).combine_chunks()
    if isinstance(joined, pa.ChunkedArray):  # beyond 2 GB
        raise BadInput("the texts hold more than 2 GB; train on a sample of them")
    if len(joined) < FEWEST:
        raise BadInput(f"there are {len(joined)} rows with a text and a label; a classifier needs {FEWEST} or more")
    given = [pa.chunked_array(one).combine_chunks() for one in values]
    labels, marked = _several(columns, given) if len(columns) > 1 else _single(columns[0], given[0])
    return Labelled(joined, labels, marked, len(columns) > 1, left_out)


def _as_text(batch: pa.RecordBatch, name: str, file: str) -> pa.StringArray:
    column = batch.column(name)
    if pa.types.is_nested(column.type):
        raise BadInput(f"{file}: the label column {name!r} holds {column.type}, not one value a row")
    return pc.utf8_trim_whitespace(column.cast(pa.string()))


def _yes_or_no(values: pa.StringArray, name: str, file: str, numbers: npt.NDArray[np.int64]) -> pa.BooleanArray:
    lower = pc.utf8_lower(values)
    yes, no = (pc.is_in(lower, pa.array(known)) for known in (_YES, _NO))
    wrong = np.flatnonzero(~pc.or_(yes, no).to_numpy(zero_copy_only=False))
    if len(wrong):
        value = values[int(wrong[0])].as_py()
        found = "nothing" if value in (None, "") else repr(value[:40])
        raise BadInput(
            f"{file}, row {numbers[wrong[0]]}: the label column {name!r} holds {found}, "
            "and several label columns hold 0 or 1"
        )
    return yes


def _single(column: str, values: pa.StringArray) -> tuple[tuple[str, ...], npt.NDArray[np.bool_]]:
    labels = tuple(sorted(values.unique().to_pylist()))
    if len(labels) < 2:
        raise BadInput(
            f"the label column {column!r} holds only {labels[0]!r}; a classifier tells two labels or more apart"
        )
    if len(labels) * 2 > len(values):
        raise BadInput(
            f"the label column {column!r} holds {len(labels):,} labels in {len(values):,} rows; is it a label?"
        )
    _check_tokens(labels)
    places = pc.index_in(values, pa.array(labels)).to_numpy(zero_copy_only=False)
    marked = np.zeros((len(values), len(labels)), bool)
    marked[np.arange(len(values)), places] = True
    return labels, marked


def _several(columns: Sequence[str], values: list[pa.BooleanArray]) -> tuple[tuple[str, ...], npt.NDArray[np.bool_]]:
    if len(set(columns)) < len(columns):
        raise BadInput("a label column is given twice")
    _check_tokens(columns)
    marked = np.stack([one.to_numpy(zero_copy_only=False) for one in values], axis=1)
    for name, share in zip(columns, marked.mean(axis=0).tolist(), strict=True):
        if share in (0.0, 1.0):
            raise BadInput(f"the label column {name!r} is {int(share)} in every row; there is nothing to learn")
    return tuple(columns), marked


def token(label: str) -> str:
    """A label as fastText writes it: one word."""
    return re.sub(r"\s+", "_", label)


def _check_tokens(labels: Sequence[str]) -> None:
    twice = [one for one, count in Counter(map(token, labels)).items() if count > 1]
    if twice:
        raise BadInput(f"two labels differ only in spaces ({twice[0]!r}); rename one")
