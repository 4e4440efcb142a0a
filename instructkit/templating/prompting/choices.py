"""Answer choices as a phrasing shows them: in which order, under which marks, and what the answer then is.

`--options` decides: `words` shows them as they are, `letters` puts a letter before each and makes that the answer.
Headings, bullets and letters are drawn for each row, so a model learns to read lists and not one kind of list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.hashing import redraw
from instructkit.records.lists import list_lengths
from instructkit.records.schema import repeat
from instructkit.templating.prompting.symbols import symbols

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

JOINERS = {"en": (", ", " or "), "zh": ("、", "或")}

BULLETS = ("- ", "* ", "• ", "+ ", "> ", "")
LETTERS = {
    "en": (("(", ") "), ("", ". "), ("", ") "), ("[", "] "), ("", ": ")),
    "zh": (("", ". "), ("", "、"), ("（", "）"), ("(", ") "), ("", "：")),
}
HEADINGS = {
    "en": {
        "words": ("Options:", "Choose one of these:", "Pick your answer from the list.", "Possible answers:",
                  "Choices:", "Select one:", "The answer is one of the following:"),
        "letters": ("Options (answer with the letter):", "Which one? Give only its letter.", "Reply with one letter.",
                    "Choices, to be answered by letter:", "Answer with the letter of the right option."),
        "both": ("Options (give the letter and the text):", "Copy the right line.",
                 "Write the option you choose, with its letter.", "Which line is right? Repeat it in full."),
    },
    "zh": {
        "words": ("选项：", "请从下列选项中选择：", "可选答案：", "答案是以下之一：", "备选项：", "从下面挑一个："),
        "letters": ("选项（只答字母）：", "请写出正确选项的字母。", "用一个字母作答：", "只需回答选项前的字母。"),
        "both": ("选项（写出字母和内容）：", "请完整写出所选的那一行。", "选哪一项？连同字母一起写出。"),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """The choices of each row: the words of all rows one after the other, and which of them is the answer."""

    words: pa.StringArray
    ends: Places  # where each row's words end; one more than the rows, from 0
    chosen: Places  # the answer's place in its row's list; -1 where it is none of them
    numbers: Places  # which of the task's labels each word is, or its place in the row's list

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def counts(self) -> Places:
        """How many choices each row has."""
        return np.diff(self.ends)

    @property
    def row_of(self) -> Places:
        """The row of each word."""
        return np.repeat(np.arange(len(self)), self.counts)

    @property
    def place_of(self) -> Places:
        """The place of each word in its row's list."""
        return np.arange(len(self.words)) - np.repeat(self.ends[:-1], self.counts)

    def take(self, rows: Places) -> "Choices":
        """The choices of some rows."""
        counts = self.counts[rows]
        ends = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(ends[-1]) - np.repeat(ends[:-1] - self.ends[rows], counts)
        return Choices(self.words.take(pa.array(places)), ends, self.chosen[rows], self.numbers[places])

    def shuffled(self, keys: Keys) -> "Choices":
        """The same choices in an order drawn for each row; the answer keeps its word."""
        rows = self.row_of
        draws = redraw(keys[rows] + self.place_of.astype(np.uint64), 0, "order of choices")
        order = np.lexsort((draws, rows))
        moved = np.empty(len(order), np.int64)
        moved[order] = self.place_of
        answers = np.where(self.chosen < 0, 0, self.chosen)
        at = np.minimum(self.ends[:-1] + answers, max(len(order) - 1, 0))
        chosen = np.where(self.chosen < 0, -1, moved[at] if len(order) else -1)
        return Choices(self.words.take(pa.array(order)), self.ends, chosen, self.numbers[order])

    def as_symbols(self, keys: Keys, labels: int) -> "Choices":
        """The choices under arbitrary names, which hang on the key alone: rows of one key share them.

        ``labels`` is how many the task has, whatever these rows show of them.
        """
        return replace(self, words=symbols(keys[self.row_of], self.numbers, labels))

    def answer(self) -> pa.StringArray:
        """The answer's word; null where there is none."""
        return self._at_answer(self.words)

    def _at_answer(self, values: pa.StringArray) -> pa.StringArray:
        there = self.chosen >= 0
        return values.take(pa.array(np.where(there, self.ends[:-1] + self.chosen, 0), mask=~there))

    def letters(self) -> pa.StringArray:
        """A letter for each word: A, B, ..., Z, AA, AB, ..."""
        most = int(self.counts.max(initial=0))
        return pa.array([letter(place) for place in range(most)], pa.string()).take(pa.array(self.place_of))

    def joined(self, words: pa.StringArray, separator: str) -> pa.StringArray:
        """Each row's words as one text."""
        lists = pa.ListArray.from_arrays(pa.array(self.ends.astype(np.int32)), words)
        return pc.binary_join(lists, separator)

    def running(self, words: pa.StringArray, language: str) -> pa.StringArray:
        """Each row's words in running text: "a, b or c"."""
        comma, last = JOINERS.get(language, JOINERS["en"])
        left = np.repeat(self.counts, self.counts) - self.place_of
        behind = pa.array(["", last, comma]).take(pa.array(np.minimum(left, 3) - 1))
        return self.joined(pc.binary_join_element_wise(words, behind, ""), "")


