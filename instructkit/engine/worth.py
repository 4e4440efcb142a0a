"""When compiled loops pay for their loading.

To load numba and the compiled loops takes about a second, once in a process. A small file is done before that with
NumPy and Arrow alone, so what is compiled has a plain form beside it where small inputs are usual; both give the same,
and each is the other's test.
"""

import logging
import os
import sys
from pathlib import Path

log = logging.getLogger("instructkit")

ROWS = 200_000  # from about here on the loops win back their second


class _Seen:
    rows = 0


def note(rows: int) -> None:
    """Note that a step of this process is given some rows; `mapping` does so for every batch."""
    _Seen.rows += rows


def loaded(module: str = "instructkit.engine.jit") -> bool:
    """Whether the compiled loops are loaded already: any of them, or those of one module."""
    return module in sys.modules


def worth_compiling(rows: int = ROWS, module: str = "instructkit.engine.jit") -> bool:
    """Whether to use the compiled loops: they are loaded already, or enough rows have come to win the loading back.

    ``rows`` are fewer where the plain form is a loop over rows in Python; ``module`` has the loops, where to load them
    takes long even when others are loaded.
    """
    if loaded(module):
        return True
    if _Seen.rows > rows:
        say_if_new()
    return _Seen.rows > rows


def say_if_new(room: str = "") -> None:
    """Tell a person who waits that the loops of a room are compiled now, where no compiled code of it is kept yet."""
    if "NUMBA_CACHE_DIR" not in os.environ and not any((Path(__file__).parents[1] / room).rglob("__pycache__/*.nbi")):
        log.info("compiling the loops for this machine, once: this takes some 10 to 30 seconds")
