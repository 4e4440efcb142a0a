"""What is found in texts, and what only looks like it."""

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.errors import UsageError
from instructkit.filters.pii import DEFAULT_TYPES, TYPES, find, find_in, parse_types
from instructkit.filters.pii.finding import _settled
from tests.filters.pii.labelled import own, presidio, scores

HERE = Path(__file__).parent
FOUND = [line.split("|", 1) for line in (HERE / "data.txt").read_text("utf-8").splitlines()]
NOT_FOUND = (HERE / "no_data.txt").read_text("utf-8").splitlines()
IN_CONTEXT = ("PERSON", "ADDRESS")  # of these recall is what context allows


@pytest.mark.parametrize(("kind", "line"), FOUND)
def test_a_datum_is_found(kind: str, line: str) -> None:
    text = line.replace("\\n", "\n")
    assert [(found, text[start:end] != "") for start, end, found in find(text)] == [(kind, True)]


def test_what_only_looks_like_a_datum_is_left_alone() -> None:
    assert len(NOT_FOUND) >= 100
    hits = {line: found for line in NOT_FOUND if (found := list(find(line.replace("\\n", "\n"))))}
    assert hits == {}


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("(see ann@example.com).", "ann@example.com"),
        ("<mailto:ann@example.com>", "ann@example.com"),
        ("pay to GB82 WEST 1234 5698 7654 32 please", "GB82 WEST 1234 5698 7654 32"),
        ("call +41 (0)44 668 18 00.", "+41 (0)44 668 18 00"),
        ("我的电话:(010)64854941,", "(010)64854941"),
        ("地址是北京市海淀区中关村大街27号，请", "北京市海淀区中关村大街27号"),
        ("我叫王小明于今年", "王小明"),
        ("I live at 12 Main Street. It is quiet.", "12 Main Street"),
        ("ship to 44 Elm St., Boston, MA 02115.", "44 Elm St., Boston, MA 02115"),
        ("to P.O. Box 4471, Tulsa, OK 74159 now", "P.O. Box 4471, Tulsa, OK 74159"),
        ("in Hauptstraße 12, 10115 Berlin.", "Hauptstraße 12, 10115 Berlin"),
        ("请发到用户@例子.公司谢谢", "用户@例子.公司"),
        ("ring +44 20 7183 8750 ext 12.", "+44 20 7183 8750 ext 12"),
        ("Dear Ms. Alvarez, hello", "Ms. Alvarez"),
        ("请联系刘建国先生", "刘建国"),
        ("see http://[2a01:4f8::1]/ now", "2a01:4f8::1"),
        ("host 2a01:4f8::1.", "2a01:4f8::1"),
        ("😀 ann@example.com \x00 x", "ann@example.com"),
        ("a\x00ann@example.com", "ann@example.com"),
    ],
)
def test_the_place_of_a_datum_is_exact(text: str, datum: str) -> None:
    assert [text[start:end] for start, end, _ in find(text)] == [datum]


