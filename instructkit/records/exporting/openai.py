"""OpenAI's rules for chat fine-tuning files, and what in a row or a file breaks them.

Sources: OpenAI's guide "Supervised fine-tuning" (a file is JSON lines, at least 10 examples, each like a request of the
chat completions API), the API's description of a fine-tuning request (roles, ``weight`` 0 or 1 of an assistant's
message, ``tools``, ``parallel_tool_calls``, ``functions``), the Files API (512 MB a file), and the checks of OpenAI's
cookbook, "Data preparation and analysis for chat model fine-tuning".
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.lists import list_lengths, list_starts

LEAST_EXAMPLES = 10
MOST_BYTES = 512 * 10**6
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
KEYS = ("role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal")
OF_ASSISTANT = ("weight", "tool_calls", "function_call", "refusal")

Turn = dict[str, Any]
Broken = tuple[str, str, str]  # a rule, what was found, what is allowed


def doubtful(turns: pa.ListArray) -> npt.NDArray[np.int64]:
    """The rows that may break a rule, of turns that have a role and a text and nothing more."""
    lengths = list_lengths(turns)
    flat = turns.flatten()
    role, said = pc.struct_field(flat, "role"), pc.struct_field(flat, "content")
    first = np.zeros(len(flat), bool)
    first[list_starts(lengths)] = True
    head = _mask(pc.is_in(role, pa.array(["system", "developer"])))
    talk = _mask(pc.is_in(role, pa.array(["user", "assistant"])))
    odd = ~(talk | (head & first)) | _mask(pc.equal(pc.utf8_trim_whitespace(said), ""))
    return np.unique(np.repeat(np.arange(len(lengths)), lengths)[odd])


def _mask(values: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pc.fill_null(values, True).to_numpy(zero_copy_only=False).astype(bool)
    return found


def broken_rules(turns: list[Turn]) -> list[Broken]:
    """Every rule that a row's turns break, in the order of the turns."""
    broken: list[Broken] = []
    calls: set[str] = set()
    for number, turn in enumerate(turns, 1):
        where = f"turn {number}"
        role = turn["role"]
        used = [key for key, value in turn.items() if value is not None]
        if role not in ROLES:
            broken.append(("role", f"{where}: {role or 'none'}", ", ".join(ROLES)))
        if role in ("system", "developer") and number > 1:
            broken.append(("system_first", f"{where}: {role}", "turn 1"))
        unknown = [key for key in used if key not in KEYS]
        if unknown:
            broken.append(("key", f"{where}: {', '.join(unknown)}", ", ".join(KEYS)))
        misplaced = [key for key in used if key in OF_ASSISTANT and role != "assistant"]
        if misplaced:
            broken.append(("key_of_assistant", f"{where}: {', '.join(misplaced)}", "turns of the assistant"))
        weight = turn.get("weight")
        if weight is not None and (isinstance(weight, bool) or weight not in (0, 1)):  # to Python true is 1
            broken.append(("weight", f"{where}: {weight}", "0, 1"))
        calling = bool(turn.get("tool_calls") or turn.get("function_call"))
        if not (turn["content"] or "").strip() and not (calling and role == "assistant"):
            broken.append(("empty_content", where, ""))
        calls |= {str(call.get("id")) for call in _calls(turn)}
        if role == "tool" and str(turn.get("tool_call_id")) not in calls:
            broken.append(("tool_without_call", where, "a tool_call_id of an earlier turn's tool_calls"))
        if role == "function" and not turn.get("name"):
            broken.append(("function_without_name", where, ""))
    if turns[-1]["role"] != "assistant":
        broken.append(("last_turn", turns[-1]["role"], "assistant"))
    learned = [turn for turn in turns if turn["role"] == "assistant" and turn.get("weight") != 0]
    if not learned:
        broken.append(("nothing_to_learn", "every turn of the assistant has the weight 0", "one with the weight 1"))
    return broken


def _calls(turn: Turn) -> list[dict[str, Any]]:
    calls = turn.get("tool_calls")
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def file_problems(rows: int, target: str) -> list[str]:
    """What OpenAI would refuse of a file as a whole; of stdout only the rows are known."""
    problems = []
    if rows < LEAST_EXAMPLES:
        problems.append(f"too few examples ({rows}): OpenAI takes {LEAST_EXAMPLES} or more in a file")
    path = Path(target)
    if target != "-" and path.suffix != ".jsonl":
        problems.append(f"{target} is no .jsonl file, and OpenAI takes no other")
    if target != "-" and path.is_file() and path.stat().st_size > MOST_BYTES:
        size = path.stat().st_size / 1e6
        problems.append(f"{target} has {size:,.0f} MB: OpenAI takes {MOST_BYTES // 10**6} MB in a file; take fewer "
                        "rows with instructkit mix --size, or cut the file")  # fmt: skip
    return problems
