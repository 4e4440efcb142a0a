"""``pretext``: tasks made of unlabelled text by rules, without a model."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import pyarrow as pa

from instructkit.engine.mapping import map_ordered
from instructkit.errors import UsageError
from instructkit.records.batching import rechunk
from instructkit.records.containers.raw import BadRows, Raw, first_rows
from instructkit.records.examples import extra_fields, row_text
from instructkit.records.reading import as_rejects, describe_inputs, open_raw, together, unify, widen
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Records, public_step, take_step
from instructkit.templating.library.packs import load_pack
from instructkit.templating.pretext.balance import Balance
from instructkit.templating.pretext.making import ADDED, NUMBER, Block, Columns, Maker
from instructkit.templating.pretext.tasks import TASKS

log = logging.getLogger("instructkit")

BLOCK_ROWS = 1024  # documents that lend each other distractors
BLOCK_BYTES = 16 << 20
LENT = 64  # documents of the block before that lend theirs too
TEXT = ("text", "content", "document", "body", "article", "context", "passage", "正文", "内容", "文本")
TITLE = ("title", "headline", "heading", "标题", "题目")
TOPIC = ("section", "category", "topic", "subject", "栏目", "分类", "类别", "主题")
PATH = ("url", "path", "link", "file", "filename", "source_url", "网址", "路径")


@dataclass(frozen=True)
class PretextSettings:
    """What ``pretext`` may be told; see its command's page."""

    text: str | None = None
    title: str | None = None
    topic: str | None = None
    tasks: tuple[str, ...] = ()
    per_document: int | None = 3
    balance: bool = True
    language: str | None = None
    limit: int | None = None
    max_chars: int | None = None
    layout: str | None = None
    seed: int = 0


@public_step
def pretext(
    sources: str | Sequence[str],
    settings: PretextSettings | None = None,
    *,
    rejects: str | Rejects | None = None,
    max_bad: int | None = None,
    workers: int | None = None,
    **options: Any,
) -> Records:
    """Make examples of documents by rules: summaries, questions, titles, order of sentences, ...

    ``options`` are the fields of `PretextSettings` (``text="body"``, ``tasks=["title"]``, ...). Each document gives up
    to ``per_document`` examples, which share its ``parent``; ``confidence`` and ``why`` say how sure a rule was and
    what it did. A document that gives none goes to ``rejects`` with the reason.

    Raises `UsageError` for an unknown task or column, `BadInput` for what can't be read.
    """
    given = replace(settings or PretextSettings(), **options)
    tasks = (given.tasks,) if isinstance(given.tasks, str) else given.tasks
    given = replace(given, tasks=chosen_tasks(tasks))
    check_settings(given)
    names = [sources] if isinstance(sources, str) else list(sources)
    sink = as_rejects(rejects)
    opened = [_open(name, given, BadRows(sink, max_bad), workers) for name in names]
    schema = unify([one.maker.schema for one in opened])
    sink.bind(schema)
    streams = [Records(one.maker.schema, iter(()), one.raw.lineage, one.steps, inputs=one.inputs) for one in opened]
    before = together(streams, schema)
    if not any(branch.lineage for branch in before.branches):
        before.branches = []  # raw files have no steps whose rows could be told
    balance = Balance(_balanced(given))

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        for one in opened:
            bad = BadRows(sink, max_bad, counts)
            yield from _made(one, bad, schema, balance, given, workers)
            counts.absorb(one.reading)
        for example in balance.left():
            _drop_unbalanced(example, counts, sink)

    usual = {one.name: one.default for one in fields(PretextSettings)}
    arguments = {name: value for name, value in asdict(given).items()
                 if name == "tasks" or (name != "seed" and value != usual[name])}  # fmt: skip
    return take_step(before, "pretext", arguments, given.seed, schema, run, sink)


def chosen_tasks(wanted: Sequence[str]) -> tuple[str, ...]:
    """The names of the tasks asked for: none are those made by default, ``all`` is every one.

    Raises `UsageError` for an unknown one.
    """
    if not wanted:
        return tuple(name for name, task in TASKS.items() if task.by_default)
    if "all" in wanted:
        return tuple(TASKS)
    for name in wanted:
        if name not in TASKS:
            raise UsageError(f"there is no pretext task {name!r}; known tasks: {', '.join(TASKS)}")
    return tuple(name for name in TASKS if name in wanted)


def check_settings(given: PretextSettings) -> None:
    """Raise `UsageError` for settings that no source could be worked by."""
    for name in ("per_document", "max_chars"):
        number = getattr(given, name)
        if number is not None and number < 1:
            raise UsageError(f"{name} is a number of 1 or more, not {number}")
    if given.limit is not None and given.limit < 0:
        raise UsageError(f"limit is a number of 0 or more, not {given.limit}")
    if given.language not in (None, "en", "zh"):
        raise UsageError(f"the phrasings are in en and zh, not in {given.language!r}")


