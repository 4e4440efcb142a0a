"""Conversations: an answer is the output, the turn before it the instruction, what came before the history.

The last answer makes an example, or each of them (``every_turn``).
"""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.records.hashing import row_ids
from instructkit.records.layouts.layout import BadRow, Converted, Layout
from instructkit.records.layouts.tree import TREE
from instructkit.records.layouts.turns import (
    SAID,
    SPEAKER,
    Example,
    NoExample,
    columns_of,
    every_answer,
    last_answer,
    last_question,
    parse,
    turns_of,
)
from instructkit.records.schema import CONTENT, as_text, repeat


def _conversion(
    name: str, columns: tuple[str, ...], every: bool = False, *, asking: bool = False
) -> Callable[[pa.RecordBatch], Converted]:
    make = every_answer if every else last_question if asking else last_answer

    def convert(batch: pa.RecordBatch) -> Converted:
        parts = [batch.column(column).to_pylist() for column in columns]
        split: list[Example] = []
        rows: list[int] = []
        bad: list[BadRow] = []
        for row, conversation in enumerate(zip(*parts, strict=True)):
            try:
                found, missing = make(turns_of([turn for part in conversation for turn in _as_list(part)]))
            except NoExample as nothing:
                found, missing = [], [nothing]
            split += found
            rows += [row] * len(found)
            bad += [(row, one.rule, one.found) for one in missing]
        values = columns_of(name, split)
        kept = np.array(rows, np.int64)
        for own in _own(batch.schema):
            given = batch.column(own).take(pa.array(kept))
            values[own] = _prefer(given, values["system"]) if own == "system" else given
        if every:
            values |= _named(values, rows)
        return Converted(values, kept, bad)

    return convert


def _named(values: dict[str, pa.Array], rows: list[int]) -> dict[str, pa.Array]:
    """Ids and parents of several examples of one conversation.

    The conversation's own id is their parent, and counts on in their ids (``ID-0``, ``ID-1``); without one the parent
    is the id that its last example alone would have.
    """
    number = len(rows)
    own = as_text(values.get("id"), number).to_pylist()
    parents = as_text(values.get("parent"), number).to_pylist()
    hashes = row_ids([values.get(name, repeat("", number)) for name in CONTENT], number).to_pylist()
    last = dict(zip(rows, hashes, strict=True))
    several = {row for one, row in itertools.pairwise(rows) if one == row}
    ids, seen = [], 0
    for place, row in enumerate(rows):
        seen = seen + 1 if place and rows[place - 1] == row else 0
        ids.append(f"{own[place]}-{seen}" if own[place] and row in several else own[place] or hashes[place])
        parents[place] = parents[place] or own[place] or last[row]
    return {"id": pa.array(ids, pa.string()), "parent": pa.array(parents, pa.string())}


def _as_list(conversation: Any) -> list[dict[str, Any]]:
    """A conversation's turns; one that shares its column with others of another shape comes as JSON."""
    if isinstance(conversation, str):
        try:
            conversation = parse(conversation)
        except UnicodeEncodeError:
            raise NoExample("not_text", "a turn holds half of a character (a lone surrogate)") from None
        except ValueError:
            raise NoExample("not_turns", "the conversation is a text, not turns") from None
    if conversation is None:
        return []
    if not isinstance(conversation, list) or not all(turn is None or isinstance(turn, dict) for turn in conversation):
        raise NoExample("not_turns", f"the conversation is a {type(conversation).__name__} without turns")
    return conversation


def _own(schema: pa.Schema) -> list[str]:
    """The columns beside the turns that are an example's own."""
    return [name for name in ("id", "system", "task", "source", "parent") if name in schema.names]


def _prefer(given: pa.Array, said: pa.Array) -> pa.Array:
    """The system prompt of the column and that of the conversation's first turn, where they are two."""
    pairs = zip(as_text(given).to_pylist(), said.to_pylist(), strict=True)
    return pa.array(["\n".join(dict.fromkeys(part for part in pair if part)) for pair in pairs], pa.string())


def _is_chat(kind: pa.DataType) -> bool:
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return False
    names = {child.name for child in kind.value_type}
    return bool(names & set(SPEAKER)) and bool(names & set(SAID))


def _extra_keys(kind: pa.DataType) -> set[str]:
    return {child.name for child in kind.value_type} - set(SPEAKER) - set(SAID)


def _used(schema: pa.Schema, *columns: str) -> list[str]:
    """The columns of turns and an example's own; turns that carry more than role and text stay whole beside it.

    Turns of several shapes, which come as JSON, may do so (a loss weight, calls of tools): `export` gives them back.
    """
    kinds = [schema.field(name).type for name in columns]
    whole = any(pa.types.is_string(kind) or _extra_keys(kind) for kind in kinds)
    return _own(schema) if whole else [*columns, *_own(schema)]


def _chat(name: str, column: str, mixed: bool = True) -> Layout:
    def why(schema: pa.Schema) -> str | None:
        if column not in schema.names:
            return None
        if mixed and pa.types.is_string(schema.field(column).type):
            return f"its column {column} holds values of several shapes, turns among them"
        if not _is_chat(schema.field(column).type):
            return None
        keys = [child.name for child in schema.field(column).type.value_type]
        return f"its column {column} holds turns of {' and '.join(keys[:2])}"

    def used(schema: pa.Schema) -> list[str]:
        return _used(schema, column)

    last, every, asking = (_conversion(name, (column,), **told) for told in ({}, {"every": True}, {"asking": True}))
    return Layout(name, why, used, last, every, asking=asking)


def _why_conversational(schema: pa.Schema) -> str | None:
    names = ("prompt", "completion")
    if all(name in schema.names and _is_chat(schema.field(name).type) for name in names):
        return "its columns prompt and completion hold turns"
    return None


CONVERSATIONAL = Layout(
    "prompt-completion-messages",
    _why_conversational,
    lambda schema: _used(schema, "prompt", "completion"),
    _conversion("prompt-completion-messages", ("prompt", "completion")),
    _conversion("prompt-completion-messages", ("prompt", "completion"), every=True),
)


CHAT = [
    _chat("sharegpt", "conversations"),
    _chat("messages", "messages"),
    _chat("conversation", "conversation", mixed=False),  # a text of that name is as often one dialogue to summarize
    CONVERSATIONAL,
    TREE,
]
