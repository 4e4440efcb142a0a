"""Sources of which rows overlap evaluation files, by the public step that drops such rows."""

import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa

from instructkit.filters.checks.report import SHOWN, Finding


def overlapping(reader: pa.RecordBatchReader, against: tuple[str, ...]) -> list[Finding]:
    """Each source with rows that share a run of tokens with an evaluation file (see ``dedup --against``)."""
    from instructkit.dedup import dedup

    with tempfile.TemporaryDirectory(prefix="instructkit-") as folder:
        rejects = str(Path(folder) / "contaminated.arrow")
        for _ in dedup(reader, exact=True, against=against, rejects=rejects):
            pass
        rows: Counter[str] = Counter()
        examples: dict[str, list[str]] = {}
        with pa.OSFile(rejects, "rb") as file:
            for batch in pa.ipc.open_stream(file):
                columns = (batch.column(name).to_pylist() for name in ("source", "id", "reasons"))
                for source, row, reasons in zip(*columns, strict=True):
                    if any(reason["rule"] == "contaminated" for reason in reasons):
                        rows[source] += 1
                        examples.setdefault(source, [])
                        examples[source] += [row] * (len(examples[source]) < SHOWN)
    detail = f"share a run of tokens with {', '.join(Path(name).name for name in against)}"
    return [
        Finding("evaluation_overlap", source, count, detail, tuple(examples[source])) for source, count in rows.items()
    ]
