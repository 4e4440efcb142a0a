"""From a column's label values to the words a phrasing says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.records.script import is_chinese
from instructkit.templating.packs import Label, Role

JOINERS = {"en": (", ", " or "), "zh": ("、", "或")}
MOST_OPTIONS = 50  # a column with more distinct labels has no list of choices worth showing


@dataclass(frozen=True)
class Labels:
    """A task's answer choices as one dataset numbers and names them; open where any word is one."""

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
    if role.open_labels:
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


def words(labels: Labels, chosen: pa.Int32Array, text: pa.StringArray, language: str) -> pa.StringArray:
    """The label of each row as a phrasing in one language says it."""
    names = pa.array([_word(choice, language) for choice in labels.choices], pa.string())
    spoken = names.take(chosen)
    return pc.coalesce(spoken, text) if labels.is_open else spoken


def _word(choice: Label, language: str) -> str:
    return choice.words.get(language) or next(iter(choice.words.values()))


def options(labels: Labels, language: str) -> dict[str, str]:
    """The choices in running text and line by line."""
    names = [_word(choice, language) for choice in labels.choices]
    comma, last = JOINERS.get(language, JOINERS["en"])
    running = comma.join(names[:-1]) + last + names[-1] if len(names) > 1 else "".join(names)
    return {"options": running, "option_lines": "\n".join(f"- {name}" for name in names)}


def in_language(labels: Labels, language: str) -> list[int]:
    """The choices whose words are in a language's script: a file may name its topics in two."""
    chinese = is_chinese(pa.array([_word(choice, language) for choice in labels.choices], pa.string()))
    return [number for number, han in enumerate(chinese) if bool(han) == (language == "zh")]
