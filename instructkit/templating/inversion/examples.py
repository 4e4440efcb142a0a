"""Finished examples turned round, a batch at a time: by the phrasing that made a row, where that is known, else by what
an example is: instruction, input, output, earlier turns.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.lists import list_lengths, lists_of
from instructkit.records.script import is_chinese
from instructkit.templating.inversion.derive import Derived, derived, nouns
from instructkit.templating.inversion.inverse_templates import LACKING, LANGUAGE, InverseTemplates, inversion_of
from instructkit.templating.inversion.kinds import MARK, Given, InversePhrasing, Inversion, word_phrasings
from instructkit.templating.inversion.recovering import PARTS, Recovery
from instructkit.templating.library.packs import Column, Pack, Role, load_pack, tasks
from instructkit.templating.phrase import Plan, render_drawn
from instructkit.templating.prompting.shots import DEMONSTRATIONS
from instructkit.templating.templates import Mask, Places

LANGUAGES = ("en", "zh")
INVERTED, NOT_ASKED = "it is inverted already", "the turn before the answer is not the user's"
DEMONSTRATED, REFUSAL = "it shows demonstrations", "the answer is a refusal"

_CHATS = ("sharegpt", "messages", "prompt-completion-messages", "conversation-tree")
_QUESTION = r"[?？][”\"’')）]*\s*\z"
_REFUSAL = (
    r"(?i)^\W*(i('|’)?m (very |so )?sorry|i am sorry|sorry, (but )?i|i apologi[sz]e|as an ai\b|i('|’)?m (just )?an ai\b"
    r"|i (can('|’)?t|cannot|am unable to|('|’)?m unable to) (help|assist|fulfil|comply|provide|answer)"
    r"|unfortunately, (as an ai|i (can('|’)?t|cannot|do not|don('|’)?t))"
    r"|(我)?(很|非常|十分)?(抱歉|对不起|不好意思|遗憾)|(由于|因为)?我?(只)?(是|作为)(一[个名款位])?(人工智能|AI|语言模型|机器人))"
)
_OPENING = 100  # characters of an answer in which a refusal shows


@dataclass
class Turned:
    """What became of a batch: the rows that were turned round, in order, with their texts, and why others were not."""

    rows: Places
    texts: Mapping[str, pa.StringArray]  # instruction, input, output, template
    keeps_dialogue: Mask  # of these rows: whether the turns before stay before it
    why_not: dict[int, str]


def turn(batch: pa.RecordBatch, seed: int) -> Turned:
    """Turn the rows of a batch of examples round.

    Which phrasing a row gets is drawn from the seed and its texts.
    """
    known, why_not = _origins(batch)
    plain = list_lengths(batch.column("history")) == 0
    shown = _demonstrated(batch)
    pieces: list[_Piece] = []
    general = np.ones(batch.num_rows, bool)
    for reason, codes in why_not.items():
        general[codes] = False
        pieces.append(_Piece.none(codes, reason))
    demonstrated = np.flatnonzero(shown & general)
    pieces.append(_Piece.none(demonstrated, DEMONSTRATED))
    general[demonstrated] = False
    for task, numbers in known.items():
        rows = np.flatnonzero((numbers >= 0) & general & plain)
        if len(rows):
            piece, read = _by_phrasing(batch, task, rows, numbers[rows], seed)
            pieces.append(piece)
            general[rows[read]] = False
    rest = np.flatnonzero(general)
    if len(rest):
        pieces.append(_by_kind(batch, rest, seed))
    return _together(pieces)


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
        elif name.partition(":")[0] in _CHATS and ":" in name:
            refused.setdefault(NOT_ASKED, []).append(code)
        elif phrasing and task in tasks():
            numbers = _numbers(task)
            if phrasing in numbers:
                table = known.setdefault(task, np.full(len(encoded.dictionary), -1))
                table[code] = numbers[phrasing]
    return ({task: table[codes] for task, table in known.items()},
            {why: np.flatnonzero(np.isin(codes, some)) for why, some in refused.items()})  # fmt: skip


@functools.cache
def _numbers(task: str) -> dict[str, int]:
    return {phrasing.name: number for number, phrasing in enumerate(load_pack(task).phrasings)}


def _demonstrated(batch: pa.RecordBatch) -> Mask:
    place = batch.schema.get_field_index(DEMONSTRATIONS.name)
    if place < 0 or batch.schema.field(place).type != DEMONSTRATIONS.type:
        return np.zeros(batch.num_rows, bool)
    return list_lengths(batch.column(place)) > 0


@dataclass
class _Piece:
    """What became of some of the rows."""

    rows: Places
    texts: dict[str, pa.StringArray]
    why_not: dict[int, str]
    keeps_dialogue: Mask

    @classmethod
    def none(cls, rows: Places, reason: str) -> "_Piece":
        """Nothing, for a reason."""
        empty = {name: pa.array([], pa.string()) for name in (*PARTS, "template")}
        return cls(rows[:0], empty, dict.fromkeys(rows.tolist(), reason), np.zeros(0, bool))


def _by_phrasing(batch: pa.RecordBatch, task: str, rows: Places, numbers: Places, seed: int) -> tuple[_Piece, Mask]:
    """Turn rows round that known phrasings made; also which of them hold what their phrasing would say."""
    turned = derived(task)
    if not turned.inversions:
        return _Piece.none(rows, turned.why_none), np.ones(len(rows), bool)
    recovery, templates, languages = _templates(task)
    values, read = recovery.recover({name: _some(batch.column(name), rows) for name in PARTS}, numbers)
    if not read.all():
        values = {name: column.filter(pa.array(read)) for name, column in values.items()}
    if "options" in values:  # lists of choices in one line or in several are one role here
        lines = values.get("option_lines")
        values["option_lines"] = values["options"] if lines is None else pc.coalesce(lines, values["options"])
    columns = {name: values[name] for name in templates.filling}
    return _put(templates, columns, languages[numbers[read]], rows[read], seed), read


@functools.cache
def _templates(task: str) -> tuple[Recovery, InverseTemplates, Places]:
    """How a task's phrasings are read back, the inverted ones over plain texts, and the language of each phrasing."""
    pack = load_pack(task)
    recovery = Recovery.of(pack)
    texts = as_texts(derived(task), pack)
    places = np.array([texts.languages.index(one.language) for one in pack.phrasings], np.int64)
    names = [name for name in texts.roles if name in recovery.names or name == "option_lines"]
    return recovery, _over(texts, names), places


