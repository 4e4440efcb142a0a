"""Rows of turns: sharegpt in both dialects, messages, a prompt and a completion of turns."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.containers.text_out import AS_JSON, SPARSE
from instructkit.records.exporting.conversation import conversations, more_keys, whole_turns
from instructkit.records.exporting.settings import ExportSettings
from instructkit.records.lists import list_lengths, list_starts, lists_of

HUMAN_GPT = {"user": "human", "assistant": "gpt"}  # all other roles are the same in both dialects

Turn = dict[str, Any]


def keys(settings: ExportSettings) -> tuple[str, str]:
    """What a turn's speaker and text are called."""
    return ("from", "value") if settings.to == "sharegpt" and settings.dialect == "human-gpt" else ("role", "content")


def turn_fields(schema: pa.Schema, settings: ExportSettings, whole: tuple[str, ...]) -> list[pa.Field]:
    """The columns of turns, with what the turns of the file carried beside role and text."""
    names = {"sharegpt": ["conversations"], "openai": ["messages"]}.get(settings.to) or (
        ["messages"] if settings.shape == "messages" else ["prompt", "completion"]
    )
    more = _more_fields([schema.field(name).type for name in whole])
    if more is None:
        return [pa.field(name, pa.string(), metadata=AS_JSON) for name in names]
    turn = pa.struct([*((key, pa.string()) for key in keys(settings)), *more])
    return [pa.field(name, pa.list_(turn), metadata=SPARSE if more else None) for name in names]


def _more_fields(kinds: list[pa.DataType]) -> list[pa.Field] | None:
    """What turns of these types carry beside role and text; None where that has no one type, and stays JSON."""
    if any(map(pa.types.is_string, kinds)):
        return None
    try:
        found = pa.unify_schemas([pa.schema(more_keys(kind)) for kind in kinds] or [pa.schema([])],
                                 promote_options="permissive")  # fmt: skip
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    return list(found)


def turn_columns(
    batch: pa.RecordBatch, settings: ExportSettings, whole: tuple[str, ...], fields: list[pa.Field]
) -> tuple[dict[str, pa.Array], list[list[Turn]] | None, int]:
    """The columns of turns; with them the turns themselves where they have more keys, and how many rows lost such.

    Rows lose the keys where a step has changed their text, so that the whole turns say something else.
    """
    as_key = settings.to == "sharegpt" and settings.system == "key"
    plain = conversations(batch, settings.joiner, system=not as_key)
    if not whole:
        return _plain_columns(plain, settings, fields), None, 0
    said = plain.to_pylist()
    found = whole_turns(batch, whole, said)
    turns = [own if one is None else one for own, one in zip(said, found, strict=True)]
    speaker, text = keys(settings)
    renamed = [[_renamed(turn, speaker, text) for turn in row] for row in turns]
    parts = [renamed] if len(fields) == 1 else [[row[:-1] for row in renamed], [row[-1:] for row in renamed]]
    columns = {}
    for field, part in zip(fields, parts, strict=True):
        values = [json.dumps(row, ensure_ascii=False) for row in part] if pa.types.is_string(field.type) else part
        columns[field.name] = pa.array(values, field.type)
    return columns, turns, sum(one is None for one in found)


def _renamed(turn: Turn, speaker: str, text: str) -> Turn:
    role = HUMAN_GPT.get(turn["role"], turn["role"]) if speaker == "from" else turn["role"]
    more = {key: value for key, value in turn.items() if key not in ("role", "content") and value is not None}
    return {speaker: role, text: turn["content"], **more}


def _plain_columns(turns: pa.ListArray, settings: ExportSettings, fields: list[pa.Field]) -> dict[str, pa.Array]:
    flat = turns.flatten()
    role, content = pc.struct_field(flat, "role"), pc.struct_field(flat, "content")
    if keys(settings)[0] == "from":
        for ours, theirs in HUMAN_GPT.items():
            role = pc.if_else(pc.equal(role, ours), theirs, role)
    named = pa.StructArray.from_arrays([role, content], fields=list(fields[0].type.value_type))
    lengths = list_lengths(turns)
    if len(fields) == 1:
        return {fields[0].name: lists_of(lengths, named)}
    last = np.zeros(len(named), bool)
    last[list_starts(lengths) + lengths - 1] = True
    asked = lists_of(lengths - 1, named.filter(pa.array(~last)))
    answer = lists_of(np.ones(len(lengths), np.int64), named.filter(pa.array(last)))
    return {fields[0].name: asked, fields[1].name: answer}
