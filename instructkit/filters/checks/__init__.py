"""``check``: what is wrong with a set as a whole, told and not dropped.

`noting` keeps a few numbers of each row as it passes, `labels` and `prompts` look at them all, `overlap` at evaluation
files; `checking.check` runs them and gives a `Report`.
"""

from instructkit.filters.checks.checking import check
from instructkit.filters.checks.report import Finding, Report

__all__ = ["Finding", "Report", "check"]