def _over(pack: Pack, names: list[str]) -> InverseTemplates:
    return InverseTemplates(pack, {name: Column(name) for name in names}, None, pack.phrasings)


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


def _by_kind(batch: pa.RecordBatch, rows: Places, seed: int) -> _Piece:
    """Turn rows round of which no phrasing is known."""
    instruction, given, output, system = (
        _some(batch.column(name), rows) for name in ("instruction", "input", "output", "system")
    )
    opening = pc.utf8_slice_codeunits(output, 0, _OPENING)
    refusal = _mask(pc.match_substring_regex(opening, _REFUSAL))
    history = batch.column("history").take(pa.array(rows))
    later = list_lengths(history) > 0
    has_input = _mask(pc.not_equal(pc.utf8_trim_whitespace(given), ""))
    question = _mask(pc.match_substring_regex(instruction, _QUESTION)) & ~has_input
    whole = pc.if_else(pa.array(has_input), pc.binary_join_element_wise(instruction, given, "\n\n"), instruction)
    columns = {
        "output": _where(~refusal, output),
        "instruction": _where(~later & ~question, instruction),
        "question": _where(~later & question, instruction),
        "input": _where(~later & has_input, given),
        "turn": _where(later, whole),
        "earlier": _where(later, pc.binary_join_element_wise(_turns(history), system, "\n")),
    }
    languages = is_chinese(instruction).astype(np.int64)
    piece = _put(_general(), columns, languages, rows, seed)
    piece.why_not |= dict.fromkeys(rows[refusal].tolist(), REFUSAL)
    piece.keeps_dialogue = later[np.searchsorted(rows, piece.rows)]
    return piece


@functools.cache
def _general() -> InverseTemplates:
    """The inversions of any example."""
    words = {
        "output": ("output", "输出"),
        "instruction": ("instruction", "指令"),
        "input": ("input", "输入"),
        "question": ("question", "问题"),
        "turn": ("message", "消息"),
        "earlier": ("earlier turns", "前面的对话"),
    }
    roles = {
        name: Role(name, english, optional=True, always=name == "input", called={"en": english, "zh": chinese})
        for name, (english, chinese) in words.items()
    }
    inversions = (
        Inversion("instruction", "instruction", "output", alone=True),
        Inversion("question-of-answer", "question", "output", alone=True),
        Inversion("instruction-of-both", "instruction", "output", ("input",)),
        Inversion("input", "input", "output", ("instruction",)),
        Inversion("user-turn", "turn", "output", alone=True, watched=("earlier",)),
    )

    def given(name: str) -> Given:
        return Given(nouns(roles[name]), f"{{{{ {name} }}}}")

    phrasings = [
        phrasing
        for one in inversions
        for phrasing in word_phrasings(one, nouns(roles[one.asked]), given("output"), tuple(map(given, one.given)))
    ]
    return _over(Pack("examples", "any example", roles, tuple(phrasings), ()), list(roles))


def _put(
    templates: InverseTemplates, columns: Mapping[str, pa.StringArray], languages: Places, rows: Places, seed: int
) -> _Piece:
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
    return _Piece(rows[made.rows], texts, {int(rows[row]): text for row, text in why.items()},
                  np.zeros(len(made.rows), bool))  # fmt: skip


def _together(pieces: list[_Piece]) -> Turned:
    why_not: dict[int, str] = {}
    for piece in pieces:
        why_not |= piece.why_not
    filled = [piece for piece in pieces if len(piece.rows)] or pieces[:1] or [_Piece.none(np.zeros(0, np.int64), "")]
    rows = np.concatenate([piece.rows for piece in filled])
    texts = {name: pa.concat_arrays([piece.texts[name] for piece in filled]) for name in (*PARTS, "template")}
    keeps = np.concatenate([piece.keeps_dialogue for piece in filled])
    if len(filled) > 1:
        order = np.argsort(rows, kind="stable")
        rows, keeps = rows[order], keeps[order]
        texts = {name: column.take(pa.array(order)) for name, column in texts.items()}
    return Turned(rows, texts, keeps, dict(sorted(why_not.items())))


def _some(column: pa.Array, rows: Places) -> pa.Array:
    """A column's values at some rows; the column itself where these are all."""
    return column if len(rows) == len(column) else column.take(pa.array(rows))


def _where(there: Mask, texts: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pa.array(there), texts, pa.scalar(None, pa.string()))


def _mask(values: pa.Array) -> Mask:
    found: Mask = values.to_numpy(zero_copy_only=False).astype(bool)
    return found


def _turns(history: pa.ListArray) -> pa.StringArray:
    """The texts of each row's earlier turns, one after the other."""
    contents = pc.fill_null(pc.struct_field(history.flatten(), "content"), "")
    return pc.binary_join(lists_of(list_lengths(history), contents), "\n")
