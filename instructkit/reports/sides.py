"""The table of a split's sides."""

from typing import TYPE_CHECKING

from instructkit.reports.tables import limited, print_table

if TYPE_CHECKING:
    from instructkit.mixing.splitting import SplitReport


def print_sides(report: "SplitReport") -> None:
    """Print tasks and their rows on each side, largest first, and all together, on stderr."""
    named = list(report.sides)
    totals = {task: sum(counts.values()) for task, counts in report.tasks.items()}
    lines: list[list[object]] = []
    told = dict.fromkeys(named, 0)
    for name, _ in limited(totals):
        counts = report.tasks.get(name)
        if counts is None:  # the others
            counts = {side: report.sides[side] - told[side] for side in named}
        told = {side: told[side] + counts.get(side, 0) for side in named}
        lines.append([name or "(none)", sum(counts.values()), *(counts.get(side, 0) for side in named)])
    lines.append(["total", sum(report.sides.values()), *report.sides.values()])
    print_table("the sides", ["task", ">rows", *(f">{side}" for side in named)], lines, to_stderr=True)
