"""Splits whose sides have nothing in common, shown from what is written.

In the order rows go through: `settings`; while the rows pass, `gathering` (values, tasks) and the pairs of dedup's
`linking`; `clusters` (a file of them); `units` (what is never torn apart); `holding_out` (whole tasks); `assigning`
(which unit goes to which side), all put together in `planning`; `proving` (what stands on two sides); `noting` and
`report`. `splitting.split` is the step, `sides` writes each side to its place.
"""

from instructkit.mixing.splitting.report import SplitReport
from instructkit.mixing.splitting.settings import SplitSettings
from instructkit.mixing.splitting.sides import split_to
from instructkit.mixing.splitting.splitting import split

__all__ = ["SplitReport", "SplitSettings", "split", "split_to"]
