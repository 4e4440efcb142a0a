"""The published rules for web pages: Gopher (Rae et al. 2021), C4 (Raffel et al. 2020), FineWeb (Penedo et al. 2024).

They judge the page of a row: its output, or where that is empty its input, or its instruction. Words are counted as
datatrove 0.10 counts them, so that its thresholds mean the same. In a script without spaces two characters stand for a
word (ours); the length of words and the share of those with letters are not judged there.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine.worth import loaded, say_if_new
from instructkit.filters.rule import Columns, Verdict, derived, limit, rule

if TYPE_CHECKING:
    from instructkit.filters.profile import Profile

WEB = ("web",)
GOPHER = "Gopher (Rae et al. 2021, section A1.1)"
REPETITION = "Gopher (Rae et al. 2021, table A1)"
C4 = "C4 (Raffel et al. 2020, section 2.2)"
FINEWEB = "FineWeb (Penedo et al. 2024, section 3.5)"


@derived
def page(columns: Columns) -> "Profile":
    """Counts of the page of each row."""
    if not loaded("instructkit.filters.profile"):
        say_if_new("filters/profile")
    from instructkit.filters.profile import profile

    text = columns["output"]
    for other in ("input", "instruction"):
        empty = pc.equal(text, "")
        if pc.any(empty).as_py():
            text = pc.if_else(empty, columns[other], text)
    return profile(text)


def _words(page: "Profile") -> Any:
    return np.where(page.unspaced, page["seen_words"] // 2, page["seen_words"])


def _share(part: str, whole: str) -> Callable[["Profile"], Any]:
    return lambda page: page.share(part, whole)


def _on_page(name: str, about: str, measure: Callable[["Profile"], Any], source: str, **threshold: float) -> None:
    limit(name, about, measure, ("page",), source=source, presets=WEB, **threshold)


_word_length = _share("seen_word_characters", "seen_words")

_on_page("gopher_few_words", "The page has fewer words than this, marks not counted.", _words, GOPHER, at_least=50)
_on_page("gopher_many_words", "The page has more words than this, marks not counted.", _words, GOPHER, at_most=100_000)
_on_page("gopher_long_words", "The mean length of a word is above this.", _word_length, GOPHER, at_most=10.0)
_on_page("gopher_hashes", "Hash signs by words.", _share("hashes", "words"), GOPHER, at_most=0.1)
_on_page("gopher_ellipses", "Ellipses by words.", _share("ellipses", "words"), GOPHER, at_most=0.1)
_on_page("gopher_bullet_lines", "Share of lines that begin with a bullet.",
         _share("bullet_lines", "lines"), GOPHER, at_most=0.9)  # fmt: skip
_on_page("gopher_ellipsis_lines", "Share of lines that end in an ellipsis.",
         _share("ellipsis_lines", "lines"), GOPHER, at_most=0.3)  # fmt: skip
_on_page("gopher_stop_words", "How many of the most frequent words of English (or Chinese) the page has.",
         lambda page: page["stop_words"], f"{GOPHER}; for Chinese a list of ours", at_least=2)  # fmt: skip


@rule("gopher_short_words", source=GOPHER, presets=WEB)
def short_words(page: "Profile", *, at_least: float = 3.0) -> Verdict:
    """The mean length of a word is below this; not judged in scripts without spaces."""
    length = _word_length(page)
    return Verdict.of((length < at_least) & ~page.unspaced & (page["seen_words"] > 0), length)


@rule("gopher_words_with_letters", source=GOPHER, presets=WEB)
def words_with_letters(page: "Profile", *, at_least: float = 0.8) -> Verdict:
    """Share of words, marks counted, that have a letter; not judged in scripts without spaces."""
    share = page.share("letter_words", "words")
    return Verdict.of((share < at_least) & ~page.unspaced, share)


_on_page("gopher_repeated_lines", "Share of lines that repeat an earlier one.",
         _share("repeated_lines", "stretches"), REPETITION, at_most=0.3)  # fmt: skip
_on_page("gopher_repeated_line_characters", "Share of characters in lines that repeat an earlier one.",
         _share("repeated_line_characters", "characters"), REPETITION, at_most=0.2)  # fmt: skip
_on_page("gopher_repeated_paragraphs", "Share of paragraphs that repeat an earlier one.",
         _share("repeated_paragraphs", "paragraphs"), REPETITION, at_most=0.3)  # fmt: skip
_on_page("gopher_repeated_paragraph_characters", "Share of characters in paragraphs that repeat an earlier one.",
         _share("repeated_paragraph_characters", "characters"), REPETITION, at_most=0.2)  # fmt: skip

# Gopher's table A1: the share of characters allowed in the most frequent n-gram, and in n-grams that repeat
for _ngram, _most in {2: 0.20, 3: 0.18, 4: 0.16}.items():
    _on_page(f"gopher_top_{_ngram}_grams", f"Share of characters in the most frequent {_ngram} words in a row.",
             _share(f"top_{_ngram}_grams", "characters"), REPETITION, at_most=_most)  # fmt: skip
for _ngram, _most in {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}.items():
    _on_page(f"gopher_repeated_{_ngram}_grams",
             f"Share of characters in {_ngram} words in a row that repeat earlier ones.",
             _share(f"repeated_{_ngram}_grams", "characters"), REPETITION, at_most=_most)  # fmt: skip


@rule("c4_sentences", source=C4, presets=WEB)
def sentences(page: "Profile", *, at_least: int = 5) -> Verdict:
    """Sentences in lines of 3 words and more that end in a mark, without javascript, terms of use and cookies."""
    return Verdict.of((page["sentences"] < at_least) & (page["unwanted"] == 0), page["sentences"])


def _unwanted(page: "Profile", bit: int, shown: str) -> Verdict:
    fails = page["unwanted"] == bit
    return Verdict(fails, pc.if_else(pa.array(fails), shown, pa.scalar(None, pa.string())))


@rule("c4_brace", source=C4, presets=WEB)
def brace(page: "Profile") -> Verdict:
    """A line that counts has a curly bracket."""
    return _unwanted(page, 2, "{")


@rule("c4_lorem_ipsum", source=C4, presets=WEB)
def lorem_ipsum(page: "Profile") -> Verdict:
    """A line that counts has "lorem ipsum"."""
    return _unwanted(page, 1, "lorem ipsum")


def _repeated_characters(page: "Profile") -> Any:
    return page["repeated_web_line_characters"] / np.maximum(page["characters"] - page["newlines"], 1)


_on_page("fineweb_ended_lines", "Share of lines that end in a mark of punctuation.",
         _share("ended_lines", "web_lines"), FINEWEB, at_least=0.12)  # fmt: skip
_on_page("fineweb_short_lines", "Share of lines of 30 characters or fewer.",
         _share("short_lines", "web_lines"), FINEWEB, at_most=0.67)  # fmt: skip
_on_page("fineweb_repeated_lines", "Share of characters in lines that repeat an earlier one.",
         _repeated_characters, FINEWEB, at_most=0.01)  # fmt: skip
_on_page("fineweb_newlines", "Line breaks by words.", _share("newlines", "words"), FINEWEB, at_most=0.3)
