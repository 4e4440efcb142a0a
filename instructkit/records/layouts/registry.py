"""The layouts, in the order they are tried."""

from dataclasses import replace

import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.layouts.chat import CHAT
from instructkit.records.layouts.flat import FLAT, PROMPTS
from instructkit.records.layouts.layout import Layout
from instructkit.records.layouts.seed_tasks import SEED_TASKS

PLAIN = "plain"
_ORDERED = [FLAT[0], SEED_TASKS, *CHAT, *FLAT[1:]]
LAYOUTS = {layout.name: layout for layout in [*_ORDERED, PROMPTS]}
NAMES = (*LAYOUTS, "squad", "super-ni", PLAIN)


def detect(
    schema: pa.Schema, name: str, forced: str | None = None, *, asking: bool = False
) -> tuple[Layout | None, str]:
    """The layout of these columns (None: plain columns), and what gave it away.

    ``asking``: prompts that nobody has answered are examples too, with an empty output.

    Raises `BadInput` where ``forced`` names one that the columns don't have.
    """
    if forced in (PLAIN, "squad"):
        return None, "said by --from"
    if forced == "super-ni":
        forced = "alpaca"  # its container has made such columns of it
    if forced is not None:
        layout = LAYOUTS[forced]
        if layout.why(schema) is None:
            raise BadInput(f"{name} can't be read as {forced}; its columns are {', '.join(schema.names)}")
        return _asking(layout) if asking else layout, "said by --from"
    for layout in [*_ORDERED, PROMPTS] if asking else _ORDERED:
        why = layout.why(schema)
        if why is not None:
            return _asking(layout) if asking else layout, why
    return None, f"its columns are {', '.join(schema.names)}"


def _asking(layout: Layout) -> Layout:
    """The layout with conversations that end in a question."""
    return layout if layout.asking is None else replace(layout, convert=layout.asking)
