"""Trees of messages: each way from the root to an answer is a conversation."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.records.layouts import turns as limits
from instructkit.records.layouts.layout import BadRow, Converted, Layout
from instructkit.records.layouts.turns import (
    ROLES,
    TURN_COST,
    Example,
    NoExample,
    Turn,
    columns_of,
    last_answer,
    parse,
)


def _why_tree(schema: pa.Schema) -> str | None:
    if "message_tree_id" in schema.names and "prompt" in schema.names:
        return "it has the columns message_tree_id and prompt"
    return None


def _turn(node: dict[str, Any]) -> Turn:
    return ROLES.get(str(node.get("role")), str(node.get("role"))), str(node.get("text") or "")


def _replies(node: dict[str, Any]) -> list[dict[str, Any]]:
    replies = node.get("replies") or []
    if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
        raise NoExample("not_a_tree", "the replies to a message are no list of messages")
    return replies


def _paths(node: dict[str, Any], before: list[Turn]) -> Iterator[list[Turn]]:
    """Each way from the tree's root to a last answer, once."""
    here = [*before, _turn(node)]
    ends = True
    for reply in _replies(node):
        for path in _paths(reply, here):
            ends = False
            yield path
    if ends and here[-1][0] == "assistant":
        yield here


def _answers(node: dict[str, Any], before: list[Turn]) -> Iterator[list[Turn]]:
    """The way from the tree's root to each answer, once."""
    here = [*before, _turn(node)]
    if here[-1][0] == "assistant":
        yield here
    for reply in _replies(node):
        yield from _answers(reply, here)


def _examples(paths: Iterator[list[Turn]]) -> tuple[list[Example], list[NoExample]]:
    """The examples of a tree's paths, as long as there is room for them: each repeats what came before it."""
    split: list[Example] = []
    bad: list[NoExample] = []
    held = 0
    for number, path in enumerate(paths, 1):
        held += sum(len(text) + TURN_COST for _, text in path)
        if held > limits.MOST_HELD:
            return split, [
                *bad,
                NoExample("too_many_turns", f"the paths from number {number} on would fill the memory"),
            ]
        found, missing = last_answer(path)
        split += found
        bad += missing
    return split, bad if split or bad else [NoExample("no_answer", "the tree holds no answer")]


def _tree_conversion(walk: Callable[[dict[str, Any], list[Turn]], Iterator[list[Turn]]]) -> Callable[
    [pa.RecordBatch], Converted
]:  # fmt: skip
    def convert(batch: pa.RecordBatch) -> Converted:
        split: list[Example] = []
        rows: list[int] = []
        bad: list[BadRow] = []
        for row, tree in enumerate(batch.column("prompt").to_pylist()):
            try:
                root = parse(tree) if isinstance(tree, str) else tree
                found, missing = _examples(walk(root or {}, []))
            except NoExample as wrong:
                found, missing = [], [wrong]
            except (ValueError, AttributeError, RecursionError) as error:
                found, missing = [], [NoExample("not_a_tree", type(error).__name__)]
            split += found
            rows += [row] * len(found)
            bad += [(row, one.rule, one.found) for one in missing]
        values = columns_of("conversation-tree", split)
        # all paths are of one raw row
        values["parent"] = batch.column("message_tree_id").take(pa.array(rows, pa.int64()))
        return Converted(values, np.array(rows, np.int64), bad)

    return convert


TREE = Layout(
    "conversation-tree",
    _why_tree,
    lambda _: ["prompt"],
    _tree_conversion(_paths),
    _tree_conversion(_answers),
    grows=True,
)
