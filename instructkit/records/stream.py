"""The one currency: a stream of batches, its lineage, and what became of the rows.

A shell pipe, a file and a Python call pass the same thing. At every public edge it is a
``pyarrow.RecordBatchReader``; inside it is a `Records`, which also holds the lineage and the counts.
"""

import functools
import json
import weakref
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from instructkit.errors import BadInput

if TYPE_CHECKING:
    from instructkit.records.rejects import Rejects

LINEAGE_KEY = b"instructkit"
Lineage = list[dict[str, Any]]


@dataclass
class Counts:
    """What became of a step's rows: ``rows_in`` less ``rows_dropped`` stayed.

    ``reasons`` counts the rows that failed each rule; a row that failed two is in both. ``changed`` counts the rows
    that stayed with something changed, by what was done. ``alone`` counts the rows that failed one rule and no other;
    ``found`` what was found in the rows, by kind, with a few masked ``samples`` of each.
    """

    rows_in: int = 0
    rows_out: int = 0
    rows_dropped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[str]] = field(default_factory=dict)
    mixture: list[dict[str, Any]] = field(default_factory=list)  # of a mixture: what each group gave
    inputs: list[list["Counts"]] = field(default_factory=list)  # the steps behind each of several inputs

    def drop(self, reason: str, rows: int = 1) -> None:
        """Count rows dropped for one reason."""
        if rows:
            self.rows_dropped += rows
            self.reasons[reason] += rows

    def absorb(self, reading: "Counts") -> None:
        """Add the rows that were lost while reading what this step took."""
        self.rows_in += reading.rows_dropped
        self.rows_dropped += reading.rows_dropped
        self.reasons.update(reading.reasons)

    def to_json(self) -> dict[str, Any]:
        """The counts as they travel and as ``--summary`` writes them."""
        entry: dict[str, Any] = {
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "rows_dropped": self.rows_dropped,
            "reasons": dict(sorted(self.reasons.items())),
        }
        for name in _EXTRA:
            if counted := getattr(self, name):
                entry[name] = dict(sorted(counted.items()))
        if self.mixture:
            entry["mixture"] = self.mixture
        if self.inputs:
            entry["inputs"] = [[step.to_json() for step in steps] for steps in self.inputs]
        return entry

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Counts":
        """Read what `to_json` wrote."""
        return cls(
            entry["rows_in"],
            entry["rows_out"],
            entry["rows_dropped"],
            Counter(entry["reasons"]),
            Counter(entry.get("changed", {})),
            Counter(entry.get("alone", {})),
            Counter(entry.get("found", {})),
            mixture=entry.get("mixture", []),
            inputs=[[cls.from_json(step) for step in steps] for steps in entry.get("inputs", [])],
        )


_EXTRA = ("changed", "alone", "found")  # counts told only where there are any


@dataclass(eq=False)
class Records:
    """A stream of batches with one schema; drained once."""

    schema: pa.Schema  # without the lineage in its metadata
    batches: Iterator[pa.RecordBatch]
    lineage: Lineage = field(default_factory=list)
    counts: Callable[[], list[Counts]] = list  # one a step of the lineage; complete when drained
    reading: Counts = field(default_factory=Counts)  # rows that could not be read; the next step counts them
    inputs: list[dict[str, Any]] = field(default_factory=list)  # files read, with their hash, for the next step
    branches: list["Records"] = field(default_factory=list)  # the streams behind `inputs`, when several
    again: "Callable[[], Iterator[pa.RecordBatch]] | None" = (
        None  # the same rows anew, where that costs next to nothing
    )

    @classmethod
    def of(cls, source: object) -> "Records":
        """Take what a caller has: one of our readers, a `Records`, anything with ``__arrow_c_stream__``."""
        if isinstance(source, cls):
            return source
        from instructkit.records.schema import EXAMPLE

        found = cls.plain(source)
        if _is_ours(source) and set(EXAMPLE.names) <= set(found.schema.names):
            return found
        from instructkit.records.examples import to_examples

        return to_examples(found)

    @classmethod
    def made(cls, source: object) -> "Records":
        """The same for what is to be written: what a step of ours made is taken as it is, in whatever format."""
        return cls.plain(source) if _is_ours(source) else cls.of(source)

    @classmethod
    def plain(cls, source: object) -> "Records":
        """The same for rows that need be no examples: as they are."""
        if isinstance(source, cls):
            return source
        known = _OURS.get(source) if isinstance(source, pa.RecordBatchReader) else None
        if isinstance(source, pa.RecordBatchReader) and known is not None:
            return cls(known.schema, _drained(source, known), known.lineage, known.counts, known.reading, known.inputs,
                       known.branches, known.again)  # fmt: skip
        if isinstance(source, pa.RecordBatchReader):
            reader = source
        elif hasattr(source, "__arrow_c_stream__"):
            reader = pa.RecordBatchReader.from_stream(source)
        else:
            raise BadInput(
                f"a step takes a pyarrow.RecordBatchReader or whatever has __arrow_c_stream__, "
                f"not {type(source).__name__}; instructkit.read(path) makes one"
            )
        return cls(reader.schema.remove_metadata(), iter(reader), lineage_of(reader.schema))

    def to_reader(self) -> pa.RecordBatchReader:
        """The same stream as a ``pyarrow.RecordBatchReader``; `counts` answers for it."""
        schema = with_lineage(self.schema, self.lineage)
        reader = pa.RecordBatchReader.from_batches(
            schema, (batch.replace_schema_metadata(schema.metadata) for batch in self.batches)
        )
        _OURS[reader] = self
        return reader


