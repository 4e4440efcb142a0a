"""The counts of a page, each held against counting in plain Python."""

import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.filters.profile import profile
from instructkit.filters.profile.profiling import READ, REPEATED_GRAMS, STOP_CHARACTERS, STOP_WORDS, TOP_GRAMS
from instructkit.filters.profile.words import words_of

PIECES = [
    "the cat",
    "sat on",
    "a mat.",
    "A mat?",
    "\n",
    "\n\n",
    " ",
    "- one",
    "• two",
    "wait...",
    "so…",
    "#",
    "#tag",
    "{x}",
    "lorem ipsum",
    "JavaScript is on.",
    "See our privacy policy.",
    "No, he said it.",
    "\r\n",
    "\u2028",
    "with that",
    "be",
    "[1]",
    "end.[12]",
    "'quoted'",
    "12 34",
    "x" * 1001,
    "我们在这里。",
    "是的",
    "😀",
]
BASIC = st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs",))  # Pythons differ in what is a letter beyond
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(BASIC, max_size=60),
)


def count_of(text: str, name: str) -> int:
    return int(profile(pa.array([text]))[name][0])


def repeated(stretches: list[str]) -> tuple[int, int, int]:
    seen: set[str] = set()
    again = [one for one in stretches if one in seen or seen.add(one)]  # type: ignore[func-returns-value]
    return len(stretches), len(again), sum(map(len, again))


def top(words: list[str], ngram: int, glue: str) -> int:
    grams = Counter(tuple(words[at : at + ngram]) for at in range(len(words) - ngram + 1))
    if not grams:
        return 0
    gram, times = grams.most_common(1)[0]
    return len(glue.join(gram)) * times


def in_repeats(words: list[str], ngram: int) -> int:
    seen, at, found = set(), 0, 0
    while at + ngram <= len(words):
        gram = tuple(words[at : at + ngram])
        if gram in seen:
            found += len("".join(gram))
            at += ngram
        else:
            seen.add(gram)
            at += 1
    return found


@given(texts)
def test_lines_are_counted_as_the_published_filters_count_them(text: str) -> None:
    lines = text.splitlines()
    assert count_of(text, "lines") == len(lines)
    assert count_of(text, "bullet_lines") == sum(line.lstrip().startswith(("•", "-")) for line in lines)
    assert count_of(text, "ellipsis_lines") == sum(line.rstrip().endswith(("...", "…")) for line in lines)
    assert count_of(text, "ellipses") == text.count("...") + text.count("…")
    assert count_of(text, "hashes") == text.count("#")
    assert count_of(text, "newlines") == text.count("\n")
    full = [line for line in text.split("\n") if line.strip()]
    assert count_of(text, "web_lines") == len(full)
    assert count_of(text, "short_lines") == sum(len(line) <= 30 for line in full)
    assert count_of(text, "repeated_web_line_characters") == repeated(full)[2]
    if text:
        found = tuple(count_of(text, name) for name in ("stretches", "repeated_lines", "repeated_line_characters"))
        assert found == repeated(re.split("\n+", text))


@given(texts)
def test_words_and_repeated_words_are_counted_right(text: str) -> None:
    words = words_of(text)
    assert count_of(text, "characters") == len(text)
    assert count_of(text, "words") == len(words)
    assert count_of(text, "letter_words") == sum(any(map(str.isalpha, word)) for word in words)
    assert count_of(text, "stop_words") == len({*STOP_WORDS, *STOP_CHARACTERS} & set(words))
    counts = profile(pa.array([text]))
    wide = bool(counts.unspaced[0])
    for ngram in TOP_GRAMS:
        assert count_of(text, f"top_{ngram}_grams") == top(words, ngram * (1 + wide), "" if wide else " ")
    for ngram in REPEATED_GRAMS:
        assert count_of(text, f"repeated_{ngram}_grams") == in_repeats(words, ngram * (1 + wide))


def test_paragraphs_are_what_stands_between_empty_lines() -> None:
    text = "One.\nTwo.\n\nThree.\n\n\nOne.\nTwo.\n"
    names = ("paragraphs", "repeated_paragraphs", "repeated_paragraph_characters")
    assert [count_of(text, name) for name in names] == [3, 1, len("One.\nTwo.")]


@pytest.mark.parametrize(
    ("text", "sentences", "unwanted"),
    [
        ("This is one. And this is two!\nToo short.\nThis line has no end", 2, 0),
        ('He said it: "Yes, I do." Then he left... and came back.', 2, 0),
        ("Cited in the text.[1][23]\nNothing to see here...", 1, 0),
        ("Enable JavaScript to go on.\nRead our Privacy Policy here.\nThis one line counts.", 1, 0),
        ("A line with a {brace} ends here.", 0, 2),
        ("Say Lorem Ipsum once more.", 0, 1),
        ("这是一句话。这是第二句！\n没有句号的一行", 2, 0),
        ("word " * 3 + "x" * 1001 + " here.", 0, 0),
    ],
)
def test_sentences_are_those_of_the_lines_that_c4_keeps(text: str, sentences: int, unwanted: int) -> None:
    assert (count_of(text, "sentences"), count_of(text, "unwanted")) == (sentences, unwanted)


def test_a_text_is_counted_the_same_alone_and_among_others() -> None:
    column = ["", "the cat sat. the cat sat.", "我们在这里。" * 9, "\n\n", "a\nb\na\n" * 30, "x" * 5000]
    together = profile(pa.array(column)).counts
    assert np.array_equal(together, np.concatenate([profile(pa.array([text])).counts for text in column]))
    sliced = profile(pa.array(column).slice(2, 3)).counts
    assert np.array_equal(sliced, together[2:5])


def test_of_an_endless_text_the_beginning_is_counted() -> None:
    text = "汉" * (READ // 3 - 1) + "abc汉" + "and more"
    assert count_of(text, "characters") == READ // 3 + 2
    assert count_of("word " * (READ // 5 + 10), "words") == READ // 5 + 1
