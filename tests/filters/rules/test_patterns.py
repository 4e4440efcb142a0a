"""The patterns that Python searches: no text makes one run for long."""

import re
import time

import pytest

from instructkit.filters.rules import characters, integrity, prompts, refusals, structure

MODULES = (characters, integrity, prompts, refusals, structure)
PATTERNS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern) and not name.startswith("_REFUSES")  # those see 300 characters
}
OTHERS = {"dead": characters._DEAD, "identifies": refusals._IDENTIFIES, "placeholder": integrity._PLACEHOLDER}
PATTERNS |= {name: re.compile(value) for name, value in OTHERS.items()}
SEEDS = [
    "a",
    " ",
    "\n",
    "](",
    "]( ",
    '\\"',
    "'",
    '"',
    "{{ ",
    "{% ",
    "{{a|",
    "的",
    "作为",
    "as an ai ",
    "以下",
    "the following ",
    "translate ",
    "i can't ",
    "sorry ",
    "in json ",
    "用",
    "Ã",
    "é”—",
    "https://",
    "[link",
    "-1",
    "我是由",
    "I'm sorry, but ",
]
SIZE, SECONDS = 20_000, 1.0


@pytest.mark.parametrize("name", PATTERNS)
def test_no_text_makes_a_pattern_run_for_long(name: str) -> None:
    for seed in SEEDS:
        for text in (seed * (SIZE // len(seed)), "]( " + " " * SIZE, "```\n" + seed * (SIZE // len(seed))):
            start = time.process_time()
            for _ in PATTERNS[name].finditer(text):
                pass
            assert time.process_time() - start < SECONDS, seed
