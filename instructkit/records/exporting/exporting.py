"""``export``: a stream of examples as rows of another format."""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.engine import map_batches
from instructkit.records.exporting.chat_template import load
from instructkit.records.exporting.columns import left_out
from instructkit.records.exporting.exporter import KEYS_LOST, Exporter, Made
from instructkit.records.exporting.optional import settle
from instructkit.records.exporting.settings import ExportSettings
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Records, public_step, take_step

log = logging.getLogger("instructkit")

Seen = Callable[[pa.RecordBatch], None]


@dataclass
class Exported:
    """What an export tells: columns that are not in the output; the template's day, where its texts hang on it."""

    left_out: list[str] = field(default_factory=list)
    date: str = ""


@public_step
def export(
    reader: object,
    settings: ExportSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    workers: int | None = None,
    seen: Seen | None = None,
    told: Exported | None = None,
    **options: Any,
) -> Records:
    """Make rows of another format out of examples: ``ik.write(ik.export(rows, to="alpaca"), "train.json")``.

    ``options`` are the fields of `ExportSettings` (``to="sharegpt"``, ``dialect="user-assistant"``, ...). ``seen`` is
    called with the examples of each batch that have a place in the format. Rows that have none go to ``rejects``.
    Where columns may be lacking (alpaca's system and history) the stream is read to its end at once, and kept on disk.

    Raises `UsageError` for unknown names, a missing chat template, and a column that is not there, `BadInput` for a
    template that is none.
    """
    given = replace(settings, **options) if settings is not None else ExportSettings(**options)
    records = Records.of(reader)
    telling = told if told is not None else Exported()
    template = None
    if given.chat_template is not None:
        template = load(given.chat_template, given.bos, given.eos, given.date)
        telling.date = template.date if template.tells_date else ""
    Exporter.of(records.schema, given, frozenset(), template)  # what is wrong with the names is said before any work
    sink = as_rejects(rejects)
    optional: frozenset[str] = frozenset()
    if given.to == "alpaca" or (given.to == "sharegpt" and given.system == "key"):
        with sink.unless_it_fails():
            records, optional = settle(records)
    exporter = Exporter.of(records.schema, given, optional, template)
    telling.left_out = left_out(records.schema, given, dict(exporter.riders), exporter.whole)
    sink.bind(records.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        flying: deque[pa.RecordBatch] = deque()

        def rows() -> Iterator[pa.RecordBatch]:
            for batch in records.batches:
                flying.append(batch)
                yield batch

        for made in map_batches(rows(), exporter, workers=workers, processes=template is not None):
            _count(flying.popleft(), made, counts, sink, seen)
            if made.batch.num_rows:
                yield made.batch

    arguments = given.telling
    if template is not None:
        arguments |= {"chat_template": template.name, "chat_template_hash": template.hash, "bos": template.bos,
                      "eos": template.eos}  # fmt: skip
        arguments |= {"date": template.date} if telling.date else {}
    return take_step(records, "export", arguments, None, exporter.schema, run, sink)


def _count(batch: pa.RecordBatch, made: Made, counts: Counts, sink: Rejects, seen: Seen | None) -> None:
    counts.rows_in += batch.num_rows
    counts.rows_dropped += len(made.bad)
    for reasons in made.bad.values():
        counts.reasons.update({rule for rule, _, _ in reasons})
    if made.keys_lost:
        counts.changed[KEYS_LOST] += made.keys_lost
    if made.bad and sink.wanted:
        sink.add_rows(batch.take(pa.array(list(made.bad), pa.int64())), list(made.bad.values()))
    if seen is not None:
        keep = np.ones(batch.num_rows, bool)
        keep[list(made.bad)] = False
        seen(batch.filter(pa.array(keep)) if made.bad else batch)
