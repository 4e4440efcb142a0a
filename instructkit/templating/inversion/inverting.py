"""``invert``: finished examples, each with another one beside it that swaps what is given and what is asked."""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine import map_batches
from instructkit.errors import UsageError
from instructkit.records.batching import BYTES, ROWS, rechunk
from instructkit.records.hashing import row_ids
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.schema import no_history, repeat
from instructkit.records.stream import Counts, Records, public_step, take_step
from instructkit.templating.inversion.derive import PRETEXT
from instructkit.templating.inversion.examples import turn
from instructkit.templating.inversion.inverse_templates import RULE
from instructkit.templating.inversion.parents import Drawn, draw_parents
from instructkit.templating.inversion.pieces import Turned
from instructkit.templating.inversion.weaving import woven
from instructkit.templating.templates import Mask, Places

NOT_DRAWN = "not_drawn"
OF_THE_RULE = ("confidence", "why")  # columns that `pretext` adds


@dataclass(frozen=True)
class InvertSettings:
    """Which examples are turned round, and whether the others stay."""

    rate: float = 1.0
    only: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise UsageError(f"rate is a share from 0 to 1, not {self.rate}")


@public_step
def invert(
    reader: object,
    settings: InvertSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    workers: int | None = None,
    **options: Any,
) -> Records:
    """Add to each example one that asks for what was given, and gives what was asked for.

    ``options`` are the fields of `InvertSettings` (``rate=0.3``, ``only=True``, ``seed=1``). What can't be turned round
    passes, is counted under ``not_invertible`` and told in ``rejects``; with ``only`` it is dropped.

    Raises `UsageError` for a rate that is no share.
    """
    given = replace(settings or InvertSettings(), **options)
    records = Records.of(reader)
    sink = as_rejects(rejects)
    sink.bind(records.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        with _drawn(_small(records.batches), records.schema, given, workers) as (batches, drawn):
            step = functools.partial(turn_some, settings=given, drawn=drawn)
            for made in map_batches(batches, step, workers=workers):
                counts.rows_in += made.rows
                counts.reasons.update(made.reasons)
                counts.rows_dropped += made.dropped
                counts.changed.update(made.changed)
                sink.add_rows(made.refused, made.why)
                if made.examples.num_rows:
                    yield made.examples

    arguments = {name: value for name, value in asdict(given).items() if name != "seed"}
    return take_step(records, "invert", arguments, given.seed, records.schema, run, sink)


def _small(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches whose texts may double."""
    for batch in batches:
        for start in range(0, batch.num_rows, ROWS):
            piece = batch.slice(start, ROWS)
            yield from [piece] if piece.nbytes <= BYTES else rechunk([piece])


@contextmanager
def _drawn(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, given: InvertSettings, workers: int | None
) -> Iterator[tuple[Iterator[pa.RecordBatch], Drawn | None]]:
    """The batches, and which parents are turned round; None: all."""
    if given.rate == 1:
        yield batches, None
        return
    with draw_parents(batches, schema, given.rate, given.seed, workers) as found:
        yield found


@dataclass
class Made:
    """What became of a batch."""

    examples: pa.RecordBatch
    rows: int
    dropped: int
    reasons: Counter[str]
    changed: Counter[str]
    refused: pa.RecordBatch  # the rows that were not turned round, each with the reason
    why: list[list[Reason]]


def turn_some(batch: pa.RecordBatch, settings: InvertSettings, drawn: Drawn | None) -> Made:
    """Turn the rows of a batch round whose parent was drawn, and put them beside the others."""
    passed_over = np.zeros(batch.num_rows, bool) if drawn is None else drawn.passed_over(batch)
    rows = np.flatnonzero(~passed_over)
    chosen = batch if len(rows) == batch.num_rows else batch.take(pa.array(rows))
    turned = turn(chosen, settings.seed)
    added = _examples(chosen, turned, settings.seed)
    reasons = Counter({RULE: len(turned.why_not)})
    why: dict[int, list[Reason]] = {int(rows[row]): [(RULE, text, "")] for row, text in turned.why_not.items()}
    if settings.only:
        reasons[NOT_DRAWN] = int(passed_over.sum())
        why |= {int(row): [(NOT_DRAWN, "", "")] for row in np.flatnonzero(passed_over)}
        examples, dropped = added, batch.num_rows - added.num_rows
    else:
        examples, dropped = _side_by_side(batch, added, rows[turned.rows]), 0
    why = dict(sorted(why.items()))
    left_out = pc.sum(pc.not_equal(_of(chosen, "system", turned.rows[~turned.keeps_dialogue]), "")).as_py() or 0
    changed = Counter({"inverted": added.num_rows, "system_left_out": int(left_out)})
    refused = batch.take(pa.array(list(why), pa.int64()))
    return Made(examples, batch.num_rows, dropped, +reasons, +changed, refused, list(why.values()))


def _of(batch: pa.RecordBatch, name: str, rows: Places) -> pa.Array:
    return batch.column(name).take(pa.array(rows))


def _examples(batch: pa.RecordBatch, turned: Turned, seed: int) -> pa.RecordBatch:
    """The inverted examples: a system prompt and earlier turns stay only where the dialogue itself goes on."""
    count = len(turned.rows)
    every = count == batch.num_rows
    taken = {name: batch.column(name) if every else _of(batch, name, turned.rows) for name in batch.schema.names
             if name not in ("instruction", "input", "output", "template")}  # fmt: skip
    made = taken | dict(turned.texts)
    made["task"] = pc.binary_join_element_wise(taken["task"], "-inverted", "")
    made["id"] = row_ids([taken["id"], taken["source"], made["template"], repeat(str(seed), count)], count)
    made |= _unsaid(taken, _of(batch, "template", turned.rows))
    keeps = turned.keeps_dialogue
    if not keeps.any():
        made["system"], made["history"] = repeat("", count), no_history(count)
    elif not keeps.all():
        kept = pa.array(keeps)
        made["system"] = pc.if_else(kept, taken["system"], "")
        made["history"] = _emptied(taken["history"], keeps)
    return pa.RecordBatch.from_arrays([made[name] for name in batch.schema.names], schema=batch.schema)


def _unsaid(taken: Mapping[str, pa.Array], templates: pa.StringArray) -> dict[str, pa.Array]:
    """The columns that say of a pretext task's example how sure its rule was and why, which is not said of another."""
    there = [name for name in OF_THE_RULE if name in taken]
    if not there:
        return {}
    ruled = pc.starts_with(templates, PRETEXT)
    return {name: pc.if_else(ruled, pa.scalar(None, taken[name].type), taken[name]) for name in there}


def _emptied(history: pa.ListArray, keeps: Mask) -> pa.ListArray:
    both = pa.concat_arrays([history, no_history(1)])
    return both.take(pa.array(np.where(keeps, np.arange(len(history)), len(history))))


def _side_by_side(batch: pa.RecordBatch, added: pa.RecordBatch, rows: Places) -> pa.RecordBatch:
    """All examples, each inversion behind the row it was made from."""
    if not len(rows):
        return batch
    columns = [woven(batch.column(name), added.column(name), rows) for name in batch.schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)
