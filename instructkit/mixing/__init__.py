"""Mixtures: how many rows of each group, which ones, in what order.

`rates` (the formula and the plan), `sampling` (drawing and shuffling within bounded memory), `mixture.mix` (the step).
"""

from instructkit.mixing.mixture import mix, plan
from instructkit.mixing.rates import MixPlan, MixSettings

__all__ = ["MixPlan", "MixSettings", "mix", "plan"]
