"""What share of an answer is of one kind of character. They run where they are named, some in the preset strict."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Verdict, rule
from instructkit.filters.rules.lengths import WORD, count

LONG = 100  # characters; of a shorter text a share says little, and a formula or a link can be the whole answer


def _share(text: pa.StringArray, pattern: str) -> npt.NDArray[np.float64]:
    characters = pc.utf8_length(text).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.float64] = count(text, pattern) / np.maximum(characters, 1)
    return found


def _above(text: pa.StringArray, values: Any, at_most: float) -> Verdict:
    long = pc.greater_equal(pc.utf8_length(text), LONG).to_numpy(zero_copy_only=False)
    return Verdict.of((values > at_most) & long, values)


@rule("symbol_share", source="ours", presets=("strict",))
def symbol_share(output: pa.StringArray, *, at_most: float = 0.3) -> Verdict:
    """Share of the output's characters that are symbols (+ = < > $, emoji, arrows); of 100 characters and more."""
    return _above(output, _share(output, r"\p{S}"), at_most)


@rule("punctuation_share", source="ours", presets=("strict",))
def punctuation_share(output: pa.StringArray, *, at_most: float = 0.4) -> Verdict:
    """Share of the output's characters that are marks of punctuation; of 100 characters and more."""
    return _above(output, _share(output, r"\p{P}"), at_most)


@rule("digit_share", source="ours", presets=())
def digit_share(output: pa.StringArray, *, at_most: float = 0.5) -> Verdict:
    """Share of the output's characters that are digits; of 100 characters and more."""
    return _above(output, _share(output, r"\p{Nd}"), at_most)


@rule("whitespace_share", source="ours", presets=("strict",))
def whitespace_share(output: pa.StringArray, *, at_most: float = 0.5) -> Verdict:
    """Share of the output's characters that are white space; of 100 characters and more."""
    return _above(output, _share(output, r"[\s\x{3000}\x{a0}]"), at_most)


@rule("uppercase_share", source="ours", presets=("strict",))
def uppercase_share(output: pa.StringArray, *, at_most: float = 0.7) -> Verdict:
    """Share of the output's characters that are capitals; of 100 characters and more."""
    return _above(output, _share(output, r"\p{Lu}"), at_most)


@rule("url_share", source="ours", presets=("strict",))
def url_share(output: pa.StringArray, *, at_most: float = 0.5) -> Verdict:
    """Share of the output's bytes that are addresses of the web; of 100 characters and more."""
    size = pc.binary_length(output).to_numpy(zero_copy_only=False)
    rest = pc.binary_length(pc.replace_substring_regex(output, r"https?://\S+", "")).to_numpy(zero_copy_only=False)
    return _above(output, (size - rest) / np.maximum(size, 1), at_most)


@rule("mean_word_length", source="ours", presets=())
def mean_word_length(output: pa.StringArray, *, at_most: float = 20.0) -> Verdict:
    """Mean length of the output's words; a character of Chinese or Japanese is a word."""
    spaces = count(output, r"\s")
    characters = pc.utf8_length(output).to_numpy(zero_copy_only=False) - spaces
    values = characters / np.maximum(count(output, WORD), 1)
    return _above(output, values, at_most)