def letter(place: int) -> str:
    """The letter of a place from 0."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def of_lists(lists: pa.ListArray, chosen: Places) -> Choices:
    """The choices that rows bring themselves; those without a text are left out, after the answer has been found."""
    counts = list_lengths(lists)
    ends = np.concatenate([[0], np.cumsum(counts)])
    words = pc.fill_null(lists.flatten(), "")
    numbers = np.arange(len(words)) - np.repeat(ends[:-1], counts)
    says = pc.not_equal(pc.utf8_trim_whitespace(words), "").to_numpy(zero_copy_only=False)
    if says.all():
        return Choices(words, ends, chosen, numbers)
    before = np.concatenate([[0], np.cumsum(says)])  # how many words say something, up to each
    answer = ends[:-1] + np.maximum(chosen, 0)
    moved = np.where(chosen < 0, -1, before[np.minimum(answer, len(words))] - before[ends[:-1]])
    kept = np.flatnonzero(says)
    return Choices(words.take(pa.array(kept)), before[ends], moved, numbers[kept])


def of_labels(names: Sequence[str], chosen: Places, own: Sequence[int]) -> Choices:
    """The labels of a task; a row whose label is among ``own`` shows only those."""
    every = np.arange(len(names))
    mine = np.isin(chosen, own) if 0 < len(own) < len(names) else np.zeros(len(chosen), bool)
    lists = pa.array([every, np.array(own, np.int64)], pa.list_(pa.int64())).take(pa.array(mine.astype(np.int64)))
    counts = np.where(mine, len(own), len(names))
    numbers = lists.flatten().to_numpy(zero_copy_only=False).astype(np.int64)
    place = np.full(len(names) + 1, -1)
    place[list(own)] = np.arange(len(own))
    found = np.where(mine, place[chosen], chosen)
    ends = np.concatenate([[0], np.cumsum(counts)])
    return Choices(pa.array(names, pa.string()).take(pa.array(numbers)), ends, found, numbers)


@dataclass(frozen=True)
class Shown:
    """Choices as texts of each row: in running text, line by line, the answer, and a block of their own."""

    options: pa.StringArray
    option_lines: pa.StringArray
    answer: pa.StringArray
    block: pa.StringArray  # heading and lines, for a phrasing that shows none
    block_answer: pa.StringArray

    def values(self, role: str) -> Mapping[str, pa.StringArray]:
        """What a phrasing may insert."""
        return {"options": self.options, "option_lines": self.option_lines, role: self.answer}


def plainly(choices: Choices, language: str) -> Shown:
    """The choices as a pack's phrasings show them by themselves: after "- ", one a line."""
    lines = choices.joined(pc.binary_join_element_wise(pa.scalar("- "), choices.words, ""), "\n")
    empty = repeat("", len(choices))
    return Shown(choices.running(choices.words, language), lines, choices.answer(), empty, choices.answer())


def as_words(choices: Choices, language: str, keys: Keys) -> Shown:
    """The choices in a list of a drawn kind; the answer is a word."""
    bullet = _pick(keys, "bullet", len(BULLETS))
    marks = pa.array(BULLETS).take(pa.array(bullet[choices.row_of]))
    lines = choices.joined(pc.binary_join_element_wise(marks, choices.words, ""), "\n")
    heading = _heading(keys, language, "words")
    answer = choices.answer()
    block = pc.binary_join_element_wise(heading, lines, "\n")
    return Shown(choices.running(choices.words, language), lines, answer, block, answer)


def as_letters(choices: Choices, language: str, keys: Keys) -> Shown:
    """The choices under letters; the answer is the letter, or, where the heading asks for it, letter and word."""
    styles = LETTERS.get(language, LETTERS["en"])
    style = pa.array(_pick(keys, "letters", len(styles))[choices.row_of])
    letters = choices.letters()
    before, after = (pa.array([one[side] for one in styles]).take(style) for side in (0, 1))
    marked = pc.binary_join_element_wise(before, letters, after, choices.words, "")
    lines = choices.joined(marked, "\n")
    in_brackets = pc.binary_join_element_wise(pa.scalar("("), letters, pa.scalar(") "), choices.words, "")
    both = pa.array(_pick(keys, "letter or both", 2) == 1)
    heading = pc.if_else(both, _heading(keys, language, "both"), _heading(keys, language, "letters"))
    answer = choices._at_answer(letters)
    return Shown(
        choices.running(in_brackets, language),
        lines,
        answer,
        pc.binary_join_element_wise(heading, lines, "\n"),
        pc.if_else(both, choices._at_answer(marked), answer),
    )


def _pick(keys: Keys, what: str, number: int) -> Places:
    places: Places = (redraw(keys, 0, what) % np.uint64(number)).astype(np.int64)
    return places


def _heading(keys: Keys, language: str, kind: str) -> pa.StringArray:
    headings = HEADINGS.get(language, HEADINGS["en"])[kind]
    return pa.array(headings).take(pa.array(_pick(keys, f"heading {kind}", len(headings))))
