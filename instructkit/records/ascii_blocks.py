"""64 bytes at once: which are of words, which are seen at all, which are beyond ASCII, and their lower case.

Written as vectors of LLVM, which becomes what the machine has (AVX-512, AVX2, NEON, or plain code).
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

BLOCK = 64
_PADDED = BLOCK + 8  # eight bytes can be loaded from any of them


@intrinsic  # type: ignore[untyped-decorator]
def ascii_masks(context: Any, address: Any) -> Any:
    """Three masks of the 64 bytes at an address, a bit a byte, the first byte lowest, and the address of a folded copy.

    Words are letters, digits and underscores; seen are they and the marks (0x21 to 0x7E). The copy has ASCII letters
    in lower case and lives until the next call.
    """

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), BLOCK)
        number = ir.IntType(64)

        def every(value: int) -> Any:
            return ir.Constant(vector, [value] * BLOCK)

        def within(values: Any, first: str, last: str) -> Any:
            size = ord(last) - ord(first) + 1
            return builder.icmp_unsigned("<", builder.sub(values, every(ord(first))), every(size))

        values = builder.load(builder.inttoptr(arguments[0], vector.as_pointer()))
        values.align = 1
        lower = builder.or_(values, every(0x20))
        letters = within(lower, "a", "z")
        words = builder.or_(letters, builder.or_(within(values, "0", "9"), within(values, "_", "_")))
        seen = within(values, "!", "~")
        beyond = builder.icmp_unsigned(">=", values, every(0x80))
        copy = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(8), _PADDED))
        kept = builder.store(builder.select(letters, lower, values), builder.bitcast(copy, vector.as_pointer()))
        kept.align = 1
        masks = [builder.bitcast(mask, number) for mask in (words, seen, beyond)]
        return context.make_tuple(builder, signature.return_type, [*masks, builder.ptrtoint(copy, number)])

    masks = (types.uint64, types.uint64, types.uint64, types.int64)
    return types.Tuple(masks)(types.int64), make  # type: ignore[attr-defined]
