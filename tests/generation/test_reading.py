"""What models write, read leniently and in time that grows with its length."""

import time
from collections.abc import Callable

import pytest

from instructkit.generation.bootstrapping.bootstrap import read_examples, read_labels
from instructkit.generation.bootstrapping.rules import rule_reasons
from instructkit.generation.reading import json_object, keyed, number_after, numbered, word_count
from instructkit.generation.rowwise.backtranslate import read_rating
from instructkit.generation.rowwise.evolve import answer_reasons, prompt_reasons
from instructkit.generation.rowwise.respond import folded

READERS: dict[str, Callable[[str], object]] = {
    "numbered": numbered,
    "examples": read_examples,
    "labels": read_labels,
    "json": json_object,
    "number": lambda text: number_after(text, "score"),
    "rating": read_rating,
    "rules": lambda text: rule_reasons(text, "en"),
    "prompt": lambda text: prompt_reasons("x", text),
    "answer": answer_reasons,
    "vote": folded,
    "words": word_count,
}
HOSTILE = {
    "spaces": "Input:" + " " * 200_000,
    "lines": "\n" * 200_000,
    "braces": '{"a":' * 40_000,
    "marks": "score" + "*" * 200_000,
    "digits": "1" * 200_000,
    "programs": "用" + "用个段" * 60_000,
    "keys": "Input: Output: " * 15_000,
    "key lines": "Input:\nOutput:\n" * 5_000,
    "commas": "1,000" * 40_000,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_answer_is_read_in_time(reader: str, text: str) -> None:
    start = time.process_time()
    READERS[reader](HOSTILE[text])
    assert time.process_time() - start < 3


def test_items_are_told_with_or_without_marks_around_their_numbers() -> None:
    assert numbered("Sure!\n9. One\n**10)** Two\nmore\n\n- 11、三\n\nThat is all.") == ["One", "Two\nmore", "三"]


def test_blocks_are_parted_by_their_keys() -> None:
    keys = {"input": "input|输入", "output": "output|输出"}
    text = "Hi\n**Input:** a\nb\n2. Output : c\n输入：d"
    assert keyed(text, keys) == [("input", "a\nb"), ("output", "c"), ("input", "d")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("score: 4", "4"),
        ("**Score** (1-5): 3.5", "3.5"),
        ("评分（1-5）：4", None),
        ("score 4", None),
        ("score = 2", "2"),
    ],
)
def test_a_number_is_read_behind_its_name_and_no_scale_for_it(text: str, number: str | None) -> None:
    assert number_after(text, "score") == number


def test_a_scale_is_no_rating() -> None:
    assert read_rating("评分（1-5）：4") == 4
    assert read_rating("Score (1-5): 4") == 4
    assert read_rating('{"score": true}') is None


def test_words_of_both_scripts_are_counted() -> None:
    assert word_count("don't stop") == 2
    assert word_count("写一首诗") == 4 / 1.6
