"""Shares that cut across the groups: how many rows of each group should have the values asked for.

The rows of a group that satisfy the same constraints are a cell. The cells' shares are found by iterative proportional
fitting (Deming and Stephan 1940): from what there is, groups and constraints are scaled in turn to what each should
have. A constraint always holds in the end; the groups' rates hold where the cells allow it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.errors import BadInput
from instructkit.mixing.settings import Constraint

Table = npt.NDArray[np.float64]

MOST_ROUNDS = 2_000
CLOSE = 1e-10  # a share that is this near is met


def rake(
    rows: npt.NDArray[np.int64], rates: Table, satisfied: npt.NDArray[np.bool_], constraints: Sequence[Constraint]
) -> Table:
    """The share of the mixture of each cell: float64, groups x patterns, adding up to 1.

    ``rows``: groups x patterns, the rows there are; ``rates``: of the groups, adding up to 1; ``satisfied``: patterns x
    constraints, which of them the rows of a pattern satisfy.

    Raises `BadInput` where no row, or every row, satisfies a constraint, and where constraints can't hold together.
    """
    totals = rows.sum(axis=1)
    cells = rates[:, None] * rows / np.maximum(totals, 1)[:, None]
    _check_supply(cells, satisfied, constraints)
    for _ in range(MOST_ROUNDS):
        before = cells
        have = cells.sum(axis=1)
        cells = cells * np.divide(rates, have, out=np.zeros_like(rates), where=have > 0)[:, None]
        cells = _to_constraints(cells, satisfied, constraints)
        if np.abs(cells - before).max() < CLOSE:
            break
    for _ in range(MOST_ROUNDS):  # rates that the constraints exclude give way: from here on nothing pulls them back
        before = cells
        cells = _to_constraints(cells, satisfied, constraints)
        if np.abs(cells - before).max() < CLOSE:
            break
    for place, one in enumerate(constraints):
        if abs(cells[:, satisfied[:, place]].sum() - one.share) > 1e-6:
            raise BadInput(f"--share {one}:{one.share:g} can't hold together with the others on these rows")
    found: Table = cells
    return found


def _to_constraints(cells: Table, satisfied: npt.NDArray[np.bool_], constraints: Sequence[Constraint]) -> Table:
    for place, one in enumerate(constraints):
        inside = satisfied[:, place]
        those, others = cells[:, inside].sum(), cells[:, ~inside].sum()
        if those > 0 and others > 0:
            cells = cells * np.where(inside, one.share / those, (1 - one.share) / others)[None, :]
    return cells


def _check_supply(cells: Table, satisfied: npt.NDArray[np.bool_], constraints: Sequence[Constraint]) -> None:
    for place, one in enumerate(constraints):
        inside = cells[:, satisfied[:, place]].sum()
        if inside <= 0 and one.share > CLOSE:
            raise BadInput(f"--share {one}:{one.share:g}: no row that may be taken has {one.value!r} in {one.column}")
        if inside >= cells.sum() - CLOSE and one.share < 1 - CLOSE:
            raise BadInput(
                f"--share {one}:{one.share:g}: every row that may be taken has {one.value!r} in {one.column}"
            )


def patterns(matches: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """The pattern of each row, a number whose bits tell the constraints it satisfies: int32; ``matches`` is rows x
    constraints."""
    weights = (1 << np.arange(matches.shape[1])).astype(np.int32)
    found: npt.NDArray[np.int32] = (matches @ weights).astype(np.int32)
    return found
