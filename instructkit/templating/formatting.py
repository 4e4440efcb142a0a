"""``format``: rows of existing datasets to examples."""

import functools
import itertools
import logging
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine import map_batches
from instructkit.errors import UsageError
from instructkit.records.batching import ROWS
from instructkit.records.containers.raw import BadRows, Numbers, Raw
from instructkit.records.examples import convert, extra_fields, row_text
from instructkit.records.layouts import detect
from instructkit.records.reading import as_rejects, describe_inputs, open_container, open_raw, together, unify, widen
from instructkit.records.rejects import Rejects
from instructkit.records.schema import EXAMPLE
from instructkit.records.sources import Source
from instructkit.records.stream import Counts, Records, public_step, take_step
from instructkit.templating.binding import (
    check_columns,
    find_binding,
    fitting_tasks,
    guess,
    parse_map,
    recognise,
)
from instructkit.templating.columns import evaluate
from instructkit.templating.labels import MOST_OPTIONS, Labels, resolve_labels
from instructkit.templating.packs import Binding, Column, Pack, Phrasing, load_pack, tasks
from instructkit.templating.phrase import Plan, phrase, phrasing_names, within
from instructkit.templating.render import plain_parts

log = logging.getLogger("instructkit")

COT = ("include", "only", "exclude")


