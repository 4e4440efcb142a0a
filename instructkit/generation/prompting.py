"""Prompts: a YAML file each, to be read, shown and replaced.

A file ``NAME.LANGUAGE.yaml`` holds ``about``, ``source``, ``parameters`` of the request, perhaps ``system``, and
``user``; and under ``parts`` the texts that its slots are put together from. Slots are written ``{{ name }}`` and
nothing else in them is looked at: a brace in a user's text is a brace.
"""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xxhash

from instructkit.errors import BadInput, UsageError
from instructkit.generation.client.request import Message, Request
from instructkit.records.yaml_files import load_yaml

FOLDER = Path(__file__).parent / "prompts"
LANGUAGES = ("en", "zh")
_SLOT = re.compile(r"\{\{ *(\w+) *\}\}")
_KEYS = ("about", "source", "parameters", "schema", "system", "user", "parts", "lists")


@dataclass(frozen=True)
class Prompt:
    """What a model is asked, with slots for what is asked about."""

    name: str
    language: str
    path: Path
    user: str
    system: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None  # of the answer, where it is JSON and the endpoint can be held to it
    parts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def request(
        self,
        values: Mapping[str, str],
        *,
        seed: int,
        sample: int = 0,
        before: Sequence[Message] = (),
        **parameters: Any,
    ) -> Request:
        """The request that asks this of ``values``, after a dialogue's earlier turns; ``sample`` asks again."""
        system = [("system", filled(self.system, values))] if self.system else []
        messages = (*system, *before, ("user", filled(self.user, values)))
        opening = filled(self.parts.get("opening", ""), values)
        given = {**self.parameters, "seed": draw_seed(seed, f"{self.name}/{sample}"), **parameters}
        if self.schema is not None:
            shape = {"name": self.name.replace("-", "_"), "schema": dict(self.schema), "strict": True}
            given["response_format"] = {"type": "json_schema", "json_schema": shape}
        return Request(messages, parameters=given, sample=sample, purpose=self.name, opening=opening)

    def part(self, name: str, values: Mapping[str, str]) -> str:
        """One of its parts, filled."""
        return filled(self.parts[name], values)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its slots filled in; what is put in is not looked at again."""
    return _SLOT.sub(lambda slot: values[slot[1]], text)


def slots(text: str) -> set[str]:
    """The names of a text's slots."""
    return set(_SLOT.findall(text))


def draw_seed(seed: int, what: str) -> int:
    """The seed of one request, for endpoints that sample by it: 31 bits, of the run's seed and what is asked."""
    return xxhash.xxh3_64_intdigest(what.encode(), seed=seed & (2**64 - 1)) & 0x7FFFFFFF


def load_prompt(name: str, language: str, folder: str | None = None) -> Prompt:
    """A prompt of ours, or its replacement in a folder of the user's.

    Raises `UsageError` for a language without prompts, `BadInput` for a replacement whose slots or parts are not ours.
    """
    ours = _ours(name, language)
    place = Path(folder) / f"{name}.{language}.yaml" if folder is not None else None
    try:
        return ours if place is None else _theirs(place, place.stat().st_mtime_ns, name, language)
    except FileNotFoundError:
        return ours


@functools.cache
def _ours(name: str, language: str) -> Prompt:
    if language not in LANGUAGES:
        raise UsageError(f"the prompts are in {' and '.join(LANGUAGES)}, not in {language!r}")
    return _read(FOLDER / f"{name}.{language}.yaml", name, language)


@functools.cache
def _theirs(place: Path, _changed: int, name: str, language: str) -> Prompt:
    """A replacement, read again when the file has changed."""
    ours, theirs = _ours(name, language), _read(place, name, language)
    wanted, there = slots(ours.system + ours.user), slots(theirs.system + theirs.user)
    if wanted != there:
        raise BadInput(f"{place} has the slots {_listed(there)}; the prompt {name} needs {_listed(wanted)}")
    for part, text in ours.parts.items():
        if part not in theirs.parts or not slots(theirs.parts[part]) <= slots(text):
            raise BadInput(f"{place}: parts needs {part!r}, with no other slots than {_listed(slots(text))}")
    for listed in ours.lists:
        if not theirs.lists.get(listed):
            raise BadInput(f"{place}: lists needs {listed!r}, a list of texts")
    return theirs


def check_folder(folder: str | None) -> None:
    """Raise `UsageError` for a folder of prompts that is none, or that replaces nothing."""
    if folder is None:
        return
    if not Path(folder).is_dir():
        raise UsageError(f"--prompts {folder}: there is no such folder")
    known = {path.name for path in FOLDER.glob("*.yaml")}
    for path in Path(folder).glob("*.yaml"):
        if path.name not in known:
            raise UsageError(f"{path} replaces no prompt; --show-prompt tells their names")
    if not any((Path(folder) / name).exists() for name in known):
        raise UsageError(f"--prompts {folder} holds no prompt file; --show-prompt tells their names")


def _listed(names: set[str]) -> str:
    return ", ".join(f"{{{{ {name} }}}}" for name in sorted(names)) or "none"


def _read(path: Path, name: str, language: str) -> Prompt:
    found = load_yaml(path)
    if not isinstance(found, dict) or not isinstance(found.get("user"), str) or not found["user"].strip():
        raise BadInput(f"{path} is no prompt: it needs a text under user")
    for key in found:
        if key not in _KEYS:
            raise BadInput(f"{path}: unknown key {key!r}; a prompt has {', '.join(_KEYS)}")
    parameters, parts, lists = found.get("parameters") or {}, found.get("parts") or {}, found.get("lists") or {}
    if not all(isinstance(one, dict) for one in (parameters, parts, lists)):
        raise BadInput(f"{path}: parameters, parts and lists are mappings")
    schema = found.get("schema")
    if schema is not None and not isinstance(schema, dict):
        raise BadInput(f"{path}: schema is a mapping, a JSON schema")
    try:
        json.dumps([parameters, schema])
    except (TypeError, ValueError) as error:
        raise BadInput(f"{path}: parameters and schema hold something that JSON can't ({error})") from error
    most = parameters.get("max_tokens")
    if not all(isinstance(key, str) for key in parameters) or not (most is None or (type(most) is int and most > 0)):
        raise BadInput(f"{path}: parameters are names with values, max_tokens a whole number above 0")
    return Prompt(
        name, language, path, found["user"].rstrip("\n"), str(found.get("system") or ""), parameters,
        schema,
        {str(key): str(text).rstrip("\n") for key, text in parts.items()},
        {str(key): tuple(map(str, texts)) for key, texts in lists.items()},
    )  # fmt: skip
