"""When compiled loops pay for their loading.

To load numba and the compiled loops takes about a second, once in a process. A small file is done before that with
NumPy and Arrow alone, so what is compiled has a plain form beside it where small inputs are usual; both give the same,
and each is the other's test.
"""

import sys

ROWS = 200_000  # from about here on the loops win back their second


class _Seen:
    rows = 0


def worth_compiling(rows: int) -> bool:
    """Note that some rows are worked on, and say whether to use the compiled loops for them."""
    _Seen.rows += rows
    return _Seen.rows > ROWS or "instructkit.engine.jit" in sys.modules