def test_a_plain_url_is_found_only_when_asked_for() -> None:
    text = "see https://example.com/a, please"
    assert list(find(text)) == []
    assert [text[start:end] for start, end, _ in find(text, ("URL",))] == ["https://example.com/a"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_structured_data_of_our_labelled_texts_are_found(real_data: Path, language: str) -> None:
    found = scores(own(real_data, "positive", language))
    assert {kind: score for kind, score in found.items() if kind not in IN_CONTEXT and score[2] < 0.97} == {}
    assert {kind: found[kind] for kind in IN_CONTEXT if found[kind][0] < 0.9 or found[kind][1] < 0.9} == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_found_in_hard_negatives(real_data: Path, language: str) -> None:
    texts = [text for text, _ in own(real_data, "hard_negative", language)]
    hits = find_in(pa.array(texts), DEFAULT_TYPES)
    assert {texts[row] for row in hits.rows} == set()


def test_structured_data_of_presidios_texts_are_found(real_data: Path) -> None:
    found = scores(presidio(real_data))
    low = {kind: score for kind, score in found.items() if kind not in IN_CONTEXT and score[2] < 0.97}
    assert low == {}
    assert min(found[kind][0] for kind in IN_CONTEXT) >= 0.9


def _alone(texts: list[str | None]) -> list[tuple[int, int, int, str]]:
    return [(row, *hit) for row, text in enumerate(texts) for hit in find(text or "", TYPES)]


def _together(texts: list[str | None]) -> list[tuple[int, int, int, str]]:
    hits = find_in(pa.array(texts, pa.string()), TYPES)
    places = zip(hits.rows.tolist(), hits.starts.tolist(), hits.ends.tolist(), hits.types.tolist(), strict=True)
    return [(row, start, end, TYPES[kind]) for row, start, end, kind in places]


def test_the_quick_tests_of_a_column_let_all_data_through() -> None:
    texts = [line.replace("\\n", "\n") for line in [*(line for _, line in FOUND), *NOT_FOUND]]
    listed = [part for text in texts for part in (text, None, "")]
    assert _together(listed) == _alone(listed)


def test_the_quick_tests_let_all_labelled_data_through(real_data: Path) -> None:
    texts = [text for text, _ in (*own(real_data, "positive", "zh"), *presidio(real_data))]
    assert _together(texts) == _alone(texts)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_hits_lie_in_the_text_in_order_and_apart(text: str) -> None:
    hits = list(find(text, TYPES))
    assert all(0 <= start < end <= len(text) for start, end, _ in hits)
    assert all(one[1] <= other[0] for one, other in pairwise(hits))


def _settled_slowly(hits: list[list[int]]) -> list[list[int]]:
    kept: list[list[int]] = []
    for hit in sorted(hits, key=lambda hit: (hit[4], hit[1])):
        if all(hit[0] != one[0] or hit[2] <= one[1] or one[2] <= hit[1] for one in kept):
            kept.append(hit)
    return kept


@given(st.lists(st.tuples(*(st.integers(0, most) for most in (2, 30, 8, 3)))))
def test_claims_are_settled_as_if_each_were_held_against_all_before_it(drawn: list[tuple[int, int, int, int]]) -> None:
    hits = [[row, start, start + 1 + size, 0, order] for row, start, size, order in drawn]
    assert _settled(np.array(hits, np.int64).reshape(-1, 5)).tolist() == _settled_slowly(hits)


@pytest.mark.parametrize("part", ["(at)a.a.a.a", "北京市北京市路1号"])
def test_the_claims_of_a_long_text_are_settled_in_time(part: str) -> None:
    began = time.process_time()
    list(find(part * (200_000 // len(part.encode()))))
    assert time.process_time() - began < 4  # quadratic: 10 and more


def test_types_are_chosen_left_out_and_added() -> None:
    assert parse_types("email,PHONE") == ("EMAIL", "PHONE")
    assert set(DEFAULT_TYPES) - set(parse_types("-PERSON,-ADDRESS")) == {"PERSON", "ADDRESS"}
    assert set(parse_types("+URL")) == {*DEFAULT_TYPES, "URL"}
    with pytest.raises(UsageError, match=r"no type 'MAIL'.*EMAIL"):
        parse_types("MAIL")
    with pytest.raises(UsageError, match="nothing to look for"):
        parse_types("EMAIL,-EMAIL")


def test_what_is_found_in_a_text_does_not_hang_on_those_beside_it() -> None:
    lines = [line for _, line in FOUND] + NOT_FOUND
    wide = str.maketrans("0123456789-.+@", "０１２３４５６７８９－．＋＠")
    texts = [line.replace("\\n", "\n") for line in lines]
    texts += [text.translate(wide) for text in texts] + [
        text.replace(" ", blank) for text in texts for blank in "\xa0\u3000"
    ]
    alone = [[(start, end, kind) for start, end, kind in find(text)] for text in texts]
    together: list[list[tuple[int, int, str]]] = [[] for _ in texts]
    hits = find_in(pa.array(texts, pa.string()))
    for row, start, end, kind in zip(
        *(one.tolist() for one in (hits.rows, hits.starts, hits.ends, hits.types)), strict=True
    ):
        together[row].append((start, end, TYPES[kind]))
    assert [pair for pair in zip(texts, alone, together, strict=True) if pair[1] != pair[2]] == []
