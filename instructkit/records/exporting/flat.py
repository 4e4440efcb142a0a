"""Rows of an instruction or a prompt, and an answer: alpaca, prompt and completion, P3."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.exporting.conversation import prompts
from instructkit.records.exporting.settings import ExportSettings
from instructkit.records.lists import list_lengths, list_starts, lists_of

PAIRS = pa.list_(pa.list_(pa.string()))  # alpaca's history: a question and its answer, oldest first
NAMES = {"prompt-completion": ("prompt", "completion"), "p3": ("inputs_pretokenized", "targets_pretokenized")}

Failed = dict[str, npt.NDArray[np.bool_]]  # the rows that break each rule


def alpaca_fields(optional: frozenset[str]) -> list[pa.Field]:
    """Alpaca's columns; ``optional`` are those of system and history that are written."""
    given = [pa.field(name, pa.string()) for name in ("instruction", "input", "output")]
    more = [pa.field("system", pa.string()), pa.field("history", PAIRS)]
    return given + [field for field in more if field.name in optional]


def alpaca(batch: pa.RecordBatch, optional: frozenset[str]) -> tuple[dict[str, pa.Array], Failed]:
    """Alpaca's columns. A history that is no pairs of question and answer has no room there."""
    columns = {name: batch.column(name) for name in ("instruction", "input", "output", "system")}
    odd = ~_in_pairs(batch.column("history"))
    if "history" in optional:
        columns["history"] = _pairs(batch.column("history"), odd)
    return columns, {"history_not_pairs": odd}


def prompt_and_answer(batch: pa.RecordBatch, settings: ExportSettings) -> tuple[dict[str, pa.Array], Failed]:
    """A prompt and its completion; a system prompt and earlier turns have no room, unless settings make some."""
    asked, answer = NAMES[settings.to]
    prompt = prompts(batch, settings.joiner)
    if settings.context == "prompt":
        prompt = pc.binary_join_element_wise(context_text(batch), prompt, "")
    columns = {asked: prompt, answer: batch.column("output")}
    if settings.context != "reject":
        return columns | {name: batch.column(name) for name in ("system", "history")}, {}
    turns = list_lengths(batch.column("history")) > 0
    system = pc.not_equal(batch.column("system"), "").to_numpy(zero_copy_only=False)
    return columns, {"no_room_for_system": system, "no_room_for_history": turns}


def context_text(batch: pa.RecordBatch) -> pa.StringArray:
    """The system prompt and the earlier turns as text that ends with a blank line; "" where there are none.

    Turns of users and assistants stand as they are, others behind their role and a colon.
    """
    history = batch.column("history")
    flat = history.flatten()
    role, said = pc.struct_field(flat, "role"), pc.fill_null(pc.struct_field(flat, "content"), "")
    plain = pc.is_in(role, pa.array(["user", "assistant"]))
    texts = pc.if_else(plain, said, pc.binary_join_element_wise(role, said, ": "))
    texts = pc.binary_join_element_wise(texts, "\n\n", "")
    earlier = pc.binary_join(lists_of(list_lengths(history), texts), "")
    system = batch.column("system")
    before = pc.if_else(pc.equal(system, ""), "", pc.binary_join_element_wise(system, "\n\n", ""))
    return pc.binary_join_element_wise(before, earlier, "")


def _in_pairs(history: pa.ListArray) -> npt.NDArray[np.bool_]:
    """Which histories are a user's turn, an assistant's, and so on."""
    lengths = list_lengths(history)
    role = pc.struct_field(history.flatten(), "role")
    owner = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(owner)) - np.repeat(list_starts(lengths), lengths)
    wanted = pa.array(np.array(["user", "assistant"])[place % 2]) if len(place) else pa.array([], pa.string())
    wrong = pc.fill_null(pc.not_equal(role, wanted), True).to_numpy(zero_copy_only=False).astype(bool)
    good: npt.NDArray[np.bool_] = lengths % 2 == 0
    good[owner[wrong]] = False
    return good


def _pairs(history: pa.ListArray, without: npt.NDArray[np.bool_]) -> pa.ListArray:
    """Histories in pairs; those ``without`` become empty."""
    lengths = list_lengths(history)
    kept = np.repeat(~without, lengths)
    texts = pc.struct_field(history.flatten(), "content").filter(pa.array(kept))
    halves = np.where(without, 0, lengths // 2)
    return lists_of(halves, lists_of(np.full(int(halves.sum()), 2, np.int64), pc.fill_null(texts, "")))
