"""``filter``: judge every row by every rule, drop those that fail, and say all that they failed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine import map_batches
from instructkit.errors import UsageError
from instructkit.filters import pii, toxicity
from instructkit.filters.language import other_language, parse_languages
from instructkit.filters.presets import chosen_rules
from instructkit.filters.rule import RULES, Verdict
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.schema import extra_name
from instructkit.records.stream import Counts, Records, public_step, take_step


@dataclass(frozen=True)
class FilterSettings:
    """Which rows may stay."""

    preset: str = "instruction"
    rules: tuple[str, ...] = ()  # NAME, NAME=VALUE or NAME=off
    language: str | None = None  # codes, e.g. en,zh[:T]
    toxicity: str = "off"
    pii: str = "off"

    def __post_init__(self) -> None:
        if self.toxicity not in toxicity.MODES:
            raise UsageError(f"toxicity is one of {', '.join(toxicity.MODES)}, not {self.toxicity!r}")
        if self.pii not in pii.MODES:
            raise UsageError(f"pii is one of {', '.join(pii.MODES)}, not {self.pii!r}")


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

    Raises `UsageError` for unknown rules, presets and modes.
    """
    given = replace(settings or FilterSettings(), **options)
    given = replace(given, rules=tuple(given.rules))
    records = Records.of(reader)
    judge = make_judge(given, records.schema)
    schema = pa.schema([*records.schema, *(pa.field(name, pa.list_(pa.string())) for name in judge.tags.values())])
    sink = as_rejects(rejects)
    sink.bind(records.schema)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        # the language model and the patterns hold the GIL; Arrow's kernels do not
        slow = judge.languages is not None or given.pii != "off" or given.toxicity != "off"
        flying = _remember(records.batches)
        for judged in map_batches(flying.batches(), judge, workers=workers, processes=slow):
            batch = flying.waiting.pop(0)
            counts.rows_in += batch.num_rows
            counts.rows_dropped += len(judged.reasons)
            counts.reasons.update(judged.failed)
            counts.changed.update(judged.changed)
            if judged.reasons:
                sink.add_rows(batch.take(pa.array(list(judged.reasons))), list(judged.reasons.values()))
            if judged.kept.num_rows:
                yield judged.kept

    arguments = {name: value for name, value in asdict(given).items() if value not in (None, (), "off")}
    return take_step(records, "filter", arguments, None, schema, run, sink)


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


@dataclass
class Judged:
    """A batch after all rules."""

    kept: pa.RecordBatch
    reasons: dict[int, list[Reason]]  # of each dropped row
    failed: Counter[str]  # rows that failed each rule
    changed: Counter[str]  # rows that stay, marked or masked


@dataclass(frozen=True)
class Judge:
    """All rules of a run; a plain picklable object, called with a batch on a worker."""

    thresholds: dict[str, Any]
    languages: tuple[frozenset[str], float] | None
    toxicity: str
    pii: str
    tags: dict[str, str]  # what is tagged, and the column that says so

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """Judge the rows of a batch."""
        reasons: dict[int, list[Reason]] = {}
        failed: Counter[str] = Counter()

        def note(name: str, verdict: Verdict, threshold: str) -> None:
            for row in np.flatnonzero(verdict.fails).tolist():
                reasons.setdefault(row, []).append((name, verdict.value(row), threshold))
                failed[name] += 1

        for name, threshold in self.thresholds.items():
            note(name, RULES[name](batch, threshold), "" if threshold is None else str(threshold))
        if self.languages is not None:
            allowed, sure = self.languages
            note("language", other_language(batch, allowed, sure), ",".join(sorted(allowed)))
        added: dict[str, pa.Array] = {}
        changed = batch
        if self.toxicity != "off":
            abuse = toxicity.abusive(batch)
            if self.toxicity == "drop":
                note("toxicity", abuse, "")
            else:
                words = [abuse.value(row).split(", ") if abuse.fails[row] else [] for row in range(batch.num_rows)]
                added["toxicity"] = pa.array(words, pa.list_(pa.string()))
        if self.pii != "off":
            found = pii.look(batch)
            if self.pii == "drop":
                # the kinds, never the data themselves
                note(
                    "pii",
                    Verdict.found(batch.num_rows, {row: ", ".join(kinds) for row, kinds in found.kinds.items()}),
                    "",
                )
            else:
                added["pii"] = found.column
                changed = found.masked if self.pii == "mask" else batch
        if added:
            columns = [*changed.columns, *(added[name] for name in self.tags)]
            fields = [
                *batch.schema,
                *(pa.field(self.tags[name], pa.list_(pa.string())) for name in self.tags),
            ]
            changed = pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))
        keep = np.ones(batch.num_rows, bool)
        keep[list(reasons)] = False
        kept = changed.filter(pa.array(keep)) if reasons else changed
        return Judged(kept, dict(sorted(reasons.items())), failed, self._changes(kept))

    def _changes(self, kept: pa.RecordBatch) -> Counter[str]:
        """How many of the rows that stay were marked or masked."""
        done = {"toxicity": "abuse_tagged", "pii": "pii_masked" if self.pii == "mask" else "pii_tagged"}
        marked = {
            done[name]: int(pc.sum(pc.greater(pc.list_value_length(kept.column(column)), 0)).as_py() or 0)
            for name, column in self.tags.items()
        }
        return Counter({name: rows for name, rows in marked.items() if rows})


def make_judge(settings: FilterSettings, schema: pa.Schema) -> Judge:
    """Settle the rules of a run."""
    tags = {}
    taken = set(schema.names)
    for name, mode, adds in (
        ("toxicity", settings.toxicity, ("tag",)),
        ("pii", settings.pii, ("tag", "mask")),
    ):
        if mode in adds:
            tags[name] = extra_name(name, taken)
            taken.add(tags[name])
    return Judge(
        chosen_rules(settings.preset, settings.rules),
        parse_languages(settings.language) if settings.language else None,
        settings.toxicity,
        settings.pii,
        tags,
    )
