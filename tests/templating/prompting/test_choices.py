"""Answer choices under bullets and letters: the mark of the answer always leads back to its words."""

import re
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.prompting.choices import (
    BULLETS,
    HEADINGS,
    Choices,
    as_letters,
    as_words,
    letter,
    of_labels,
    of_lists,
    plainly,
)

WORDS = st.text(alphabet="abcdefgh 好坏", min_size=1, max_size=6).map(str.strip).filter(bool)
ROWS = st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=7), st.integers(-1, 6)), min_size=1, max_size=6).map(
    lambda rows: [(words, min(chosen, len(words) - 1)) for words, chosen in rows]
)
MARKED = re.compile(r"^[(\[（]?([A-Z]+)(?:[)\]）]|\.|:|：|、) ?(.*)$")  # as LETTERS are written


def keys_of(rows: int, seed: int = 0) -> npt.NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**63, rows).astype(np.uint64)


def choices_of(rows: list[tuple[list[str], int]]) -> Choices:
    return of_lists(
        pa.array([words for words, _ in rows], pa.list_(pa.string())),
        np.array([chosen for _, chosen in rows], np.int64),
    )


def lists_of(choices: Choices) -> list[list[str]]:
    words = choices.words.to_pylist()
    return [words[start:end] for start, end in zip(choices.ends, choices.ends[1:], strict=False)]


@settings(max_examples=70, deadline=None)
@given(ROWS, st.integers(0, 99), st.sampled_from(["en", "zh", "fr"]), st.booleans())
def test_the_answers_letter_marks_the_answers_words(
    rows: list[tuple[list[str], int]], seed: int, language: str, shuffle: bool
) -> None:
    keys = keys_of(len(rows), seed)
    choices = choices_of(rows)
    shown = as_letters(choices.shuffled(keys) if shuffle else choices, language, keys)
    for row, (words, chosen) in enumerate(rows):
        marked = [MARKED.match(line) for line in shown.option_lines[row].as_py().split("\n")]
        pairs = [(found[1], found[2]) for found in marked if found]
        assert [mark for mark, _ in pairs] == [letter(place) for place in range(len(words))]
        assert sorted(word for _, word in pairs) == sorted(words)
        heading, _, lines = shown.block[row].as_py().partition("\n")
        assert lines == shown.option_lines[row].as_py()
        headings = HEADINGS.get(language, HEADINGS["en"])
        if chosen < 0:
            assert shown.answer[row].as_py() is None
            assert shown.block_answer[row].as_py() is None
            continue
        assert dict(pairs)[shown.answer[row].as_py()] == words[chosen]
        if heading in headings["both"]:
            assert shown.block_answer[row].as_py() in lines.split("\n")
            assert shown.block_answer[row].as_py().endswith(words[chosen])
        else:
            assert heading in headings["letters"]
            assert shown.block_answer[row].as_py() == shown.answer[row].as_py()


@settings(max_examples=70, deadline=None)
@given(ROWS, st.integers(0, 99), st.sampled_from(["en", "zh"]))
def test_the_answer_stays_among_words_whatever_the_bullet(
    rows: list[tuple[list[str], int]], seed: int, language: str
) -> None:
    keys = keys_of(len(rows), seed)
    shown = as_words(choices_of(rows), language, keys)
    plain = plainly(choices_of(rows), language)
    for row, (words, chosen) in enumerate(rows):
        lines = shown.option_lines[row].as_py()
        assert lines in ["\n".join(bullet + word for word in words) for bullet in BULLETS]
        heading, _, rest = shown.block[row].as_py().partition("\n")
        assert heading in HEADINGS[language]["words"]
        assert rest == lines
        assert plain.option_lines[row].as_py() == "\n".join(f"- {word}" for word in words)
        comma, last = (", ", " or ") if language == "en" else ("、", "或")
        running = comma.join(words[:-1]) + last + words[-1] if len(words) > 1 else words[0]
        assert plain.options[row].as_py() == shown.options[row].as_py() == running
        for said in (shown, plain):
            assert said.answer[row].as_py() == (words[chosen] if chosen >= 0 else None)