def _is_ours(source: object) -> bool:
    return isinstance(source, pa.RecordBatchReader) and source in _OURS


def _drained(reader: pa.RecordBatchReader, records: Records) -> Iterator[pa.RecordBatch]:
    """A reader's batches; closing them ends the step behind it."""
    try:
        yield from reader
    finally:
        close(records.batches)


def close(batches: Iterator[pa.RecordBatch]) -> None:
    """End a stream before its end: what its steps hold (spools, workers, files) goes now, not with the last mention."""
    if isinstance(batches, Generator):
        batches.close()


_OURS: "weakref.WeakKeyDictionary[pa.RecordBatchReader, Records]" = weakref.WeakKeyDictionary()


def counts(reader: pa.RecordBatchReader) -> Counts:
    """What became of the rows of the last step that made this reader; complete once it has been drained.

    Raises `BadInput` for a reader that no step of instructkit made.
    """
    records = _OURS.get(reader)
    if records is None:
        raise BadInput("no step of instructkit made this reader, so nothing was counted")
    steps = records.counts()
    return steps[-1] if steps else records.reading


def lineage_of(schema: pa.Schema) -> Lineage:
    """The steps behind a stream, from its schema's metadata; empty where there are none or they are not ours."""
    text = (schema.metadata or {}).get(LINEAGE_KEY)
    if text is None:
        return []
    try:
        steps = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return steps if isinstance(steps, list) and all(map(_is_step, steps)) else []


def _is_step(entry: object) -> bool:
    """Whether an entry of a lineage, which anybody may have written, has the shape of ours."""
    if not isinstance(entry, dict) or "command" not in entry:
        return False
    inputs = entry.get("inputs", [])
    return (
        isinstance(entry.get("arguments", {}), dict)
        and isinstance(entry.get("counts", {}), dict)
        and isinstance(inputs, list)
        and all(isinstance(one, dict) and isinstance(one.get("lineage", []), list) for one in inputs)
        and all(_is_step(step) for one in inputs for step in one.get("lineage", []))
    )


def with_lineage(schema: pa.Schema, lineage: Lineage) -> pa.Schema:
    """The schema with the lineage in its metadata."""
    return schema.with_metadata({LINEAGE_KEY: json.dumps(lineage, ensure_ascii=False)})


def take_step(
    records: Records,
    command: str,
    arguments: dict[str, Any],
    seed: int | None,
    schema: pa.Schema,
    run: Callable[[Counts], Iterator[pa.RecordBatch]],
    rejects: "Rejects",
) -> Records:
    """Add a step to a stream: its lineage entry now, its counts as its rows pass.

    ``run`` is given the step's `Counts`; it counts the rows in and the drops, the rows out are counted here.
    """
    from instructkit import __version__

    own = Counts()
    entry = {"command": command, "version": __version__, "arguments": arguments, "seed": seed,
             "inputs": records.inputs}  # fmt: skip

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in run(own):
                own.rows_out += batch.num_rows
                yield batch
        finally:
            close(records.batches)
        own.absorb(records.reading)
        if len(records.branches) > 1:
            own.inputs = [branch.counts() for branch in records.branches]

    return Records(schema, rejects.over(batches()), [*records.lineage, entry], lambda: [*records.counts(), own])


def public_step(step: Callable[..., Records]) -> Callable[..., pa.RecordBatchReader]:
    """Give a step its public edge: it takes any Arrow stream and gives a ``pyarrow.RecordBatchReader``."""

    @functools.wraps(step)
    def call(*arguments: Any, **options: Any) -> pa.RecordBatchReader:
        return step(*arguments, **options).to_reader()

    return call
