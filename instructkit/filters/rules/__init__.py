"""The rules, a file per family; importing this enters them all in the table `instructkit.filters.rule.RULES`.

`presets` says which of them run.
"""

from instructkit.filters.rules import integrity, lengths, repetition

FAMILIES = (lengths, repetition, integrity)
