"""The lowest values of 32 permutations at once, held in registers while all shingles of a row pass.

Written as vectors of LLVM, which becomes what the machine has (AVX-512, AVX2, NEON, or plain code).
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 32


@intrinsic  # type: ignore[untyped-decorator]
def lowest_values(context: Any, values: Any, count: Any, slopes: Any, shifts: Any, out: Any) -> Any:
    """Write the lowest of slope * value + shift modulo 2^32 over ``count`` values, for `LANES` slopes and shifts.

    All but ``count`` are addresses of 32-bit values. Of no value the lowest is 2^32 - 1.
    """

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = ir.IntType(32)
        vector = ir.VectorType(number, LANES)

        def load(address: Any) -> Any:
            held = builder.load(builder.inttoptr(address, vector.as_pointer()))
            held.align = 4
            return held

        source = builder.inttoptr(arguments[0], number.as_pointer())
        slope, shift = load(arguments[2]), load(arguments[3])
        lowest = cgutils.alloca_once_value(builder, ir.Constant(vector, [0xFFFFFFFF] * LANES))
        with cgutils.for_range(builder, arguments[1]) as loop:
            value = builder.load(builder.gep(source, [loop.index]))
            one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(number, 0))
            every = builder.shuffle_vector(one, one, ir.Constant(vector, [0] * LANES))
            permuted = builder.add(builder.mul(slope, every), shift)
            before = builder.load(lowest)
            builder.store(builder.select(builder.icmp_unsigned("<", permuted, before), permuted, before), lowest)
        kept = builder.store(builder.load(lowest), builder.inttoptr(arguments[4], vector.as_pointer()))
        kept.align = 4
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64, types.int64), make
