"""Tables for people: what happened to the rows, a plan, statistics, the first rows."""

from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from instructkit.errors import visible
from instructkit.records.stream import Counts, Lineage

SHOWN = 12  # groups of a table that are shown one by one


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, to_stderr: bool = False
) -> None:
    """Print a table; columns named with a leading ">" stand to the right. Cells are text, never markup."""
    import io
    import sys

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title, style="bold") if title else None, title_justify="left", box=None, pad_edge=False)
    for name in columns:
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(cell)) for cell in row))
    stream = sys.stderr if to_stderr else sys.stdout
    if stream.isatty():
        Console(file=stream, highlight=False).print(table)
        return
    text = io.StringIO()
    Console(file=text, width=_width(), highlight=False).print(table)
    stream.write("".join(line.rstrip() + "\n" for line in text.getvalue().splitlines()))
    stream.flush()


def _width() -> int:
    """The width of a table that no terminal shows."""
    import os

    wanted = os.environ.get("COLUMNS", "")
    return int(wanted) if wanted.isdigit() and int(wanted) > 20 else 120


def room(stream: TextIO) -> int:
    """The characters in a line of a table that is printed there."""
    import shutil

    return shutil.get_terminal_size().columns if stream.isatty() else _width()


def width_of(rows: Sequence[Sequence[object]]) -> int:
    """The characters that a table of these lines takes, the gap behind it too."""
    from rich.cells import cell_len

    return sum(max(cell_len(_cell(cell).lstrip(">")) for cell in column) + 2 for column in zip(*rows, strict=True))


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return visible(str(value))


def reasons_text(reasons: dict[str, int]) -> str:
    """The reasons of a step, most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered)


def counts_text(counts: dict[str, Any]) -> str:
    """Why rows were dropped and what was changed in those that stayed, in one line."""
    changed = reasons_text(counts.get("changed", {}))
    return "; ".join(
        part for part in (reasons_text(counts.get("reasons", {})), changed and f"changed: {changed}") if part
    )


def step_rows(steps: Lineage, indent: str = "") -> Iterable[tuple[str, Any, Any, Any, str]]:
    """A line a step: its name, rows in, out, dropped, why; the steps behind each input stand above it."""
    for step in steps:
        for one in step.get("inputs", []):
            if one.get("lineage"):
                yield from step_rows(one["lineage"], indent + "  ")
        counts = step.get("counts", {})
        yield (
            indent + step["command"] + _files(step),
            counts.get("rows_in"),
            counts.get("rows_out"),
            counts.get("rows_dropped"),
            counts_text(counts),
        )


def _files(step: dict[str, Any]) -> str:
    names = [one["name"] for one in step.get("inputs", []) if not one.get("lineage")]
    if not names:
        return ""
    return " " + ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def print_steps(steps: Lineage, *, to_stderr: bool = False) -> None:
    """Print what happened to the rows, step by step."""
    columns = ("step", ">in", ">out", ">dropped", "why")
    print_table("what happened to the rows", columns, step_rows(steps), to_stderr=to_stderr)


def limited(counts: dict[str, int], shown: int = SHOWN) -> list[tuple[str, int]]:
    """The largest entries of a count, the others in one line."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[shown:])
    return ordered[:shown] + ([(f"{len(ordered) - shown} others", rest)] if rest else [])


def print_filter(counts: Counts) -> dict[str, Any]:
    """Print what each rule of a filter did, and what was found in the rows; gives the counts that no table told."""
    untold = counts.to_json()
    tagged = {f"{name}_tagged": name for name in counts.alone}
    failed = counts.reasons or {name: counts.changed[mark] for mark, name in tagged.items()}
    if len(failed) > 1:
        untold["reasons"] = {}
        untold["changed"] = {name: rows for name, rows in counts.changed.items() if name not in tagged}
        # a row that could not be read was judged by no rule
        rows = [(name, number, counts.alone.get(name, number)) for name, number in limited(failed, len(failed))]
        print_table("what each rule did", ("rule", ">rows that fail it", ">and no other"), rows, to_stderr=True)
    if counts.found:
        found = limited(counts.found, len(counts.found))
        rows_found = [(name, number, ", ".join(counts.samples.get(name, []))) for name, number in found]
        print_table("what was found", ("kind", ">times", "e.g."), rows_found, to_stderr=True)
    return untold
