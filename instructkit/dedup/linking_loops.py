"""All pairs of rows that meet, in compiled loops: which hang together, which are alike over a border."""

from typing import Any

from instructkit.dedup.comparing import fill, jaccard, least_shared
from instructkit.engine.jit import inner, jit


@inner("int64(int32[::1], int64)")
def root_of(roots: Any, row: Any) -> Any:
    """The root of a row's group; the way there is halved."""
    while roots[row] != row:
        roots[row] = roots[roots[row]]
        row = roots[row]
    return row


@jit(
    "void(int32[::1], int64[::1], int32[::1], int32[::1], int32[::1], int32[::1], int32[::1], uint64[::1], int64[::1], "
    "uint32[:,::1], boolean[::1], float64, uint64[::1], int32[::1], boolean[::1], int32[::1])"
)
def join_groups(
    order: Any, key_ends: Any, keys: Any, last: Any, before: Any, hop: Any, owners: Any, shingles: Any, ends: Any,
    sizes: Any, guarded: Any, threshold: float, table: Any, candidates: Any, met: Any, roots: Any,
) -> None:  # fmt: skip
    """Join the groups of rows that meet and are alike.

    Rows stand under their keys: ``last`` is the latest entry of a key, ``before`` the one before an entry, ``owners``
    whose an entry is. Rows of one group need not be compared; ``hop`` leads over a run of entries of one group, so that
    many rows that are all alike don't meet in pairs. ``met`` is 0 for all rows when it begins and when it ends.
    """
    for row in order:
        count = 0
        mask = -1
        own = root_of(roots, row)
        in_row = ends[row + 1] - ends[row]
        for place in range(key_ends[row], key_ends[row + 1]):
            entry = last[keys[place]]
            while entry >= 0:
                other = owners[entry]
                if root_of(roots, other) == own:
                    after = hop[entry]
                    while after >= 0 and root_of(roots, owners[after]) == own:
                        after = hop[after]
                    hop[entry] = after
                    entry = after
                    continue
                entry = before[entry]
                if met[other]:
                    continue
                in_other = ends[other + 1] - ends[other]
                if least_shared(in_row + in_other, threshold) > min(in_row, in_other):
                    continue
                met[other] = True
                candidates[count] = other
                count += 1
                if mask < 0:
                    mask = fill(table, shingles, ends[row], ends[row + 1])
                if jaccard(table, mask, shingles, ends, sizes, guarded, threshold, other, row) > 0:
                    theirs = root_of(roots, other)
                    roots[max(own, theirs)] = min(own, theirs)
                    own = min(own, theirs)
        for number in range(count):
            met[candidates[number]] = False
        for place in range(key_ends[row], key_ends[row + 1]):
            before[place] = hop[place] = last[keys[place]]
            last[keys[place]] = place
            owners[place] = row


@jit(
    "void(int32[::1], int64[::1], int32[::1], int32[::1], int32[::1], int32[::1], int32[::1], uint64[::1], int64[::1], "
    "uint32[:,::1], boolean[::1], float64, uint64[::1], int32[::1], boolean[::1], uint8[::1], uint8[::1])"
)
def meet_across(
    order: Any, key_ends: Any, keys: Any, last: Any, before: Any, hop: Any, owners: Any, shingles: Any, ends: Any,
    sizes: Any, guarded: Any, threshold: float, table: Any, candidates: Any, met: Any, masks: Any, near: Any,
) -> None:  # fmt: skip
    """Add to ``near`` of each row the sides (bits, as in ``masks``) of the rows it is alike.

    As in `join_groups`, but every pair on different sides is compared; ``hop`` leads to the next entry with another
    mask.
    """
    for row in order:
        if masks[row] == 0:
            continue
        count = 0
        mask = -1
        in_row = ends[row + 1] - ends[row]
        for place in range(key_ends[row], key_ends[row + 1]):
            entry = last[keys[place]]
            while entry >= 0:
                other = owners[entry]
                if masks[other] == masks[row]:
                    entry = hop[entry]
                    continue
                entry = before[entry]
                if met[other]:
                    continue
                in_other = ends[other + 1] - ends[other]
                if least_shared(in_row + in_other, threshold) > min(in_row, in_other):
                    continue
                met[other] = True
                candidates[count] = other
                count += 1
                if mask < 0:
                    mask = fill(table, shingles, ends[row], ends[row + 1])
                if jaccard(table, mask, shingles, ends, sizes, guarded, threshold, other, row) > 0:
                    near[row] |= masks[other]
                    near[other] |= masks[row]
        for number in range(count):
            met[candidates[number]] = False
        for place in range(key_ends[row], key_ends[row + 1]):
            entry = last[keys[place]]
            alike = entry >= 0 and masks[owners[entry]] == masks[row]
            before[place] = entry
            hop[place] = hop[entry] if alike else entry
            last[keys[place]] = place
            owners[place] = row
