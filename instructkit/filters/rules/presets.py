"""Which rules run: the presets."""

from typing import Any

from instructkit.errors import UsageError
from instructkit.filters import rules  # noqa: F401 - enters the rules in the table
from instructkit.filters.rule import RULES, parse_rule

PRESETS = {
    "instruction": "what is wrong in any instruction data; deletes no right label, code, table or poem",
    "web": "pages of text and long outputs: the published rules of Gopher, C4 and FineWeb, and no others",
    "strict": "instruction, and what is rarely right in prose: links to nothing, marks left open, shares of symbols",
    "none": "only the rules that are named",
}


def chosen_rules(preset: str, given: tuple[str, ...]) -> dict[str, Any]:
    """The thresholds of the rules that run, by name: the preset's, then what ``--rule`` said.

    Raises `UsageError` for an unknown preset or rule.
    """
    if preset not in PRESETS:
        raise UsageError(f"there is no preset {preset!r}; known presets: {', '.join(PRESETS)}")
    also = {"strict": "instruction"}.get(preset)
    chosen = {name: rule.default for name, rule in RULES.items() if {preset, also} & set(rule.presets)}
    for text in given:
        name, value = parse_rule(text)
        if text.endswith("=off"):
            chosen.pop(name, None)
        else:
            chosen[name] = value
    return dict(sorted(chosen.items()))
