"""PromptSource's ``templates.yaml``, read as it is and rendered as PromptSource renders it, but for its cutting.

A template is one Jinja text; ``|||`` splits it into prompt and target. ``answer_choices`` is another, which gives a
list split the same way. Facts from promptsource/templates.py (bigscience-workshop/promptsource).
"""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput
from instructkit.records.lists import list_lengths, lists_of
from instructkit.records.yaml_files import load_yaml
from instructkit.templating.rendering.render import Columns, Keys, Template, template, trim

SEPARATOR = "|||"
PROTECTOR = "3ed2dface8203c4c9dfb1a5dc58e41e0"  # stands for a separator inside a field until the text is split


@dataclass(frozen=True)
class PromptTemplate:
    """One template of the library, compiled on first use."""

    name: str
    source: str
    choices_source: str | None = None
    languages: tuple[str, ...] = ()

    @property
    def jinja(self) -> Template:
        """The prompt and target."""
        return template(self.source, strict=False)

    @property
    def choices(self) -> Template | None:
        """The answer choices."""
        return None if self.choices_source is None else template(self.choices_source, strict=False)

    @property
    def every_name(self) -> frozenset[str]:
        """The columns it takes, and those that would hide one of Jinja's own names."""
        every = self.jinja.every_name | (self.choices.every_name if self.choices else frozenset())
        return every - {"answer_choices"}

    @property
    def names(self) -> frozenset[str]:
        """The columns it takes."""
        return (self.jinja.names | (self.choices.names if self.choices else frozenset())) - {"answer_choices"}

    @property
    def in_columns(self) -> bool:
        """Whether it is rendered by column operations."""
        return self.jinja.is_plain and (self.choices is None or self.choices.is_plain)

    def render(self, columns: Columns, rows: int, keys: Keys | None = None) -> "Rendered":
        """The parts and the answer choices of each row; ``failures`` names the rows that Jinja failed on."""
        failures: dict[int, str] = {}
        columns = {name: _protect(columns[name]) for name in self.every_name if name in columns}
        choices = None
        constants: dict[str, Any] = {} if self.choices else {"answer_choices": None}
        if self.choices is not None:
            given = columns if self.choices.names or not self.choices.is_plain else {}
            texts = self.choices.render(given, rows if given else min(rows, 1), keys=keys, failures=failures)
            choices = split(texts)
            if not self.choices.names and self.choices.is_plain and rows:
                constants["answer_choices"] = choices[0].as_py()
                choices = pa.repeat(choices[0], rows)
            else:
                columns["answer_choices"] = choices
        whole = self.jinja.render(columns, rows, constants=constants, keys=keys, failures=failures)
        return Rendered(split(whole), choices, failures)


@dataclass
class Rendered:
    """What a template makes of each row."""

    parts: pa.ListArray  # list<string>; null where the template failed
    choices: pa.ListArray | None
    failures: Mapping[int, str]


def _protect(values: pa.Array) -> pa.Array:
    if not pa.types.is_string(values.type) or not pc.any(pc.match_substring(values, SEPARATOR)).as_py():
        return values
    return pc.replace_substring(values, SEPARATOR, PROTECTOR)


def split(texts: pa.StringArray) -> pa.ListArray:
    """The stripped parts between separators."""
    parts = pc.split_pattern(texts, SEPARATOR)
    flat = pc.replace_substring(parts.flatten(), PROTECTOR, SEPARATOR)
    # PromptSource strips after it has put the fields' separators back, and so do we
    mask = parts.is_null() if parts.null_count else None
    return lists_of(list_lengths(parts), trim(flat), mask)


@dataclass(frozen=True)
class PromptLibrary:
    """The templates of one dataset."""

    dataset: str
    templates: tuple[PromptTemplate, ...]


def loaded(path: str) -> PromptLibrary:
    """The library of a file, read once in each process as long as the file stays as it is."""
    try:
        found = Path(path).stat()
    except OSError as error:
        raise BadInput(f"{path} can't be read ({error.strerror})") from error
    return _loaded(path, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=512)  # PromptSource's own has 279
def _loaded(path: str, _changed: int, _size: int) -> PromptLibrary:
    return read_promptsource(load_yaml(Path(path)), path)


def is_promptsource(content: Any) -> bool:
    """Whether a file's content is such a library."""
    return isinstance(content, Mapping) and "dataset" in content and isinstance(content.get("templates"), Mapping)


def read_promptsource(content: Any, where: str) -> PromptLibrary:
    """The library in a file's content; raises `BadInput` where it is damaged."""
    try:
        if not content["templates"]:
            raise BadInput(f"{where} holds no templates")
        name = "/".join(str(content[key]) for key in ("dataset", "subset") if content.get(key))
        return PromptLibrary(name, _named_apart([_template(entry) for entry in content["templates"].values()]))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{where} is no templates.yaml of PromptSource ({type(error).__name__}: {error})") from error


def _named_apart(templates: Sequence[PromptTemplate]) -> tuple[PromptTemplate, ...]:
    """The same templates; the second of one name becomes NAME #2, for a name is part of an example's id."""
    seen: Counter[str] = Counter()
    apart = []
    for one in templates:
        seen[one.name] += 1
        apart.append(one if seen[one.name] == 1 else replace(one, name=f"{one.name} #{seen[one.name]}"))
    return tuple(apart)


def _template(entry: Mapping[str, Any]) -> PromptTemplate:
    metadata = entry.get("metadata") or {}
    choices = entry.get("answer_choices")
    return PromptTemplate(
        str(entry["name"]),
        str(entry["jinja"]),
        None if choices is None else str(choices),
        tuple(map(str, metadata.get("languages") or ())),
    )
