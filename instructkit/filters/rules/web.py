"""The published rules for web pages: Gopher (Rae et al. 2021), C4 (Raffel et al. 2020), FineWeb (Penedo et al. 2024).

They judge the page of a row: its output, or where that is empty its input, or its instruction. Words are counted as
datatrove 0.10 counts them, so that its thresholds mean the same. In a script without spaces two characters stand for a
word (ours); the length of words and the share of those with letters are not judged there.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine.worth import loaded, say_if_new
from instructkit.filters.rule import Columns, Verdict, derived, rule

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


def _above(values: Any, most: float) -> Verdict:
    return Verdict.of(values > most, values)


def _below(values: Any, least: float) -> Verdict:
    return Verdict.of(values < least, values)


@rule("gopher_few_words", source=GOPHER, presets=WEB)
def few_words(page: "Profile", *, at_least: int = 50) -> Verdict:
    """The page has fewer words than this, marks not counted."""
    return _below(_words(page), at_least)


@rule("gopher_many_words", source=GOPHER, presets=WEB)
def many_words(page: "Profile", *, at_most: int = 100_000) -> Verdict:
    """The page has more words than this, marks not counted."""
    return _above(_words(page), at_most)


def _words(page: "Profile") -> Any:
    return np.where(page.unspaced, page["seen_words"] // 2, page["seen_words"])


def _word_length(page: "Profile") -> Any:
    return page.share("seen_word_characters", "seen_words")


@rule("gopher_short_words", source=GOPHER, presets=WEB)
def short_words(page: "Profile", *, at_least: float = 3.0) -> Verdict:
    """The mean length of a word is below this; not judged in scripts without spaces."""
    length = _word_length(page)
    return Verdict.of((length < at_least) & ~page.unspaced & (page["seen_words"] > 0), length)


@rule("gopher_long_words", source=GOPHER, presets=WEB)
def long_words(page: "Profile", *, at_most: float = 10.0) -> Verdict:
    """The mean length of a word is above this."""
    return _above(_word_length(page), at_most)


@rule("gopher_hashes", source=GOPHER, presets=WEB)
def hashes(page: "Profile", *, at_most: float = 0.1) -> Verdict:
    """Hash signs by words."""
    return _above(page.share("hashes", "words"), at_most)


@rule("gopher_ellipses", source=GOPHER, presets=WEB)
def ellipses(page: "Profile", *, at_most: float = 0.1) -> Verdict:
    """Ellipses by words."""
    return _above(page.share("ellipses", "words"), at_most)


@rule("gopher_bullet_lines", source=GOPHER, presets=WEB)
def bullet_lines(page: "Profile", *, at_most: float = 0.9) -> Verdict:
    """Share of lines that begin with a bullet."""
    return _above(page.share("bullet_lines", "lines"), at_most)


@rule("gopher_ellipsis_lines", source=GOPHER, presets=WEB)
def ellipsis_lines(page: "Profile", *, at_most: float = 0.3) -> Verdict:
    """Share of lines that end in an ellipsis."""
    return _above(page.share("ellipsis_lines", "lines"), at_most)


@rule("gopher_words_with_letters", source=GOPHER, presets=WEB)
def words_with_letters(page: "Profile", *, at_least: float = 0.8) -> Verdict:
    """Share of words, marks counted, that have a letter; not judged in scripts without spaces."""
    share = page.share("letter_words", "words")
    return Verdict.of((share < at_least) & ~page.unspaced, share)


@rule("gopher_stop_words", source=f"{GOPHER}; for Chinese a list of ours", presets=WEB)
def stop_words(page: "Profile", *, at_least: int = 2) -> Verdict:
    """How many of the most frequent words of English (or Chinese) the page has."""
    return _below(page["stop_words"], at_least)


@rule("gopher_repeated_lines", source=REPETITION, presets=WEB)
def repeated_lines(page: "Profile", *, at_most: float = 0.3) -> Verdict:
    """Share of lines that repeat an earlier one."""
    return _above(page.share("repeated_lines", "stretches"), at_most)


@rule("gopher_repeated_line_characters", source=REPETITION, presets=WEB)
def repeated_line_characters(page: "Profile", *, at_most: float = 0.2) -> Verdict:
    """Share of characters in lines that repeat an earlier one."""
    return _above(page.share("repeated_line_characters", "characters"), at_most)


@rule("gopher_repeated_paragraphs", source=REPETITION, presets=WEB)
def repeated_paragraphs(page: "Profile", *, at_most: float = 0.3) -> Verdict:
    """Share of paragraphs that repeat an earlier one."""
    return _above(page.share("repeated_paragraphs", "paragraphs"), at_most)


@rule("gopher_repeated_paragraph_characters", source=REPETITION, presets=WEB)
def repeated_paragraph_characters(page: "Profile", *, at_most: float = 0.2) -> Verdict:
    """Share of characters in paragraphs that repeat an earlier one."""
    return _above(page.share("repeated_paragraph_characters", "characters"), at_most)


# Gopher's table A1: the share of characters allowed in the most frequent n-gram, and in n-grams that repeat
TOP_GRAMS = {2: 0.20, 3: 0.18, 4: 0.16}
REPEATED_GRAMS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


def _enter_grams(name: str, counted: str, about: str, ngram: int, share: float) -> None:
    def check(page: "Profile", *, at_most: float = share) -> Verdict:
        return _above(page.share(counted, "characters"), at_most)

    check.__doc__ = about
    rule(name, source=REPETITION, presets=WEB)(check)


for _ngram, _share in TOP_GRAMS.items():
    _enter_grams(
        f"gopher_top_{_ngram}_grams", f"top_{_ngram}_grams",
        f"Share of characters in the most frequent {_ngram} words in a row.", _ngram, _share,
    )  # fmt: skip
for _ngram, _share in REPEATED_GRAMS.items():
    _enter_grams(
        f"gopher_repeated_{_ngram}_grams", f"repeated_{_ngram}_grams",
        f"Share of characters in {_ngram} words in a row that repeat earlier ones.", _ngram, _share,
    )  # fmt: skip


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


@rule("fineweb_ended_lines", source=FINEWEB, presets=WEB)
def ended_lines(page: "Profile", *, at_least: float = 0.12) -> Verdict:
    """Share of lines that end in a mark of punctuation."""
    return _below(page.share("ended_lines", "web_lines"), at_least)


@rule("fineweb_short_lines", source=FINEWEB, presets=WEB)
def short_lines(page: "Profile", *, at_most: float = 0.67) -> Verdict:
    """Share of lines of 30 characters or fewer."""
    return _above(page.share("short_lines", "web_lines"), at_most)


@rule("fineweb_repeated_lines", source=FINEWEB, presets=WEB)
def repeated_web_lines(page: "Profile", *, at_most: float = 0.01) -> Verdict:
    """Share of characters in lines that repeat an earlier one."""
    share = page["repeated_web_line_characters"] / np.maximum(page["characters"] - page["newlines"], 1)
    return _above(share, at_most)


@rule("fineweb_newlines", source=FINEWEB, presets=WEB)
def newlines(page: "Profile", *, at_most: float = 0.3) -> Verdict:
    """Line breaks by words."""
    return _above(page.share("newlines", "words"), at_most)
