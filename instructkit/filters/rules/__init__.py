"""The rules, a file per family; importing this enters them all in the table `instructkit.filters.rule.RULES`.

`presets` says which of them run; `looking` is what they share.
"""

from instructkit.filters.rules import (
    characters,
    integrity,
    lengths,
    prompts,
    refusals,
    repetition,
    shares,
    structure,
    web,
)

FAMILIES = (lengths, repetition, integrity, structure, prompts, refusals, characters, shares, web)
