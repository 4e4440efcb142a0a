"""Finished examples turned round, a batch at a time: by the phrasing that made a row, where that is known, else by what
an example is: instruction, input, output, earlier turns.
"""

import functools
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.layouts import LAYOUTS
from instructkit.records.lists import list_lengths
from instructkit.templating.inversion.derive import Derived, derived, pack_of
from instructkit.templating.inversion.general import by_kind
from instructkit.templating.inversion.inverse_templates import InverseTemplates, inversion_of
from instructkit.templating.inversion.kinds import MARK, InversePhrasing
from instructkit.templating.inversion.pieces import Piece, Turned, over, put, some, together
from instructkit.templating.inversion.recovering import PARTS, Recovery
from instructkit.templating.library.packs import Pack, Role
from instructkit.templating.prompting.shots import DEMONSTRATIONS
from instructkit.templating.templates import Mask, Places

INVERTED, NOT_ASKED = "it is inverted already", "the turn before the answer is not the user's"
DEMONSTRATED = "it shows demonstrations"

_NONE = r"\A\s*(\[\s*\]|null)?\s*\z"  # no demonstrations, as a file of plain texts has them


def turn(batch: pa.RecordBatch, seed: int) -> Turned:
    """Turn the rows of a batch of examples round.

    Which phrasing a row gets is drawn from the seed and its texts.
    """
    known, why_not = _origins(batch)
    plain = list_lengths(batch.column("history")) == 0
    shown = _demonstrated(batch)
    pieces: list[Piece] = []
    general = np.ones(batch.num_rows, bool)
    for reason, codes in why_not.items():
        general[codes] = False
        pieces.append(Piece.none(codes, reason))
    demonstrated = np.flatnonzero(shown & general)
    pieces.append(Piece.none(demonstrated, DEMONSTRATED))
    general[demonstrated] = False
    for task, numbers in known.items():
        rows = np.flatnonzero((numbers >= 0) & general & plain)
        if len(rows):
            piece, read = _by_phrasing(batch, task, rows, numbers[rows], seed)
            pieces.append(piece)
            general[rows[read]] = False
    rest = np.flatnonzero(general)
    if len(rest):
        pieces.append(by_kind(batch, rest, seed))
    return together(pieces)


def _origins(batch: pa.RecordBatch) -> tuple[dict[str, Places], dict[str, Places]]:
    """By task, the number of the phrasing that made each row, or -1; and the rows that can't be turned round at all."""
    encoded = batch.column("template").dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    known: dict[str, Places] = {}
    refused: dict[str, list[int]] = {}
    for code, name in enumerate(encoded.dictionary.to_pylist()):
        task, _, phrasing = name.partition("/")
        if f"/{MARK}" in name:
            refused.setdefault(INVERTED, []).append(code)
        elif ":" in name and name.partition(":")[0] in LAYOUTS:  # behind it stands whose turn was answered
            refused.setdefault(NOT_ASKED, []).append(code)
        elif phrasing:
            numbers = _numbers(task)
            if phrasing in numbers:
                table = known.setdefault(task, np.full(len(encoded.dictionary), -1))
                table[code] = numbers[phrasing]
    return ({task: table[codes] for task, table in known.items()},
            {why: np.flatnonzero(np.isin(codes, some)) for why, some in refused.items()})  # fmt: skip


@functools.lru_cache(maxsize=1024)  # names of tasks that nobody knows have no end
def _numbers(task: str) -> dict[str, int]:
    pack = pack_of(task)
    return {} if pack is None else {phrasing.name: number for number, phrasing in enumerate(pack.phrasings)}


def _demonstrated(batch: pa.RecordBatch) -> Mask:
    """Whether each row has something in the column of demonstrations, which CSV makes a text."""
    if DEMONSTRATIONS.name not in batch.schema.names:
        return np.zeros(batch.num_rows, bool)
    column = batch.column(DEMONSTRATIONS.name)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return list_lengths(column) > 0
    filled = column.is_valid()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        filled = pc.fill_null(pc.invert(pc.match_substring_regex(column, _NONE)), False)
    found: Mask = filled.to_numpy(zero_copy_only=False)
    return found


def _by_phrasing(batch: pa.RecordBatch, task: str, rows: Places, numbers: Places, seed: int) -> tuple[Piece, Mask]:
    """Turn rows round that known phrasings made; also which of them hold what their phrasing would say."""
    turned = derived(task)
    if not turned.inversions:
        return Piece.none(rows, turned.why_none), np.ones(len(rows), bool)
    recovery, templates, languages = _templates(task)
    values, read = recovery.recover({name: some(batch.column(name), rows) for name in PARTS}, numbers)
    if not read.all():
        values = {name: column.filter(pa.array(read)) for name, column in values.items()}
    if "options" in values:  # lists of choices in one line or in several are one role here
        lines = values.get("option_lines")
        values["option_lines"] = values["options"] if lines is None else pc.coalesce(lines, values["options"])
    columns = {name: values[name] for name in templates.filling}
    return put(templates, columns, languages[numbers[read]], rows[read], seed), read


@functools.cache
def _templates(task: str) -> tuple[Recovery, InverseTemplates, Places]:
    """How a task's phrasings are read back, the inverted ones over plain texts, and the language of each phrasing."""
    pack = pack_of(task)
    assert pack is not None  # noqa: S101 - its rows are known
    recovery = Recovery.of(pack)
    texts = as_texts(derived(task), pack)
    places = np.array([texts.languages.index(one.language) for one in pack.phrasings], np.int64)
    names = [name for name in texts.roles if name in recovery.names or name == "option_lines"]
    return recovery, over(texts, names), places


def as_texts(turned: Derived, pack: Pack) -> Pack:
    """The pack turned round over texts as they were said: a label is its word, a list of choices its lines."""
    roles = {
        role.name: Role(role.name, role.about, optional=True, always=role.optional and role.always, called=role.called)
        for role in pack.roles.values()
        if not role.is_list
    }
    lists = {role.name for role in pack.roles.values() if role.is_list}
    if lists:
        roles["option_lines"] = Role("option_lines", "the choices, one a line", optional=True)
    phrasings = []
    for one in turned.pack.phrasings:
        assert isinstance(one, InversePhrasing)  # noqa: S101 - `derive` made it
        inversion = inversion_of(one)
        given = tuple("option_lines" if name in lists else name for name in inversion.given)
        phrasings.append(replace(one, inversion=replace(inversion, given=given)))
    return replace(turned.pack, roles=roles, phrasings=tuple(phrasings))
