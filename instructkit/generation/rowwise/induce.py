"""``induce``: the instruction that a task's rows follow, found by a model (APE, Zhou et al. 2023)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from instructkit.engine import Spool
from instructkit.errors import UsageError
from instructkit.generation.client.model import Ask, Model, Stopped
from instructkit.generation.client.opening import open_model
from instructkit.generation.client.request import Request
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent
from instructkit.generation.options import model_arguments, split_options
from instructkit.generation.prompting import draw_seed, load_prompt
from instructkit.generation.rowwise.respond import folded
from instructkit.generation.rowwise.rows import Row, failed, rows_of
from instructkit.generation.rowwise.stepping import check_language
from instructkit.records.columns import check_column
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.schema import extra_name
from instructkit.records.stream import Counts, Records, public_step, take_step
from instructkit.records.values import python_values

PROMPTS = ("induce",)
LONGEST = 2000  # characters of a row that may serve as a demonstration
ANSWER_TOKENS = 256


@dataclass(frozen=True)
class InduceSettings:
    """From how many rows, and how candidates are chosen; see the command's page."""

    by: str = "task"
    demonstrations: int = 5
    candidates: int = 3
    held_out: int = 5
    language: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        check_language(self.language)
        for name in ("demonstrations", "candidates"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is a number of 1 or more, not {getattr(self, name)}")
        if self.held_out < 0:
            raise UsageError(f"held-out is a number of 0 or more, not {self.held_out}")


@dataclass(frozen=True)
class Induced:
    """A group's instruction and the share of held-out rows that the model answers right by it; or why there is none."""

    instruction: str = ""
    accuracy: float | None = None
    reasons: tuple[Reason, ...] = ()


@public_step
def induce(
    reader: object,
    settings: InduceSettings | None = None,
    model: ModelSettings | str | None = None,
    *,
    rejects: str | Rejects | None = None,
    spent: Spent | None = None,
    **options: Any,
) -> Records:
    """Give the rows of each group the instruction that a model finds in some of them.

    Of each group (``by`` a column) the first ``demonstrations`` rows are shown, ``candidates`` instructions are
    written, and the one by which the model answers most of the next ``held_out`` rows exactly is taken (APE's execution
    accuracy, section 3.2); column ``accuracy``. ``options`` are the fields of `InduceSettings` and `ModelSettings`.
    """
    own, told = split_options(settings or InduceSettings(), model, options)
    records = Records.of(reader)
    check_column(records.schema, "the input", own.by)
    sink = as_rejects(rejects)
    name = extra_name("accuracy", set(records.schema.names))
    schema = records.schema.append(pa.field(name, pa.float64()))
    sink.bind(schema, anew=True)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        with Spool(records.schema) as spool, open_model(told, spent) as asked:
            groups = _first_rows(records.batches, spool, own)
            found = _induced(groups, own, told, asked)
            for batch in spool.batches():
                yield _with_instructions(batch, schema, name, own.by, found, counts, sink)

    arguments = {key: value for key, value in asdict(own).items() if key != "seed"} | model_arguments(told)
    return take_step(records, "induce", arguments, own.seed, schema, run, sink)


def _first_rows(batches: Iterator[pa.RecordBatch], spool: Spool, own: InduceSettings) -> dict[str, list[Row]]:
    """The first rows of each group that may serve; all rows go to the spool."""
    groups: dict[str, list[Row]] = {}
    wanted = own.demonstrations + own.held_out
    for batch in batches:
        spool.append(batch)
        keys = [str(value) for value in python_values(batch.column(own.by))]
        places = [place for place, key in enumerate(keys) if len(groups.setdefault(key, [])) < wanted]
        if not places:
            continue
        for place, row in zip(places, rows_of(batch.take(pa.array(places)), own.language), strict=True):
            rows = groups[keys[place]]
            short = len(row.input) + len(row.output) <= LONGEST
            if len(rows) < wanted and row.output and short and row not in rows:
                rows.append(row)
    return groups


def _induced(
    groups: dict[str, list[Row]], own: InduceSettings, told: ModelSettings, model: Model
) -> dict[str, Induced]:
    async def job(item: tuple[str, list[Row]], ask: Ask) -> Induced:
        rows = item[1]
        return await _one(rows[: own.demonstrations], rows[own.demonstrations :], own, told.prompts, ask)

    calls = own.candidates * (1.0 + own.held_out)
    found = {}
    for (key, _), one in model.map(iter(groups.items()), job, calls=calls):
        found[key] = Induced(reasons=(("limit_reached", one.limit, ""),)) if isinstance(one, Stopped) else one
    return found


async def _one(shown: list[Row], held: list[Row], own: InduceSettings, prompts: str | None, ask: Ask) -> Induced:
    """The best of some candidates for one group."""
    if not shown:
        return Induced(reasons=(("no_demonstration", "", f"a row with an output, of {LONGEST} characters at most"),))
    language = "zh" if 2 * Counter(row.language for row in shown)["zh"] > len(shown) else "en"
    prompt = load_prompt("induce", language, prompts)
    pairs = [
        prompt.part("demonstration", {"input": row.input or row.instruction, "output": row.output}) for row in shown
    ]
    best: Induced | None = None
    reasons: list[Reason] = []
    known: set[str] = set()
    for number in range(own.candidates):
        answer = await ask(prompt.request({"demonstrations": "\n\n".join(pairs)}, seed=own.seed, sample=number))
        text = _tidy(answer.text)
        if failed(answer) or not text or text in known:
            reasons = reasons or failed(answer)
            continue
        known.add(text)
        right = [await _answers(text, row, own.seed, ask) for row in held]
        accuracy = sum(right) / len(right) if right else None
        if best is None or (accuracy or 0) > (best.accuracy or 0):
            best = Induced(text, accuracy)
    return best or Induced(reasons=tuple(reasons or [("empty_output", "", "")]))


async def _answers(instruction: str, row: Row, seed: int, ask: Ask) -> bool:
    """Whether the model answers a row right by an instruction: exactly, but for case and marks."""
    asked = replace(row, instruction=instruction, input=row.input or row.instruction)
    parameters = {"temperature": 0, "max_tokens": ANSWER_TOKENS, "seed": draw_seed(seed, "induce-check")}
    answer = await ask(Request((("user", asked.prompt),), parameters=parameters, purpose="induce-check"))
    return not answer.failure and folded(answer.text) == folded(row.output)


def _tidy(text: str) -> str:
    line = text.strip().strip('"“”').strip()
    return (
        re.sub(r"^(?:the )?(?:instruction|指令)(?: was| is|是)?\s*[:：]\s*", "", line, flags=re.I).strip().strip('"“”')
    )


def _with_instructions(
    batch: pa.RecordBatch,
    schema: pa.Schema,
    name: str,
    by: str,
    found: dict[str, Induced],
    counts: Counts,
    sink: Rejects,
) -> pa.RecordBatch:
    counts.rows_in += batch.num_rows
    induced = [found[str(value)] for value in python_values(batch.column(by))]
    inputs = zip(batch.column("instruction").to_pylist(), batch.column("input").to_pylist(), strict=True)
    columns = {child: batch.column(child) for child in batch.schema.names}
    # a row without an input has its text in the instruction that is replaced
    columns["input"] = pa.array([given or text for text, given in inputs], pa.string())
    columns["instruction"] = pa.array([one.instruction for one in induced], pa.string())
    columns["template"] = pa.array(["induce"] * batch.num_rows, pa.string())
    columns[name] = pa.array([one.accuracy for one in induced], pa.float64())
    whole = pa.RecordBatch.from_arrays([columns[child] for child in schema.names], schema=schema)
    bad = [place for place, one in enumerate(induced) if one.reasons]
    if not bad:
        counts.changed["induced"] += batch.num_rows
        return whole
    for place in bad:
        counts.rows_dropped += 1
        counts.reasons.update({rule for rule, _, _ in induced[place].reasons})
    original = batch.take(pa.array(bad)).append_column(name, pa.nulls(len(bad), pa.float64()))
    sink.add_rows(original.cast(schema), [list(induced[place].reasons) for place in bad])
    kept = [place for place, one in enumerate(induced) if not one.reasons]
    counts.changed["induced"] += len(kept)
    return whole.take(pa.array(kept, pa.int64()))
