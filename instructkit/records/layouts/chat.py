"""Conversations: an answer is the output, the turn before it the instruction, what came before the history.

The last answer makes an example, or each of them (``every_turn``).
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.records.hashing import row_ids
from instructkit.records.layouts.layout import BadRow, Converted, Layout
from instructkit.records.schema import CONTENT, HISTORY, as_text, repeat

ROLES = {
    "human": "user",
    "user": "user",
    "prompter": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "system": "system",
}
SPEAKER = ("role", "from")
SAID = ("content", "value", "text")

MOST_HELD = 1 << 27  # characters in the histories of one conversation's examples: they grow by its square
TURN_COST = 100  # what a turn takes beside its text, in characters

Turn = tuple[str, str]
Example = tuple[str, list[Turn], Turn, str]  # system prompt, history, the asking turn, the answer


class NoExample(Exception):
    """A conversation that makes no example: a rule and what was found."""

    def __init__(self, rule: str, found: str) -> None:
        super().__init__(found)
        self.rule, self.found = rule, found


def turns_of(conversation: Iterable[dict[str, Any] | None]) -> Iterator[Turn]:
    """A conversation's turns as (role, text), in one dialect; raises `NoExample` at one that holds no text."""
    for turn in conversation:
        if turn is None:
            raise NoExample("not_text", "a turn is null")
        speaker = next((str(turn[key]) for key in SPEAKER if turn.get(key) is not None), "")
        said = next((turn[key] for key in SAID if turn.get(key) is not None), None)
        yield ROLES.get(speaker.lower(), speaker.lower()), _text(said)


def read_turns(conversation: Iterable[dict[str, Any] | None] | None) -> list[Turn]:
    """All turns of a conversation."""
    return list(turns_of(conversation or []))


def read_history(value: Any) -> list[dict[str, str]]:
    """Earlier turns as they come: turns, question-answer pairs, texts that take turns, or any of it as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except ValueError:
            value = [value]
    turns: list[dict[str, str]] = []
    for turn in value if isinstance(value, list) else []:
        if isinstance(turn, dict):
            turns += [{"role": role or "user", "content": text} for role, text in read_turns([turn])]
            continue
        for text in turn if isinstance(turn, list) else [turn]:
            if text is not None:
                asks = not turns or turns[-1]["role"] == "assistant"
                turns.append({"role": "user" if asks else "assistant", "content": str(text)})
    return turns


def _text(said: Any) -> str:
    """A turn's text; OpenAI's list of parts is joined."""
    if said is None:
        return ""
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        parts = [part.get("text") or part.get("value") if isinstance(part, dict) else part for part in said]
        if all(isinstance(part, str) for part in parts):
            return "".join(map(str, parts))
    raise NoExample("not_text", "a turn holds something other than text (an image, a call)")


def split_turns(turns: list[Turn]) -> Example:
    """System prompt, history, the asking turn, the answer; raises `NoExample` where one is missing."""
    system = ""
    if turns and turns[0][0] == "system":
        system, turns = turns[0][1], turns[1:]
    if not turns:
        raise NoExample("no_turns", "the conversation is empty")
    if turns[-1][0] != "assistant":
        raise NoExample("no_answer", f"the last turn is the {turns[-1][0] or 'unknown'}'s")
    if not turns[-1][1].strip():
        raise NoExample("no_answer", "the last answer is empty")
    if len(turns) < 2 or not turns[-2][1].strip():
        raise NoExample("no_instruction", "nothing is asked before the answer")
    return system, turns[:-2], turns[-2], turns[-1][1]


Made = tuple[list[Example], list[NoExample]]  # a conversation's examples, and what is missing to others


def last_answer(turns: Iterable[Turn]) -> Made:
    """The example of the last answer."""
    try:
        return [split_turns(list(turns))], []
    except NoExample as missing:
        return [], [missing]


def every_answer(turns: Iterable[Turn]) -> Made:
    """An example for each answer; one that is empty, or to nothing, is missing alone, and stays in the histories.

    Behind a turn that holds no text nothing more is made.
    """
    before: list[Turn] = []
    found: list[Example] = []
    missing: list[NoExample] = []
    size = held = 0
    try:
        for number, turn in enumerate(turns, 1):
            before.append(turn)
            size += len(turn[1]) + TURN_COST
            if turn[0] != "assistant":
                continue
            held += size
            if held > MOST_HELD:
                raise NoExample("too_many_turns", f"the histories from turn {number} on would fill the memory")
            try:
                found.append(split_turns(before))
            except NoExample as one:
                missing.append(NoExample(one.rule, f"turn {number}: {one.found}"))
        if not before or before[-1][0] != "assistant":
            split_turns(before)
    except NoExample as one:
        missing.append(one)
    return found, missing


def _build(name: str, split: list[Example]) -> dict[str, pa.Array]:
    return {
        "system": pa.array([system for system, _, _, _ in split], pa.string()),
        "history": pa.array(
            [[{"role": role, "content": text} for role, text in history] for _, history, _, _ in split],
            HISTORY,
        ),
        "instruction": pa.array([asked[1] for _, _, asked, _ in split], pa.string()),
        "output": pa.array([answer for _, _, _, answer in split], pa.string()),
        # the template tells where a tool's result, not the user, stands before the answer
        "template": pa.array([name if asked[0] == "user" else f"{name}:{asked[0]}" for _, _, asked, _ in split]),
    }


def _conversion(name: str, columns: tuple[str, ...], every: bool = False) -> Callable[[pa.RecordBatch], Converted]:
    make = every_answer if every else last_answer

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
        values = _build(name, split)
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
            conversation = json.loads(conversation)
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
        # turns that carry more than role and text (a loss weight) stay whole beside the example
        kind = schema.field(column).type
        whole = not pa.types.is_string(kind) and _extra_keys(kind)
        return _own(schema) if whole else [column, *_own(schema)]

    return Layout(name, why, used, _conversion(name, (column,)), _conversion(name, (column,), every=True))


def _why_conversational(schema: pa.Schema) -> str | None:
    names = ("prompt", "completion")
    if all(name in schema.names and _is_chat(schema.field(name).type) for name in names):
        return "its columns prompt and completion hold turns"
    return None


CONVERSATIONAL = Layout(
    "prompt-completion-messages",
    _why_conversational,
    lambda schema: ["prompt", "completion", *_own(schema)],
    _conversion("prompt-completion-messages", ("prompt", "completion")),
    _conversion("prompt-completion-messages", ("prompt", "completion"), every=True),
)


def _why_tree(schema: pa.Schema) -> str | None:
    if "message_tree_id" in schema.names and "prompt" in schema.names:
        return "it has the columns message_tree_id and prompt"
    return None


def _turn(node: dict[str, Any]) -> Turn:
    return ROLES.get(str(node.get("role")), str(node.get("role"))), str(node.get("text") or "")


def _paths(node: dict[str, Any], before: list[Turn]) -> Iterator[list[Turn]]:
    """Each way from the tree's root to a last answer, once."""
    here = [*before, _turn(node)]
    further = [path for reply in node.get("replies") or [] for path in _paths(reply, here)]
    if further:
        yield from further
    elif here[-1][0] == "assistant":
        yield here


