"""Conversations: the last answer is the output, the turn before it the instruction, the rest the history."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.records.layouts.layout import BadRow, Converted, Layout
from instructkit.records.schema import HISTORY, as_text

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

Turn = tuple[str, str]


class NoExample(Exception):
    """A conversation that makes no example: a rule and what was found."""

    def __init__(self, rule: str, found: str) -> None:
        super().__init__(found)
        self.rule, self.found = rule, found


def read_turns(conversation: list[dict[str, Any]] | None) -> list[Turn]:
    """A conversation's turns as (role, text), in one dialect."""
    turns = []
    for turn in conversation or []:
        if turn is None:
            raise NoExample("not_text", "a turn is null")
        speaker = next((str(turn[key]) for key in SPEAKER if turn.get(key) is not None), "")
        said = next((turn[key] for key in SAID if turn.get(key) is not None), None)
        turns.append((ROLES.get(speaker.lower(), speaker.lower()), _text(said)))
    return turns


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


def split_turns(turns: list[Turn]) -> tuple[str, list[Turn], Turn, str]:
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


def _build(name: str, split: list[tuple[str, list[Turn], Turn, str]]) -> dict[str, pa.Array]:
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


def _conversion(name: str, columns: tuple[str, ...]) -> Callable[[pa.RecordBatch], Converted]:
    def convert(batch: pa.RecordBatch) -> Converted:
        parts = [batch.column(column).to_pylist() for column in columns]
        split, rows, bad = [], [], []
        for row, conversation in enumerate(zip(*parts, strict=True)):
            try:
                split.append(split_turns(read_turns([turn for part in conversation for turn in _as_list(part)])))
                rows.append(row)
            except NoExample as missing:
                bad.append((row, missing.rule, missing.found))
        values = _build(name, split)
        kept = np.array(rows, np.int64)
        for own in _own(batch.schema):
            given = batch.column(own).take(pa.array(kept))
            values[own] = _prefer(given, values["system"]) if own == "system" else given
        return Converted(values, kept, bad)

    return convert


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


def _chat(name: str, column: str) -> Layout:
    def why(schema: pa.Schema) -> str | None:
        if column not in schema.names:
            return None
        if pa.types.is_string(schema.field(column).type):
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

    return Layout(name, why, used, _conversion(name, (column,)))


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
)


def _why_tree(schema: pa.Schema) -> str | None:
    if "message_tree_id" in schema.names and "prompt" in schema.names:
        return "it has the columns message_tree_id and prompt"
    return None


def _paths(node: dict[str, Any], before: list[Turn]) -> Iterator[list[Turn]]:
    """Each way from the tree's root to a last answer, once."""
    here = [*before, (ROLES.get(str(node.get("role")), str(node.get("role"))), str(node.get("text") or ""))]
    replies = node.get("replies") or []
    further = [path for reply in replies for path in _paths(reply, here)]
    if further:
        yield from further
    elif here[-1][0] == "assistant":
        yield here


def _convert_tree(batch: pa.RecordBatch) -> Converted:
    split, rows = [], []
    bad: list[BadRow] = []
    for row, tree in enumerate(batch.column("prompt").to_pylist()):
        try:
            root = json.loads(tree) if isinstance(tree, str) else tree
            paths = [split_turns(path) for path in _paths(root or {}, [])]
        except (ValueError, AttributeError, RecursionError) as error:
            bad.append((row, "not_a_tree", type(error).__name__))
            continue
        except NoExample as missing:
            bad.append((row, missing.rule, missing.found))
            continue
        if not paths:
            bad.append((row, "no_answer", "the tree holds no answer"))
        split += paths
        rows += [row] * len(paths)
    values = _build("conversation-tree", split)
    values["parent"] = batch.column("message_tree_id").take(pa.array(rows, pa.int64()))  # all paths are of one raw row
    return Converted(values, np.array(rows, np.int64), bad)


TREE = Layout("conversation-tree", _why_tree, lambda _: ["prompt"], _convert_tree)

CHAT = [_chat("sharegpt", "conversations"), _chat("messages", "messages"), CONVERSATIONAL, TREE]
