"""What an export does to a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput
from instructkit.records.containers.text_out import AS_JSON, SPARSE, WHERE_GIVEN
from instructkit.records.exporting import flat, turns
from instructkit.records.exporting.chat_template import ChatTemplate, Refused, stored
from instructkit.records.exporting.columns import riding
from instructkit.records.exporting.conversation import conversations, whole_columns, whole_turns
from instructkit.records.exporting.openai import broken_rules, doubtful
from instructkit.records.exporting.settings import OPENAI_KEYS, TRL_KEYS, ExportSettings
from instructkit.records.layouts.turns import parse
from instructkit.records.rejects import Reason
from instructkit.records.schema import HISTORY, WHOLE_TEXT
from instructkit.records.values import python_values

KEYS_LOST = "keys_of_turns_lost"  # rows whose turns carried more, but say something else by now
MOST_TOO_LARGE = 10  # rows of a batch on which a template may pass its bounds


@dataclass
class Made:
    """A batch's rows in the other format, and the rows of the batch that have no place there."""

    batch: pa.RecordBatch
    bad: dict[int, list[Reason]] = field(default_factory=dict)  # in the order of the rows
    keys_lost: int = 0


@dataclass(frozen=True)
class Exporter:
    """The way of a batch into another format; picklable, so that templates can be rendered by processes."""

    settings: ExportSettings
    schema: pa.Schema  # of the output
    whole: tuple[str, ...]  # the columns that hold turns whole
    riders: Mapping[str, str]
    optional: frozenset[str]
    template: ChatTemplate | None

    @classmethod
    def of(
        cls, schema: pa.Schema, settings: ExportSettings, optional: frozenset[str], template: ChatTemplate | None
    ) -> "Exporter":
        """The exporter for rows of this schema; ``optional`` columns are written, others like them not."""
        whole = whole_columns(schema) if settings.conversational else ()
        own = _own_fields(schema, settings, whole, optional)
        reserved = TRL_KEYS if settings.to == "trl" else ()
        riders = riding(schema, settings, [*(one.name for one in own), *reserved], whole)
        beside = [schema.field(name).with_name(given) for name, given in riders.items()]
        told = [one.with_metadata(_metadata(one, settings)) for one in beside]
        return cls(settings, pa.schema([*own, *told]), whole, riders, optional, template)

    def __call__(self, batch: pa.RecordBatch) -> Made:
        """Make rows of the format; a row that has no place in it is left out, with all reasons."""
        bad: dict[int, list[Reason]] = {}
        blank = pc.equal(pc.utf8_trim_whitespace(batch.column("output")), "").to_numpy(zero_copy_only=False)
        whole = blank & _whole_texts(batch)
        _note(bad, {"no_answer": blank & ~whole})
        if self.settings.to != "text":
            _note(bad, {"whole_text": whole})
        columns, lost = self._columns(batch, bad)
        columns |= {given: batch.column(name) for name, given in self.riders.items()}
        made = pa.RecordBatch.from_arrays([columns[name] for name in self.schema.names], schema=self.schema)
        if bad:
            keep = np.ones(batch.num_rows, bool)
            keep[list(bad)] = False
            made = made.filter(pa.array(keep))
        return Made(made, dict(sorted(bad.items())), lost)

    def _columns(self, batch: pa.RecordBatch, bad: dict[int, list[Reason]]) -> tuple[dict[str, pa.Array], int]:
        settings = self.settings
        if settings.to == "alpaca":
            columns, failed = flat.alpaca(batch, self.optional)
            _note(bad, failed)
            return columns, 0
        if settings.to in flat.NAMES:
            columns, failed = flat.prompt_and_answer(batch, settings)
            _note(bad, failed)
            return columns, 0
        if settings.to == "text":
            return {"text": self._texts(batch, bad)}, 0
        own = [one for one in self.schema if one.name not in ("system", *self.riders.values())]
        columns, said, lost = turns.turn_columns(batch, settings, self.whole, own)
        if settings.to == "openai":
            rows = doubtful(columns["messages"]).tolist() if said is None else range(len(said))
            for row in rows:
                if broken := broken_rules(columns["messages"][row].as_py() if said is None else said[row]):
                    bad.setdefault(row, []).extend(broken)
            _note(bad, {f"{name}_not_json": ~_is_json(batch.column(name), OPENAI_KEYS[name]) for name in self.riders
                        if pa.types.is_string(batch.column(name).type)})  # fmt: skip
        return columns | {"system": batch.column("system")}, lost

    def _texts(self, batch: pa.RecordBatch, bad: dict[int, list[Reason]]) -> pa.StringArray:
        from instructkit.engine.bounds import TemplateTooLarge
        from instructkit.engine.sandbox import ERRORS, why

        assert self.template is not None  # noqa: S101 - the settings have asked for one
        said: list[list[dict[str, Any]]] = conversations(batch, self.settings.joiner).to_pylist()
        if self.whole:
            found = whole_turns(batch, self.whole, said)
            said = [own if one is None else _filled(one) for own, one in zip(said, found, strict=True)]
        texts: list[str | None] = []
        too_large = 0
        plain = _whole_texts(batch).tolist()
        for row, (conversation, tools) in enumerate(zip(said, _tools(batch), strict=True)):
            if plain[row]:
                texts.append(batch.column("instruction")[row].as_py())
                continue
            try:
                texts.append(self.template.render(conversation, tools))
                continue
            except Refused as refused:
                reason = ("template_refused", stored(str(refused)), "")
            except ERRORS as error:
                reason = ("template_failed", stored(why(error)), "")
                too_large += isinstance(error, TemplateTooLarge)
                if too_large > MOST_TOO_LARGE:
                    raise BadInput(f"the chat template {self.template.name} passes its bounds on row after row: "
                                   f"{error}") from error  # fmt: skip
            texts.append(None)
            bad.setdefault(row, []).append(reason)
        return pa.array(texts, pa.string())


