"""The table of a mixture, with a bar for each group."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from instructkit.reports.tables import print_table, room, width_of

if TYPE_CHECKING:
    from instructkit.mixing.plans import MixPlan, Share

SHOWN = 100  # groups of the table; JSON and the summary hold all
BAR, SHORTEST_BAR = 24, 6  # characters of the largest group's bar; where there is less room, there are no bars


def print_mixture(plan: "MixPlan", *, to_stderr: bool = False) -> None:
    """Print what each group gives; of very many groups those that give most. Tokens are told if they were counted."""
    counted = any(share.tokens for share in plan.shares)
    shown = plan.shares if len(plan.shares) <= SHOWN else _largest(plan)
    rows = [_line(share, counted) for share in shown]
    whole = _totals(plan.shares)
    if rest := len(plan.shares) - len(shown):
        others = [one - told for one, told in zip(whole, _totals(shown), strict=True)]
        rows.append(_sum(f"{rest:,} smaller groups", others, counted))
    rows.append(_sum("total", whole, counted))
    columns = ["group", ">rows", ">natural", ">rate", ">taken", ">epochs", *([">tokens"] if counted else [])]
    stream = sys.stderr if to_stderr else sys.stdout
    length = min(BAR, room(stream) - width_of([columns, *rows]))
    if length >= SHORTEST_BAR:
        bar = "█" if (stream.encoding or "").lower().startswith("utf") else "#"
        most = max((share.taken for share in shown), default=0) or 1
        bars = [bar * round(length * share.taken / most) for share in shown]
        rows = [[*row, drawn] for row, drawn in zip(rows, bars + [""] * (len(rows) - len(bars)), strict=True)]
        columns.append("")
    print_table("the mixture", columns, rows, to_stderr=to_stderr)


def _largest(plan: "MixPlan") -> list["Share"]:
    """The groups that give most, by name."""
    by_taken = sorted(plan.shares, key=lambda share: (-share.taken, share.group))
    return sorted(by_taken[:SHOWN], key=lambda share: share.group)


def _totals(shares: Sequence["Share"]) -> list[int]:
    """The rows of groups, those taken, and the tokens."""
    return [sum(getattr(share, name) for share in shares) for name in ("rows", "taken", "tokens")]


def _line(share: "Share", counted: bool) -> list[object]:
    return [share.group or "(none)", share.rows, f"{share.natural:.2%}", f"{share.rate:.2%}", share.taken,
            f"{share.epochs:.2f}", *([share.tokens] if counted else [])]  # fmt: skip


def _sum(name: str, numbers: list[int], counted: bool) -> list[object]:
    rows, taken, tokens = numbers
    return [name, rows, "", "", taken, "", *([tokens] if counted else [])]
