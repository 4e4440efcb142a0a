"""Which rows may stay.

`rules` has a file per family of rules and the presets; `rule` is what a rule is and the table of all. `language`, `pii`
and `toxicity` examine rows in ways of their own. An `examining.Examiner` is any of them, `judging` puts together what
they found in a batch, `settings` says which run, and `filtering.filter` is the step.
"""

from instructkit.filters.filtering import filter
from instructkit.filters.settings import FilterSettings

__all__ = ["FilterSettings", "filter"]
