"""``format``: rows of existing datasets to examples."""

import functools
import itertools
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import pyarrow as pa

from instructkit.engine import map_batches
from instructkit.errors import UsageError
from instructkit.records.batching import ROWS
from instructkit.records.containers.raw import BadRows, Numbers, Raw, first_rows
from instructkit.records.examples import convert, extra_fields, row_text
from instructkit.records.layouts import detect
from instructkit.records.reading import as_rejects, describe_inputs, open_raw, together, unify, widen
from instructkit.records.rejects import Rejects
from instructkit.records.schema import EXAMPLE
from instructkit.records.stream import Counts, Records, public_step, take_step
from instructkit.templating.logs import Logs, PrivateRows
from instructkit.templating.pack_templates import OPTIONS
from instructkit.templating.phrase import Plan, phrase, within
from instructkit.templating.planning import FormatSettings, make_plan
from instructkit.templating.prompting.shots import FORMS, METHODS, NEARNESS, ORDERS
from instructkit.templating.prompting.survey import surveyed
from instructkit.templating.super_natural import Encoding, encode

log = logging.getLogger("instructkit")

ABOUT_DEMONSTRATIONS = ("demos", "demo_order", "demo_form", "demo_templates", "demo_pool", "nearest_by")
COT = ("include", "only", "exclude")
LISTED = ("map", "labels", "template", "max_per", "keep_users")


