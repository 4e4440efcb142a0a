"""What becomes of some rows of a batch, and of all of them together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from instructkit.templating.inversion.inverse_templates import LACKING, LANGUAGE, InverseTemplates
from instructkit.templating.inversion.recovering import PARTS
from instructkit.templating.library.packs import Column, Pack
from instructkit.templating.phrase import Plan, render_drawn
from instructkit.templating.templates import Mask, Places


@dataclass
class Turned:
    """What became of a batch: the rows that were turned round, in order, with their texts, and why others were not."""

    rows: Places
    texts: Mapping[str, pa.StringArray]  # instruction, input, output, template
    keeps_dialogue: Mask  # of these rows: whether the turns before stay before it
    why_not: dict[int, str]


@dataclass
class Piece:
    """What became of some of the rows."""

    rows: Places
    texts: dict[str, pa.StringArray]
    why_not: dict[int, str]
    keeps_dialogue: Mask

    @classmethod
    def none(cls, rows: Places, reason: str) -> "Piece":
        """Nothing, for a reason."""
        empty = {name: pa.array([], pa.string()) for name in (*PARTS, "template")}
        return cls(rows[:0], empty, dict.fromkeys(rows.tolist(), reason), np.zeros(0, bool))


def over(pack: Pack, names: list[str]) -> InverseTemplates:
    """An inverted pack over columns that have the names of its roles."""
    return InverseTemplates(pack, {name: Column(name) for name in names}, None, pack.phrasings)


def put(
    templates: InverseTemplates, columns: Mapping[str, pa.StringArray], languages: Places, rows: Places, seed: int
) -> Piece:
    """Draw and put inverted phrasings to rows whose roles are given."""
    named = pa.RecordBatch.from_arrays([*columns.values(), pa.array(languages)], names=[*columns, LANGUAGE])
    filled = templates.fill(named)
    good = np.ones(len(rows), bool)
    good[[row for row, *_ in filled.bad]] = False
    plan = Plan("", templates, {}, per_row=1, max_chars=None, max_tokens=None, seed=seed)
    made, failed = render_drawn(filled, good, np.zeros(len(rows), np.uint64), None, plan)
    missing = good.copy()
    missing[made.rows] = False
    why = dict.fromkeys(np.flatnonzero(missing).tolist(), LACKING)
    why |= {row: value for row, _, value, _ in filled.bad} | {row: value for row, (_, value, _) in failed.items()}
    names = pa.array(list(templates.names), pa.string()).take(pa.array(made.numbers))
    texts = {part: made.texts[part] for part in PARTS} | {"template": names}
    return Piece(rows[made.rows], texts, {int(rows[row]): text for row, text in why.items()},
                  np.zeros(len(made.rows), bool))  # fmt: skip


def together(pieces: list[Piece]) -> Turned:
    """All pieces of a batch, by row."""
    why_not: dict[int, str] = {}
    for piece in pieces:
        why_not |= piece.why_not
    filled = [piece for piece in pieces if len(piece.rows)] or pieces[:1] or [Piece.none(np.zeros(0, np.int64), "")]
    rows = np.concatenate([piece.rows for piece in filled])
    texts = {name: pa.concat_arrays([piece.texts[name] for piece in filled]) for name in (*PARTS, "template")}
    keeps = np.concatenate([piece.keeps_dialogue for piece in filled])
    if len(filled) > 1:
        order = np.argsort(rows, kind="stable")
        rows, keeps = rows[order], keeps[order]
        texts = {name: column.take(pa.array(order)) for name, column in texts.items()}
    return Turned(rows, texts, keeps, dict(sorted(why_not.items())))


def some(column: pa.Array, rows: Places) -> pa.Array:
    """A column's values at some rows; the column itself where these are all."""
    return column if len(rows) == len(column) else column.take(pa.array(rows))
