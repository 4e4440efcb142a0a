"""Markdown around text from anywhere: nothing in a name becomes a link, an image, a tag or another column."""

import re
from collections.abc import Iterable, Sequence

from instructkit.errors import visible

_MARKUP = re.compile(r"([\\`*_{}\[\]#!|~$])")
_HTML = re.compile(r"[<>&@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
LONGEST = 80  # characters of a name


def plain(value: object, longest: int = LONGEST) -> str:
    """A text in one line that shows as it is; what is longer than ``longest`` characters ends with …"""
    text = " ".join(visible(str(value)).split())
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return _HTML.sub(lambda found: f"&#{ord(found[0])};", _MARKUP.sub(r"\\\1", text))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; columns named with a leading ">" stand to the right. Cells are text, never markup."""
    head = "| " + " | ".join(name.lstrip(">") for name in columns) + " |\n"
    line = "| " + " | ".join("---:" if name.startswith(">") else "---" for name in columns) + " |\n"
    return head + line + "".join("| " + " | ".join(map(_cell, row)) + " |\n" for row in rows)


def bars(counts: Sequence[tuple[str, int]], width: int = 40) -> str:
    """A bar chart in a block of code: a line for each name, the longest bar ``width`` characters."""
    from rich.cells import cell_len

    most = max((count for _, count in counts), default=0)
    total = sum(count for _, count in counts) or 1
    names = [" ".join(visible(name).replace("`", "'").split())[:30] or "(none)" for name, _ in counts]
    wide = max(map(cell_len, names), default=0)  # a Han character is two columns wide
    lines = [
        f"{name}{' ' * (wide - cell_len(name))} {'█' * max(1, round(width * count / most))} {count / total:.1%}\n"
        for name, (_, count) in zip(names, counts, strict=True)
        if count
    ]
    return "```text\n" + "".join(lines) + "```\n"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else plain(value, 200)
