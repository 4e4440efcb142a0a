"""``backtranslate``: from a text to the instruction it answers, scored (Humpback, Li et al. 2023)."""

import re
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.generation.client.model import Ask
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent
from instructkit.generation.options import split_options
from instructkit.generation.prompting import load_prompt
from instructkit.generation.reading import json_object, number_after
from instructkit.generation.rowwise.rows import Made, Outcome, Row, failed
from instructkit.generation.rowwise.stepping import asking_step, check_language
from instructkit.records.examples import extra_fields
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.schema import build_examples, example_schema
from instructkit.records.stream import Records, public_step

PROMPTS = ("backtranslate", "backtranslate-score")
TEMPLATE = "backtranslate"


@dataclass(frozen=True)
class BacktranslateSettings:
    """From which texts, and from which score on pairs stay; see the command's page."""

    text: str | None = None  # the rows are plain text, this their column
    min_score: float = 4.5
    samples: int = 1
    language: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        check_language(self.language)
        if not 1 <= self.min_score <= 5:
            raise UsageError(f"min-score is a number from 1 to 5, not {self.min_score:g}")
        if self.samples < 1:
            raise UsageError(f"samples is a number of 1 or more, not {self.samples}")


@public_step
def backtranslate(
    reader: object,
    settings: BacktranslateSettings | None = None,
    model: ModelSettings | str | None = None,
    *,
    rejects: str | Rejects | None = None,
    spent: Spent | None = None,
    **options: Any,
) -> Records:
    """Write for each output, or each plain text, the instruction that it answers; keep the pairs that are good.

    A pair is rated from 1 to 5 by the model itself, the mean of ``samples`` ratings; ``score`` is a column, and pairs
    below ``min_score`` go to ``rejects``. ``options`` are the fields of `BacktranslateSettings` and `ModelSettings`.
    """
    own, told = split_options(settings or BacktranslateSettings(), model, options)
    records = Records.of(reader) if own.text is None else outputs_of(Records.plain(reader), own.text)
    recipe = Backtranslate(own, told.prompts)
    arguments = {name: value for name, value in asdict(own).items() if name != "seed" and value is not None}
    return asking_step(
        records, "backtranslate", arguments, recipe, told,
        language=own.language, seed=own.seed, sink=as_rejects(rejects), spent=spent,
    )  # fmt: skip


def outputs_of(records: Records, column: str) -> Records:
    """Plain rows as examples whose output is the text of a column and whose instruction is yet to come."""
    extras = extra_fields(records.schema, [column])
    name = next((str(one["name"]) for one in records.inputs), "stdin")

    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        values = {"instruction": pa.array([""] * batch.num_rows), "output": batch.column(column)}
        kept = {field.name: batch.column(raw) for raw, field in extras.items()}
        return build_examples(values, batch.num_rows, task=TEMPLATE, source=name, template=TEMPLATE, extras=kept)

    schema = example_schema(list(extras.values()))
    batches = (convert(batch) for batch in records.batches)
    return Records(schema, batches, records.lineage, records.counts, records.reading, records.inputs, records.branches)


class Backtranslate:
    """Asks for the instruction of a text, and then how well they fit."""

    def __init__(self, own: BacktranslateSettings, prompts: str | None) -> None:
        self.own, self._prompts = own, prompts
        self.fields = (pa.field("score", pa.float64()), pa.field("request", pa.string()))
        self.calls = 1.0 + own.samples

    async def __call__(self, row: Row, ask: Ask) -> Outcome:
        """Two kinds of requests a row."""
        if not row.output.strip():
            return Outcome(refused=[(None, [("empty_output", "", "a text to find the instruction of")])])
        writing, rating = (load_prompt(name, row.language, self._prompts) for name in PROMPTS)
        answer = await ask(writing.request({"text": row.output}, seed=self.own.seed))
        if reasons := failed(answer):
            return Outcome(refused=[(None, reasons)])
        changed = {"instruction": _tidy(answer.text), "input": "", "template": TEMPLATE}
        ratings = []
        for number in range(self.own.samples):
            values = {"instruction": changed["instruction"], "text": row.output}
            warm: dict[str, Any] = {"temperature": 1.0} if self.own.samples > 1 else {}
            rating_answer = await ask(rating.request(values, seed=self.own.seed, sample=number, **warm))
            if (score := read_rating(rating_answer.text)) is not None:
                ratings.append(score)
        score = sum(ratings) / len(ratings) if ratings else None
        made = Made(changed, {"score": score, "request": answer.key})
        if score is None:
            return Outcome(refused=[(made, [("not_judged", "no rating from 1 to 5", "")])])
        if score < self.own.min_score:
            return Outcome(refused=[(made, [("low_score", f"{score:g}", f"{self.own.min_score:g}")])])
        return Outcome([made], notes=("backtranslated",))


def read_rating(text: str) -> float | None:
    """A rating from 1 to 5 in an answer: of its JSON, after the word, or alone."""
    value = (json_object(text) or {}).get("score")
    if value is None:
        alone = re.search(r"^[ \t*_#\"'(]*(\d+(?:\.\d+)?)(?: ?/ ?5| ?分)?[ \t*_.。\"')]*$", text, re.MULTILINE)
        value = number_after(text, "(?:score|rating|评分|分数|得分)") or (alone[1] if alone else None)
    if isinstance(value, bool):
        return None
    try:
        rating = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return rating if 1 <= rating <= 5 else None


def _tidy(text: str) -> str:
    """An instruction without a heading before it and quotes around it."""
    found = re.sub(
        r"^\W{0,3}(?:instruction|prompt|question|request|指令|提示|问题)\W{0,3}[:：]\W{0,3}",
        "",
        text.strip(),
        flags=re.I,
    )
    return found.strip().strip('"“”').strip() or text.strip()
