"""What a person should know of a split beside its counts."""

from instructkit.mixing.splitting.gathering import Gathered
from instructkit.mixing.splitting.report import SplitReport
from instructkit.mixing.splitting.settings import SIDES, TEST, SplitSettings
from instructkit.mixing.splitting.units import Units

MISS, TASK_MISS = (
    0.01,
    0.25,
)  # of the rows asked for: a side, or a task on it, that misses by more (and by some rows) is told of
LARGE = 0.2  # of all rows: a unit that holds more is told of


def note_units(told: SplitReport, gathered: Gathered, given: SplitSettings, units: Units) -> None:
    """Note rows without a value, and a unit that holds much of all."""
    for column, rows in gathered.without.items():
        if rows:
            told.notes.append(f"{rows:,} rows have no {column}: of them those of one parent stay together")
    rows = len(units.of_row)
    if len(units) > 1 and told.largest_unit > LARGE * rows:
        near = "; is --near-duplicates too low?" if given.near_duplicates is not None else ""
        told.notes.append(f"{told.largest_unit:,} of the {rows:,} rows hang together in one unit{near}")


def note_misses(told: SplitReport, wanted: dict[int, int], given: SplitSettings) -> None:
    """Note sides, and tasks on them, that have not the rows that were asked for: whole units don't allow it."""
    total = sum(told.sides.values()) - (wanted[TEST] if given.holds_out else 0)
    if given.hold_out_share is not None:
        got, asked = told.sides[SIDES[TEST]], given.hold_out_share * sum(told.sides.values())
        if abs(got - asked) > max(1, MISS * asked):
            told.notes.append(
                f"{SIDES[TEST]} has {got:,} rows, not {asked:,.0f}: each {given.hold_out_by} is held out whole or not "
                "at all"
            )
    for side, asked in wanted.items():
        if not asked or (side == TEST and given.holds_out):
            continue
        name = SIDES[side]
        got = told.sides[name]
        if abs(got - asked) > max(1, MISS * asked):
            told.notes.append(f"{name} has {got:,} rows, not {asked:,}: rows that hang together are not torn apart")
        misses = []
        for task, counts in told.tasks.items():
            rows = sum(counts.values()) - (counts[SIDES[TEST]] if given.holds_out else 0)
            expected = asked * rows / total
            miss = abs(counts[name] - expected)
            if miss > max(2, TASK_MISS * expected):
                misses.append((miss, task or "(none)", counts[name], expected))
        if misses:
            _, task, count, expected = max(misses)
            more = f" (and {len(misses) - 1} more tasks miss their share)" if len(misses) > 1 else ""
            told.notes.append(f"{task} has {count:,} rows in {name}, not {expected:.1f}: its rows hang together{more}")
