"""Seed tasks: what a person wrote, and what new tasks are modelled on."""

import functools
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.script import is_chinese
from instructkit.records.values import python_values

log = logging.getLogger("instructkit")

LONGEST = 1500  # characters of a seed's examples that may stand in a prompt as a demonstration


@dataclass(frozen=True)
class Seed:
    """A task with its examples: (input, output) each; ``classification`` None: nobody has said."""

    instruction: str
    examples: tuple[tuple[str, str], ...]
    constraints: str = ""
    classification: bool | None = None

    @functools.cached_property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """The examples that may stand in a prompt: complete, and short enough."""
        found, left = [], LONGEST
        for given, answer in self.examples:
            left -= len(given) + len(answer)
            if left < 0:
                break
            if answer:
                found.append((given, answer))
        return tuple(found)


def gather_seeds(batches: Iterable[pa.RecordBatch], language: str) -> list[Seed]:
    """The seeds of one language in a stream of examples, in its order; examples of one instruction are one seed.

    Raises `BadInput` where there is none.
    """
    tasks: dict[str, list[tuple[str, str]]] = {}
    told: dict[str, tuple[str, bool | None]] = {}
    for batch in batches:
        columns = {name: python_values(batch.column(name)) for name in ("instruction", "input", "output")}
        extra = {name: python_values(batch.column(name)) if name in batch.schema.names else [None] * batch.num_rows
                 for name in ("constraints", "is_classification")}  # fmt: skip
        for row in range(batch.num_rows):
            instruction = " ".join(columns["instruction"][row].split())
            example = (columns["input"][row].strip(), columns["output"][row].strip())
            tasks.setdefault(instruction, []).append(example)
            kind = extra["is_classification"][row]
            told.setdefault(
                instruction, (str(extra["constraints"][row] or ""), kind if isinstance(kind, bool) else None)
            )
    if not tasks:
        raise BadInput("the seeds hold no task; give some as seed tasks, alpaca rows or messages (--seeds)")
    chinese = is_chinese(pa.array(list(tasks), pa.string()))
    fitting = [name for name, spoken in zip(tasks, chinese, strict=True) if bool(spoken) == (language == "zh")]
    if not fitting:
        other = "en" if language == "zh" else "zh"
        raise BadInput(f"none of the {len(tasks)} seeds is in the language of --language {language}; try {other}")
    if len(fitting) < len(tasks):
        left = len(tasks) - len(fitting)
        log.info("left out %d of %d seeds, in another language than %s", left, len(tasks), language)
    return [Seed(name, tuple(tasks[name]), *told[name]) for name in fitting]
