"""``mix``: a training mixture with exact shares."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.engine.mapping import ahead
from instructkit.errors import BadInput, UsageError
from instructkit.mixing.diversity import Coverage, cluster, most_diverse
from instructkit.mixing.gathering import Gathered, Gatherer, check_by
from instructkit.mixing.planning import make_plan
from instructkit.mixing.plans import MixPlan
from instructkit.mixing.pretraining import pretraining_rows
from instructkit.mixing.sampling import Pick, highest_scores, lay_out, lowest_draws
from instructkit.mixing.settings import MixSettings
from instructkit.mixing.shared_ids import about_ids, part_equal_draws
from instructkit.mixing.shuffling import in_given_order, in_order_of_places
from instructkit.mixing.twice import Kept, Rows
from instructkit.mixing.vectors import vectorizer
from instructkit.records.columns import check_text_column
from instructkit.records.reading import as_rejects, together, unify, widen
from instructkit.records.rejects import Rejects
from instructkit.records.schema import EXAMPLE, extra_name
from instructkit.records.stream import Counts, Records, close, public_step, take_step

log = logging.getLogger("instructkit")

REPEAT = "repeat"  # the extra column that numbers a row's repeats, where there may be any


@public_step
def mix(
    reader: object,
    settings: MixSettings | None = None,
    *,
    pretraining: object | None = None,
    text: str = "text",
    rejects: str | Rejects | None = None,
    plans: list[MixPlan] | None = None,
    **options: Any,
) -> Records:
    """Take rows of each group by mixing rates, and lay them out in a random order or a curriculum.

    ``options`` are the fields of `MixSettings` (``cap=5000``, ``temperature=2``, ``weights={"nli": 2}``, ...).
    ``pretraining`` are rows with a column of text (``text``); a ``pretraining_share`` of them is blended in. ``plans``,
    a list, is given the plan once it is known. Equal rows and seed give an equal mixture in an equal order.

    Raises `UsageError` for a column that is not there and a weight for no group, `BadInput` for what can't be had.
    """
    step = _Mixing(Records.of(reader), pretraining, text, _settings(settings, options))
    sink = as_rejects(rejects)
    sink.bind(step.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        with Kept(step.schema, step.again) as kept, step:
            gathered = step.gather(kept, counts, sink, plan_only=False)
            plan = make_plan(gathered.tally, step.settings)
            if plans is not None:
                plans.append(plan)
            counts.mixture = [share.to_json() for share in plan.shares]
            # sorted by a thread while what came before is written
            for batch, epoch in ahead(step.take(kept, gathered, plan, counts, sink)):
                added = [pa.array(epoch)] if step.repeats else []
                yield pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)

    schema = step.renamed.append(pa.field(REPEAT, pa.int32())) if step.repeats else step.schema
    return take_step(step.records, "mix", step.settings.arguments(), step.settings.seed, schema, run, sink)


def plan(
    reader: object,
    settings: MixSettings | None = None,
    *,
    pretraining: object | None = None,
    text: str = "text",
    **options: Any,
) -> MixPlan:
    """What `mix` would take, without taking it: the stream is read and counted."""
    step = _Mixing(Records.of(reader), pretraining, text, _settings(settings, options))
    return make_plan(step.gather(None, Counts(), Rejects(), plan_only=True).tally, step.settings)


def _settings(settings: MixSettings | None, options: Mapping[str, Any]) -> MixSettings:
    return replace(settings or MixSettings(), **options)


class _Mixing:
    """One mixture in the making: its inputs, and what is learned of their rows."""

    def __init__(self, records: Records, pretraining: object | None, text: str, settings: MixSettings) -> None:
        self.settings, self._column = settings, text
        self._own, self._texts = records, None if pretraining is None else Records.plain(pretraining)
        if (self._texts is None) != (settings.pretraining_share is None):
            raise UsageError("--pretraining FILE and --pretraining-share S go together")
        check_by(settings.columns, records.schema)
        self.records, self.schema = records, records.schema
        if self._texts is not None:
            name = self._texts.inputs[0]["name"] if self._texts.inputs else "the pre-training text"
            check_text_column(self._texts.schema, name, text)
            self.schema = unify([records.schema, EXAMPLE])
            self.records = together([*(records.branches or [records]), self._texts], self.schema)
        self.again = records.again if self._texts is None and not records.reading.rows_dropped else None
        epochs = max([settings.max_epochs, *(rule.max_epochs or 1 for rule in settings.groups.values())])
        self.repeats = epochs > 1
        if self.repeats and REPEAT in self.schema.names:  # of a mixture before this one
            place, named = self.schema.get_field_index(REPEAT), extra_name(REPEAT, {REPEAT, *self.schema.names})
            self.renamed = self.schema.set(place, self.schema.field(place).with_name(named))
        else:
            self.renamed = self.schema

    def __enter__(self) -> "_Mixing":
        return self

    def __exit__(self, *_: object) -> None:
        close(self._own.batches)
        if self._texts is not None:
            close(self._texts.batches)

    def gather(self, kept: Kept | None, counts: Counts, sink: Rejects, *, plan_only: bool) -> Gathered:
        """Look at all rows; what is to take them keeps them."""
        settings = self.settings
        lengths = plan_only or settings.count_by != "rows" or settings.easy_by == "length"
        gatherer = Gatherer(settings, self.schema, lengths=lengths)
        for batch in ahead(iter(self._own.batches)):
            held = widen(batch, self.schema)
            if held.num_rows:
                counts.rows_in += held.num_rows
                gatherer.look(held)
                if kept is not None:
                    kept.append(held)
        if self._texts is not None:
            seen = 0
            for batch in pretraining_rows(self._texts, self._column, self.schema, form=settings.pretraining_as,
                                          seed=settings.seed, counts=counts, rejects=sink):  # fmt: skip
                gatherer.look(batch, pretraining=True)
                seen += batch.num_rows
                if kept is not None:
                    kept.append(batch)
            if not seen:
                raise BadInput("--pretraining holds no text that can be used")
            for one in (self._own, self._texts):
                self.records.reading.rows_dropped += one.reading.rows_dropped
                self.records.reading.reasons.update(one.reading.reasons)
        gathered = gatherer.done()
        for note in gathered.notes:
            log.info("note: %s", note)
        return gathered

    def take(
        self, kept: Kept, gathered: Gathered, plan: MixPlan, counts: Counts, sink: Rejects
    ) -> Iterator[tuple[pa.RecordBatch, Any]]:
        """The rows of the plan, in their order, each with its epoch."""
        settings = self.settings
        sharing = part_equal_draws(gathered.draws, settings.seed)
        if len(sharing):
            log.info("note: %s", about_ids(kept, sharing))
        if settings.easy_by == "rarity":
            gathered.difficulty = settings.easy_sign * _rarity(kept)
        coverage = Coverage()
        epochs = lay_out(gathered, plan, settings, self._pick(kept, gathered, coverage))
        if coverage.clusters:
            log.info("%s", coverage.text())
        _count_left_out(kept, epochs[0].mask, counts, sink)
        if settings.order == "given":
            return in_given_order(kept, epochs)
        size = int(gathered.bytes * plan.taken / max(1, kept.rows))
        return in_order_of_places(kept, epochs, size)

    def _pick(self, kept: Kept, gathered: Gathered, coverage: Coverage) -> Pick:
        kind, _, what = self.settings.select.partition(":")
        draws = gathered.draws
        if kind == "score" and gathered.score is not None:
            return highest_scores(gathered.score, draws)
        if kind == "diverse":
            return most_diverse(cluster(kept, draws, vectorizer(what, kept.schema)), draws, coverage)
        return lowest_draws(draws)


def _rarity(kept: Rows) -> Any:
    from instructkit.mixing.rarity import WordCounts

    words = WordCounts()
    for batch in kept.batches():
        words.add(batch)
    found = [words.rarity(batch) for batch in kept.batches()]
    return np.concatenate([np.zeros(0), *found])


def _count_left_out(kept: Rows, taken: Any, counts: Counts, sink: Rejects) -> None:
    """Count the rows that the first epoch does not take, nor then any, and show them in the rejects file."""
    counts.drop("not_taken", int((~taken).sum()))
    if not sink.wanted:
        return
    start = 0
    for batch in kept.batches():
        out = ~taken[start : start + batch.num_rows]
        if out.any():
            left = batch.filter(pa.array(out))
            sink.add_rows(left, [[("not_taken", "beyond the group's share", "")]] * left.num_rows)
        start += batch.num_rows
