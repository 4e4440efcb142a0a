"""``filter``: judge every row by every rule, drop those that fail, and say all that they failed."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from instructkit.engine import map_batches
from instructkit.filters.judging import make_judge
from instructkit.filters.plain_text import make_text_judge, text_rows
from instructkit.filters.scores import ScoreExaminer
from instructkit.filters.settings import FilterSettings
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Records, public_step, take_step

log = logging.getLogger("instructkit")

SAMPLES = 3  # of each kind of thing found, masked, for the report


@public_step
def filter(
    reader: object,
    settings: FilterSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    workers: int | None = None,
    **options: Any,
) -> Records:
    """Drop the rows that fail a rule; a row's entry in ``rejects`` names all the rules it failed.

    ``options`` are the fields of `FilterSettings` (``language="en,zh"``, ``rules=["long_output=4000"]``, ...).

    With ``text`` the rows are plain text: that column is judged as an output is, and the rows keep the columns they
    have.

    Raises `UsageError` for unknown rules, presets and modes.
    """
    given = replace(settings or FilterSettings(), **options)
    records = Records.of(reader) if given.text is None else text_rows(reader, given.text)
    examiners = given.examiners()
    for examiner in examiners:
        if isinstance(examiner, ScoreExaminer):
            examiner.check(records.schema)
    judge = (
        make_text_judge(examiners, records.schema, given.text, tag=given.tag)
        if given.text is not None
        else make_judge(examiners, records.schema, tag=given.tag)
    )
    sink = as_rejects(rejects)
    sink.bind(records.schema)

    if added := judge.schema.names[len(records.schema) :]:
        log.info("new columns: %s", ", ".join(added))
    if sink.wanted and given.pii in ("mask", "pseudonym", "drop"):
        log.info("the rejects are written as they came, with their personal data")

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        flying = _remember(records.batches)
        slow = any(examiner.holds_gil for examiner in examiners)
        for judged in map_batches(flying.batches(), judge, workers=workers, processes=slow):
            batch = flying.waiting.pop(0)
            counts.rows_in += batch.num_rows
            counts.rows_dropped += len(judged.reasons)
            counts.reasons.update(judged.failed)
            counts.alone.update(judged.alone)
            counts.changed.update(judged.changed)
            counts.found.update(judged.found)
            for kind, some in judged.samples.items():
                known = counts.samples.setdefault(kind, [])
                known += [one for one in dict.fromkeys(some) if one not in known][: SAMPLES - len(known)]
            if judged.reasons and sink.wanted:
                sink.add_rows(batch.take(pa.array(list(judged.reasons))), list(judged.reasons.values()))
            if judged.kept.num_rows:
                yield judged.kept

    return take_step(records, "filter", given.told(), given.seed_used, judge.schema, run, sink)


@dataclass
class _remember:
    """Batches on their way through the workers, so that a dropped row is shown as it came."""

    source: Iterator[pa.RecordBatch]

    def __post_init__(self) -> None:
        self.waiting: list[pa.RecordBatch] = []

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self.source:
            self.waiting.append(batch)
            yield batch
