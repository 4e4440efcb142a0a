"""Repeated substrings, against all windows in a dictionary and against a suffix array."""

import random
from pathlib import Path

import numpy as np
import pydivsufsort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.dedup.passages import PassageSettings
from instructkit.errors import UsageError
from tests.dedup.passages.oracles import repeated_windows, run, tokens, without_windows

SIZE = 5
# few tokens, so that runs of them repeat
SHORT = st.lists(st.sampled_from(["a", "b ", " C", "是", "否", "。", "\n", " ", "1.", "é", "\U0001f600", "\U00020000"]))
LONG = st.lists(st.sampled_from(["a b c d e f ", "c d e f g ", "我们在北京看书", "北京看书。", "x ", "\n\n", "g a b "]))
TEXTS = st.lists(st.one_of(SHORT, LONG).map("".join), max_size=8)


@settings(max_examples=120, deadline=None)
@given(TEXTS)
def test_what_every_repeated_window_covers_is_cut_and_nothing_else(texts: list[str]) -> None:
    result = run(texts, substring=SIZE)
    left = without_windows(texts, SIZE)
    for row, text in enumerate(texts):
        if left[row] == tokens(text):
            assert result.texts[str(row)] == text  # byte for byte
        elif left[row]:
            assert tokens(result.texts[str(row)]) == left[row]
        else:
            assert str(row) not in result.texts
    gone = sum(not kept and bool(tokens(text)) for kept, text in zip(left, texts, strict=True))
    assert result.counts.reasons == ({"nothing_left": gone} if gone else {})
    assert result.counts.rows_dropped == gone
    lost = {str(row): len(tokens(text)) - len(left[row]) for row, text in enumerate(texts) if str(row) in result.texts}
    told: dict[str, int] = dict.fromkeys(lost, 0)
    for row, size, _ in result.cuts:
        told[row] += size
    assert told == lost


@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_a_row_is_dropped_if_a_window_of_it_stands_in_a_row_that_stays_and_only_then(texts: list[str]) -> None:
    kept: list[int] = []
    for row in range(len(texts)):
        found = repeated_windows([*(texts[other] for other in kept), texts[row]], SIZE)
        if not any(place[0] == len(kept) and place[2] < len(kept) for place in found):
            kept.append(row)
    result = run(texts, substring=SIZE, repeats="drop")
    assert result.texts == {str(row): texts[row] for row in kept}
    assert result.counts.rows_dropped == len(texts) - len(kept)


def real_texts(sample_data: Path, seed: int) -> list[str]:
    """English and Chinese as it is written, with passages taken over from one text to another."""
    draw = random.Random(seed)
    whole = [
        part
        for name in ("documents.txt", "documents.jsonl", "reviews.csv", "reading.json", "chats_sharegpt.json")
        for part in (sample_data / name).read_text(encoding="utf-8").split("\n\n")
    ]
    texts = [text for long in whole for text in (long[at : at + 700] for at in range(0, len(long), 700))]
    for _ in range(len(texts)):
        source, target = draw.choice(texts), draw.randrange(len(texts))
        start, place = draw.randrange(len(source) or 1), draw.randrange(len(texts[target]) or 1)
        taken = source[start : start + draw.randint(20, 400)]
        texts[target] = texts[target][:place] + " " + taken + " " + texts[target][place:]
    return texts


