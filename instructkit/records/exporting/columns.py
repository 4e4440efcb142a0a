"""Which columns ride along with a format's own."""

from collections.abc import Sequence

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.records.exporting.settings import BOOKKEEPING, OPENAI_KEYS, ExportSettings
from instructkit.records.schema import EXAMPLE, extra_name

GROUPS = ("all", "extras", "none")


def riding(schema: pa.Schema, settings: ExportSettings, own: Sequence[str], used: Sequence[str]) -> dict[str, str]:
    """The columns that ride along, by their name in the stream, under the name they get in the output.

    ``own`` are the format's columns, and names that mean something to its readers, ``used`` those of the stream that
    are in them already. A user's column that was renamed because ours stood there (``raw_template``) gets its name back
    where that is free.

    Raises `UsageError` for a column that is not there, and for one that OpenAI's format has no room for.
    """
    extras = [name for name in schema.names if name not in EXAMPLE.names and name not in used]
    wanted = _wanted(schema, settings, extras)
    taken = {*own, *wanted}
    named: dict[str, str] = {}
    for name in wanted:
        first = name.removeprefix("raw_")
        free = first != name and first in EXAMPLE.names and first not in taken
        given = first if free else extra_name(name, taken) if name in own else name
        taken.add(given)
        named[name] = given
    return named


def left_out(schema: pa.Schema, settings: ExportSettings, riders: dict[str, str], used: Sequence[str]) -> list[str]:
    """The columns that are not in the output: none of them goes in silence."""
    return [name for name in (*BOOKKEEPING, *schema.names[len(EXAMPLE) :])
            if name not in riders and name not in used and not settings.columns]  # fmt: skip


def _wanted(schema: pa.Schema, settings: ExportSettings, extras: list[str]) -> list[str]:
    if settings.to == "openai":
        room = [name for name in extras if name in OPENAI_KEYS]
        refused = [name for name in settings.columns if name not in (*GROUPS, *room)]
        if refused or "all" in settings.columns:
            raise UsageError(f"--columns {', '.join(refused or ['all'])}: OpenAI's format has room for "
                             f"{', '.join(OPENAI_KEYS)} beside the messages, and for nothing else")  # fmt: skip
        return [] if "none" in settings.columns else room
    wanted: list[str] = []
    for name in settings.columns or ("all",):
        if name not in GROUPS and name not in (*BOOKKEEPING, *extras):
            raise UsageError(f"--columns {name}: no such column; there are {', '.join((*BOOKKEEPING, *extras))}, "
                             f"and the words {', '.join(GROUPS)}")  # fmt: skip
        if name == "none":
            continue
        groups = {"all": [*BOOKKEEPING, *extras], "extras": extras}
        wanted += [one for one in groups.get(name, [name]) if one not in wanted]
    return wanted
