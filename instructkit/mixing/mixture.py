"""``mix``: a training mixture with exact shares."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine import Spool
from instructkit.errors import UsageError
from instructkit.mixing.rates import MixPlan, MixSettings, make_plan
from instructkit.mixing.sampling import bytes_of, choose_rows, group_codes, in_given_order, shuffled
from instructkit.records.hashing import draw
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Records, public_step, take_step
from instructkit.records.values import python_values

log = logging.getLogger("instructkit")

REPEAT = "repeat"  # the extra column that numbers a row's repeats, where there may be any


@public_step
def mix(
    reader: object,
    settings: MixSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    plans: list[MixPlan] | None = None,
    **options: Any,
) -> Records:
    """Take rows of each group by mixing rates, and shuffle them.

    ``options`` are the fields of `MixSettings` (``cap=5000``, ``temperature=2``, ``weights={"nli": 2}``, ...).
    ``plans``, a list, is given the plan once it is known. Equal rows and seed give an equal mixture in an equal
    order.

    Raises `UsageError` for a column that is not there and a weight for no group.
    """
    given = _settings(settings, options)
    records = Records.of(reader)
    _check_by(given.by, records.schema)
    repeats = given.max_epochs > 1 and REPEAT not in records.schema.names
    schema = records.schema.append(pa.field(REPEAT, pa.int32())) if repeats else records.schema
    sink = as_rejects(rejects)
    sink.bind(records.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        with Spool(records.schema) as spool:
            gathered = _gather(records, spool, given)
            counts.rows_in += spool.rows
            plan = make_plan(gathered.rows, given)
            if plans is not None:
                plans.append(plan)
            epochs = choose_rows(gathered.groups, gathered.draws, list(gathered.rows), plan)
            _count_left_out(spool, epochs, counts, sink)
            size = int(gathered.bytes * plan.taken / max(1, spool.rows))
            rows = (
                shuffled(spool, epochs, gathered.draws, given.seed, size)
                if given.order == "shuffle"
                else in_given_order(spool, epochs)
            )
            for batch, epoch in rows:
                yield batch.append_column(REPEAT, pa.array(epoch)) if repeats else batch

    arguments = {name: value for name, value in asdict(given).items() if value is not None and value != {}}
    seed = arguments.pop("seed")
    return take_step(records, "mix", arguments, seed, schema, run, sink)


def plan(reader: object, settings: MixSettings | None = None, **options: Any) -> MixPlan:
    """What `mix` would take, without taking it: the stream is read and counted."""
    given = _settings(settings, options)
    records = Records.of(reader)
    _check_by(given.by, records.schema)
    rows: dict[str, int] = {}
    for batch in records.batches:
        for entry in python_values(pc.value_counts(batch.column(given.by))):
            name = "" if entry["values"] is None else str(entry["values"])
            rows[name] = rows.get(name, 0) + entry["counts"]
    return make_plan(rows, given)


def _check_by(column: str, schema: pa.Schema) -> None:
    if column not in schema.names:
        raise UsageError(f"--by {column}: no such column; the columns are {', '.join(schema.names)}")
    if pa.types.is_nested(schema.field(column).type):
        raise UsageError(f"--by {column}: a group is a text or a number, not a list or a struct")


def _settings(settings: MixSettings | None, options: Mapping[str, Any]) -> MixSettings:
    return replace(settings or MixSettings(), **options)


class _Gathered:
    """What a first pass over the rows learns: 12 bytes a row, and the rows of each group."""

    def __init__(
        self, groups: np.ndarray[Any, np.dtype[np.int32]], draws: Any, rows: dict[str, int], size: int
    ) -> None:
        self.groups, self.draws, self.rows, self.bytes = groups, draws, rows, size


def _gather(records: Records, spool: Spool, settings: MixSettings) -> _Gathered:
    names: dict[str, int] = {}
    codes, draws = [np.zeros(0, np.int32)], [np.zeros(0, np.uint64)]
    size = 0
    for batch in records.batches:
        encoded = batch.column(settings.by).dictionary_encode()
        known = group_codes(python_values(encoded.dictionary), names)
        indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        if (indices < 0).any():
            nothing = group_codes([None], names)[0]
            codes.append(np.where(indices < 0, nothing, np.append(known, nothing)[indices]).astype(np.int32))
        else:
            codes.append(known[indices])
        draws.append(draw(batch.column("id"), settings.seed, "mix"))
        size += bytes_of(batch)
        spool.append(batch)
    groups = np.concatenate(codes)
    counted = np.bincount(groups, minlength=len(names))
    return _Gathered(groups, np.concatenate(draws), {name: int(counted[code]) for name, code in names.items()}, size)


def _count_left_out(spool: Spool, epochs: list[Any], counts: Counts, sink: Rejects) -> None:
    """Count the rows that no epoch takes, and show them in the rejects file."""
    taken = np.zeros(spool.rows, bool)
    for mask in epochs:
        taken |= mask
    counts.drop("not_taken", int((~taken).sum()))
    if not sink.wanted:
        return
    start = 0
    for batch in spool.batches():
        out = ~taken[start : start + batch.num_rows]
        if out.any():
            left = batch.filter(pa.array(out))
            sink.add_rows(left, [[("not_taken", "beyond the group's share", "")]] * left.num_rows)
        start += batch.num_rows
