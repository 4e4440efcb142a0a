"""What `filtering` asks of this folder as long as it does not take examiners."""

from dataclasses import dataclass

import pyarrow as pa

from instructkit.filters.pii.examiner import PiiExaminer


@dataclass
class Found:
    """The personal data of a batch: the types in each row, as a list a row, and the batch with them masked."""

    column: pa.Array
    masked: pa.RecordBatch

    @property
    def kinds(self) -> dict[int, list[str]]:
        """The types of the rows that have some."""
        return {row: kinds for row, kinds in enumerate(self.column.to_pylist()) if kinds}


def look(batch: pa.RecordBatch) -> Found:
    """Find the personal data of a batch in all its texts."""
    findings = PiiExaminer("mask")(batch)
    return Found(findings.columns[0], batch if findings.batch is None else findings.batch)
