"""Which rows leave, and for which row that stays.

A row leaves only if its true similarity to a row that STAYS reaches the threshold: no chains. Rows meet in
the buckets of their bands; each meeting is verified on the shingle sets. Where the row that another left for
leaves in turn, the other is judged again, now against rows that are sure to stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.signing import NO_BAND
from instructkit.dedup.store import ShingleSets, SignatureStore
from instructkit.dedup.texts import Field
from instructkit.engine.jit import jit

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ROWS_AT_ONCE = 8192  # rows whose shingle sets are in memory together, unless one bucket alone has more
ROUNDING = 1e-9  # 55 of 100 are 0.55, though 0.55 * 100 is a little more to a float
ROWS_A_SORT = 1 << 18  # rows of a band that are sorted together
FEW_MEETINGS = 16  # a row: what a comparison by one field may cost
SIEVE = 1 << 22  # slots
CROWD = 32  # a bucket of more rows is joined by their rare shingles, not pair by pair
COUNTERS = 1 << 16  # for a bucket's shingles: an order by frequency need not be exact, only one
MOST_COUNTED = np.uint32((1 << 24) - 1)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
EXACT, NEAR = np.int8(1), np.int8(2)


@dataclass
class Verdicts:
    """What was found of each row."""

    stays: Mask
    kept: npt.NDArray[np.int32]  # the row it left for; -1 where it stays
    similarity: npt.NDArray[np.float32]
    reason: npt.NDArray[np.int8]  # 0, EXACT or NEAR


@jit("void(uint64[:,::1], int64[::1], boolean[::1], int32[::1])")
def mark_equal(exact: Any, order: Any, stays: Any, kept: Any) -> None:
    """Within runs of one low hash, mark each row whose high hash an earlier row of the run has."""
    start = 0
    rows = len(order)
    while start < rows:
        end = start + 1
        while end < rows and exact[order[end], 1] == exact[order[start], 1]:
            end += 1
        for place in range(start + 1, end):
            row = order[place]
            if exact[row, 0] == 0 and exact[row, 1] == 0:
                continue  # a row without text equals nothing
            earlier = start
            while earlier < place:
                other = order[earlier]
                if stays[other] and exact[other, 0] == exact[row, 0]:
                    stays[row] = False
                    kept[row] = other
                    break
                earlier += 1
        start = end


def find_duplicates(store: SignatureStore, settings: DedupSettings, fields: tuple[Field, ...]) -> Verdicts:
    """Judge all rows of a store, earlier rows staying before later ones."""
    found = Verdicts(
        np.ones(store.rows, bool),
        np.full(store.rows, -1, np.int32),
        np.zeros(store.rows, np.float32),
        np.zeros(store.rows, np.int8),
    )
    _drop_equal(store, found)
    if store.bands and store.rows > 1:
        guarded = np.array([field.guarded for field in fields])
        _drop_near(store, found, settings.threshold, guarded)
    return found


def _drop_equal(store: SignatureStore, found: Verdicts) -> None:
    """Keep the first row of each exact hash."""
    exact = store.exact()
    for part in _parts(exact[:, 1], store.rows):
        order = part[np.argsort(exact[part, 1], kind="stable")]  # stable: the first of a run is the earliest row
        mark_equal(exact, order, found.stays, found.kept)
    dropped = found.kept >= 0
    found.similarity[dropped] = 1
    found.reason[dropped] = EXACT


def _parts(keys: npt.NDArray[np.uint64], rows: int) -> Iterator[Rows]:
    """The rows in parts by the top bits of their keys, so that a sort holds a bounded number; equal keys together."""
    bits = max(0, int(np.ceil(np.log2(max(1, rows) / ROWS_A_SORT))))
    if bits == 0:
        yield np.arange(rows)
        return
    for part in range(1 << bits):
        yield np.flatnonzero(keys >> np.uint64(64 - bits) == part)


def _drop_near(store: SignatureStore, found: Verdicts, threshold: float, guarded: Mask) -> None:
    sets = store.sets()
    equal = np.flatnonzero(found.reason == EXACT)
    sure = np.zeros(store.rows, bool)
    while True:
        for band in range(store.bands):
            keys = store.keys(band)
            for part in _parts(keys, store.rows):
                for buckets in _buckets(keys, part, found.stays, sure):
                    _judge(buckets, sets, found, sure, threshold, guarded)
        left_for = found.kept[found.reason == NEAR]
        near = np.flatnonzero(found.reason == NEAR)
        orphans = near[~found.stays[left_for]]
        if not len(orphans):
            break
        sure = found.stays.copy()
        found.stays[orphans] = True
        found.kept[orphans] = -1
        found.similarity[orphans] = 0
        found.reason[orphans] = 0
    # a copy of a row that left in turn leaves for the same one
    through = found.kept[equal]
    chained = ~found.stays[through]
    found.similarity[equal[chained]] = found.similarity[through[chained]]
    found.kept[equal[chained]] = found.kept[through[chained]]
    found.reason[equal[chained]] = NEAR


@dataclass
class _Buckets:
    rows: Rows  # ascending, each once
    places: Rows  # into `rows`, bucket after bucket
    ends: Rows


def _buckets(keys: npt.NDArray[np.uint64], part: Rows, stays: Mask, sure: Mask) -> Iterator[_Buckets]:
    """The buckets of a part of a band in which rows may meet that are not all sure, a bounded number at a time."""
    alive = part[stays[part] & (keys[part] != NO_BAND)]
    if sure.any():
        # a later round: only the few buckets with a row that is not sure; a table of low bits sifts nearly all others
        unsure = np.unique(keys[alive[~sure[alive]]])
        sieve = np.zeros(SIEVE, bool)
        sieve[unsure & np.uint64(SIEVE - 1)] = True
        alive = alive[sieve[keys[alive] & np.uint64(SIEVE - 1)]]
        alive = alive[np.isin(keys[alive], unsure)]
    order = np.argsort(keys[alive])
    keys, members = keys[alive][order], alive[order]
    del alive, order
    # a bucket is a run of equal keys; those of one row are left out
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
    sizes = np.diff(np.append(starts, len(keys)))
    wanted = sizes > 1
    members = members[np.repeat(wanted, sizes)]
    sizes = sizes[wanted]
    # earlier rows first: the sort above is free to swap equal keys
    members = members[np.lexsort((members, np.repeat(np.arange(len(sizes)), sizes)))]
    ends = np.cumsum(sizes)
    first = begin = 0
    while first < len(ends):
        last = max(first + 1, int(np.searchsorted(ends, begin + ROWS_AT_ONCE, "right")))
        rows, places = np.unique(members[begin : ends[last - 1]], return_inverse=True)
        yield _Buckets(rows, places, np.concatenate([[0], ends[first:last] - begin]))
        first, begin = last, int(ends[last - 1])


def _judge(buckets: _Buckets, sets: ShingleSets, found: Verdicts, sure: Mask, threshold: float, guarded: Mask) -> None:
    shingles, ends, sizes, parents = sets.load(buckets.rows)
    stays = found.stays[buckets.rows]
    kept = np.full(len(buckets.rows), -1, np.int64)
    similarity = np.zeros(len(buckets.rows), np.float64)
    judge(buckets.places, buckets.ends, shingles, ends, sizes, parents, sure[buckets.rows], guarded, threshold, CROWD,
          stays, kept, similarity)  # fmt: skip
    left = np.flatnonzero(kept >= 0)
    rows = buckets.rows[left]
    found.stays[rows] = False
    found.kept[rows] = buckets.rows[kept[left]]
    found.similarity[rows] = similarity[left]
    found.reason[rows] = NEAR


@jit()
def jaccard(shingles: Any, ends: Any, sizes: Any, guarded: Any, threshold: float, one: int, other: int) -> float:
    """Similarity of two rows' shingle sets over all fields; 0 where a guarded field stays below the threshold."""
    fields = sizes.shape[1]
    shared_all = 0
    total_all = 0
    for turn in range(2):  # guarded fields first, the last (the answer) before all: most pairs differ there, and soon
        for number in range(fields):
            field = fields - 1 - number
            if guarded[field] != (turn == 0):
                continue
            at, against = ends[one], ends[other]
            for before in range(field):
                at += sizes[one, before]
                against += sizes[other, before]
            end = at + sizes[one, field]
            against_end = against + sizes[other, field]
            total = end - at + against_end - against
            smaller, larger = min(end - at, against_end - against), max(end - at, against_end - against)
            if guarded[field] and smaller < threshold * larger - ROUNDING:
                return 0.0
            shared = 0
            while at < end and against < against_end:
                if shingles[at] == shingles[against]:
                    shared += 1
                    at += 1
                    against += 1
                elif shingles[at] < shingles[against]:
                    at += 1
                else:
                    against += 1
            if guarded[field] and total and shared < threshold * (total - shared) - ROUNDING:
                return 0.0
            shared_all += shared
            total_all += total - shared
    similarity = shared_all / total_all if total_all else 0.0
    return max(similarity, threshold) if similarity >= threshold - ROUNDING else similarity


