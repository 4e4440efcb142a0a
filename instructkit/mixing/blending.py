"""How much pre-training text stands beside the groups' rows."""

from collections.abc import Mapping

from instructkit.errors import BadInput
from instructkit.mixing.rates import Group, mixing_rates
from instructkit.mixing.settings import MixSettings
from instructkit.mixing.tally import PRETRAINING_CELL, Cell, Tally, by_group


def text_of_size(tally: Tally, settings: MixSettings, size: int) -> int:
    """The rows of pre-training text in a mixture of so many rows, by the mean length of the others' rows."""
    share = settings.pretraining_share or 0.0
    rest, own = _mean_of_others(tally, settings), tally.mean(PRETRAINING_CELL, settings.count_by)
    # x rows of length ``own`` are this share of x * own + (size - x) * rest
    exact = share * size * rest / (own * (1 - share) + share * rest) if own + rest else 0.0
    return min(int(exact + 0.5), size)


def _mean_of_others(tally: Tally, settings: MixSettings) -> float:
    """The mean length of a row of the groups as the rates mix them."""
    rows = tally.of_groups
    rates = mixing_rates(rows, settings, tally.factors())
    whole = by_group({cell: tally.mean(cell, settings.count_by) * count for cell, count in tally.rows.items()
                       if cell != PRETRAINING_CELL})  # fmt: skip
    return sum(rate * whole[group] / max(rows[group], 1) for group, rate in rates.items())


def text_beside(tally: Tally, settings: MixSettings, cells: Mapping[Cell, int]) -> int:
    """The rows of pre-training text beside what is taken of the groups."""
    share = settings.pretraining_share or 0.0
    taken = sum(tally.mean(cell, settings.count_by) * rows for cell, rows in cells.items() if rows)
    own = tally.mean(PRETRAINING_CELL, settings.count_by)
    return int(share / (1 - share) * taken / own + 0.5) if own else 0


def with_text(
    tally: Tally, settings: MixSettings, cells: dict[Cell, int], rates: dict[Group, float], wanted: int
) -> tuple[dict[Cell, int], dict[Group, float]]:
    """The plan with the pre-training text in it."""
    most = tally.rows.get(PRETRAINING_CELL, 0) * settings.max_epochs
    if wanted > most and settings.on_shortage != "smaller":
        raise BadInput(
            f"--pretraining-share {settings.pretraining_share:g} asks for {wanted:,} rows of text, and {most:,} may be "
            "taken: give more text, a smaller share, --max-epochs, or --on-shortage smaller"
        )
    text = min(wanted, most)
    total = sum(cells.values()) + wanted
    rate = wanted / total if total else 0.0
    found = {group: share * (1 - rate) for group, share in rates.items()}
    own = PRETRAINING_CELL[0]
    return {**cells, PRETRAINING_CELL: text}, {**found, own: found.get(own, 0.0) + rate}
