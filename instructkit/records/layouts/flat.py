"""Rows whose columns are already an instruction and an answer, under one name or another."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.layouts.layout import Converted, Layout, present
from instructkit.records.schema import EXAMPLE, as_text

Names = dict[str, tuple[str, ...]]

ALPACA: Names = {
    "instruction": ("instruction",),
    "input": ("input", "context"),
    "output": ("output", "response"),
}
PROMPT_COMPLETION: Names = {"instruction": ("prompt",), "output": ("completion", "response")}
P3: Names = {
    "instruction": ("inputs_pretokenized", "inputs"),
    "output": ("targets_pretokenized", "targets"),
}
_OWN = tuple(name for name in EXAMPLE.names if name not in ("instruction", "input", "output"))


def _flat(name: str, names: Names, why: Callable[[pa.Schema], str | None]) -> Layout:
    def columns(schema: pa.Schema) -> dict[str, str]:
        found = {mine: theirs for mine, options in names.items() if (theirs := present(schema, *options))}
        return found | {own: own for own in _OWN if own in schema.names}

    def convert(batch: pa.RecordBatch) -> Converted:
        values = {mine: batch.column(theirs) for mine, theirs in columns(batch.schema).items()}
        instruction = as_text(values["instruction"])
        empty = pc.equal(pc.utf8_trim_whitespace(instruction), "")
        rows = np.arange(batch.num_rows)
        bad = [
            (int(row), "no_instruction", "the instruction is empty")
            for row in rows[empty.to_numpy(zero_copy_only=False)]
        ]
        if bad:
            keep = pc.invert(empty)
            values = {mine: pc.filter(column, keep) for mine, column in values.items()}
            rows = rows[keep.to_numpy(zero_copy_only=False)]
        return Converted(values, rows, bad)

    return Layout(name, why, lambda schema: list(columns(schema).values()), convert)


def _why_examples(schema: pa.Schema) -> str | None:
    return "it has an example's ten columns" if all(name in schema.names for name in EXAMPLE.names) else None


def _why_alpaca(schema: pa.Schema) -> str | None:
    output = present(schema, "output", "response")
    if "instruction" not in schema.names or output is None:
        return None
    return f"it has the columns instruction and {output}"


def _text_pair(prompts: tuple[str, ...], answers: tuple[str, ...]) -> Callable[[pa.Schema], str | None]:
    def why(schema: pa.Schema) -> str | None:
        prompt, answer = present(schema, *prompts), present(schema, *answers)
        if prompt is None or answer is None or not pa.types.is_string(schema.field(prompt).type):
            return None
        return f"it has the columns {prompt} and {answer}"

    return why


# prompts alone, for a model to answer: told apart from plain columns only where such are asked for
QUESTIONS: Names = {"instruction": ("instruction", "prompt", "question", "query"), "input": ("input", "context")}


def _why_prompts(schema: pa.Schema) -> str | None:
    prompt = present(schema, *QUESTIONS["instruction"])
    if prompt is None or not pa.types.is_string(schema.field(prompt).type):
        return None
    return f"it has the column {prompt}, and no answers"


PROMPTS = _flat("prompts", QUESTIONS, _why_prompts)

FLAT = [
    _flat("examples", ALPACA, _why_examples),
    _flat("alpaca", ALPACA, _why_alpaca),
    _flat("prompt-completion", PROMPT_COMPLETION, _text_pair(("prompt",), ("completion", "response"))),
    _flat("p3", P3, _text_pair(("inputs_pretokenized", "inputs"), ("targets_pretokenized", "targets"))),
]
