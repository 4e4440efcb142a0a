"""Which rows may stay.

A file per family of rules: `lengths`, `repetition`, `integrity`, `language`, `pii`, `toxicity`. `rule` is what a
rule is and the table of all; `presets` says which run; `filtering.filter` is the step.
"""

from instructkit.filters.filtering import FilterSettings, filter

__all__ = ["FilterSettings", "filter"]
