"""``filter --score``: rows by a number they carry, such as a judge's score."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput, UsageError
from instructkit.filters.examining import Findings
from instructkit.filters.rule import Verdict
from instructkit.records.columns import check_column
from instructkit.records.values import python_values

RULE = "score"


@dataclass(frozen=True)
class ScoreExaminer:
    """Fails rows whose number in a column is less than ``least`` or more than ``most``, or is not there."""

    column: str
    least: float | None
    most: float | None
    fields: tuple[pa.Field, ...] = ()
    holds_gil: bool = False

    def check(self, schema: pa.Schema) -> None:
        """Raise `UsageError` where rows have no such column, `BadInput` where it holds no numbers."""
        check_column(schema, "the input", self.column)
        kind = schema.field(self.column).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise BadInput(f"--score {self.column}: the column holds {kind}, not numbers")

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
        numbers = batch.column(self.column).cast(pa.float64())
        passes = pc.invert(pc.is_null(numbers, nan_is_null=True))
        if self.least is not None:
            passes = pc.and_(passes, pc.greater_equal(numbers, self.least))
        if self.most is not None:
            passes = pc.and_(passes, pc.less_equal(numbers, self.most))
        fails = ~pc.fill_null(passes, False).to_numpy(zero_copy_only=False)
        values = [
            f"{self.column} {'none' if number is None else format(number, '.4g')}" for number in python_values(numbers)
        ]
        return Findings([(RULE, Verdict(fails, pa.array(values, pa.string())), self.told)])

    @property
    def told(self) -> str:
        """The bounds as a reason tells them."""
        least = [] if self.least is None else [f"{self.least:g} at least"]
        most = [] if self.most is None else [f"{self.most:g} at most"]
        return ", ".join(least + most)


def parse_score(text: str) -> ScoreExaminer:
    """Read ``COLUMN:LEAST``, ``COLUMN:LEAST:MOST`` or ``COLUMN::MOST``. Raises `UsageError`."""
    column, *bounds = text.split(":")
    try:
        least, most = (float(bound) if bound else None for bound in [*bounds, ""][:2])
    except ValueError:
        bounds = []
    if not column or len(bounds) not in (1, 2) or not any(bounds):
        raise UsageError(f"--score {text}: give COLUMN:LEAST, e.g. score:4, or COLUMN:LEAST:MOST, e.g. length:10:500")
    return ScoreExaminer(column, least, most)
