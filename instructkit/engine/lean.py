"""Keeping what a command has no use for from being loaded: half a second of each start.

pyarrow looks for pandas the first time it is given a Python value, and numba for scipy's linear algebra when it gets
ready. In a command (`instructkit.cli`) hardly ever others' code runs, so both may be told that there is none. In a
notebook they are left as they are.
"""

import contextlib
import sys
from collections.abc import Iterator


def in_a_command() -> bool:
    """Whether this process is one of our commands, and no other program that has loaded them."""
    return bool(getattr(sys.modules.get("instructkit.cli"), "RUNNING", False))


class _Absent:
    """Finds that a module is not there."""

    def __init__(self, module: str) -> None:
        self._module = module

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """What importlib asks of a finder."""
        if name == self._module:
            raise ModuleNotFoundError(f"{name} is not wanted here", name=name)


@contextlib.contextmanager
def hidden(module: str) -> Iterator[None]:
    """Let a module that is not loaded seem not to be installed."""
    finder = _Absent(module)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def spare_pandas() -> None:
    """Let pyarrow look for pandas in vain, but where others' code runs that may have uses for it.

    pyarrow itself has one: times in nanoseconds as Python values, which `records.values` reads without it.
    """
    if in_a_command() and not any(_runs_others_code(argument) for argument in sys.argv):
        import pyarrow as pa

        with hidden("pandas"):
            pa.scalar("").as_py()
            pa.array([""])


def _runs_others_code(argument: str) -> bool:
    return argument.startswith("--pii-ner") or argument.rpartition("=")[2].startswith("hub:")