def _whole_texts(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """Which rows are pre-training text, not turns: what trainers of text take as it stands."""
    found: npt.NDArray[np.bool_] = pc.equal(batch.column("template"), WHOLE_TEXT).to_numpy(zero_copy_only=False)
    return found


def _own_fields(
    schema: pa.Schema, settings: ExportSettings, whole: tuple[str, ...], optional: frozenset[str]
) -> list[pa.Field]:
    if settings.to == "alpaca":
        return flat.alpaca_fields(optional)
    if settings.to == "text":
        return [pa.field("text", pa.string())]
    if settings.conversational:
        key = [pa.field("system", pa.string())] if settings.system == "key" and "system" in optional else []
        return [*turns.turn_fields(schema, settings, whole), *key]
    context = [pa.field("system", pa.string()), pa.field("history", HISTORY)] if settings.context == "columns" else []
    return [*(pa.field(name, pa.string()) for name in flat.NAMES[settings.to]), *context]


def _metadata(field: pa.Field, settings: ExportSettings) -> dict[bytes, bytes] | None:
    """How a column that rides along is written as JSON: what OpenAI's rules know has no nulls, and is no text."""
    if settings.to != "openai":
        return SPARSE if pa.types.is_nested(field.type) else None
    return WHERE_GIVEN | (AS_JSON if pa.types.is_string(field.type) else SPARSE)


def _is_json(texts: pa.StringArray, kind: type) -> npt.NDArray[np.bool_]:
    """Which texts are JSON of this kind; a null is none, and does no harm."""
    good = np.ones(len(texts), bool)
    for row, text in enumerate(texts.to_pylist()):
        try:
            good[row] = text is None or isinstance(parse(text), kind)
        except ValueError:
            good[row] = False
    return good


def _note(bad: dict[int, list[Reason]], failed: Mapping[str, npt.NDArray[np.bool_]]) -> None:
    for rule, rows in failed.items():
        for row in np.flatnonzero(rows).tolist():
            bad.setdefault(row, []).append((rule, "", ""))


def _filled(turns_of_row: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turns without the keys that only other turns have."""
    return [{key: value for key, value in turn.items() if value is not None or key in ("role", "content")}
            for turn in turns_of_row]  # fmt: skip


def _tools(batch: pa.RecordBatch) -> list[list[Any] | None]:
    """The tools of each row, from the extra column of that name: a list, or the JSON of one."""
    if "tools" not in batch.schema.names:
        return [None] * batch.num_rows
    found: list[list[Any] | None] = []
    for value in python_values(batch.column("tools")):
        try:
            given = parse(value) if isinstance(value, str) else _pruned(value)
        except ValueError:
            given = None
        found.append(given if isinstance(given, list) and given else None)
    return found


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(one) for key, one in value.items() if one is not None}
    return [_pruned(one) for one in value] if isinstance(value, list) else value
