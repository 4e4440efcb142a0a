"""``self-instruct``: a handful of seed tasks grown to many, by any of its recipes."""

import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.generation.bootstrapping.candidates import Method
from instructkit.generation.bootstrapping.pool import Pool
from instructkit.generation.bootstrapping.proposing import Proposals
from instructkit.generation.bootstrapping.seeds import gather_seeds
from instructkit.generation.bootstrapping.settings import SelfInstructSettings
from instructkit.generation.bootstrapping.telling import SCHEMA, Telling
from instructkit.generation.client.model import Model, Stopped
from instructkit.generation.client.opening import open_model
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent
from instructkit.generation.options import model_arguments, split_options
from instructkit.records.reading import as_rejects, read_examples
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Records, public_step, take_step

TASKS_AHEAD = 256  # that wait for their examples: the same for all runs, as rejects stand in the order of judging
log = logging.getLogger("instructkit")


@public_step
def self_instruct(
    seeds: object = None,
    settings: SelfInstructSettings | None = None,
    model: ModelSettings | str | None = None,
    *,
    rejects: str | Rejects | None = None,
    spent: Spent | None = None,
    **options: Any,
) -> Records:
    """Make new tasks that resemble seed tasks and are unlike each other.

    ``seeds`` is a file, or a stream of examples; ``method="magpie"`` needs none. ``options`` are the fields of
    `SelfInstructSettings` and `ModelSettings` (``count=50``, ``model="local"``, ...). Each task's examples share their
    ``parent``; ``request`` is the key of the request that proposed it, in the journal. What may not stay goes to
    ``rejects`` with every reason.

    Raises `UsageError` for settings that can't be meant, `BadInput` for seeds that can't be read, `EndpointFailed`
    where the model can't be asked.
    """
    own, told = split_options(settings or SelfInstructSettings(), model, options)
    sink = as_rejects(rejects)
    before = _seeds(seeds, own, sink)
    sink.bind(SCHEMA, anew=True)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        tasks = [] if own.method == "magpie" else gather_seeds(before.batches, own.language)
        method = own.recipe(tasks, told.prompts)
        pool = Pool(tasks, own.seed, method.novelty if own.novelty is None else own.novelty)
        with open_model(told, spent) as asked:
            telling = Telling(own.method, asked, counts, sink)
            if not asked.dry:
                yield from _grown(method, pool, asked, own, telling)
                return
            made = sum(1 for _ in _grown(method, pool, asked, own, telling))  # of what the journal holds
            missing = own.count - made
            if missing:
                more = max(missing * method.calls - asked.spent.plan.requests, 0)
                asked.plan(method.request(made, pool), math.ceil(missing / method.expected), more)

    arguments = {"method": own.method, "count": own.count, "language": own.language, **model_arguments(told)}
    arguments |= {"novelty": own.novelty} if own.novelty is not None else {}
    arguments |= {"rephrasings": own.rephrasings} if own.rephrasings else {}
    arguments |= {"prefix": own.prefix} if own.method == "magpie" else {}
    return take_step(before, "self-instruct", arguments, own.seed, SCHEMA, run, sink)


def _seeds(seeds: object, own: SelfInstructSettings, sink: Rejects) -> Records:
    if own.method == "magpie":
        if seeds is not None:
            raise UsageError("--method magpie asks by the model's own prefix: it takes no seeds")
        return Records(SCHEMA, iter(()))
    if seeds is None:
        raise UsageError(f"--method {own.method} needs seed tasks: name a file by --seeds")
    return read_examples([seeds], rejects=sink) if isinstance(seeds, str) else replace(Records.of(seeds))


def _grown(
    method: Method, pool: Pool, model: Model, own: SelfInstructSettings, telling: Telling
) -> Iterator[pa.RecordBatch]:
    """Ask for as many tasks as are missing, give them examples, and again for those that got none."""
    proposals = Proposals(method, pool, model, own.language, telling)
    made = 0
    while made < own.count and not proposals.ended:
        for candidate, finished in model.map(proposals.take(own.count - made), method.finish, ahead=TASKS_AHEAD):
            if isinstance(finished, Stopped):
                proposals.ended = finished.limit
                telling.refuse_candidate(candidate, [("limit_reached", finished.limit, "")])
                continue
            for row, reasons in finished.refused:
                telling.refuse(row, candidate.key, reasons)
            if not finished.rows:
                if not finished.refused:
                    telling.refuse_candidate(candidate, finished.reasons)
                continue
            made += 1
            yield telling.keep(finished.rows, candidate.key)
    proposals.close()
    if made < own.count and not model.dry:
        log.warning("%d of %d tasks were made: %s", made, own.count, proposals.ended)