@public_step
def format(
    sources: str | Sequence[str],
    settings: FormatSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    max_bad: int | None = None,
    workers: int | None = None,
    **options: Any,
) -> Records:
    """Make examples of raw rows with a task's phrasings; rows that already are examples pass as they are.

    ``options`` are the fields of `FormatSettings` (``task="sentiment"``, ``map=["text=review"]``, ...). Each raw
    row gives ``per_row`` examples that share its ``parent``; which phrasings it gets is drawn from the seed and
    the row's content. A row that gives none goes to ``rejects``.

    Raises `UsageError` for an unknown task or a role without a column, `BadInput` for what can't be read.
    """
    given = replace(settings or FormatSettings(), **options)
    shots = (given.shots, given.shots) if isinstance(given.shots, int) else (given.shots[0], given.shots[-1])
    listed: dict[str, Any] = {name: _listed(getattr(given, name)) for name in LISTED}
    given = replace(given, shots=shots, **listed)
    if given.symbols and given.demos == "random":  # what a symbol means can only be read off an example of it
        given = replace(given, demos="balanced")
    check_settings(given)
    paths = [sources] if isinstance(sources, str) else list(sources)
    sink = as_rejects(rejects)
    logs = Logs(given)
    opened = [_open(path, given, logs, PrivateRows(sink, max_bad), workers) for path in paths]
    logs.check()
    schema = unify([source.schema for source in opened])
    sink.bind(schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        return logs.within_limits(every(counts), schema, counts, sink)

    def every(counts: Counts) -> Iterator[pa.RecordBatch]:
        for source in opened:
            for batch in source.run(BadRows(sink, max_bad, counts)):
                yield widen(batch, schema)
            counts.absorb(source.reading)

    before = together([source.behind() for source in opened], schema)
    if not any(branch.lineage for branch in before.branches):
        before.branches = []  # raw files have no steps whose rows could be told
    usual = {field.name: field.default for field in fields(FormatSettings)}
    said = ("cot", "per_row")  # told even where they are as usual
    arguments = {
        name: value
        for name, value in asdict(given).items()
        if name != "seed" and value is not None and (name in said or value != usual[name])
    }
    return take_step(before, "format", arguments, given.seed, schema, run, sink)


@dataclass
class _Opened:
    """A source and how its rows become examples."""

    raw: Raw
    schema: pa.Schema
    run: Callable[[BadRows], Iterator[pa.RecordBatch]]
    reading: Counts
    inputs: list[dict[str, Any]]

    def behind(self) -> Records:
        """What stands behind the source: its own steps, its name and hash."""
        return Records(self.schema, iter(()), self.raw.lineage, lambda: self.raw.steps, inputs=self.inputs)


def _open(path: str, settings: FormatSettings, logs: Logs, reading: PrivateRows, workers: int | None) -> _Opened:
    raw, layout_name, source = open_raw(path, settings.layout, reading, workers)
    layout, why = detect(raw.schema, raw.name, layout_name)
    every_turn = layout.every_turn if layout is not None else None
    used = layout.used(raw.schema) if layout is not None else ()  # while turns are turns: users become texts
    raw = logs.open(raw, every_turn is not None, reading)
    if settings.limit is not None:
        raw.batches = first_rows(raw.batches, settings.limit)
    inputs = describe_inputs(source)
    first = next(raw.batches, None)
    if first is not None:
        raw.batches = itertools.chain([first], raw.batches)
    no_rows = (
        first is None and raw.schema.names[: len(EXAMPLE)] == EXAMPLE.names
    )  # of an empty array nobody can tell the columns
    if layout is not None and (no_rows or not settings.needs_plan):
        if raw.task is not None:
            log.info("%s: super-ni (a definition, examples and instances)", raw.name)
            raw = encode(raw, _encoding(settings))
        elif not raw.lineage:
            log.info("%s: %s (%s)", raw.name, layout.name, why)
        if _asks_for_phrasings(settings, raw.task is not None):
            hint = "; instructkit invert turns examples round" if settings.invert else ""
            log.info("%s: its rows are examples already, so the options about phrasings do nothing to them%s", raw.name,
                     hint)  # fmt: skip
        if settings.turns == "all" and every_turn is not None:
            layout = replace(layout, convert=every_turn, grows=True)
        elif settings.turns == "all":
            log.info("%s: its rows are no conversations, so --turns all does nothing to them", raw.name)
        logs.place(raw, extra_fields(raw.schema, used), layout.texts(raw.schema), every_turn is not None)
        # what the layout tells of is a row whose users are numbers already
        schema, batches = convert(raw, layout, source.stem, BadRows(reading.rejects, reading.at_most, reading.counts),
                                  workers)  # fmt: skip
        run = functools.partial(_pass_on, batches, settings.max_chars, settings.max_tokens, logs)
        return _Opened(raw, schema, run, reading.counts, inputs)
    plan = make_plan(raw, None if first is None else first[0], settings, source)
    logs.place(raw, plan.extras, plan.templates.columns, every_turn is not None)
    run = functools.partial(_phrased, raw.batches, plan, settings, logs, workers, raw.schema)
    return _Opened(raw, plan.schema, run, reading.counts, inputs)


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def check_settings(given: FormatSettings) -> None:
    """Raise `UsageError` for settings that no source could be formatted by."""
    for name, known in (("cot", COT), ("options", OPTIONS), ("demos", METHODS), ("demo_order", ORDERS),
                        ("demo_form", FORMS), ("demo_templates", ("same", "mixed")),
                        ("nearest_by", NEARNESS), ("turns", ("last", "all"))):  # fmt: skip
        value = getattr(given, name)
        if value is not None and value not in known:
            raise UsageError(f"{name} is one of {', '.join(known)}, not {value!r}")
    least, most = given.shots
    if not 0 <= least <= most:
        raise UsageError(f"shots is a number or a range from less to more, not {least}-{most}")
    for name in ("options_share", "zero_shot_share"):
        share = getattr(given, name)
        if share is not None and not 0 <= share <= 1:
            raise UsageError(f"{name} is a share from 0 to 1, not {share}")
    if given.symbols and (least == 0 or given.zero_shot_share):
        raise UsageError("symbols mean nothing without examples: give every row some, e.g. --shots 4")
    if given.zero_shot_share is not None and most == 0:
        raise UsageError("--zero-shot-share is the share of rows without demonstrations: say how many the others get, "
                         "e.g. --shots 3")  # fmt: skip
    if given.options_share is not None and given.options == "none":
        raise UsageError("--options-share is the share of rows that show choices: not with --options none")
    usual = {one.name: one.default for one in fields(FormatSettings)}
    if not most and any(getattr(given, name) != usual[name] for name in ABOUT_DEMONSTRATIONS):
        raise UsageError("the options about demonstrations need some: say how many with --shots")
    for name in ("per_row", "max_chars", "max_tokens", "demo_pool", "common_prefix"):
        number = getattr(given, name)
        if number is not None and number < 1:
            raise UsageError(f"{name} is a number of 1 or more, not {number}")
    for name in ("positive_examples", "negative_examples", "limit"):
        number = getattr(given, name)
        if number is not None and number < 0:
            raise UsageError(f"{name} is a number of 0 or more, not {number}")
    if given.templates is not None and (given.task or given.binding):
        raise UsageError("--templates brings its own task: not with --task or --binding")


def _asks_for_phrasings(settings: FormatSettings, super_natural: bool) -> bool:
    """Whether a setting was given that does nothing to rows that are examples already."""
    heeded = ["limit", "max_chars", "max_tokens", "layout", "seed", "turns", "common_prefix", "max_per", "keep_users"]
    if super_natural:
        heeded += ["definition", "positive_examples", "negative_examples", "explanations", "per_row"]
    return any(getattr(settings, one.name) != one.default for one in fields(FormatSettings) if one.name not in heeded)


def _encoding(settings: FormatSettings) -> Encoding:
    return Encoding(settings.definition, settings.positive_examples, settings.negative_examples, settings.explanations,
                    settings.per_row is None)  # fmt: skip


def _pass_on(
    batches: Iterator[pa.RecordBatch], max_chars: int | None, max_tokens: int | None, logs: Logs, bad: BadRows
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        bad.counts.rows_in += batch.num_rows
        kept, too_long = within(batch, max_chars, max_tokens)
        bad.counts.drop("too_long", len(too_long))
        reasons = [[reason] for reason in too_long.values()]
        bad.rejects.add_rows(batch.take(pa.array(list(too_long), pa.int64())), reasons)
        yield logs.fresh_examples(kept, bad)


def _phrased(
    batches: Iterator[tuple[pa.RecordBatch, Numbers]],
    plan: Plan,
    settings: FormatSettings,
    logs: Logs,
    workers: int | None,
    schema: pa.Schema,
    bad: BadRows,
) -> Iterator[pa.RecordBatch]:
    flying: deque[tuple[pa.RecordBatch, Numbers]] = deque()

    def rows(batches: Iterator[tuple[pa.RecordBatch, Numbers]]) -> Iterator[pa.RecordBatch]:
        for batch, numbers in batches:
            for start in range(0, batch.num_rows, ROWS):
                piece = batch.slice(start, ROWS)
                flying.append((piece, numbers[start : start + ROWS]))
                yield piece

    with surveyed(logs.fresh_rows(batches, plan, bad), schema, plan, settings) as (again, whole):
        step = functools.partial(phrase, plan=whole)
        processes = not plan.templates.in_columns and whole.shots is None
        for phrased in map_batches(rows(again), step, workers=workers, processes=processes):
            batch, numbers = flying.popleft()
            bad.counts.rows_in += batch.num_rows
            bad.counts.changed.update(phrased.changed)
            for row, rule, value, threshold in phrased.bad:
                bad.add(plan.source, int(numbers[row]), rule, value, row_text(batch, row), threshold)
            for row, rule, value, threshold in phrased.partly:
                bad.counts.reasons[rule] += 1
                bad.rejects.add_raw(plan.source, int(numbers[row]), row_text(batch, row), [(rule, value, threshold)])
            if phrased.examples.num_rows:
                yield phrased.examples
