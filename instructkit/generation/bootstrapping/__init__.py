"""New tasks from seed tasks.

In the order a task goes through: `seeds` (what is given), `pool` (what is drawn from, and compared with), the recipes
`bootstrap`, `alpaca`, `unnatural`, `magpie` (each a `candidates.Method`, on `reading` for what models write),
`proposing` (enough requests under way, each proposal judged by `rules` and the pool), `examples` (which of a task's
examples may stay), `telling` (rows and rejects). `growing.self_instruct` is the step, with its `settings`.
"""

from instructkit.generation.bootstrapping.growing import self_instruct
from instructkit.generation.bootstrapping.settings import METHODS, PROMPTS, SelfInstructSettings

__all__ = ["METHODS", "PROMPTS", "SelfInstructSettings", "self_instruct"]
