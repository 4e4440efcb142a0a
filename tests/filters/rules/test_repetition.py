"""Answers that go round in circles."""

import random

import numpy as np
import pyarrow as pa

from instructkit.filters.rules.repetition import repeated_lines, repeated_share


def test_lines_that_repeat_are_found_in_every_row_that_has_them() -> None:
    draw = random.Random(5)
    words = [
        "abcdef",
        "abcdefg",
        "the same old story",
        "the same new story",
        "一样的一行字在这里",
        "",
        "}",
        "  ",
        "{x}",
        "0123456789",
    ]
    texts = ["\n".join(draw.choices(words, k=draw.randrange(12))) + draw.choice(["", "\n"]) for _ in range(3000)]
    asked = draw.choices(["", "the same old story", "x"], k=len(texts))
    shares = [
        repeated_share([line for line in text.split("\n") if line and line not in prompt])
        for text, prompt in zip(texts, asked, strict=True)
    ]
    for start, end in ((0, 3000), (1700, 2100)):
        columns = [pa.array(column).slice(start, end - start) for column in (asked, texts)]
        verdict = repeated_lines(*columns, at_most=0.3)
        assert np.array(verdict.values).tolist() == shares[start:end]
        assert 0 < verdict.fails.sum() < end - start
    assert repeated_lines(pa.array([], pa.string()), pa.array([], pa.string())).fails.tolist() == []