@jit()
def stretch(row: int, field: int, ends: Any, sizes: Any) -> Any:
    """Where a row's shingles of one field stand; of all fields for -1."""
    start = ends[row]
    if field < 0:
        return start, ends[row + 1]
    for before in range(field):
        start += sizes[row, before]
    return start, start + sizes[row, field]


@jit()
def rare_shingles(members: Any, field: int, shingles: Any, ends: Any, sizes: Any, threshold: float) -> Any:
    """The rarest shingles of each row of a bucket, as slots of a table, row after row; where each row's end; the slots.

    Last comes how many meetings they make. Two sets of similarity t share one of the first n - ceil(t * n) + 1
    shingles of each in any order that is the same for both (prefix filtering: Chaudhuri et al. 2006; Bayardo et al.
    2007). Rarest first, rows that have only a template's words in common seldom meet.
    """
    counts = np.zeros(COUNTERS, np.uint32)  # how often a shingle occurs, or more where others share its counter
    rare_ends = np.zeros(len(members) + 1, np.int64)
    longest = 0
    for place in range(len(members)):
        start, end = stretch(members[place], field, ends, sizes)
        for at in range(start, end):
            counts[np.int64((shingles[at] * SPREAD) >> np.uint64(20)) & (COUNTERS - 1)] += np.uint32(1)
        size = end - start
        longest = max(longest, size)
        rare_ends[place + 1] = rare_ends[place] + size - np.int64(np.ceil(threshold * size - 1e-9)) + 1
    total = rare_ends[len(members)]
    slots = 16
    while slots < 2 * total:
        slots *= 2
    table = np.zeros(slots, np.uint64)
    rare = np.empty(total, np.int64)
    met = np.zeros(slots, np.int64)
    meetings = 0
    order = np.empty(longest, np.uint64)
    for place in range(len(members)):
        start, end = stretch(members[place], field, ends, sizes)
        for at in range(start, end):
            value = shingles[at] * SPREAD
            count = counts[np.int64(value >> np.uint64(20)) & (COUNTERS - 1)]
            # by frequency, then by value: one order for all rows
            order[at - start] = (np.uint64(min(count, MOST_COUNTED)) << np.uint64(40)) | (value >> np.uint64(24))
        sequence = order[: end - start]
        sequence.sort()
        for number in range(rare_ends[place + 1] - rare_ends[place]):
            key = sequence[number]
            slot = np.int64((key * SPREAD) >> np.uint64(20)) & (slots - 1)
            while table[slot] != 0 and table[slot] != key:
                slot = (slot + 1) & (slots - 1)
            table[slot] = key
            rare[rare_ends[place] + number] = slot
            meetings += met[slot]
            met[slot] += 1
    return rare, rare_ends, slots, meetings


