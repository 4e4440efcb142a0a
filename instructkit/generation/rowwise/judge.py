"""``judge``: scores of rows by a model, on named criteria."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput, UsageError
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent
from instructkit.generation.options import split_options
from instructkit.generation.prompting import Prompt, load_prompt
from instructkit.generation.reading import json_object, number_after
from instructkit.generation.rowwise.rows import Made, Outcome, Row
from instructkit.generation.rowwise.stepping import asking_step, check_language
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Records, public_step
from instructkit.records.yaml_files import load_yaml

PROMPTS = ("judge",)
SCALE = (1, 5)
DEFAULT = ("helpfulness", "correctness", "clarity")
NOT_JUDGED = "not_judged"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class JudgeSettings:
    """On what rows are judged; see the command's page."""

    criteria: tuple[str, ...] = DEFAULT
    rubric: str | None = None
    samples: int = 1
    language: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        check_language(self.language)
        object.__setattr__(
            self, "criteria", (self.criteria,) if isinstance(self.criteria, str) else tuple(self.criteria)
        )
        if self.samples < 1:
            raise UsageError(f"samples is a number of 1 or more, not {self.samples}")
        if self.rubric is not None and self.criteria != DEFAULT:
            raise UsageError("--rubric names its own criteria: leave --criteria out")


@dataclass(frozen=True)
class Rubric:
    """Criteria with what each means, and the whole numbers that scores go from and to."""

    criteria: Mapping[str, str]
    lowest: int = SCALE[0]
    highest: int = SCALE[1]


@public_step
def judge(
    reader: object,
    settings: JudgeSettings | None = None,
    model: ModelSettings | str | None = None,
    *,
    rejects: str | Rejects | None = None,
    spent: Spent | None = None,
    **options: Any,
) -> Records:
    """Score each row from 1 to 5 on every criterion: columns ``score_NAME`` and their mean, ``score``.

    ``rubric`` is a YAML file with other criteria and another scale. With several ``samples`` a score is their mean. A
    row without a score that could be read stays, with nulls, and is counted as ``not_judged``. ``options`` are the
    fields of `JudgeSettings` and `ModelSettings`.
    """
    own, told = split_options(settings or JudgeSettings(), model, options)
    rubric = read_rubric(own, told.prompts)
    recipe = Judge(own, rubric, told.prompts)
    arguments = {name: value for name, value in asdict(own).items() if name not in ("seed", "criteria", "rubric")}
    arguments |= {"criteria": list(rubric.criteria), "scale": [rubric.lowest, rubric.highest]}
    return asking_step(
        Records.of(reader), "judge", arguments, recipe, told,
        language=own.language, seed=own.seed, sink=as_rejects(rejects), spent=spent,
    )  # fmt: skip


def read_rubric(own: JudgeSettings, prompts: str | None) -> Rubric:
    """The criteria by name, or those of a rubric file: ``criteria: {NAME: what it means}`` and ``scale: [1, 10]``.

    Raises `UsageError` for an unknown criterion, `BadInput` for a file that is no rubric.
    """
    if own.rubric is None:
        known = load_prompt("judge", "en" if own.language == "auto" else own.language, prompts).parts
        for name in own.criteria:
            if f"criterion_{name}" not in known:
                listed = ", ".join(part.removeprefix("criterion_") for part in known if part.startswith("criterion_"))
                raise UsageError(f"unknown criterion {name!r}; known: {listed}; --rubric FILE defines others")
        if not own.criteria:
            raise UsageError("name a criterion at least")
        return Rubric(dict.fromkeys(own.criteria, ""))
    found = load_yaml(Path(own.rubric))
    criteria = found.get("criteria") if isinstance(found, dict) else None
    if not isinstance(criteria, dict) or not criteria:
        raise BadInput(f"{own.rubric} is no rubric: it needs criteria, each a name and what it means")
    for name, text in criteria.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(text, str) or not text.strip():
            raise BadInput(f"{own.rubric}: a criterion is a name of a-z, 0-9 and _ with a text, not {name!r}")
    scale = found.get("scale", list(SCALE))
    if not (
        isinstance(scale, list) and len(scale) == 2 and all(type(one) is int for one in scale) and scale[0] < scale[1]
    ):
        raise BadInput(f"{own.rubric}: scale is two whole numbers, the lower first, e.g. [1, 10]")
    return Rubric(criteria, *scale)


class Judge:
    """Asks for a row's scores."""

    def __init__(self, own: JudgeSettings, rubric: Rubric, prompts: str | None) -> None:
        self.own, self.rubric, self._prompts = own, rubric, prompts
        names = [f"score_{name}" for name in rubric.criteria]
        self.fields = tuple(pa.field(name, pa.float64()) for name in [*names, "score"])
        self.calls = float(own.samples)

    async def __call__(self, row: Row, ask: Ask) -> Outcome:
        """Ask so many times, and take the mean of what could be read."""
        prompt = load_prompt("judge", row.language, self._prompts)
        found: list[dict[str, float]] = []
        for number in range(self.own.samples):
            scores = None
            for attempt in range(2):  # an answer that can't be read is asked for once more
                answer = await ask(self._request(prompt, row, number + attempt * self.own.samples))
                scores = read_scores(answer, self.rubric)
                if scores is not None:
                    break
            found += [scores] if scores is not None else []
        if not found:
            return Outcome([Made()], notes=(NOT_JUDGED,))
        means = {name: sum(one[name] for one in found) / len(found) for name in self.rubric.criteria}
        columns = {f"score_{name}": mean for name, mean in means.items()}
        return Outcome([Made({}, {**columns, "score": sum(means.values()) / len(means)})])

    def _request(self, prompt: Prompt, row: Row, sample: int) -> Request:
        rubric = self.rubric
        told = {name: text or prompt.parts[f"criterion_{name}"] for name, text in rubric.criteria.items()}
        shown = {
            "criteria": "\n".join(f"- {name}: {text}" for name, text in told.items()),
            "lowest": str(rubric.lowest),
            "highest": str(rubric.highest),
            "shape": "{" + ", ".join(f'"{name}": N' for name in told) + "}",
            "prompt": told_dialogue(row),
            "output": row.output,
        }
        properties = {name: {"type": "integer", "minimum": rubric.lowest, "maximum": rubric.highest} for name in told}
        schema = {"type": "object", "properties": properties, "required": list(told), "additionalProperties": False}
        form = {"type": "json_schema", "json_schema": {"name": "scores", "schema": schema, "strict": True}}
        warm: dict[str, Any] = {"temperature": 1.0} if sample else {}
        return prompt.request(shown, seed=self.own.seed, sample=sample, response_format=form, **warm)


def told_dialogue(row: Row) -> str:
    """What stands before the answer: the prompt alone, or who said what."""
    if len(row.dialogue) == 1:
        return row.prompt
    return "\n\n".join(f"[{role}]\n{content}" for role, content in row.dialogue)


def read_scores(answer: Answer, rubric: Rubric) -> dict[str, float] | None:
    """The score of each criterion, of an answer's JSON or of lines like ``clarity: 4``; None where one is missing."""
    if answer.failure:
        return None
    found = json_object(answer.text) or {}
    scores: dict[str, float] = {}
    for name in rubric.criteria:
        value = found.get(name)
        if value is None:
            value = number_after(answer.text, rf"\b{name}\b")
        if isinstance(value, bool):
            return None
        try:
            score = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
        if not rubric.lowest <= score <= rubric.highest:
            return None
        scores[name] = score
    return scores
