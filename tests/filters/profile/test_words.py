"""How a page is cut into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.filters.profile.words import words_of

# what spacy.blank("en") of spaCy 3.8 makes of each
AS_SPACY = {
    "Dr. Smith's well-known (and oft-quoted) book, \"The U.S. Economy\", isn't cheap: it costs $12.50!": (
        "Dr.|Smith|'s|well|-|known|(|and|oft|-|quoted|)|book|,|\"|The|U.S.|Economy|\"|,|is|n't|cheap|:|it|costs|$|12.50|!"
    ),
    "See https://example.com/a?b=1 or write to me@example.org... now.": (
        "See|https://example.com/a?b=1|or|write|to|me@example.org|...|now|."
    ),
    "A 3-4% rise; e.g. 10,000 units—not 9.": "A|3|-|4|%|rise|;|e.g.|10,000|units|—|not|9|.",
    "We'll go to St. Ives. They've been there, haven't they?": (
        "We|'ll|go|to|St.|Ives|.|They|'ve|been|there|,|have|n't|they|?"
    ),
    "The end…really? Yes!!! 'quoted' words' end.": "The|end|…|really|?|Yes|!|!|!|'|quoted|'|words|'|end|.",
    "x=1;y == 2 #tag @me": "x=1;y|=|=|2|#|tag|@me",
}


@pytest.mark.parametrize(("text", "words"), AS_SPACY.items())
def test_english_is_cut_as_spacy_cuts_it(text: str, words: str) -> None:
    assert words_of(text) == words.split("|")


def test_a_character_of_a_script_without_spaces_is_a_word() -> None:
    assert words_of("我用 Python 写代码。") == ["我", "用", "Python", "写", "代", "码", "。"]


@given(st.text(max_size=200))
def test_words_are_all_of_the_text_but_its_white_space(text: str) -> None:
    assert "".join(words_of(text)) == "".join(character for character in text if not character.isspace())
