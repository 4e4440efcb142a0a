"""What options of ``filter`` have in common."""

import math

from instructkit.errors import UsageError


def read_share(option: str, given: str) -> float:
    """A number in [0, 1] that an option ends in. Raises `UsageError` for anything else."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise UsageError(f"{option}: {given!r} is no number between 0 and 1")
    return value
