"""Columns that a format may have or lack: written where one row at least has something in them.

Which those are is known only when all rows have been seen, and a file has one set of columns: readers such as
``datasets`` take those of a file's beginning for all of it. So the rows are kept on disk meanwhile.
"""

import weakref
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine import Spool
from instructkit.records.stream import Records


def settle(records: Records) -> tuple[Records, frozenset[str]]:
    """Which of system and history any row has, and the same stream once more. Reads the stream to its end."""
    spool = Spool(records.schema)
    found: set[str] = set()
    try:
        for batch in records.batches:
            if "system" not in found and pc.any(pc.not_equal(batch.column("system"), "")).as_py():
                found.add("system")
            if "history" not in found and pc.any(pc.greater(pc.list_value_length(batch.column("history")), 0)).as_py():
                found.add("history")
            spool.append(batch)
    except BaseException:
        spool.__exit__(None, None, None)
        raise

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from spool.batches()
        finally:
            spool.__exit__(None, None, None)

    again = batches()
    weakref.finalize(again, spool.__exit__, None, None, None)  # where nobody ever begins to read it
    return replace(records, batches=again), frozenset(found)
