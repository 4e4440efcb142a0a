"""Rules about length: texts that are missing or too long.

No preset asks for a least length, for one word can be right. ``min_`` and ``max_`` rules for each field, counted in
characters, words or tokens, run where they are named: ``--rule min_output_words=5``.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Mask, Verdict, limit, rule


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


# a character of Chinese or Japanese is a word; else what stands between spaces is
WORD = r"[\p{Han}\p{Hiragana}\p{Katakana}]|[^\s\p{Han}\p{Hiragana}\p{Katakana}]+"
# about what a byte-pair tokenizer makes: words, numbers by three digits, marks, characters of scripts without spaces
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}"
PIECE = rf"[{_UNSPACED}]|[A-Za-z_]+|[^\P{{L}}{_UNSPACED}]+|\d{{1,3}}|[^\s\pL\d_]"
FIELDS = ("instruction", "input", "output")


def count(text: pa.StringArray, pattern: str) -> npt.NDArray[np.int64]:
    """How often a pattern stands in each text."""
    found: npt.NDArray[np.int64] = pc.count_substring_regex(text, pattern).to_numpy(zero_copy_only=False)
    return found


def _characters(text: pa.StringArray) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = pc.utf8_length(text).to_numpy(zero_copy_only=False)
    return found


UNITS: dict[str, Callable[[pa.StringArray], npt.NDArray[np.int64]]] = {
    "characters": _characters,
    "words": lambda text: count(text, WORD),
    "tokens": lambda text: count(text, PIECE),
}


def _prompt_characters(instruction: pa.StringArray, input: pa.StringArray) -> npt.NDArray[np.int64]:
    return _characters(instruction) + _characters(input)


_CONTEXT = "ours: beyond the context of most models that are tuned"
limit("long_prompt", "Instruction and input together have more characters than this.", _prompt_characters,
      ("instruction", "input"), at_most=100_000, source=_CONTEXT, presets=("instruction",))  # fmt: skip
limit("long_output", "The output has more characters than this.", _characters,
      ("output",), at_most=100_000, source=_CONTEXT, presets=("instruction",))  # fmt: skip
for _field in FIELDS:
    for _unit, _count in UNITS.items():
        limit(f"min_{_field}_{_unit}", f"The {_field} has fewer {_unit} than this.", _count, (_field,),
              at_least=1, source="ours")  # fmt: skip
        limit(f"max_{_field}_{_unit}", f"The {_field} has more {_unit} than this.", _count, (_field,),
              at_most=10_000, source="ours")  # fmt: skip
