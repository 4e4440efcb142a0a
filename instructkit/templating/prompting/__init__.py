"""What stands around a phrasing in a prompt.

- `choices`: answer choices, their lists and letters; `symbols`: arbitrary names for labels
- `survey`: the first look at all rows; `demonstrations`, `embedding`: which rows demonstrate; `shots`: how they are put
"""
