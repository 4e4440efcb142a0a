"""Check template files of other libraries: PromptSource's ``templates.yaml``, and FLAN's pairs of patterns."""

import re
import string
from collections.abc import Iterator, Mapping
from typing import Any

from instructkit.errors import BadInput
from instructkit.templating.library.libraries import open_library
from instructkit.templating.library.promptsource import SEPARATOR
from instructkit.templating.linting.findings import File, Path, short
from instructkit.templating.linting.keys import METADATA, PROMPT, PROMPTSOURCE, fits
from instructkit.templating.linting.phrasing import check_output, check_template
from instructkit.templating.linting.rendering import check_prompts
from instructkit.templating.rendering.render import template


def lint_promptsource(file: File) -> None:
    """Note what is wrong with a library of PromptSource."""
    if not fits(file, file.content, [], PROMPTSOURCE):
        return
    names: dict[str, int] = {}
    sources: dict[tuple[str, str], str] = {}
    for key, entry in file.content["templates"].items():
        here = ["templates", key]
        if not fits(file, entry, here, PROMPT):
            continue
        fits(file, entry.get("metadata") or {}, [*here, "metadata"], METADATA)
        name = entry["name"]
        if name in names:
            file.add("duplicate_name", [*here, "name"], f"the template {name} is on line {names[name]} already")
        names.setdefault(name, file.line(*here))
        _check_prompt(file, entry, here)
        same = " ".join(entry["jinja"].split()), str(entry.get("answer_choices"))
        if same in sources:
            file.add("equal_phrasings", here, f"{name} is the same text as {sources[same]}")
        sources.setdefault(same, name)


def _check_prompt(file: File, entry: Mapping[str, Any], here: Path) -> None:
    jinja, choices, name = entry["jinja"], entry.get("answer_choices"), entry["name"]
    sound = choices is None or check_template(file, choices, [*here, "answer_choices"], strict=False)
    if not check_template(file, jinja, [*here, "jinja"], strict=False) or not sound:
        return
    if choices is None and "answer_choices" in template(jinja, strict=False).names:
        file.add("unknown_role", [*here, "jinja"], f"{name} uses answer_choices, and has none")
    prompt, separator, target = jinja.partition(SEPARATOR)
    if not separator:
        file.add("no_target", [*here, "jinja"], f"{name} has no {SEPARATOR} between a prompt and a target")
        return
    for part, text in (("prompt", prompt), ("target", target)):
        if not text.strip():
            file.add("renders_nothing", [*here, "jinja"], f"{name} has an empty {part}")
    # a target that is one field and nothing else; of longer ones it can't be told what is the answer
    field = re.fullmatch(r"\s*\{\{-?\s*(\w+)\s*-?\}\}\s*(\{%-?\s*endif\s*-?%\}\s*)*", target)
    if field and re.search(r"\{\{-?\s*" + field[1] + r"\s*-?\}\}", prompt):
        file.add("answer_given_away", [*here, "jinja"], f"{name} shows {field[1]}, its whole target, in the prompt too")


def lint_patterns(file: File) -> None:
    """Note what is wrong with pairs of patterns, FLAN's way of writing templates."""
    places = list(_pairs(file.content))
    found = [_check_pattern(file, text, [*place, side]) for place, pair in places for side, text in enumerate(pair)]
    if not all(found):
        return
    try:
        pack = open_library(file.path).pack
    except BadInput as error:
        file.add("unreadable", 1, str(error))
        return
    if pack is None or len(places) != len(pack.phrasings):
        return
    for place, phrasing in zip(places, pack.phrasings, strict=True):
        check_output(file, phrasing, [*place[0], 1], set(pack.roles))
    check_prompts(file, pack, range(len(places)), [place for place, _ in places])


def _pairs(content: Any) -> Iterator[tuple[list[str | int], list[str]]]:
    """Each pair of patterns with its path in the file, in the order in which they are read."""
    groups = content.items() if isinstance(content, Mapping) else [(None, content)]
    for group, pairs in groups:
        for number, pair in enumerate(pairs if isinstance(pairs, list) else ()):
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair):
                yield ([number] if group is None else [group, number]), pair


def _check_pattern(file: File, text: str, place: Path) -> bool:
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(text)]
    except ValueError as error:
        file.add("bad_template", place, f"{short(text)} is no pattern: {error}; write {{{{ for a brace that is meant")
        return False
    for name, spec, conversion in fields:
        if name is not None and (not name.isidentifier() or spec or conversion):
            file.add("bad_template", place, f"{short(text)} has the field {{{name}}}; only plain names are read")
            return False
    return True
