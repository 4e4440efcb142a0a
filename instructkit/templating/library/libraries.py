"""Template files from elsewhere, told apart by what they hold: PromptSource, a pack of one's own, FLAN's patterns."""

import json
import keyword
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.engine.sandbox import environment
from instructkit.errors import BadInput, UsageError
from instructkit.records.script import is_chinese
from instructkit.records.yaml_files import load_yaml
from instructkit.templating.library.packs import Pack, Phrasing, Role, tasks
from instructkit.templating.library.promptsource import PromptLibrary, is_promptsource, read_promptsource

_JINJA_WORDS = frozenset({"caller", "false", "loop", "none", "self", "true", "varargs", "kwargs"})
FILES = ("templates.yaml", "pack.yaml")


@dataclass(frozen=True)
class Library:
    """What a path given with ``--templates`` holds."""

    path: str
    pack: Pack | None = None
    prompts: PromptLibrary | None = None


def open_library(name: str) -> Library:
    """Read a template file, or a folder that holds one.

    Raises `UsageError` where there is none, `BadInput` where it is none of the kinds that are known.
    """
    path = Path(name)
    if path.is_dir():
        found = [path / file for file in FILES if (path / file).exists()]
        if not found:
            raise UsageError(f"{name} holds neither {' nor '.join(FILES)}")
        path = found[0]
    if not path.exists():
        raise UsageError(f"{name} is neither a template file nor a task; known tasks: {', '.join(tasks())}")
    content = _content(path)
    if is_promptsource(content):
        return Library(str(path), prompts=read_promptsource(content, str(path)))
    if isinstance(content, Mapping) and {"roles", "phrasings"} <= set(content):
        return Library(str(path), pack=_own_pack(path))
    patterns = _patterns(content, path.stem)
    if patterns:
        return Library(str(path), pack=_pack_of(path.stem, patterns, str(path)))
    raise BadInput(
        f"{path} holds no templates: neither PromptSource's (dataset, templates), nor a pack (task, roles, phrasings), "
        "nor pairs of patterns ([[input, target], ...])"
    )


def _own_pack(path: Path) -> Pack:
    """A pack that is not ours, checked as the linter checks one; raises `BadInput`, naming the first wrong line."""
    from instructkit.templating.linting.pack import readable_pack
    from instructkit.templating.linting.reading import read_file

    file = read_file(path)
    pack = readable_pack(file) if file.content is not None else None
    if pack is None:
        first = file.findings[0]
        raise BadInput(f"{first.path}:{first.line}: {first.text}; instructkit templates lint {path} tells all")
    return pack


def _content(path: Path) -> Any:
    if path.suffix.lower() != ".json":
        return load_yaml(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} can't be read as JSON ({error})") from error


def _patterns(content: Any, name: str) -> dict[str, tuple[str, str]]:
    """Pairs of patterns by a name: a list of pairs, or lists of pairs under the names of datasets."""
    groups = content if isinstance(content, Mapping) else {name: content}
    found: dict[str, tuple[str, str]] = {}
    for group, pairs in groups.items():
        if not isinstance(pairs, Sequence) or isinstance(pairs, str):
            return {}
        for number, pair in enumerate(pairs, 1):
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)):
                return {}
            found[f"{group}-{number}"] = (pair[0], pair[1])
    return found


def _pack_of(task: str, patterns: Mapping[str, tuple[str, str]], where: str) -> Pack:
    phrasings: list[Phrasing] = []
    names: dict[str, None] = {}
    for name, (given, target) in patterns.items():
        texts = []
        for text in (given, target):
            made, used = _jinja(text, f"{where}: the pattern {name}")
            texts.append(made)
            names.update(dict.fromkeys(used))
        language = "zh" if is_chinese(pa.array([given + target]))[0] else "en"
        phrasings.append(Phrasing(name, language, texts[0], "", texts[1]))
    roles = {name: Role(name, f"the field {{{name}}} of the patterns", (name,), optional=True) for name in names}
    if not roles:
        raise BadInput(f"{where}: no pattern has a {{field}}")
    return Pack(task, f"patterns of {where}", roles, tuple(phrasings), (), any_language=True)


def _jinja(pattern: str, where: str) -> tuple[str, list[str]]:
    """A pattern with {fields} as a template with {{ fields }}."""
    pieces: list[str] = []
    used: list[str] = []
    try:
        parsed = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise BadInput(f"{where} is no pattern ({error}); write {{{{ for a brace that is meant") from error
    for literal, field, spec, conversion in parsed:
        pieces.append(literal.replace("{", "{{ '{' }}"))  # what opens a tag of Jinja is a brace here
        if field is None:
            continue
        if not field.isidentifier() or spec or conversion:
            raise BadInput(f"{where} has the field {{{field}}}; only plain names are read")
        if keyword.iskeyword(field) or field in _JINJA_WORDS or field in environment().globals:
            raise BadInput(f"{where} has the field {{{field}}}, a word of the template language; rename it and map it")
        pieces.append("{{ " + field + " }}")
        used.append(field)
    return "".join(pieces), used
