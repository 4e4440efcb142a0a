"""Trees of messages: each way from the root to an answer is a conversation."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.records.layouts.layout import BadRow, Converted, Layout
from instructkit.records.layouts.turns import ROLES, Example, Turn, columns_of, last_answer


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
        values = columns_of("conversation-tree", split)
        # all paths are of one raw row
        values["parent"] = batch.column("message_tree_id").take(pa.array(rows, pa.int64()))
        return Converted(values, np.array(rows, np.int64), bad)

    return convert


TREE = Layout(
    "conversation-tree", _why_tree, lambda _: ["prompt"], _tree_conversion(_paths), _tree_conversion(_answers)
)