def _answers(node: dict[str, Any], before: list[Turn]) -> Iterator[list[Turn]]:
    """The way from the tree's root to each answer, once."""
    here = [*before, _turn(node)]
    if here[-1][0] == "assistant":
        yield here
    for reply in node.get("replies") or []:
        yield from _answers(reply, here)


def _tree_conversion(walk: Callable[[dict[str, Any], list[Turn]], Iterator[list[Turn]]]) -> Callable[
    [pa.RecordBatch], Converted
]:  # fmt: skip
    def convert(batch: pa.RecordBatch) -> Converted:
        split: list[Example] = []
        rows: list[int] = []
        bad: list[BadRow] = []
        for row, tree in enumerate(batch.column("prompt").to_pylist()):
            try:
                root = json.loads(tree) if isinstance(tree, str) else tree
                made = [last_answer(path) for path in walk(root or {}, [])]
            except (ValueError, AttributeError, RecursionError) as error:
                bad.append((row, "not_a_tree", type(error).__name__))
                continue
            if not made:
                bad.append((row, "no_answer", "the tree holds no answer"))
            for found, missing in made:
                split += found
                rows += [row] * len(found)
                bad += [(row, one.rule, one.found) for one in missing]
        values = _build("conversation-tree", split)
        # all paths are of one raw row
        values["parent"] = batch.column("message_tree_id").take(pa.array(rows, pa.int64()))
        return Converted(values, np.array(rows, np.int64), bad)

    return convert


TREE = Layout(
    "conversation-tree", _why_tree, lambda _: ["prompt"], _tree_conversion(_paths), _tree_conversion(_answers)
)

CHAT = [
    _chat("sharegpt", "conversations"),
    _chat("messages", "messages"),
    _chat("conversation", "conversation", mixed=False),  # a text of that name is as often one dialogue to summarize
    CONVERSATIONAL,
    TREE,
]
