"""The tokens that ROUGE-L compares."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.tokenize import tokenize

from instructkit.generation.rouge.tokens import tokens_of

LATIN = "".join(
    chr(point)
    for point in range(0x2C00)
    if not chr(point).isalpha() or unicodedata.name(chr(point)).startswith("LATIN")
    if not 0x0300 <= point < 0x1E00  # marks may belong to words of other scripts; those are their own test
    if not 0x1F00 <= point < 0x2000
)


@given(st.text(st.sampled_from(LATIN)))
def test_a_text_of_latin_letters_has_the_tokens_of_rouge_score(text: str) -> None:
    assert tokens_of(text) == tokenize(text, None)


@given(st.text())
def test_the_tokens_of_rouge_score_are_found_in_any_text(text: str) -> None:
    kelvin_and_wide = [token for token in tokens_of(text) if token.isascii()]
    if not any(0xFF00 < ord(character) < 0xFF5F for character in text):
        assert kelvin_and_wide == tokenize(text, None)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's 2 km², a café.", ["it", "s", "2", "km", "a", "caf"]),
        ("cafe\u0301 nai\u0308ve", ["cafe", "nai", "ve"]),
        ("写一首诗，要押韵。", ["写", "一", "首", "诗", "要", "押", "韵"]),
        ("用Python3写", ["用", "python3", "写"]),
        ("ＡＢＣ１２３，ｘ", ["abc123", "x"]),
        ("𠮷野家・カフェー", ["𠮷", "野", "家", "カ", "フ", "ェ", "ー"]),
        ("か\u3099く", ["が", "く"]),
        ("Привет, МИР! и\u0306", ["привет", "мир", "й"]),
        ("Γράψε ένα ποίημα;", ["γράψε", "ένα", "ποίημα"]),
        ("시를 써 주세요.", ["시를", "써", "주세요"]),
        ("\u1109\u1175", ["시"]),
        ("اكتب قصيدة؟ ١٢", ["اكتب", "قصيدة", "١٢"]),
        ("हिन्दी में लिखो।", ["हिन्दी", "में", "लिखो"]),
        ("เขียนบทกวี สั้น", ["เขียนบทกวี", "สั้น"]),
        ("𐐐𐐑 x", ["𐐸𐐹", "x"]),
        ("?!… — 。「」", []),
        ("", []),
    ],
)
def test_each_script_has_its_tokens(text: str, tokens: list[str]) -> None:
    assert tokens_of(text) == tokens
