"""An example as the turns of a conversation.

Turns of the file that an example came from may carry more than a role and a text (a loss weight, calls of tools). Such
turns stand whole in an extra column, and are given again as they were, as long as they still say what the example says.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.layouts.turns import SAID, SPEAKER, NoExample, parse, turns_of
from instructkit.records.lists import list_lengths, lists_of
from instructkit.records.schema import TURN, repeat

CHATS = ("messages", "conversations", "conversation")  # the columns in which readers leave turns whole
MIXED = ("messages", "conversations")  # and those of turns of several shapes, as JSON
PAIR = ("prompt", "completion")
# the layouts of turns note in the template who spoke before the answer, where it was not the user
_ASKING = r"^(?:sharegpt|messages|conversation|prompt-completion-messages|conversation-tree):(?P<role>(?s:.*))$"

Turn = dict[str, Any]


def prompts(batch: pa.RecordBatch, joiner: str) -> pa.StringArray:
    """Instruction and input as one text: the input, where there is one, stands behind the joiner."""
    instruction, given = batch.column("instruction"), batch.column("input")
    empty = pc.equal(given, "")
    if pc.all(empty).as_py() is not False:
        return instruction
    joined = pc.binary_join_element_wise(instruction, given, joiner)
    return pc.if_else(empty, instruction, joined)


def asking_roles(template: pa.StringArray) -> pa.StringArray:
    """Who spoke before the answer: the user, or whom a layout of turns has noted in the template."""
    found = pc.struct_field(pc.extract_regex(template, _ASKING), "role")
    return pc.fill_null(found, "user")


def conversations(batch: pa.RecordBatch, joiner: str, *, system: bool = True) -> pa.ListArray:
    """Each example's turns, list<struct<role, content>>: its system prompt, where there is one, its history, what is
    asked, the answer. Without ``system`` the prompt is left out.
    """  # fmt: skip
    rows = batch.num_rows
    prompt, history = batch.column("system"), batch.column("history")
    earlier = history.flatten()
    every = np.arange(rows)
    has_system = pc.not_equal(prompt, "").to_numpy(zero_copy_only=False) if system else np.zeros(rows, bool)
    lengths = list_lengths(history)
    # the places of all turns in one pool, sorted by their row and then by what they are
    owner = np.concatenate([every[has_system], np.repeat(every, lengths), every, every])
    pool = np.concatenate([every[has_system], rows + np.arange(len(earlier)), rows + len(earlier) + every,
                           2 * rows + len(earlier) + every])  # fmt: skip
    order = np.argsort(owner, kind="stable")
    roles = [repeat("system", rows), pc.struct_field(earlier, "role"), asking_roles(batch.column("template")),
             repeat("assistant", rows)]  # fmt: skip
    texts = [prompt, pc.struct_field(earlier, "content"), prompts(batch, joiner), batch.column("output")]
    parts = [pa.concat_arrays([pc.fill_null(one, "") for one in column]) for column in (roles, texts)]
    turns = pa.StructArray.from_arrays([part.take(pa.array(pool[order])) for part in parts], fields=list(TURN))
    return lists_of(has_system + lengths + 2, turns)


def whole_columns(schema: pa.Schema) -> tuple[str, ...]:
    """The extra columns that hold turns with more than role and text, as readers leave them; none in most streams."""
    for name in CHATS:
        if name in schema.names and _is_more(schema.field(name)):
            return (name,)
    kinds = [schema.field(name).type for name in PAIR if name in schema.names]
    pair = len(kinds) == len(PAIR) and all(map(_holds_turns, kinds)) and any(map(more_keys, kinds))
    return PAIR if pair else ()


def _is_more(field: pa.Field) -> bool:
    if pa.types.is_string(field.type):
        return field.name in MIXED
    return _holds_turns(field.type) and bool(more_keys(field.type))


def _holds_turns(kind: pa.DataType) -> bool:
    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return False
    names = {child.name for child in kind.value_type}
    return bool(names & set(SPEAKER)) and bool(names & set(SAID))


def more_keys(kind: pa.DataType) -> list[pa.Field]:
    """What turns of this type carry beside role and text."""
    return [] if pa.types.is_string(kind) else [child for child in kind.value_type if child.name not in SPEAKER + SAID]


def whole_turns(batch: pa.RecordBatch, names: tuple[str, ...], said: list[list[Turn]]) -> list[list[Turn] | None]:
    """Each example's turns with all their keys; None where the whole turns say something else by now.

    ``said`` are the example's own turns. A turn is given under the keys role and content; beside them stands what else
    it carried. An example of an earlier answer takes the turns up to that.
    """
    columns = [batch.column(name).to_pylist() for name in names]
    return [_whole(own, parts) for own, parts in zip(said, zip(*columns, strict=True), strict=True)]


def _whole(own: list[Turn], parts: tuple[Any, ...]) -> list[Turn] | None:
    turns: list[Turn] = []
    try:
        for part in parts:
            found = parse(part) if isinstance(part, str) else part
            if not isinstance(found, list) or not all(isinstance(turn, dict) for turn in found):
                return None
            turns += found
        plain = list(turns_of(turns))
    except (ValueError, NoExample):
        return None
    wanted = [(turn["role"], turn["content"]) for turn in own]
    first = own[:1] if wanted[0][0] == "system" and plain[:1] != wanted[:1] else []  # it stood in a column of its own
    rest = wanted[len(first) :]
    if plain[: len(rest)] != rest:
        return None
    return [*first, *(_turn(turn, *one) for turn, one in zip(turns, rest, strict=False))]


def _turn(turn: Turn, role: str, content: str) -> Turn:
    """A turn under two names, and what else it carries; no text stays none."""
    silent = all(turn.get(key) is None for key in SAID)
    more = {key: value for key, value in turn.items() if key not in SPEAKER + SAID}
    return {"role": role, "content": None if silent else content, **more}
