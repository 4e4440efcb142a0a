"""Compiling loops over Arrow buffers."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core import cgutils, types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])


def jit(*signatures: str) -> Callable[[Function], Function]:
    """Compile a loop with numba, releasing the GIL, and keep the machine code between runs.

    With signatures it is compiled at import, once per machine; a helper that only other loops call takes
    none. Where no folder for the compiled code is writable (a read-only install without a home), it is
    compiled anew in each process instead of failing.
    """
    arguments: tuple[Any, ...] = (list(signatures),) if signatures else ()

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, numba.njit(*arguments, cache=True, nogil=True)(function))
        except RuntimeError:
            return cast(Function, numba.njit(*arguments, nogil=True)(function))

    return decorate


@intrinsic  # type: ignore[untyped-decorator]
def pointer(context: Any, address: Any) -> Any:
    """In a compiled loop: an address as a pointer, for ``numba.carray``."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), make