@settings(max_examples=70, deadline=None)
@given(ROWS, st.integers(0, 99))
def test_shuffling_moves_words_and_keeps_which_is_the_answer(rows: list[tuple[list[str], int]], seed: int) -> None:
    keys = keys_of(len(rows), seed)
    choices = choices_of(rows)
    moved = choices.shuffled(keys)
    for (words, _), after in zip(rows, lists_of(moved), strict=True):
        assert sorted(words) == sorted(after)
    assert moved.answer().to_pylist() == choices.answer().to_pylist()
    for number, words in enumerate(lists_of(moved)):
        numbers = moved.numbers[moved.ends[number] : moved.ends[number + 1]]
        assert [rows[number][0][place] for place in numbers] == words
    order = np.random.default_rng(seed).permutation(len(rows))
    taken = choices.take(order)
    assert lists_of(taken) == [rows[row][0] for row in order]
    assert lists_of(taken.shuffled(keys[order])) == [lists_of(moved)[row] for row in order]


def test_every_order_is_drawn_equally_often() -> None:
    choices = choices_of([(["a", "b", "c"], 0)] * 3000)
    counts = Counter(map(tuple, lists_of(choices.shuffled(keys_of(3000)))))
    assert len(counts) == 6
    assert all(abs(count - 500) < 100 for count in counts.values())


def test_every_bullet_heading_and_kind_of_letter_is_drawn() -> None:
    choices = choices_of([(["yes", "no"], 1)] * 2000)
    keys = keys_of(2000)
    assert len(set(as_words(choices, "en", keys).option_lines.to_pylist())) == len(BULLETS)
    letters = as_letters(choices, "en", keys)
    assert len(set(letters.option_lines.to_pylist())) == 5
    headings = {block.split("\n")[0] for block in letters.block.to_pylist()}
    assert headings == {*HEADINGS["en"]["letters"], *HEADINGS["en"]["both"]}


def test_more_than_26_choices_have_letters_of_their_own() -> None:
    assert [letter(place) for place in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    assert len({letter(place) for place in range(2000)}) == 2000
    words = [f"choice {place}" for place in range(60)]
    shown = as_letters(choices_of([(words, 59), (["x"], 0)]), "en", keys_of(2))
    assert shown.answer.to_pylist() == ["BH", "A"]
    assert len(shown.option_lines[0].as_py().split("\n")) == 60


def test_rows_of_one_label_set_may_show_the_labels_of_their_language_alone() -> None:
    names = ["Sports", "体育", "World", "国际"]
    choices = of_labels(names, np.array([0, 1, 3, -1, 2]), [0, 2])
    assert lists_of(choices) == [["Sports", "World"], names, names, names, ["Sports", "World"]]
    assert choices.answer().to_pylist() == ["Sports", "体育", "国际", None, "World"]


def test_symbols_follow_the_label_not_the_place() -> None:
    keys = keys_of(40)
    choices = of_labels(["a", "b", "c"], np.arange(40) % 3, [])
    named = choices.as_symbols(keys, 4)
    moved = named.shuffled(keys)
    assert moved.answer().to_pylist() == named.answer().to_pylist()
    for row in range(40):
        assert len(set(lists_of(named)[row])) == 3
        assert sorted(lists_of(named)[row]) == sorted(lists_of(moved)[row])
    one_key = of_labels(["a", "b", "c"], np.array([0, 1, 0]), []).as_symbols(np.full(3, keys[0]), 3)
    assert lists_of(one_key)[0] == lists_of(one_key)[1]
    assert one_key.answer()[0] == one_key.answer()[2] != one_key.answer()[1]


@pytest.mark.parametrize("put", [plainly, lambda *given: as_words(*given, keys_of(0)),
                                 lambda *given: as_letters(*given, keys_of(0))])  # fmt: skip
def test_no_rows_give_no_texts(put: object) -> None:
    none = of_lists(pa.array([], pa.list_(pa.string())), np.zeros(0, np.int64))
    assert len(put(none.shuffled(keys_of(0)), "en").option_lines) == 0  # type: ignore[operator]