@jit()
def rarest(members: Any, shingles: Any, ends: Any, sizes: Any, guarded: Any, threshold: float) -> Any:
    """The rare shingles by which the fewest rows of a bucket meet: of all fields, or one that must be alike."""
    found = False
    best = (np.zeros(0, np.int64), np.zeros(1, np.int64), 0, 0)
    for number in range(len(guarded) + 1):
        field = len(guarded) - 1 - number  # the answer first, all fields last
        if field >= 0:
            everywhere = guarded[field]
            for place in range(len(members)):
                everywhere = everywhere and sizes[members[place], field] > 0
            if not everywhere:
                continue
        elif found and best[3] < FEW_MEETINGS * len(members):
            break  # good enough, and the sets of all fields may be long
        other = rare_shingles(members, field, shingles, ends, sizes, threshold)
        if not found or other[3] < best[3]:
            best = other
            found = True
    return best


@jit()
def nearest_posted(
    place: int, members: Any, rare: Any, rare_ends: Any, chain: Any, following: Any, owner: Any, seen: Any,
    shingles: Any, ends: Any, sizes: Any, parents: Any, guarded: Any, threshold: float,
) -> Any:  # fmt: skip
    """The earliest staying row that shares a rare shingle with a row and is alike, and how much; -1 for none."""
    row = members[place]
    best, similarity = np.int64(-1), 0.0
    for number in range(rare_ends[place], rare_ends[place + 1]):
        posting = chain[rare[number]]
        while posting >= 0:
            earlier = owner[posting]
            posting = following[posting]
            other = members[earlier]
            if seen[earlier] == place or (parents[row] != 0 and parents[other] == parents[row]) or 0 <= best < other:
                continue
            seen[earlier] = place
            alike = jaccard(shingles, ends, sizes, guarded, threshold, other, row)
            if alike >= threshold:
                best, similarity = other, alike
    return best, similarity


