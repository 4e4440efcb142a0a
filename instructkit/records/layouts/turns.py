"""Turns of a conversation in any dialect, and the examples they make."""

import json
import re
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from instructkit.records.lists import lists_of
from instructkit.records.schema import HISTORY, TURN

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

_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a character that JSON spells in two escapes

Turn = tuple[str, str]
Example = tuple[str, list[Turn], Turn, str]  # system prompt, history, the asking turn, the answer


class NoExample(Exception):
    """A conversation that makes no example: a rule and what was found."""

    def __init__(self, rule: str, found: str) -> None:
        super().__init__(found)
        self.rule, self.found = rule, found


def parse(text: str) -> Any:
    """The value of JSON; raises `ValueError` for what is none, is nested too deep, or spells half of a character."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("JSON nested too deep") from None
    if _HALF.search(text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


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
            value = parse(value) if value.strip() else []
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


def last_question(turns: Iterable[Turn]) -> Made:
    """The example of the last turn, where that asks and nobody has answered; else that of the last answer."""
    said = list(turns)
    while said and said[-1][0] == "assistant" and not said[-1][1].strip():
        said.pop()
    if not said or said[-1][0] != "user" or not said[-1][1].strip():
        return last_answer(said)
    system = said.pop(0)[1] if said[0][0] == "system" else ""
    return [(system, said[:-1], said[-1], "")], []


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


def _histories(histories: list[list[Turn]]) -> pa.ListArray:
    """Histories that share turns: each turn becomes a value once, and is then taken by its place."""
    places: dict[int, int] = {}
    turns: list[Turn] = []
    taken = array("q")
    for history in histories:
        for turn in history:
            place = places.setdefault(id(turn), len(turns))
            if place == len(turns):
                turns.append(turn)
            taken.append(place)
    parts = [pa.array([turn[part] for turn in turns], pa.string()) for part in (0, 1)]
    once = pa.StructArray.from_arrays(parts, fields=list(TURN))
    lengths = np.array([len(history) for history in histories], np.int64)
    return lists_of(lengths, once.take(pa.array(np.array(taken, np.int64)))).cast(HISTORY)


def columns_of(name: str, split: list[Example]) -> dict[str, pa.Array]:
    """The columns of examples, which a layout of this name has made."""
    return {
        "system": pa.array([system for system, _, _, _ in split], pa.string()),
        "history": _histories([history for _, history, _, _ in split]),
        "instruction": pa.array([asked[1] for _, _, asked, _ in split], pa.string()),
        "output": pa.array([answer for _, _, _, answer in split], pa.string()),
        # the template tells where a tool's result, not the user, stands before the answer
        "template": pa.array([name if asked[0] == "user" else f"{name}:{asked[0]}" for _, _, asked, _ in split]),
    }
