"""The plan of a mixture: how many rows each group gives, before one is written."""

from instructkit.mixing.blending import text_beside, text_of_size, with_text
from instructkit.mixing.dealing import Dealing
from instructkit.mixing.plans import MixPlan, lines_of, warnings_of
from instructkit.mixing.rates import check_names
from instructkit.mixing.settings import MixSettings
from instructkit.mixing.tally import Tally


def make_plan(tally: Tally, settings: MixSettings) -> MixPlan:
    """Settle the exact number of rows of each group.

    With ``size``, the rates are met to the row by largest remainder. Without it, temperature 1 and nothing else that
    asks for rates take min(n, cap) of each group; else the largest mixture is made in which every share is as asked.

    Raises `UsageError` for the name of a group that is not there, `BadInput` for what can't be had.
    """
    rows = tally.of_groups
    check_names(rows, settings)
    if not rows:
        return MixPlan(())
    text, size, notes = 0, settings.size, []
    if settings.pretraining_share is not None and size is not None:
        text = text_of_size(tally, settings, size)
        size -= text
    cells, rates, said = Dealing(tally, settings, size).settle()
    notes += said
    if settings.pretraining_share is not None:
        if settings.size is None:
            text = text_beside(tally, settings, cells)
        cells, rates = with_text(tally, settings, cells, rates, text)
    shares = lines_of(tally, cells, rates)
    return MixPlan(shares, tuple(notes + warnings_of(shares)), cells)
