"""Rules about length: texts that are missing or too long. None asks for a least length: one word can be right."""

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Mask, Verdict, rule


def _true(mask: pa.BooleanArray) -> Mask:
    found: Mask = mask.to_numpy(zero_copy_only=False)
    return found


def _blank(text: pa.StringArray) -> Verdict:
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    return Verdict(_true(blank), pc.if_else(blank, "empty", pa.scalar(None, pa.string())))


@rule("empty_instruction", source="an example asks for something")
def empty_instruction(instruction: pa.StringArray) -> Verdict:
    """The instruction is empty."""
    return _blank(instruction)


@rule("empty_output", source="Self-Instruct (Wang et al. 2023) drops empty outputs")
def empty_output(output: pa.StringArray) -> Verdict:
    """The output is empty."""
    return _blank(output)


@rule("long_prompt", source="ours: beyond the context of most models that are tuned")
def long_prompt(instruction: pa.StringArray, input: pa.StringArray, *, at_most: int = 100_000) -> Verdict:
    """Instruction and input together have more characters than this."""
    lengths = pc.add(pc.utf8_length(instruction), pc.utf8_length(input)).to_numpy(zero_copy_only=False)
    return Verdict.of(lengths > at_most, lengths)


@rule("long_output", source="ours: beyond the context of most models that are tuned")
def long_output(output: pa.StringArray, *, at_most: int = 100_000) -> Verdict:
    """The output has more characters than this."""
    lengths = pc.utf8_length(output).to_numpy(zero_copy_only=False)
    return Verdict.of(lengths > at_most, lengths)
