"""A model asked about each row: what a step sees of a row, and what it makes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.generation.client.model import Ask, Model, Stopped
from instructkit.generation.client.request import Answer, Message
from instructkit.records.hashing import row_ids
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.script import is_chinese
from instructkit.records.stream import Counts
from instructkit.records.values import python_values

SLICE = 256  # rows whose results are put together to a batch
_SEEN = ("id", "instruction", "input", "output", "system", "history")


@dataclass(frozen=True)
class Row:
    """What a step sees of an example. ``language`` is that of its prompts: en or zh."""

    id: str
    instruction: str
    input: str
    output: str
    system: str
    history: tuple[Message, ...]
    language: str

    @property
    def prompt(self) -> str:
        """Instruction and input, as a user would write them."""
        return f"{self.instruction}\n\n{self.input}" if self.input else self.instruction

    @property
    def dialogue(self) -> tuple[Message, ...]:
        """All that stands before the answer."""
        system = (("system", self.system),) if self.system else ()
        return (*system, *self.history, ("user", self.prompt))


@dataclass
class Made:
    """An example that a step gives for a row: what is changed in the row, and the step's own columns.

    ``new``: an example beside the row, with an id of its own.
    """

    changed: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)
    new: bool = False


@dataclass
class Outcome:
    """What becomes of a row: examples, and what was refused with the reasons (None: the row as it is).

    ``notes`` are told in the counts as what was changed.
    """

    made: list[Made] = field(default_factory=list)
    refused: list[tuple[Made | None, list[Reason]]] = field(default_factory=list)
    notes: tuple[str, ...] = ()


class RowStep(Protocol):
    """A recipe for a row: a coroutine that asks and tells what becomes of it.

    ``fields`` are the columns it adds; ``calls`` the requests a row takes on average, at most.
    """

    fields: tuple[pa.Field, ...]

    @property
    def calls(self) -> float:
        """Requests a row."""

    async def __call__(self, row: Row, ask: Ask) -> Outcome:
        """Ask about a row."""


def ask_rows(
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    names: Mapping[str, str],
    step: RowStep,
    model: Model,
    language: str,
    counts: Counts,
    sink: Rejects,
) -> Iterator[pa.RecordBatch]:
    """Ask about every row, several at once; give the examples in the order of the rows.

    ``schema`` is that of the rows with the step's columns behind it, called as ``names`` says.
    """
    slices: list[pa.RecordBatch] = []

    def items() -> Iterator[tuple[bool, Row]]:
        for batch in batches:
            for start in range(0, batch.num_rows, SLICE):
                piece = batch.slice(start, SLICE)
                slices.append(piece)
                rows = rows_of(piece, language)
                yield from ((place == len(rows) - 1, row) for place, row in enumerate(rows))

    async def job(item: tuple[bool, Row], ask: Ask) -> Outcome:
        return await step(item[1], ask)

    outcomes: list[Outcome] = []
    for (last, _), found in model.map(items(), job, calls=step.calls):
        outcome = _unasked(found) if isinstance(found, Stopped) else found
        model.spent.accepted += len(outcome.made)
        model.spent.rejected += len(outcome.refused)
        outcomes.append(outcome)
        if last:
            yield _together(slices.pop(0), schema, names, outcomes, counts, sink)
            outcomes = []


def _unasked(stopped: Stopped) -> Outcome:
    return Outcome(refused=[(None, [("limit_reached", stopped.limit, "run the same command again to go on")])])


def rows_of(batch: pa.RecordBatch, language: str) -> list[Row]:
    """The rows of a batch as a step sees them; ``language`` auto: Chinese where the row reads as Chinese."""
    columns = [python_values(batch.column(name)) for name in _SEEN]
    if language == "auto":
        texts = [f"{row[1]} {row[2]} {row[3]}" for row in zip(*columns, strict=True)]
        languages = ["zh" if chinese else "en" for chinese in is_chinese(pa.array(texts, pa.string()))]
    else:
        languages = [language] * batch.num_rows
    found = []
    for (name, instruction, given, output, system, turns), spoken in zip(
        zip(*columns, strict=True), languages, strict=True
    ):
        history = tuple((turn["role"], turn["content"]) for turn in turns)
        found.append(Row(name, instruction, given, output, system, history, spoken))
    return found


def _together(
    rows: pa.RecordBatch,
    schema: pa.Schema,
    names: Mapping[str, str],
    outcomes: list[Outcome],
    counts: Counts,
    sink: Rejects,
) -> pa.RecordBatch:
    """The examples of a slice; what was refused is counted and goes to the rejects."""
    made = [(place, one) for place, outcome in enumerate(outcomes) for one in outcome.made]
    refused = [(place, one, why) for place, outcome in enumerate(outcomes) for one, why in outcome.refused]
    counts.rows_in += rows.num_rows
    for outcome in outcomes:
        counts.rows_dropped += not outcome.made
        counts.changed.update(outcome.notes)
    for _, _, reasons in refused:
        counts.reasons.update({rule for rule, _, _ in reasons})
    if refused:
        batch = _batch(rows, schema, names, [(place, one or Made()) for place, one, _ in refused])
        sink.add_rows(batch, [reasons for *_, reasons in refused])
    return _batch(rows, schema, names, made)


def _batch(
    rows: pa.RecordBatch, schema: pa.Schema, names: Mapping[str, str], made: list[tuple[int, Made]]
) -> pa.RecordBatch:
    taken = rows.take(pa.array([place for place, _ in made], pa.int64()))
    columns = {name: taken.column(name) for name in rows.schema.names}
    for name in sorted({name for _, one in made for name in one.changed}):
        texts = zip(made, python_values(columns[name]), strict=True)
        columns[name] = pa.array([one.changed.get(name, text) for (_, one), text in texts], pa.string())
    if any(one.new for _, one in made):
        told = [columns[name] for name in ("id", "template", "instruction", "input", "output")]
        news = pa.array([one.new for _, one in made])
        columns["id"] = pc.if_else(news, row_ids(told, len(made)), columns["id"])
    for name, called in names.items():
        columns[called] = pa.array([one.columns.get(name) for _, one in made], schema.field(called).type)
    return pa.RecordBatch.from_arrays([columns[child.name] for child in schema], schema=schema)


def failed(answer: Answer) -> list[Reason]:
    """Why an answer is none that could stand in a row: what failed, that it was cut off, or that it is empty."""
    if answer.failure:
        return [(answer.failure, answer.detail, "")]
    if answer.cut:
        return [("cut_off", "the answer ended at the token limit", "a whole answer: --parameter max_tokens=N")]
    return [] if answer.text.strip() else [("empty_output", "", "")]
