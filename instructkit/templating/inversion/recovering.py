"""The roles of examples that a known phrasing made, read back from their texts.

A phrasing is literals and columns; a text that it made begins and ends with its first and last literal, and the others
part the columns. Where the parting literals could stand in more than one place the roles are not known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from instructkit.engine.worth import worth_compiling
from instructkit.templating.inversion.folding import FEW_ROWS
from instructkit.templating.library.packs import Pack, Phrasing
from instructkit.templating.rendering.render import template
from instructkit.templating.templates import Mask, Places

PARTS = ("instruction", "input", "output")

Pieces = tuple[tuple[bool, str], ...]  # is a role, its name or the literal's text


@dataclass(frozen=True)
class Recovery:
    """The phrasings of a pack as pieces, in three parts; None for one that can't be read back."""

    names: tuple[str, ...]  # of the roles, and of the lists of options
    phrasings: tuple[tuple[Pieces, Pieces, Pieces] | None, ...]

    @classmethod
    def of(cls, pack: Pack) -> "Recovery":
        """The phrasings of a pack."""
        found = tuple(map(_pieces, pack.phrasings))
        names = dict.fromkeys(text for parts in found for part in parts or () for is_role, text in part if is_role)
        return cls(tuple(names), found)

    def recover(self, columns: Mapping[str, pa.StringArray], numbers: Places) -> tuple[dict[str, pa.StringArray], Mask]:
        """The roles' values of rows made by the phrasings of these numbers, null where one has none; which were read.

        ``columns`` are the parts. Rendered again, a row's values give its very texts.
        """
        if worth_compiling(FEW_ROWS):
            from instructkit.templating.inversion.recovering_loops import recover

            return recover(self, [columns[name] for name in PARTS], numbers)
        values: dict[str, list[str | None]] = {name: [None] * len(numbers) for name in self.names}
        read = np.zeros(len(numbers), bool)
        texts = zip(*(columns[name].to_pylist() for name in PARTS), strict=True)
        for row, (number, parts) in enumerate(zip(numbers.tolist(), texts, strict=True)):
            phrasing = self.phrasings[number]
            found = None if phrasing is None else _read(phrasing, parts)
            if found is not None:
                read[row] = True
                for name, text in found.items():
                    values[name][row] = text
        return {name: pa.array(texts, pa.string()) for name, texts in values.items()}, read


def _pieces(phrasing: Phrasing) -> tuple[Pieces, Pieces, Pieces] | None:
    parts = [template(getattr(phrasing, part)).plain for part in PARTS]
    known: list[Pieces] = []
    for part in parts:
        if part is None:
            return None
        whole: list[tuple[bool, str]] = []
        for is_role, text in part:
            if is_role and whole and whole[-1][0]:
                return None  # where one role ends and the next begins can't be seen
            if not is_role and whole and not whole[-1][0]:
                whole[-1] = (False, whole[-1][1] + text)
            elif is_role or text:
                whole.append((is_role, text))
        known.append(tuple(whole))
    return known[0], known[1], known[2]


def _read(phrasing: Sequence[Pieces], parts: Iterable[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for pieces, text in zip(phrasing, parts, strict=True):
        spans = spans_of(pieces, text)
        if spans is None:
            return None
        names = [name for is_role, name in pieces if is_role]
        for name, (first, last) in zip(names, spans, strict=True):
            if found.setdefault(name, text[first:last]) != text[first:last]:
                return None
    return found


def spans_of(pieces: Pieces, text: str) -> list[tuple[int, int]] | None:
    """Where each role of a template stands in a text that it made; None where that can't be told, or it did not."""
    first, last = 0, len(text)
    inner = list(pieces)
    if inner and not inner[0][0]:
        if not text.startswith(inner[0][1]):
            return None
        first = len(inner.pop(0)[1])
    if inner and not inner[-1][0]:
        literal = inner.pop()[1]
        last -= len(literal)
        if last < first or not text.endswith(literal):
            return None
    if not inner:
        return [] if first == last else None
    between = [literal for is_role, literal in inner if not is_role]
    starts, ends = [first], []
    for literal in between:  # as far to the left as may be
        at = text.find(literal, starts[-1], last)
        if at < 0:
            return None
        ends.append(at)
        starts.append(at + len(literal))
    ends.append(last)
    edge = last
    for place in reversed(range(len(between))):  # and as far to the right: where they differ there are two readings
        edge = text.rfind(between[place], first, edge)
        if edge != ends[place]:
            return None
    return list(zip(starts, ends, strict=True))
