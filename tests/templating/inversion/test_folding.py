"""Texts compared without case, space and punctuation, and how much they say."""

import re
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.inversion import folding
from instructkit.templating.inversion.folding import ENOUGH, fold, says_enough, stands_in, tables, weight
from instructkit.templating.inversion.folding_loops import found_in, weights
from instructkit.templating.inversion.forms import one_form
from instructkit.templating.inversion.weaving import woven
from instructkit.templating.inversion.weaving_loops import weave

texts = st.text(alphabet=st.sampled_from("aAbB é中文。, !1😀𠀀กдД\ne\u0301ＡﬁßS"), max_size=12)


@settings(deadline=None)  # the first call loads tables or compiled loops
@given(st.text(alphabet=st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])))
def test_what_is_folded_is_lower_case_letters_digits_and_marks(text: str) -> None:
    form = re.sub("[ßẞ]", "ss", unicodedata.normalize("NFKC", text))
    kept = [one for one in form if unicodedata.category(one)[0] in "LNM"]
    assert fold(text) == "".join(one.casefold() if len(one.casefold()) == 1 else one for one in kept)


assigned = st.characters(exclude_categories=["Cs", "Cn", "Co"])
odd = "aeÅﬁⅣ①㈱ßẞςΣｶﾞがㄱㅏ가각1\u0301\u0323\u3099\u1161\u11a8ſ™𝐀…\ufe0f❤"
written = st.one_of(st.text(assigned), st.text(st.sampled_from(odd)))


@settings(deadline=None, max_examples=300)
@given(written, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_text_stands_in_itself_in_whatever_form_it_is_written(text: str, form: str) -> None:
    """What is looked up one character after the other is what the whole text in one form would be."""
    other = unicodedata.normalize(form, text)
    (composed,) = one_form(pa.array([text])).to_pylist()
    assert composed.translate(folding._translation()) == fold(text) == fold(other)
    assert stands_in(pa.array([text]), [pa.array([f"<{other}>"])]).tolist() == [fold(text) != ""]


def test_the_texts_between_nulls_and_plain_ones_keep_their_places() -> None:
    column = pa.array([None, "abc", "e\u0301", "é", None, "ﬁ"])
    assert one_form(column).to_pylist() == [None, "abc", "é", "é", None, "fi"]
    assert one_form(column[3:]).to_pylist() == ["é", None, "fi"]


@settings(deadline=None)  # the first call loads tables or compiled loops
@given(st.lists(st.tuples(texts, texts, texts), max_size=6))
def test_the_compiled_loops_find_what_the_plain_form_finds(rows: list[tuple[str, str, str]]) -> None:
    asked, one, other = (pa.array([row[place] for row in rows], pa.string()) for place in range(3))
    found = np.zeros(len(rows), bool)
    found_in(asked, [one, other], tables()[0], found)
    expected = [bool(fold(a)) and fold(a) in fold(b) + fold(c) for a, b, c in rows]
    assert found.tolist() == stands_in(asked, [one, other]).tolist() == expected
    assert weights(asked, tables()[1]).tolist() == [weight(row[0]) for row in rows]


@settings(deadline=None)  # the first call loads tables or compiled loops
@given(st.lists(texts, min_size=1, max_size=8), st.data())
def test_the_woven_columns_are_the_same_in_both_forms(first: list[str], data: st.DataObject) -> None:
    rows = sorted(data.draw(st.sets(st.integers(0, len(first) - 1))))
    second = [f"<{row}>" for row in rows]
    expected = []
    for row, text in enumerate(first):
        expected += [text] + ([f"<{row}>"] if row in rows else [])
    columns = pa.array(["", *first])[1:], pa.array(second, pa.string())
    assert woven(*columns, np.array(rows, np.int64)).to_pylist() == expected
    assert weave(*columns, np.array(rows, np.int64)).to_pylist() == expected


@pytest.mark.parametrize(
    ("asked", "given_", "found"),
    [
        ("Who is it?", "He asked: who is IT", True),
        ("谁来了？", "他问：“谁 来了”", True),
        ("ÉTÉ", "l'été", True),
        ("Где он?", "где ОН", True),
        ("l'e\u0301te\u0301", "L'ÉTÉ", True),
        ("ＡＢＣ ｗｏｒｄｓ", "abc words", True),
        ("the ﬁrst oﬃce", "The first office", True),
        ("STRASSE", "die Straße", True),
        ("ΟΔΟΣ", "οδος", True),
        ("한국어", unicodedata.normalize("NFD", "한국어"), True),
        ("?!", "?!", False),
        ("", "anything", False),
        ("Who is it?", "Who is", False),
    ],
)
def test_case_space_and_punctuation_hide_nothing(asked: str, given_: str, found: bool) -> None:
    assert stands_in(pa.array([asked]), [pa.array([given_])]).tolist() == [found]


def test_a_null_stands_nowhere_and_says_nothing() -> None:
    nothing = pa.array([None, "a b c"], pa.string())
    assert stands_in(nothing, [nothing]).tolist() == [False, True]
    assert says_enough(nothing).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "enough"),
    [("Yes", False), ("12 345 6,789", False), ("not at all", True), ("是的", False), ("我不知道", True), ("", False),
     ("A) 7", False), ("ไม่รู้ว่าเขาอยู่ที่ไหน", True), ("... !!! ???", False), ("الجواب هو نعم", True)],
)  # fmt: skip
def test_a_word_or_a_number_says_too_little(text: str, enough: bool) -> None:
    assert (weight(text) == ENOUGH) == enough


def test_a_huge_text_of_one_letter_is_compared_in_no_time() -> None:
    asked, given_ = pa.array(["a" * 50_000 + "b"]), pa.array(["a" * 200_000])
    found = np.ones(1, bool)
    found[:] = False
    found_in(asked, [given_], tables()[0], found)
    assert not found[0]
    assert folding.stands_in(asked, [given_]).tolist() == [False]