@dataclass(frozen=True)
class FormatSettings:
    """What ``format`` may be told; see its command's page."""

    task: str | None = None
    map: tuple[str, ...] = ()
    binding: str | None = None
    labels: tuple[str, ...] = ()
    per_row: int | None = 1
    language: str | None = None
    cot: str = "include"
    limit: int | None = None
    max_chars: int | None = None
    layout: str | None = None
    seed: int = 0


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
    given = replace(given, map=tuple(given.map), labels=tuple(given.labels))
    if given.cot not in COT:
        raise UsageError(f"cot is one of {', '.join(COT)}, not {given.cot!r}")
    paths = [sources] if isinstance(sources, str) else list(sources)
    sink = as_rejects(rejects)
    opened = [_open(path, given, BadRows(sink, max_bad), workers) for path in paths]
    schema = unify([source.schema for source in opened])
    sink.bind(schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        for source in opened:
            for batch in source.run(BadRows(sink, max_bad, counts)):
                yield widen(batch, schema)
            counts.absorb(source.reading)

    before = together([source.behind() for source in opened], schema)
    if not any(branch.lineage for branch in before.branches):
        before.branches = []  # raw files have no steps whose rows could be told
    arguments = {name: value for name, value in asdict(given).items() if value not in (None, ()) and name != "seed"}
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


def _open(path: str, settings: FormatSettings, reading: BadRows, workers: int | None) -> _Opened:
    raw, layout_name, source = open_raw(path, settings.layout, reading, workers)
    layout, why = detect(raw.schema, raw.name, layout_name)
    if settings.limit is not None:
        raw.batches = _first_rows(raw.batches, settings.limit)
    inputs = describe_inputs(source)
    first = next(raw.batches, None)
    if first is not None:
        raw.batches = itertools.chain([first], raw.batches)
    no_rows = (
        first is None and raw.schema.names[: len(EXAMPLE)] == EXAMPLE.names
    )  # of an empty array nobody can tell the columns
    if layout is not None and (no_rows or not (settings.task or settings.binding or settings.map)):
        if not raw.lineage:
            log.info("%s: %s (%s)", raw.name, layout.name, why)
        if settings.labels or settings.language or settings.per_row != 1 or settings.cot != "include":
            log.info("%s: its rows are examples already, so the options about phrasings do nothing to them", raw.name)
        schema, batches = convert(raw, layout, source.stem, reading, workers)
        run = functools.partial(_pass_on, batches, settings.max_chars)
        return _Opened(raw, schema, run, reading.counts, inputs)
    plan = make_plan(raw, None if first is None else first[0], settings, source)
    return _Opened(raw, plan.schema, functools.partial(_phrased, raw.batches, plan, workers), reading.counts, inputs)


def _first_rows(
    batches: Iterator[tuple[pa.RecordBatch, Numbers]], limit: int
) -> Iterator[tuple[pa.RecordBatch, Numbers]]:
    for batch, numbers in batches:
        yield batch.slice(0, limit), numbers[:limit]
        limit -= batch.num_rows
        if limit <= 0:
            return


def _pass_on(batches: Iterator[pa.RecordBatch], max_chars: int | None, bad: BadRows) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        bad.counts.rows_in += batch.num_rows
        kept, too_long = within(batch, max_chars)
        bad.counts.drop("too_long", len(too_long))
        reasons = [[("too_long", str(length), str(max_chars))] for length in too_long.values()]
        bad.rejects.add_rows(batch.take(pa.array(list(too_long), pa.int64())), reasons)
        yield kept


def _phrased(
    batches: Iterator[tuple[pa.RecordBatch, Numbers]], plan: Plan, workers: int | None, bad: BadRows
) -> Iterator[pa.RecordBatch]:
    flying: deque[tuple[pa.RecordBatch, Numbers]] = deque()

    def rows() -> Iterator[pa.RecordBatch]:
        for batch, numbers in batches:
            for start in range(0, batch.num_rows, ROWS):
                piece = batch.slice(start, ROWS)
                flying.append((piece, numbers[start : start + ROWS]))
                yield piece

    step = functools.partial(phrase, plan=plan)
    for phrased in map_batches(rows(), step, workers=workers, processes=_needs_python(plan)):
        batch, numbers = flying.popleft()
        bad.counts.rows_in += batch.num_rows
        for row, rule, value, threshold in phrased.bad:
            bad.add(plan.source, int(numbers[row]), rule, value, row_text(batch, row), threshold)
        for row, rule, value, threshold in phrased.partly:
            bad.counts.reasons[rule] += 1
            bad.rejects.add_raw(plan.source, int(numbers[row]), row_text(batch, row), [(rule, value, threshold)])
        if phrased.examples.num_rows:
            yield phrased.examples


def _needs_python(plan: Plan) -> bool:
    texts = (text for one in plan.phrasings for text in (one.instruction, one.input, one.output))
    return any(plain_parts(text) is None for text in texts)


def make_plan(raw: Raw, sample: pa.RecordBatch | None, settings: FormatSettings, source: Source) -> Plan:
    """Decide how a source's columns fill a task's roles, and say so.

    Raises `UsageError` where that can't be known.
    """
    binding = find_binding(settings.binding) if settings.binding else None
    if binding is None and not settings.map:
        binding = recognise(raw.schema, sample, settings.task)
    if binding is None and settings.task is None:
        raise UsageError(_which_task(raw))
    pack = load_pack(settings.task or binding.task if binding else settings.task or "")
    if binding is not None and binding.task != pack.task:
        raise UsageError(f"the binding {binding.name} is for the task {binding.task}, not {pack.task}")
    said = parse_map(settings.map, pack)
    columns = _role_columns(pack, binding, said, raw)
    check_columns(pack, columns, raw.schema, raw.name)
    labels = _labels(pack, columns, binding, settings, raw, source)
    whole = {column.column for column in columns.values() if _is_whole(column, raw.schema)}
    return Plan(
        raw.name,
        pack,
        columns,
        labels,
        _usable(pack, columns, labels, settings),
        extra_fields(raw.schema, sorted(whole)),
        settings.language,
        settings.per_row,
        settings.max_chars,
        settings.seed,
    )


def _role_columns(pack: Pack, binding: Binding | None, said: dict[str, Column], raw: Raw) -> dict[str, Column]:
    if binding is not None:
        log.info("%s: %s, by the binding %s (%s)", raw.name, pack.task, binding.name, binding.about)
        found = dict(binding.roles)
    else:
        found = guess(pack, raw.schema, [column.column for column in said.values()])
        guessed = ", ".join(f"{role}={found[role].column}" for role in found if role not in said)
        if guessed:
            log.info(
                "%s: %s, with %s guessed from the columns' names (--map says otherwise)",
                raw.name,
                pack.task,
                guessed,
            )
    # in the pack's order: the first role's language is the row's
    return {role: said.get(role) or found[role] for role in pack.roles if role in said or role in found}


def _is_whole(column: Column, schema: pa.Schema) -> bool:
    """Whether a role takes all that its column holds, so that nothing is lost when the column goes."""
    if column.constant is not None or column.column not in schema.names:
        return False
    if column.half is not None:
        return True  # the other half is in the other role
    return column == Column(column.column) and not pa.types.is_nested(schema.field(column.column).type)


def _which_task(raw: Raw) -> str:
    fitting = fitting_tasks(raw.schema)
    hint = f"; tasks that fit: {', '.join(fitting)}" if fitting else f"; known tasks: {', '.join(tasks())}"
    return f"{raw.name} holds plain columns ({', '.join(raw.schema.names)}): say what they are with --task{hint}"


def _usable(
    pack: Pack, columns: dict[str, Column], labels: Labels | None, settings: FormatSettings
) -> tuple[Phrasing, ...]:
    if settings.language is not None and settings.language not in pack.languages:
        raise UsageError(f"{pack.task} has no phrasings in {settings.language!r}; it has {', '.join(pack.languages)}")
    names = set(columns)
    if labels is not None and labels.choices:
        names |= {"options", "option_lines"}
    usable = tuple(
        phrasing
        for phrasing in pack.phrasings
        if phrasing_names(phrasing) <= names
        and settings.language in (None, phrasing.language)
        and not (settings.cot == "only" and not phrasing.cot)
        and not (settings.cot == "exclude" and phrasing.cot)
    )
    if not usable:
        why = "with a rationale" if settings.cot == "only" else "for these columns"
        raise UsageError(f"{pack.task} has no phrasing {why}; map its roles: {', '.join(pack.roles)}")
    return usable


def _labels(
    pack: Pack,
    columns: dict[str, Column],
    binding: Binding | None,
    settings: FormatSettings,
    raw: Raw,
    source: Source,
) -> Labels | None:
    role = pack.label_role
    if role is None or role.name not in columns:
        return None
    column = columns[role.name]
    given: Sequence[str] = settings.labels or (binding.labels if binding else ()) or raw.labels.get(column.column, ())
    if role.open_labels and not given:
        given = _labels_in(source, column, settings)
    return resolve_labels(role, given)


def _labels_in(source: Source, column: Column, settings: FormatSettings) -> list[str]:
    """The label words of a whole file, for the lists of choices; none for stdin, integers, or too many."""
    if source.path == "-" or column.constant is not None:
        return []
    raw = open_container(source, BadRows(Rejects()), None)
    batches = raw.batches if settings.limit is None else _first_rows(raw.batches, settings.limit)
    found: set[str] = set()
    for batch, _ in batches:
        found |= {value.strip() for value in pc.unique(evaluate(batch, column)).to_pylist() if value and value.strip()}
        if len(found) > MOST_OPTIONS:
            return []
    if any(re.fullmatch(r"-?\d+", label) for label in found):
        raise UsageError(
            f"{source.name}: the labels of {column.column} are numbers; name them in order: --labels World,Sports,..."
        )
    log.info("%s: the topics are %s (--labels says otherwise)", source.name, ", ".join(sorted(found)))
    return sorted(found)
