"""Which examples of a new task may stay: the filters of Self-Instruct (Wang et al. 2023, section 2.2 and its code)."""

from collections.abc import Sequence

from instructkit.generation.bootstrapping.candidates import Finished, Row
from instructkit.records.rejects import Reason

MOST_EXAMPLES = 5


def sifted(rows: Sequence[Row], *, cut: bool, most: int = MOST_EXAMPLES) -> Finished:
    """The examples that may stay; ``cut``: the answer was ended by the token limit, so the last is not whole.

    One input with two outputs takes all examples of the task with it.
    """
    kept: list[Row] = []
    refused: list[tuple[Row, list[Reason]]] = []
    outputs: dict[str, str] = {}
    for number, row in enumerate(rows):
        reasons = _reasons(row)
        if cut and number == len(rows) - 1:
            reasons.append(("cut_off", "the answer ended at the token limit", ""))
        if not reasons and row.input in outputs:
            if outputs[row.input] != row.output:
                reason: Reason = ("two_outputs", row.input[:80], "one output for an input")
                return Finished(refused=[(one, [*_reasons(one), reason]) for one in rows], reasons=[reason])
            reasons.append(("same_example", "", ""))
        if not reasons and len(kept) == most:
            reasons.append(("more_examples", str(number + 1), f"{most} at most"))
        if reasons:
            refused.append((row, reasons))
            continue
        outputs[row.input] = row.output
        kept.append(row)
    return Finished(kept, refused, [] if kept else [("no_example", f"{len(rows)} made", "one that may stay")])


def _reasons(row: Row) -> list[Reason]:
    reasons: list[Reason] = []
    if not row.output:
        reasons.append(("empty_output", "", ""))
    elif row.input == row.output:
        reasons.append(("input_is_output", row.input[:80], ""))
    if row.input.endswith((":", "：")) or row.output.endswith((":", "：")):
        reasons.append(("ends_with_colon", "", "a text that is complete"))
    return reasons
