"""Compiling loops over Arrow buffers."""

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

from instructkit.engine.lean import hidden, in_a_command

with hidden("scipy") if in_a_command() else contextlib.nullcontext():
    import numba
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import cgutils, types
    from numba.core.registry import cpu_target
    from numba.extending import intrinsic

    if in_a_command():
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()

Function = TypeVar("Function", bound=Callable[..., Any])


def jit(*signatures: str) -> Callable[[Function], Function]:
    """Compile a loop with numba, releasing the GIL, and keep the machine code between runs.

    With signatures it is compiled at import, once per machine. Where no folder for the compiled code is writable (a
    read-only install without a home), it is compiled anew in each process instead of failing.
    """
    return _compiled(signatures)


def inner(*signatures: str) -> Callable[[Function], Function]:
    """`jit` for what only other loops call: Python can't, which makes it quicker to compile and to load."""
    return _compiled(signatures, no_cpython_wrapper=True)


def _compiled(signatures: tuple[str, ...], **options: bool) -> Callable[[Function], Function]:
    arguments: tuple[Any, ...] = (list(signatures),) if signatures else ()
    options |= {"nogil": True, "no_cfunc_wrapper": True}

    def decorate(function: Function) -> Function:
        try:
            return cast(Function, numba.njit(*arguments, cache=True, **options)(function))
        except RuntimeError:
            return cast(Function, numba.njit(*arguments, **options)(function))

    return decorate


@intrinsic  # type: ignore[untyped-decorator]
def pointer(context: Any, address: Any) -> Any:
    """In a compiled loop: an address as a pointer, for ``numba.carray``."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), make


@intrinsic  # type: ignore[untyped-decorator]
def copy_bytes(context: Any, to: Any, source: Any, size: Any) -> Any:
    """In a compiled loop: copy some bytes from one address to another (C's memcpy)."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to, source = (builder.inttoptr(address, cgutils.voidptr_t) for address in arguments[:2])
        cgutils.raw_memcpy(builder, to, source, arguments[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), make


@intrinsic  # type: ignore[untyped-decorator]
def same_bytes(context: Any, one: Any, other: Any, size: Any) -> Any:
    """In a compiled loop: whether the bytes at two addresses are the same (C's memcmp)."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer = ir.IntType(32)
        kind = ir.FunctionType(integer, [cgutils.voidptr_t, cgutils.voidptr_t, ir.IntType(64)])
        compare = cgutils.get_or_insert_function(builder.module, kind, "memcmp")
        one, other = (builder.inttoptr(address, cgutils.voidptr_t) for address in arguments[:2])
        found = builder.call(compare, [one, other, arguments[2]])
        return builder.icmp_signed("==", found, ir.Constant(integer, 0))

    return types.boolean(types.int64, types.int64, types.int64), make


@intrinsic  # type: ignore[untyped-decorator]
def load64(context: Any, address: Any) -> Any:
    """In a compiled loop: the eight bytes at an address as one number, the first byte lowest."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = builder.load(builder.inttoptr(arguments[0], ir.IntType(64).as_pointer()))
        value.align = 1
        return value

    return types.uint64(types.int64), make


def _item(bits: int) -> Any:
    def item(context: Any, address: Any, index: Any) -> Any:
        def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            start = builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer())
            value = builder.load(builder.gep(start, [arguments[1]]))
            return builder.zext(value, ir.IntType(64))

        return types.int64(types.int64, types.int64), make

    return item


# In a compiled loop: an item of an array of unsigned integers, by the array's address. A function called in a loop
# takes an address where it can: numba counts references to an array at each call, which costs more than the function.
uint16_at = intrinsic(_item(16))
uint32_at = intrinsic(_item(32))


@intrinsic  # type: ignore[untyped-decorator]
def uint64_at(context: Any, address: Any, index: Any) -> Any:
    """In a compiled loop: an item of an array of uint64, by the array's address."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        start = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(start, [arguments[1]]))

    return types.uint64(types.int64, types.int64), make


@intrinsic  # type: ignore[untyped-decorator]
def put_uint64(context: Any, address: Any, index: Any, value: Any) -> Any:
    """In a compiled loop: write an item of an array of uint64, by the array's address."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        start = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        builder.store(arguments[2], builder.gep(start, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.uint64), make


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(context: Any, value: Any) -> Any:
    """In a compiled loop: how many low bits of a number are 0; 64 for 0."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), make


@intrinsic  # type: ignore[untyped-decorator]
def leading_zeros(context: Any, value: Any) -> Any:
    """In a compiled loop: how many high bits of a number are 0; 64 for 0."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), make


@intrinsic  # type: ignore[untyped-decorator]
def count_bits(context: Any, value: Any) -> Any:
    """In a compiled loop: how many bits of a number are 1."""

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), make
