"""Inverted phrasings over a source's columns: those of a pack, put only where they ask for enough, from enough.

What is asked for must not stand in the prompt, a prompt must say more than a word or a number, and an answer too.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.records.lists import list_lengths, lists_of
from instructkit.templating.inversion.folding import says_enough, stands_in
from instructkit.templating.inversion.kinds import InversePhrasing, Inversion
from instructkit.templating.library.packs import Phrasing
from instructkit.templating.pack_templates import Filled, PackTemplates
from instructkit.templating.templates import Keys, Mask, Places, Texts

RULE = "not_invertible"
SHORT_ANSWER = "what would be asked for is too short"
SHORT_PROMPT = "what would be given is too short"
GIVEN_AWAY = "what would be asked for stands in what is given"
SHOWN = "what would be asked for stands in a demonstration"
LACKING = "what the missing text could be told from is not there"
MOST = 60  # optional roles and inversions, a bit each; the rest of 64 are for the language and the choices
LANGUAGE = "instructkit: language"  # a column of a batch: the language of each row as a place among the pack's


@dataclass
class InverseFilled(Filled):
    """The roles' values, and which inversions each row may have, as bits."""

    allowed: Places = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True)
class InverseTemplates(PackTemplates):
    """Templates of a pack turned round.

    Raises `UsageError` where there are more columns and ways to ask than a row's bits can tell apart.
    """

    def __post_init__(self) -> None:
        number = len(self._optional) + len(self.inversions)
        if number > MOST:
            raise UsageError(
                f"{self.pack.task} can't be inverted: its columns and ways to ask are {number} together, and {MOST} "
                "is the most; choose fewer templates with --template"
            )

    @property
    def task(self) -> str:
        """The pack's name, marked."""
        return f"{self.pack.task}-inverted"

    @functools.cached_property
    def inversions(self) -> tuple[Inversion, ...]:
        """What the phrasings ask for, each once."""
        return tuple(dict.fromkeys(map(inversion_of, self.phrasings)))

    @functools.cached_property
    def _bit(self) -> dict[Inversion, int]:
        return {inversion: place for place, inversion in enumerate(self.inversions)}

    def fill(self, batch: pa.RecordBatch) -> InverseFilled:
        """Evaluate the roles, and find the rows that no inversion suits."""
        filled = InverseFilled(**vars(super().fill(batch)))
        allowed = np.zeros(batch.num_rows, np.int64)
        why = np.full(batch.num_rows, LACKING, object)
        enough: dict[str, Mask] = {}
        for place, inversion in enumerate(self.inversions):
            refused = np.zeros(batch.num_rows, bool)
            there = np.ones(batch.num_rows, bool)
            for name in (inversion.asked, inversion.main, *inversion.given):
                there &= filled.has[name]
            for said, fails in self._tests(filled, inversion, enough):
                why[there & fails & ~refused] = said
                refused |= fails
            allowed |= (there & ~refused).astype(np.int64) << place
        filled.allowed = allowed
        known = {row for row, *_ in filled.bad}
        filled.bad += [(row, RULE, str(why[row]), "") for row in np.flatnonzero(allowed == 0).tolist()
                       if row not in known]  # fmt: skip
        return filled

    def _languages(self, batch: pa.RecordBatch, texts: pa.StringArray) -> Places:
        if LANGUAGE not in batch.schema.names:
            return super()._languages(batch, texts)
        known: Places = batch.column(LANGUAGE).to_numpy()
        return known

    def _tests(self, filled: Filled, inversion: Inversion, enough: dict[str, Mask]) -> list[tuple[str, Mask]]:
        """Each reason why rows can't be turned round so, with those rows."""
        for name in (inversion.asked, inversion.main) if inversion.alone else (inversion.asked,):
            if name not in enough:
                enough[name] = says_enough(filled.roles[name])
        tests = [(SHORT_ANSWER, ~enough[inversion.asked])]
        if inversion.alone:
            tests.append((SHORT_PROMPT, ~enough[inversion.main]))
        near = inversion.watched
        if len(self.inversions) > 1:  # with one alone the prompt itself shows it soon enough
            near = (*near, inversion.main, *inversion.given)
        texts = [filled.roles[name] for name in near if name in filled.roles]
        if texts:
            tests.append((GIVEN_AWAY, stands_in(filled.roles[inversion.asked], texts)))
        return tests

    def _kinds(self, filled: Filled) -> Places:
        assert isinstance(filled, InverseFilled)  # noqa: S101 - `fill` made it
        return super()._kinds(filled) + (filled.allowed << len(self._optional))

    def _filled(self, phrasing: Phrasing, kind: int) -> bool:
        allowed = kind >> (len(self._optional) + self._bit[inversion_of(phrasing)]) & 1
        return bool(allowed) and super()._filled(phrasing, kind)

    def render(self, filled: Filled, rows: Places, numbers: Places, keys: Keys, options: Mask | None) -> Texts:
        """Put phrasings to rows; a row whose answer the whole prompt gives away fails."""
        texts = super().render(filled, rows, numbers, keys, options)
        for row in np.flatnonzero(stands_in(texts.output, [texts.instruction, texts.input])).tolist():
            texts.failed.setdefault(row, (RULE, GIVEN_AWAY, ""))
        return texts

    def shown(self, texts: Mapping[str, pa.Array]) -> dict[int, tuple[str, str, str]]:
        """The examples whose answer stands in the demonstrations put before them, and why they can't be."""
        given = [texts["instruction"], texts["input"]]
        if "history" in texts:
            given.insert(0, turns_in(texts["history"]))
        return dict.fromkeys(np.flatnonzero(stands_in(texts["output"], given)).tolist(), (RULE, SHOWN, ""))


def turns_in(history: pa.ListArray) -> pa.StringArray:
    """The texts of each row's earlier turns, one after the other."""
    contents = pc.fill_null(pc.struct_field(history.flatten(), "content"), "")
    return pc.binary_join(lists_of(list_lengths(history), contents), "\n")


def inversion_of(phrasing: Phrasing) -> Inversion:
    """What an inverted phrasing asks for."""
    assert isinstance(phrasing, InversePhrasing)  # noqa: S101 - these templates hold no others
    assert phrasing.inversion is not None  # noqa: S101
    return phrasing.inversion
