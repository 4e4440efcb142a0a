"""From a column's label values to the words a phrasing says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.records.lists import list_lengths, list_starts
from instructkit.records.script import is_chinese
from instructkit.templating.library.packs import Label, Role

MOST_OPTIONS = 50  # a column with more distinct labels has no list of choices worth showing


@dataclass(frozen=True)
class Labels:
    """A task's answer choices as one dataset numbers and names them; open where any word is one.

    Where rows bring their own choices, these are the answer column's values in the order of the choices.
    """

    choices: tuple[Label, ...]
    numbered: tuple[int, ...]  # the choice that each integer of the data means
    is_open: bool
    exact: bool = False  # "Polish" and "polish" are two

    @property
    def known(self) -> str:
        """The values a row may have, for a message."""
        names = ", ".join(next(iter(choice.words.values())) for choice in self.choices)
        return f"0..{len(self.numbered) - 1} or {names}" if self.numbered else names


def resolve_labels(role: Role, given: Sequence[str]) -> Labels:
    """The choices of a label role; ``given`` names them in the order of the data's integers.

    Raises `UsageError` where ``given`` names none of a closed set.
    """
    if role.open_labels or role.row_labels:
        choices = tuple(Label({"en": name, "zh": name}) for name in given)
        return Labels(choices, tuple(range(len(choices))), is_open=not choices, exact=True)
    if not given:
        return Labels(role.labels, tuple(range(len(role.labels))), False)
    meanings = _meanings(role.labels)
    numbers = []
    for name in given:
        if name.strip().lower() not in meanings:
            names = ", ".join(next(iter(label.words.values())) for label in role.labels)
            raise UsageError(f"{name!r} is no {role.name} of this task; its labels are {names}")
        numbers.append(meanings[name.strip().lower()])
    return Labels(role.labels, tuple(numbers), False)


def _meanings(labels: Sequence[Label], exact: bool = False) -> dict[str, int]:
    meanings: dict[str, int] = {}
    for number, label in enumerate(labels):
        for word in (*label.words.values(), *label.also):
            meanings.setdefault(word.strip() if exact else word.strip().lower(), number)
    return meanings


def choose_words(values: pa.StringArray, labels: Labels) -> tuple[pa.Int32Array, pa.StringArray]:
    """The choice each value means (null: none), and the value itself where the labels are open."""
    text = pc.utf8_trim_whitespace(values)
    meanings = _meanings(labels.choices, labels.exact)
    for number, choice in enumerate(labels.numbered):
        meanings.setdefault(str(number), choice)
    found = pc.index_in(text if labels.exact else pc.utf8_lower(text), value_set=pa.array(list(meanings), pa.string()))
    if not meanings:
        return pa.nulls(len(values), pa.int32()), text
    return pa.array(np.array(list(meanings.values()), np.int32)).take(found), text


def label_word(choice: Label, language: str) -> str:
    """A label's word in a language, or in the first one it has."""
    return choice.words.get(language) or next(iter(choice.words.values()))


def spoken(known: Sequence[Label], values: pa.StringArray, language: str) -> pa.StringArray:
    """Values in the words of a language; those that are not known pass as they stand."""
    chosen, _ = choose_words(values, Labels(tuple(known), (), is_open=False))
    names = pa.array([label_word(one, language) for one in known], pa.string())
    return pc.coalesce(names.take(chosen), values)


def find_choice(
    answers: pa.StringArray, choices: pa.ListArray, keys: pa.ListArray | None, labels: Labels, numbered: bool = False
) -> npt.NDArray[np.int64]:
    """The place of each row's answer among its own choices, -1 where it is none.

    An answer is one of the row's ``keys``, one of the labels given (in the order of the choices), the text of a choice,
    a letter, or a number from 0; the first of these that fits counts. Where the column holds integers (``numbered``)
    it is the number alone. A choice without a text is none.
    """
    chosen = _find_choice(answers, choices, keys, labels, numbered)
    blank = pc.equal(pc.utf8_trim_whitespace(pc.fill_null(choices.flatten(), "")), "").to_numpy(zero_copy_only=False)
    if blank.any():
        places = list_starts(list_lengths(choices)) + np.maximum(chosen, 0)
        chosen = np.where((chosen >= 0) & blank[np.minimum(places, len(blank) - 1)], -1, chosen)
    return chosen


def _find_choice(
    answers: pa.StringArray, choices: pa.ListArray, keys: pa.ListArray | None, labels: Labels, numbered: bool
) -> npt.NDArray[np.int64]:
    counts = list_lengths(choices)
    text = pc.fill_null(pc.utf8_trim_whitespace(answers), "")
    chosen = np.full(len(answers), -1, np.int64)
    if keys is not None:
        return _place_in(text, keys, counts)
    if labels.choices:
        given = pa.array([label_word(choice, "en") for choice in labels.choices], pa.string())
        chosen = pc.fill_null(pc.index_in(text, given), -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return np.where(chosen < counts, chosen, -1)
    if not numbered:
        chosen = _place_in(text, choices, counts)
    letters = pc.utf8_upper(pc.replace_substring_regex(text, r"^\(?([A-Za-z])[).]?$", r"\1"))
    alphabet = pa.array([chr(ord("A") + place) for place in range(26)])
    numbers = pa.array([str(place) for place in range(100)])
    for known, said in ((alphabet, letters), (numbers, text)):
        place = pc.fill_null(pc.index_in(said, known), -1).to_numpy(zero_copy_only=False).astype(np.int64)
        chosen = np.where((chosen < 0) & (place < counts), place, chosen)
    return chosen


def _place_in(text: pa.StringArray, lists: pa.ListArray, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The first place of a text in its row's list, -1 where it is not there."""
    lengths = list_lengths(lists)
    rows = np.repeat(np.arange(len(text)), lengths)
    starts = list_starts(lengths)
    flat = pc.fill_null(pc.utf8_trim_whitespace(lists.flatten()), "")
    same = np.flatnonzero(pc.equal(flat, text.take(pa.array(rows))).to_numpy(zero_copy_only=False))
    chosen = np.full(len(text), -1, np.int64)
    hits = rows[same][::-1]
    chosen[hits] = same[::-1] - starts[hits]  # written from the last, so that the first stays
    return np.where(chosen < counts, chosen, -1)


def in_language(labels: Labels, language: str) -> list[int]:
    """The choices whose words are in a language's script: a file may name its topics in two."""
    chinese = is_chinese(pa.array([label_word(choice, language) for choice in labels.choices], pa.string()))
    return [number for number, han in enumerate(chinese) if bool(han) == (language == "zh")]