@pytest.mark.parametrize("size", [8, 25])
def test_the_cut_is_that_of_a_suffix_array(sample_data: Path, size: int) -> None:
    texts = real_texts(sample_data, size)
    assert sum("\u4e00" <= character <= "\u9fff" for text in texts for character in text) > 1000
    numbers: dict[str, int] = {}
    corpus: list[int] = []
    rows: list[int] = []
    for row, text in enumerate(texts):
        found = [numbers.setdefault(token, len(numbers)) for token in tokens(text)]
        corpus += [*found, 10**6 + row]  # an end of its own: no run goes over it
        rows += [row] * (len(found) + 1)
    array = np.array(corpus, np.int64)
    suffixes = pydivsufsort.divsufsort(array)
    shared = pydivsufsort.kasai(array, suffixes)
    covered = np.zeros(len(array), bool)
    start = 0
    for place in range(len(suffixes)):
        if place + 1 == len(suffixes) or shared[place] < size:  # the suffixes from start to here share a run
            same = np.sort(suffixes[start : place + 1])
            for at in same[1:]:
                if rows[at] != rows[same[0]] or at - same[0] >= size:
                    covered[at : at + size] = True
            start = place + 1
    left: list[list[int]] = [[] for _ in texts]
    for place, token in enumerate(corpus):
        if token < 10**6 and not covered[place]:
            left[rows[place]].append(token)
    result = run(texts, substring=size)
    got = [[numbers[token] for token in tokens(result.texts.get(str(row), ""))] for row in range(len(texts))]
    assert got == left
    assert covered.mean() > 0.1


def test_the_first_occurrence_stays_and_names_the_cut() -> None:
    passage = "the quick brown fox jumps over the lazy dog and runs away into the wood"
    result = run([f"It says: {passage}.", f"And {passage}, they say.", "Nothing of it."], substring=10)
    assert result.texts == {"0": f"It says: {passage}.", "1": "And, they say.", "2": "Nothing of it."}
    assert result.cuts == [("1", 15, "0")]
    assert result.counts.changed == {"substrings_cut": 1}


def test_chinese_is_cut_between_characters() -> None:
    passage = "北京是中华人民共和国的首都"
    result = run([f"我知道{passage}。", f"老师说{passage}，对吗？"], substring=8)
    assert result.texts["1"] == "老师说，对吗？"


def test_case_white_space_and_unicode_form_do_not_hide_a_repeat() -> None:
    passage = "Le café est fermé à midi pour l'été"
    decomposed = "LE  CAFE\u0301 est\tferme\u0301 A\u0300 midi\npour l'e\u0301te\u0301"
    result = run([passage, f"Naïve: {decomposed}! E\u0301te\u0301."], substring=6)
    assert result.texts["1"] == "Naïve:! E\u0301te\u0301."  # what stays is as it was written


def test_a_passage_said_again_in_its_row_is_cut_but_never_drops_it() -> None:
    verse = "one two three four five six seven"
    assert run([f"{verse} and {verse}"], substring=6).texts == {"0": f"{verse} and"}
    assert run([f"{verse} and {verse}"], substring=6, repeats="drop").texts == {"0": f"{verse} and {verse}"}


def test_a_run_of_one_token_does_not_eat_its_first_occurrence() -> None:
    assert run(["no " * 100], substring=10).texts == {"0": ("no " * 10).strip()}


def test_a_row_is_dropped_for_its_longest_run(tmp_path: Path) -> None:
    import instructkit as ik

    one, other = "a b c d e f g h i j", "k l m n o p q r s t u v"
    path = str(tmp_path / "rejects.jsonl")
    result = run([one, other, f"{one} - {other}"], substring=10, repeats="drop", rejects=path)
    assert list(result.texts) == ["0", "1"]
    assert result.counts.reasons == {"repeated_substring": 1}
    reasons = ik.read(path).read_all()["reasons"].to_pylist()
    assert reasons == [[{"rule": "repeated_substring", "value": "12 tokens of 1", "threshold": "10"}]]


def test_a_row_leaves_only_for_a_row_that_stays() -> None:
    one, other = "a b c d e f g h", "k l m n o p q r"
    result = run([one, f"{one} {other}", f"x {other}", f"y {other}"], substring=8, repeats="drop")
    assert list(result.texts) == ["0", "2"]  # the second left, so the third is the first to say it


def test_texts_shorter_than_the_substring_are_never_touched() -> None:
    texts = ["Yes.", "yes.", "是", "是", "42", "42", ""] * 3
    assert list(run(texts, substring=5).texts.values()) == texts


def test_a_substring_too_short_to_be_a_passage_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 5 tokens, not 4"):
        PassageSettings(substring=4)