@jit()
def nearest_of(
    row: int,
    staying: Any,
    count: int,
    shingles: Any,
    ends: Any,
    sizes: Any,
    parents: Any,
    guarded: Any,
    threshold: float,
) -> Any:
    """The earliest of ``staying[:count]`` that a row is alike, and how much; -1 for none."""
    best, similarity = np.int64(-1), 0.0
    for number in range(count):
        other = staying[number]
        if (parents[row] != 0 and parents[other] == parents[row]) or 0 <= best < other:
            continue  # the phrasings of one raw row are meant to be alike
        alike = jaccard(shingles, ends, sizes, guarded, threshold, other, row)
        if alike >= threshold:
            best, similarity = other, alike
    return best, similarity


@jit(
    "void(int64[::1], int64[::1], uint64[::1], int64[::1], uint32[:,::1], uint64[::1], boolean[::1], boolean[::1], "
    "float64, int64, boolean[::1], int64[::1], float64[::1])"
)
def judge(
    places: Any, bucket_ends: Any, shingles: Any, ends: Any, sizes: Any, parents: Any, sure: Any, guarded: Any,
    threshold: float, crowd: int, stays: Any, kept: Any, similarity: Any,
) -> None:  # fmt: skip
    """In each bucket compare each row to those before it that stay, and drop it if one is alike."""
    fields = sizes.shape[1]
    for row in range(len(parents)):  # sorted sets are compared in one pass
        start = ends[row]
        for field in range(fields):
            part = shingles[start : start + sizes[row, field]]
            part.sort()
            start += sizes[row, field]
    for bucket in range(len(bucket_ends) - 1):
        members = places[bucket_ends[bucket] : bucket_ends[bucket + 1]]
        crowded = len(members) > crowd
        if crowded:
            rare, rare_ends, slots, _ = rarest(members, shingles, ends, sizes, guarded, threshold)
        else:
            rare, rare_ends, slots = np.zeros(0, np.int64), np.zeros(len(members) + 1, np.int64), 0
        # a posting is a staying row under one of its rare shingles; `following` chains those of one shingle
        chain = np.full(slots, -1, np.int32)
        following = np.full(len(rare), -1, np.int32)
        owner = np.empty(len(rare), np.int32)
        seen = np.full(len(members), -1, np.int64)
        staying = np.empty(len(members), np.int64)
        count = 0
        for turn in range(2):  # rows that are sure to stay come first: the others are judged against all of them
            for place in range(len(members)):
                row = members[place]
                if sure[row] != (turn == 0) or not stays[row]:
                    continue
                if turn == 1:
                    if crowded:
                        best, alike = nearest_posted(place, members, rare, rare_ends, chain, following, owner, seen,
                                                     shingles, ends, sizes, parents, guarded, threshold)  # fmt: skip
                    else:
                        best, alike = nearest_of(
                            row, staying, count, shingles, ends, sizes, parents, guarded, threshold
                        )
                    if best >= 0:
                        stays[row] = False
                        kept[row] = best
                        similarity[row] = alike
                        continue
                staying[count] = row
                count += 1
                for posting in range(rare_ends[place], rare_ends[place + 1]):
                    following[posting] = chain[rare[posting]]
                    chain[rare[posting]] = posting
                    owner[posting] = place
