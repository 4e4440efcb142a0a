"""Mixtures: how many rows of each group, which ones, in what order.

- `settings`, `recipe`: what is asked; `gathering`: what there is, from a first pass over the rows; `shared_ids`
- `tally` (what there is), `rates` (the formula), `raking` (shares that cut across groups), `dealing`, `blending` (text
  beside the groups), `plans`, `planning`: how many rows each group gives
- `sampling`: which rows, and the place of each; `diversity` by `vectors`, `rarity`: what selection and curriculum go by
- `shuffling`: rows in the order of their places, within bounded memory; `pretraining`: text beside the instructions
- `mixture.mix`: the step
"""

from instructkit.mixing.mixture import mix, plan
from instructkit.mixing.plans import MixPlan
from instructkit.mixing.settings import Constraint, GroupRule, MixSettings

__all__ = ["Constraint", "GroupRule", "MixPlan", "MixSettings", "mix", "plan"]
