"""What rows hold in the wild, told by their columns, and how each becomes examples.

- `flat`: alpaca, prompt and completion, P3, our own columns
- `chat`: sharegpt in both dialects, messages, trees of messages
- `seed_tasks`: Self-Instruct's seed tasks
- `nested`: SQuAD and Super-NaturalInstructions files, unfolded while they are read

What none of them knows is *plain columns*: ``format`` makes examples of those with a task's templates.
"""

from instructkit.records.layouts.layout import Converted, Layout
from instructkit.records.layouts.registry import LAYOUTS, PLAIN, detect

__all__ = ["LAYOUTS", "PLAIN", "Converted", "Layout", "detect"]
