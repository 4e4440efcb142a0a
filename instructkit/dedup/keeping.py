"""Which of the rows that are the same stays: the order in which rows are taken."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.arrays import Rows
from instructkit.dedup.texts import Field
from instructkit.errors import BadInput, UsageError
from instructkit.records.schema import as_text


class Keep:
    """Says how early each row is taken; of rows that are taken alike, the one that came first."""

    def __init__(self, keep: str, schema: pa.Schema, fields: tuple[Field, ...]) -> None:
        self._fields = fields
        self.column, _, way = keep.partition(":")
        self.as_they_come = keep == "first"
        self._longest = keep == "longest"
        self._least = way == "min"
        if self.as_they_come or self._longest:
            return
        if way not in ("", "min", "max"):
            raise UsageError(f"--keep {keep}: a column is followed by :min or :max, not :{way}")
        if self.column not in schema.names:
            raise UsageError(
                f"--keep {keep}: neither first, longest nor a column; the columns are {', '.join(schema.names)}"
            )
        if pa.types.is_nested(schema.field(self.column).type):
            raise UsageError(
                f"--keep {keep}: a {schema.field(self.column).type} has no order; name a column of numbers"
            )

    def order(self, batch: pa.RecordBatch, first_row: int) -> npt.NDArray[np.float64]:
        """A number for each row of a batch, smaller for rows that are taken earlier; rows without a value are last."""
        if self.as_they_come:
            return np.zeros(0)
        if self._longest:
            names = [name for field in self._fields for name in field.columns if name != "history"]
            lengths = [pc.utf8_length(pc.fill_null(as_text(batch.column(name)), "")) for name in names]
            total: npt.NDArray[np.float64] = np.sum([np.asarray(length, np.float64) for length in lengths], axis=0)
            return -total
        column = batch.column(self.column)
        if pa.types.is_temporal(column.type):
            column = pc.cast(column, pa.int64() if not pa.types.is_date32(column.type) else pa.int32())
        try:
            numbers = pc.cast(column, pa.float64(), safe=pa.types.is_string(column.type))
        except pa.ArrowInvalid:
            for row, value in enumerate(column.to_pylist()):
                try:
                    float(value if value is not None else 0)
                except ValueError as error:
                    raise BadInput(
                        f"--keep {self.column}: row {first_row + row + 1} holds no number there; "
                        "keep by a column of numbers, or by first or longest"
                    ) from error
            raise
        values = pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False)
        return np.where(np.isnan(values), np.inf, values if self._least else -values)

    def rank(self, orders: list[npt.NDArray[np.float64]], fixed: int) -> Rows | None:
        """The place of each row when all are taken by their numbers; ``fixed`` rows come before them."""
        if self.as_they_come:
            return None
        order = np.concatenate([*orders, np.zeros(0)])
        rank = np.empty(fixed + len(order), np.int32)
        rank[:fixed] = np.arange(fixed)
        rank[fixed + np.argsort(order, kind="stable")] = np.arange(fixed, fixed + len(order))
        return rank