def _balanced(given: PretextSettings) -> dict[str, tuple[str, ...]]:
    """The labels of each task whose labels are given equally often."""
    found = {}
    for name in given.tasks if given.balance else ():
        task = TASKS[name]
        if task.balanced:
            labels = load_pack(task.pack).roles[task.balanced].labels
            found[name] = tuple(next(iter(label.words.values())) for label in labels)
    return found


@dataclass
class _Opened:
    """A source, how its documents become examples, and what is known of it."""

    raw: Raw
    maker: Maker
    reading: Counts
    inputs: list[dict[str, Any]]

    def steps(self) -> list[Counts]:
        """The counts of the source's own steps."""
        return self.raw.steps


def _open(path: str, given: PretextSettings, bad: BadRows, workers: int | None) -> _Opened:
    raw, _, source = open_raw(path, given.layout, bad, workers)
    columns = _columns(raw, given)
    named = [f"{what}={name}" for what, name in asdict(columns).items() if name]
    log.info("%s: documents, with %s", raw.name, ", ".join(named))
    extras = extra_fields(raw.schema, [columns.text], [one.name for one in ADDED])
    maker = Maker(
        raw.name, columns, given.tasks, given.per_document, extras, given.language, given.max_chars, given.seed
    )
    return _Opened(raw, maker, bad.counts, describe_inputs(source))


def _columns(raw: Raw, given: PretextSettings) -> Columns:
    names = raw.schema.names
    for option, name in (("text", given.text), ("title", given.title), ("topic", given.topic)):
        if name is not None and name not in names:
            raise UsageError(f"{raw.name} has no column {name!r} for --{option}; it has {', '.join(names)}")
    texts = [field.name for field in raw.schema if pa.types.is_string(field.type)]

    def guess(known: Sequence[str]) -> str:
        return next((name for one in known for name in texts if name.lower() == one), "")

    text = given.text or guess(TEXT) or (texts[0] if len(texts) == 1 else "")
    if not text:
        raise UsageError(f"{raw.name}: which column holds the documents? Say it with --text; it has {', '.join(names)}")
    if not pa.types.is_string(raw.schema.field(text).type):
        raise UsageError(f"{raw.name}: the column {text!r} holds no text but {raw.schema.field(text).type}")
    found = [given.title or guess(TITLE), given.topic or guess(TOPIC), guess(PATH)]
    return Columns(text, *("" if name == text else name for name in found))


def _made(
    opened: _Opened, bad: BadRows, wide: pa.Schema, balance: Balance, given: PretextSettings, workers: int | None
) -> Iterator[pa.RecordBatch]:
    raw, maker = opened.raw, opened.maker
    schema = raw.schema.append(pa.field(NUMBER, pa.int64()))
    flying: list[Block] = []

    def blocks() -> Iterator[Block]:
        before = pa.RecordBatch.from_pylist([], schema)
        read = raw.batches if given.limit is None else first_rows(raw.batches, given.limit)
        numbered = (pa.RecordBatch.from_arrays([*batch.columns, pa.array(numbers)], schema=schema)
                    for batch, numbers in read)  # fmt: skip
        for rows in rechunk(numbered, BLOCK_ROWS, BLOCK_BYTES):
            block = Block(before, rows)
            flying.append(block)
            yield block
            before = rows.slice(max(rows.num_rows - LENT, 0))

    for worked in map_ordered(blocks(), maker, workers=workers, processes=True):
        rows = flying.pop(0).rows
        bad.counts.rows_in += rows.num_rows
        texts = rows.drop_columns([NUMBER])
        for row, reason, detail in worked.bad:
            bad.add(maker.source, worked.numbers[row], reason, detail, row_text(texts, row))
        for row, reason, detail in worked.refused:
            bad.counts.reasons[reason] += 1
            text = row_text(texts, row)
            bad.rejects.add_raw(maker.source, worked.numbers[row], text, [(reason, detail, "")])
        keys: Sequence[tuple[str, str] | None] = worked.balanced if given.balance else [None] * len(worked.balanced)
        passed, dropped = balance.passed(widen(worked.examples, wide), keys)
        for one in dropped:
            _drop_unbalanced(one, bad.counts, bad.rejects)
        if passed.num_rows:
            yield passed


def _drop_unbalanced(example: pa.RecordBatch, counts: Counts, sink: Rejects) -> None:
    """Count an example that no other label's stands against; its document may have given others."""
    counts.reasons["unbalanced"] += 1
    sink.add_rows(example, [[("unbalanced", "", "one of each label")]])
