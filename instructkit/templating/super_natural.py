"""Super-NaturalInstructions: a task's definition and examples before each of its instances.

The wording of definition, positive and negative examples follows Tk-Instruct (Wang et al. 2022, appendix B), whose best
encoding is the definition with two positive examples and neither negative ones nor explanations.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.records.containers.raw import Numbers, Raw
from instructkit.records.lists import list_lengths, list_starts
from instructkit.records.schema import repeat
from instructkit.templating.prompting.shots import SUPER_NI

_TITLE, _INPUT, _OUTPUT, _CLOSING = SUPER_NI["en"]


@dataclass(frozen=True)
class Encoding:
    """What stands before an instance."""

    definition: bool = True
    positive: int = 2
    negative: int = 0
    explanations: bool = False
    all_outputs: bool = False  # an example for each of an instance's outputs; else its first

    @property
    def template(self) -> str:
        """What stands in the column ``template``, e.g. super-ni/definition+2-positive."""
        parts = {
            "definition": self.definition,
            f"{self.positive}-positive": self.positive,
            f"{self.negative}-negative": self.negative,
            "explanations": self.explanations and (self.positive or self.negative),
        }
        return "/".join(filter(None, ["super-ni", "+".join(name for name, there in parts.items() if there)]))


def encode(raw: Raw, encoding: Encoding) -> Raw:
    """Put the task's definition and examples into the instruction of each instance.

    Raises `UsageError` where the task has fewer examples than asked for, beyond the usual two.
    """
    task = raw.task or {}
    before = _before(task, encoding, raw.name)
    shown = bool(before.examples) or not encoding.definition

    def batches() -> Iterator[tuple[pa.RecordBatch, Numbers]]:
        for batch, numbers in raw.batches:
            encoded, rows = _encoded(batch, numbers, before, shown, encoding.all_outputs)
            marks = [encoded.column("parent"), repeat(encoding.template, encoded.num_rows)]
            columns = [*encoded.drop_columns(["parent"]).columns, *marks]
            yield pa.RecordBatch.from_arrays(columns, schema=schema), rows

    schema = pa.schema([*raw.schema, pa.field("parent", pa.string()), pa.field("template", pa.string())])
    return replace(raw, schema=schema, batches=batches())


@dataclass(frozen=True)
class _Before:
    definition: str
    examples: tuple[str, ...]

    @property
    def text(self) -> str:
        """All that stands before an instance."""
        return "\n\n".join([part for part in (self.definition, *self.examples) if part] + [_CLOSING])


def _before(task: Mapping[str, Any], encoding: Encoding, name: str) -> _Before:
    definition = task.get("Definition", "")
    text = "\n".join(map(str, definition)) if isinstance(definition, list) else str(definition)
    examples = [
        *_examples(task, "Positive", encoding.positive, encoding.explanations, name),
        *_examples(task, "Negative", encoding.negative, encoding.explanations, name),
    ]
    if not examples:
        return _Before(text.strip() if encoding.definition else "", ())
    return _Before(f"Definition: {text.strip()}" if encoding.definition else "", tuple(examples))


def _examples(task: Mapping[str, Any], kind: str, number: int, explanations: bool, name: str) -> list[str]:
    given = task.get(f"{kind} Examples") or []
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise UsageError(f"{name}: its {kind} Examples are no list of objects")
    if number > len(given) and (kind == "Negative" or number != Encoding.positive):
        raise UsageError(f"{name} has {len(given)} {kind.lower()} examples, not {number}; ask for fewer")
    return [
        _example(one, _TITLE.format(place).replace("Positive", kind), explanations)
        for place, one in enumerate(given[:number], 1)
    ]


def _example(one: Mapping[str, Any], title: str, explanations: bool) -> str:
    output = one.get("output", "")
    answer = output[0] if isinstance(output, list) and output else output
    lines = [title, _INPUT + str(one.get("input", "")).strip(), _OUTPUT + str(answer).strip()]
    if explanations and str(one.get("explanation") or "").strip():
        lines.append(f"Explanation: {str(one['explanation']).strip()}")
    return "\n".join(lines)


def _encoded(
    batch: pa.RecordBatch, numbers: Numbers, before: _Before, shown: bool, all_outputs: bool
) -> tuple[pa.RecordBatch, Numbers]:
    batch = batch.append_column("parent", batch.column("id"))
    if all_outputs:
        outputs = batch.column("outputs")
        lengths = np.maximum(list_lengths(outputs), 1)
        rows = np.repeat(np.arange(batch.num_rows), lengths)
        place = np.arange(len(rows)) - np.repeat(list_starts(lengths), lengths)
        batch, numbers = batch.take(pa.array(rows)), numbers[rows]
        lists = batch.column("outputs").to_pylist()
        said = [texts[at] if texts else "" for texts, at in zip(lists, place, strict=True)]
        batch = _with(batch, "output", pa.array(said, pa.string()))
        ids = pc.binary_join_element_wise(batch.column("id"), pa.array([f"#{at + 1}" for at in place]), "")
        batch = _with(batch, "id", pc.if_else(pa.array(place == 0), batch.column("id"), ids))
    batch = _with(batch, "instruction", repeat(before.text if shown else before.definition, batch.num_rows))
    if shown:
        behind = pa.scalar(f"\n{_OUTPUT.rstrip()}")
        framed = pc.binary_join_element_wise(pa.scalar(_INPUT), batch.column("input"), behind, "")
        batch = _with(batch, "input", framed)
    return batch, numbers


def _with(batch: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    return batch.set_column(batch.schema.get_field_index(name), name, column)
