"""Taking rows in their order, in a compiled loop: each leaves for one before it that it is alike, or stays."""

from typing import Any

from instructkit.dedup.comparing import fill, jaccard, least_shared
from instructkit.engine.jit import jit


@jit(
    "void(int32[::1], int64, int64[::1], int32[::1], int32[::1], int32[::1], int32[::1], uint64[::1], int64[::1], "
    "uint32[:,::1], uint64[::1], boolean[::1], float64, uint64[::1], int32[::1], boolean[::1], boolean[::1], "
    "int32[::1], float32[::1])"
)
def judge(
    order: Any, fixed: int, key_ends: Any, keys: Any, last: Any, before: Any, owners: Any, shingles: Any, ends: Any,
    sizes: Any, origins: Any, guarded: Any, threshold: float, table: Any, candidates: Any, met: Any, stays: Any,
    kept: Any, similarity: Any,
) -> None:  # fmt: skip
    """Take some rows in their order: each leaves for a row before it that it is alike, or stays and can be met.

    It leaves for the one it is most alike, and of those for the lowest. The rows that stay stand under their keys:
    ``last`` is the latest entry of a key, ``before`` the one before an entry, ``owners`` whose an entry is. Rows below
    ``fixed`` stay in any case. ``met`` is 0 for all rows when it begins and when it ends.
    """
    for row in order:
        first, end = key_ends[row], key_ends[row + 1]
        if not stays[row] or first == end:
            continue
        count = 0
        if row >= fixed:
            in_row = ends[row + 1] - ends[row]
            for place in range(first, end):
                entry = last[keys[place]]
                while entry >= 0:
                    other = owners[entry]
                    entry = before[entry]
                    if met[other]:
                        continue
                    in_other = ends[other + 1] - ends[other]
                    if least_shared(in_row + in_other, threshold) > min(in_row, in_other):
                        continue
                    if origins[row] != 0 and origins[other] == origins[row]:
                        continue  # the phrasings of one raw row are meant to be alike
                    met[other] = True
                    candidates[count] = other
                    count += 1
            best = 0.0
            if count:
                mask = fill(table, shingles, ends[row], ends[row + 1])
                for number in range(count):
                    other = candidates[number]
                    met[other] = False
                    alike = jaccard(table, mask, shingles, ends, sizes, guarded, threshold, other, row)
                    if alike > 0 and (stays[row] or alike > best or (alike == best and other < kept[row])):
                        stays[row] = False
                        kept[row] = other
                        best = alike
                        similarity[row] = alike
        if stays[row]:
            for place in range(first, end):
                before[place] = last[keys[place]]
                last[keys[place]] = place
                owners[place] = row
