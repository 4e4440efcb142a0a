"""Texts without some of their tokens: white space, words, paragraphs, and characters that compose."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.dedup.passages.cutting import without
from instructkit.dedup.passages.runs import Runs
from instructkit.dedup.passages.tokens import Tokens
from instructkit.records.tokens import count_tokens
from tests.dedup.passages.oracles import tokens, without_places

ALPHABET = st.one_of(
    st.sampled_from("ab1.!(é是か\u3099\u0301\u0338=ΣİỆ\u1100\u1161\u11a8\n\t \u3000\u00a0\r_"),
    st.sampled_from("\u200d\u0e33\u0e01👍👩\U0001f3fd\U0001f1e9\U0001f1f0\ufe0f\U000e0100"),
    st.characters(blacklist_categories=("Cs",)),
)
TEXTS = st.text(ALPHABET, max_size=40)


def cut(text: str, *ranges: tuple[int, int]) -> str:
    """A text without some ranges of its tokens."""
    starts, ends = np.array(ranges, np.int64).reshape(-1, 2).T
    rows = np.zeros(len(starts), np.int64)
    runs = Runs(rows, np.ascontiguousarray(starts), np.ascontiguousarray(ends), ends - starts, rows)
    return str(without(pa.array([text]), Tokens.of(pa.array([text])), runs)[0])


@pytest.mark.parametrize(
    ("text", "ranges", "expected"),
    [
        ("one two three", [(1, 2)], "one three"),
        ("one  two\tthree", [(1, 2)], "one  three"),
        ("one two three", [(0, 1)], "two three"),
        ("one two three", [(2, 3)], "one two"),
        ("one(two)three", [(1, 4)], "one three"),  # no words run together
        ("一（二）三", [(1, 4)], "一三"),
        ("one, two; three", [(1, 4)], "one three"),
        ("one two, three", [(1, 2)], "one, three"),
        ("one (two three)", [(2, 3)], "one (three)"),
        ("one (two three)", [(3, 4)], "one (two)"),
        ("one.\n\ntwo.\n\nthree.", [(2, 4)], "one.\n\nthree."),
        ("one. two.\n\nthree.", [(2, 4)], "one.\n\nthree."),
        ("one.\n\ntwo. three.", [(2, 4)], "one.\n\nthree."),
        ("one.\ntwo.\n\nthree.", [(2, 4)], "one.\n\nthree."),
        ("a:\n    b\n    c\n", [(2, 3)], "a:\n    c\n"),  # indentation stays
        ("a\n    b c\n  d", [(1, 2)], "a\n    c\n  d"),
        ("b\n    c", [(0, 1)], "    c"),
        ("a b c d e", [(1, 2), (2, 3)], "a d e"),
        ("a b c d e", [(1, 2), (3, 4)], "a c e"),
        ("a\n\nb\nc\n\n\nd", [(1, 2), (2, 3)], "a\n\n\nd"),
        ("a\r\nb\r\nc", [(1, 2)], "a\r\nc"),
        ("a b", [(0, 2)], ""),
        (" a \n", [(0, 1)], ""),
    ],
)
def test_white_space_around_a_cut_is_tidied(text: str, ranges: list[tuple[int, int]], expected: str) -> None:
    assert cut(text, *ranges) == expected


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("x 👍🏽 good", 0, 2, "👍🏽 good"),  # the hand keeps its skin
        ("a b 🇩🇰 c", 0, 3, "🇩🇰 c"),  # and the flag its half
        ("a b 🇩🇰🇩🇪 c", 0, 4, "🇩🇪 c"),
        ("a 👨\u200d👩\u200d👧 b", 0, 4, "👨\u200d👩\u200d👧 b"),
        ("a b !\u0301 c", 0, 3, "!\u0301 c"),
        ("ก น้ำ", 0, 2, "น้ำ"),
        ("葛\U000e0100城", 0, 1, "葛\U000e0100城"),  # nothing is left to cut
        ("葛\U000e0100城", 1, 3, "葛\U000e0100"),
    ],
)
def test_what_a_reader_sees_as_a_character_is_not_cut(text: str, start: int, end: int, expected: str) -> None:
    assert cut(text, (start, end)) == expected


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.data())
def test_what_is_left_are_the_other_tokens_whole(text: str, data: st.DataObject) -> None:
    found = Tokens.of(pa.array([text]))
    count = len(found.hashes)
    gone = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    ranges = [(place, place + 1) for place in range(count) if gone[place]]
    if not ranges:
        return
    left = cut(text, *ranges)
    hashes = Tokens.of(pa.array([left])).hashes
    assert left.encode().decode() == left
    normal = unicodedata.normalize("NFC", text)
    if normal == text:
        kept = [unicodedata.normalize("NFC", token) for token in without_places(text, gone)]
        assert tokens(unicodedata.normalize("NFC", left)) == kept
    else:  # a cut inside a group that composes is left out
        assert len(hashes) >= count - len(ranges)
    assert set(left) <= {*text, " "}


@settings(max_examples=120, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_tokens_are_those_that_are_counted_elsewhere(texts: list[str]) -> None:
    column = pa.array(texts, pa.string())
    found = Tokens.of(column)
    assert np.diff(found.bounds).tolist() == count_tokens(column).tolist()
    data = bytes(found.data)
    names = [data[start:end].decode().lower() for start, end in zip(found.starts, found.ends, strict=True)]
    assert len(set(zip(names, found.hashes.tolist(), strict=True))) == len(set(found.hashes.tolist()))
