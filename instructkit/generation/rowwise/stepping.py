"""How a recipe for rows becomes a step: input, model, lineage, columns."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.generation.client.opening import open_model
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent
from instructkit.generation.options import model_arguments
from instructkit.generation.prompting import LANGUAGES
from instructkit.generation.rowwise.rows import RowStep, ask_rows
from instructkit.records.rejects import Rejects
from instructkit.records.schema import extra_name
from instructkit.records.stream import Counts, Records, take_step

SPOKEN = ("auto", *LANGUAGES)


def check_language(language: str) -> None:
    """Raise `UsageError` for a language of prompts that is none."""
    if language not in SPOKEN:
        raise UsageError(f"language is one of {', '.join(SPOKEN)}, not {language!r}")


def asking_step(
    records: Records,
    command: str,
    arguments: dict[str, Any],
    recipe: RowStep,
    told: ModelSettings,
    *,
    language: str,
    seed: int,
    sink: Rejects,
    spent: Spent | None,
) -> Records:
    """A step that asks a model about each row by a recipe.

    The recipe's fields are added behind the row's columns; where the rows have one of that name, theirs keeps it.
    """
    taken = set(records.schema.names)
    names = {}
    for one in recipe.fields:
        names[one.name] = extra_name(one.name, taken)
        taken.add(names[one.name])
    schema = pa.schema([*records.schema, *(pa.field(names[one.name], one.type) for one in recipe.fields)])
    sink.bind(schema, anew=True)

    def run(counts: Counts) -> Iterator[pa.RecordBatch]:
        with open_model(told, spent) as model:
            yield from ask_rows(records.batches, schema, names, recipe, model, language, counts, sink)

    return take_step(records, command, {**arguments, **model_arguments(told)}, seed, schema, run, sink)
