"""A file of the duplicates: each with the row it left for, and how alike they are in each field."""

from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.dedup.texts import Field
from instructkit.dedup.verdicts import EXACT, JudgedRows, Verdicts
from instructkit.errors import UsageError
from instructkit.records.part import Writer
from instructkit.records.writing import check_target, open_writer

IN_FIELD = pa.struct([("field", pa.string()), ("similarity", pa.float64())])
CLUSTERS = pa.schema([("id", pa.string()), ("kept", pa.string()), ("similarity", pa.float64()),
                      ("reason", pa.string()), ("fields", pa.list_(IN_FIELD)), ("tokens", pa.int64())])  # fmt: skip


class ClusterFile:
    """The file, if one is wanted; it appears when it is complete."""

    def __init__(self, path: str | None, fields: tuple[Field, ...], near: str = "near_duplicate") -> None:
        self.wanted = path is not None
        self._near = near  # what is said of rows that are not equal
        self._names = [field.name for field in fields]
        self._writer: Writer | None = None
        if path is not None:
            if check_target(path)[0] == "txt":
                raise UsageError(f"--clusters {path}: a text file has one column; name a .jsonl, .csv or .parquet file")
            self._writer = open_writer(path, CLUSTERS)

    def __enter__(self) -> "ClusterFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            if kind is None:
                self._writer.finish([])
            else:
                self._writer.abort()

    def add(
        self,
        ids: pa.StringArray,
        kept: pa.StringArray,
        rows: npt.NDArray[np.int64],
        found: Verdicts,
        judged: JudgedRows,
    ) -> None:
        """Add rows that left."""
        if self._writer is None:
            return
        exact = found.reason[rows] == EXACT
        alike = np.ones((len(rows), len(self._names)))
        near = rows[~exact]
        if len(near):
            alike[~exact] = judged.in_fields(near, found.kept[near].astype(np.int64))
        told = [
            [
                {"field": name, "similarity": round(float(value), 4)}
                for name, value in zip(self._names, row, strict=True)
                if not np.isnan(value)
            ]
            for row in alike
        ]
        columns = [
            ids,
            kept,
            pa.array(np.round(found.similarity[rows].astype(np.float64), 4)),
            pa.array(np.where(exact, "exact_duplicate", self._near), pa.string()),
            pa.array(told, pa.list_(IN_FIELD)),
        ]
        self._writer.write(pa.RecordBatch.from_arrays([*columns, pa.nulls(len(rows), pa.int64())], schema=CLUSTERS))

    def add_cuts(self, cuts: list[tuple[str, int, str]]) -> None:
        """Add rows that lost a passage: the id, how many tokens, and the id of the row where they stand first."""
        if self._writer is not None and cuts:
            rows = [{"id": row, "kept": first, "reason": "cut", "tokens": tokens} for row, tokens, first in cuts]
            self._writer.write(pa.RecordBatch.from_pylist(rows, schema=CLUSTERS))
