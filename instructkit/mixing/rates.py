"""Which share of a mixture each group should have: the formula, and how whole rows are dealt by it."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from instructkit.errors import BadInput, UsageError
from instructkit.mixing.settings import SEPARATOR, MixSettings

Group = tuple[str, ...]  # the values of the columns that make groups, the outermost first

TOLD = 10  # groups that notes name one by one
KNOWN = 50  # groups that the error for an unknown one lists

Key = TypeVar("Key", bound=Any)  # what rows are dealt to: anything that can be sorted


def name_of(group: Group) -> str:
    """A group's name, as weights and recipes have it."""
    return SEPARATOR.join(group)


def mixing_rates(
    rows: Mapping[Group, int], settings: MixSettings, factors: Mapping[Group, float] | None = None
) -> dict[Group, float]:
    """Each group's share of the mixture, adding up to 1.

    r_g = w_g * min(n_g, K)^(1/T), divided by the sum over the groups: examples-proportional mixing with an
    artificial limit K and a temperature T (Raffel et al. 2020, section 3.5.2; SeqIO's ``mixing_rate_num_examples``
    scales the same way), times the user's weights and the ``factors`` (a group's mean score over that of all).

    Nested groups share what the group around them has, by the same formula; the size of the outer one is the sum of
    min(n, K) over those inside. A group with a fixed share has that; the others share the rest.

    Raises `UsageError` where fixed shares leave something over and there is nobody to have it.
    """
    fixed = {group: share for group in rows if (share := settings.rule(name_of(group)).share) is not None}
    free = {group: settings.cap_of(name_of(group), count) for group, count in rows.items() if group not in fixed}
    left = 1 - sum(fixed.values())
    if fixed and not free and left > 1e-9:
        raise UsageError(f"the fixed shares add up to {1 - left:g}, and no other group is there to have the rest")
    found = {**fixed, **_level(free, settings, factors or {}, left if free else 0.0, ())}
    return {group: found[group] for group in rows}


def _level(
    limited: Mapping[Group, int], settings: MixSettings, factors: Mapping[Group, float], whole: float, around: Group
) -> dict[Group, float]:
    """Share ``whole`` among the groups inside ``around``, then what each of them has among those inside it."""
    depth = len(around) + 1
    inside: dict[Group, dict[Group, int]] = {}
    for group, count in limited.items():
        inside.setdefault(group[:depth], {})[group] = count
    sizes = {child: sum(members.values()) for child, members in inside.items()}
    largest = max(sizes.values(), default=1) or 1
    weights = {child: settings.weights.get(name_of(child), 1.0) for child in sizes}
    power = math.frexp(max(weights.values(), default=1.0))[1]
    # relative to the largest and to a power of 2: a small temperature or huge weights make numbers that no float holds
    raw = {
        child: math.ldexp(weights[child], -power)
        * factors.get(child, 1.0)
        * ((size / largest) ** (1 / settings.temperature) if size else 0.0)
        for child, size in sizes.items()
    }
    total = sum(raw.values())
    rates = {child: whole * rate / total if total else 0.0 for child, rate in raw.items()}
    found: dict[Group, float] = {}
    for child, members in inside.items():
        if child in members:
            found[child] = rates[child]
        else:
            found.update(_level(members, settings, factors, rates[child], child))
    return found


def check_names(rows: Mapping[Group, int], settings: MixSettings) -> None:
    """Raise `UsageError` where a weight or a recipe names a group that is not there, or two of one name."""
    whole = Counter(map(name_of, rows))
    known = Counter(map(name_of, {group[:depth] for group in rows for depth in range(1, len(group) + 1)}))
    what = " and ".join(settings.columns)
    for source, names, there in (("a weight", settings.weights, known), ("the recipe", settings.groups, whole)):
        unknown = sorted(set(names) - set(there))
        if unknown and rows:
            listed = ", ".join(sorted(there)[:KNOWN]) + (
                f" and {len(there) - KNOWN:,} more" if len(there) > KNOWN else ""
            )
            raise UsageError(f"{source} names {unknown[0]!r}, which is no {what} here; there are {listed}")
        for name in names:
            if there[name] > 1:
                raise UsageError(
                    f"{source} names {name!r}, and {there[name]} groups are called so, for a {what} holds a "
                    f"{SEPARATOR!r}: rename it"
                )


def largest_remainder(rates: Mapping[Key, float], size: int) -> dict[Key, int]:
    """Deal ``size`` whole rows by rates: the floors, then one more to the largest fractions (Hamilton's method)."""
    total = sum(rates.values())
    exact = {key: size * rate / total for key, rate in rates.items()}
    dealt = {key: int(share) for key, share in exact.items()}
    by_fraction = sorted(exact, key=lambda key: (dealt[key] - exact[key], key))
    for key in by_fraction[: max(size - sum(dealt.values()), 0)]:
        dealt[key] += 1
    return dealt


def deal(
    rates: Mapping[Key, float],
    limits: Mapping[Key, int],
    size: int,
    on_shortage: str = "redistribute",
    name: Callable[[Key], str] = str,
    what: str = "rows",
) -> tuple[dict[Key, int], list[str]]:
    """Deal ``size`` rows by the rates to those that have no more than their limit; gives notes of what was short.

    ``name`` and ``what`` are how notes and errors call one of them, and the rows.

    What one lacks goes to those that still have rows (``redistribute``), or is left out (``smaller``).

    Raises `BadInput` where that is refused, or nobody has a row left.
    """
    taken = dict.fromkeys(rates, 0)
    lacking: dict[Key, int] = {}
    left = size
    while left:
        still = {key: rate for key, rate in rates.items() if rate > 0 and taken[key] < limits[key]}
        if not still and on_shortage == "smaller":
            return taken, [f"{left:,} {what} are lacking: none may be taken"]
        if not still:
            had = size - left
            raise BadInput(
                f"{size:,} {what} are asked for, and all that may be taken are {had:,}: ask for fewer, take rows more "
                "often with --max-epochs, or make do with --on-shortage smaller"
            )
        for key, count in largest_remainder(still, left).items():
            given = min(count, limits[key] - taken[key])
            taken[key] += given
            left -= given
            if given < count:
                lacking[key] = lacking.get(key, 0) + count - given
        if on_shortage == "smaller":
            break
        if lacking and on_shortage == "refuse":
            key, short = next(iter(lacking.items()))
            raise BadInput(
                f"{name(key)} should give {taken[key] + short:,} rows and may give {limits[key]:,} "
                "(--on-shortage refuse): take rows more often with --max-epochs, or ask for fewer"
            )
    others = "they are left out" if on_shortage == "smaller" else "the others give them"
    told = [f"{name(key)} is short of {short:,} rows; {others}" for key, short in lacking.items()]
    return taken, first_of(told, "groups are short of rows")


def first_of(notes: list[str], what: str) -> list[str]:
    """The first of many notes, and how many more there are."""
    more = len(notes) - TOLD
    return [*notes[:TOLD], f"{more:,} more {what}"] if more > 0 else notes
