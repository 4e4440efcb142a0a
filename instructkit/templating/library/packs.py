"""The template library: task packs and bindings, read from YAML by a safe loader."""

import difflib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instructkit.errors import BadInput, UsageError
from instructkit.records.yaml_files import load_yaml

LIBRARY = Path(__file__).parents[2] / "templates"
LIBRARY_IN_REPOSITORY = Path(__file__).parents[3] / "templates"  # an editable install or a checkout


@dataclass(frozen=True)
class Label:
    """One answer choice: its word in each language, and the other values that mean it."""

    words: Mapping[str, str]
    also: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash((*self.words.items(), self.also))


@dataclass(frozen=True)
class Role:
    """What a column means to a task."""

    name: str
    about: str
    columns: tuple[str, ...] = ()
    optional: bool = False
    always: bool = False  # a row that has it is put only by phrasings that use it
    labels: tuple[Label, ...] = ()
    open_labels: bool = False
    row_labels: str = ""  # the role whose list holds the row's own answer choices
    is_list: bool = False
    words: tuple[Label, ...] = ()  # spoken in the phrasing's language, though no answer choices
    called: Mapping[str, str] = field(default_factory=dict)  # the noun for one of its values, by language

    @property
    def is_label(self) -> bool:
        """Whether its values are answer choices."""
        return self.open_labels or bool(self.labels) or bool(self.row_labels)


@dataclass(frozen=True)
class Phrasing:
    """One way to put a task: three templates over its roles."""

    name: str
    language: str
    instruction: str
    input: str
    output: str
    cot: bool = False


@dataclass(frozen=True)
class Column:
    """Where a role's values come from: a column and what is done to it, or one value for every row."""

    column: str = ""
    before: str | None = None
    after: str | None = None
    remove: str | None = None
    join: str | None = None
    half: str | None = None
    constant: str | None = None
    columns: tuple[str, ...] = ()  # several columns that make one list
    keys: str | None = None  # the column of the keys that an answer names its choices by
    tags: str | None = None  # the column of the sequence tags of the tokens in `column` ...
    names: tuple[str, ...] = ()  # ... the tags by their integers ...
    none: str = "none"  # ... and what is said of a row without any

    @property
    def sources(self) -> tuple[str, ...]:
        """All the columns it is made from."""
        named = (*self.columns, self.column, self.keys or "", self.tags or "")
        return () if self.constant is not None else tuple(name for name in named if name)


@dataclass(frozen=True)
class Binding:
    """How a known dataset's columns fill a pack's roles."""

    name: str
    task: str
    about: str
    roles: dict[str, Column]
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()  # recognised by these columns ...
    besides: tuple[str, ...] | None = None  # ... standing alone but for these
    pattern: dict[str, str] = field(default_factory=dict)  # ... and by first values that match
    also: tuple[str, ...] = ()  # other names of the dataset
    splits: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Pack:
    """A task: its roles, its phrasings, and examples of what they render to."""

    task: str
    about: str
    roles: dict[str, Role]
    phrasings: tuple[Phrasing, ...]
    examples: tuple[dict[str, Any], ...]
    any_language: bool = False  # its phrasings are put to rows of every language
    no_inversion: str = ""  # why it can't be turned round, where its roles alone do not say so

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it has phrasings in."""
        return tuple(dict.fromkeys(phrasing.language for phrasing in self.phrasings))

    @property
    def label_role(self) -> Role | None:
        """The role whose values are answer choices, if there is one."""
        return next((role for role in self.roles.values() if role.is_label), None)


def library_folder() -> Path:
    """Where the packs are: inside the installed package, or at the top of a checkout."""
    return LIBRARY if LIBRARY.is_dir() else LIBRARY_IN_REPOSITORY


@functools.cache
def tasks() -> tuple[str, ...]:
    """The names of all packs."""
    return tuple(sorted(path.parent.name for path in library_folder().glob("*/pack.yaml")))


@functools.cache
def load_pack(task: str) -> Pack:
    """A pack by its task's name; raises `UsageError`, listing the known ones."""
    if task not in tasks():
        near = difflib.get_close_matches(task, tasks(), 3, 0.5)
        hint = f" near it: {', '.join(near)};" if near else ""
        raise UsageError(f"there is no task {task!r};{hint} known tasks: {', '.join(tasks())}")
    folder = library_folder() / task
    return read_pack(load_yaml(folder / "pack.yaml", ours=True), f"the pack {task}")


def read_pack(content: Any, where: str) -> Pack:
    """The pack in a file's content; raises `BadInput` where it is damaged."""
    try:
        roles = {name: _role(name, entry) for name, entry in content["roles"].items()}
        return Pack(
            content["task"],
            content["about"],
            roles,
            tuple(_phrasing(entry) for entry in content["phrasings"]),
            tuple(content.get("examples", ())),
            no_inversion=str(content.get("no_inversion", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{where} is damaged ({type(error).__name__}: {error})") from error


@functools.cache
def bindings(task: str) -> tuple[Binding, ...]:
    """The known datasets of a task."""
    path = library_folder() / task / "bindings.yaml"
    if not path.exists():
        return ()
    try:
        return tuple(_binding(task, entry) for entry in load_yaml(path, ours=True))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"the bindings of {task} are damaged ({type(error).__name__}: {error})") from error


def _role(name: str, entry: dict[str, Any]) -> Role:
    given = entry.get("labels", [])
    own = isinstance(given, str)
    return Role(
        name,
        entry["about"],
        tuple(map(str, entry.get("columns", ()))),
        bool(entry.get("optional")),
        bool(entry.get("always")),
        () if own else _words(given),
        open_labels=given == "open",
        row_labels=given if own and given != "open" else "",
        is_list=bool(entry.get("list")),
        words=_words(entry.get("words", ())),
        called={language: str(noun) for language, noun in entry.get("called", {}).items()},
    )


def _words(given: Sequence[dict[str, Any]]) -> tuple[Label, ...]:
    return tuple(
        Label({key: str(word) for key, word in label.items() if key != "also"}, tuple(map(str, label.get("also", ()))))
        for label in given
    )


def _phrasing(entry: dict[str, Any]) -> Phrasing:
    return Phrasing(entry["name"], entry["language"], entry["instruction"], entry.get("input", ""), entry["output"],
                    bool(entry.get("cot")))  # fmt: skip


def _binding(task: str, entry: dict[str, Any]) -> Binding:
    match = entry.get("match", {})
    besides = match.get("besides")
    return Binding(
        entry["name"],
        task,
        entry.get("about", ""),
        {role: _column(column) for role, column in entry["roles"].items()},
        tuple(map(str, entry.get("labels", ()))),
        tuple(match.get("columns", ())),
        None if besides is None else tuple(besides),
        dict(match.get("pattern", {})),
        tuple(entry.get("also", ())),
        tuple(entry.get("splits", ())),
        str(entry.get("language", "")),
    )


def _column(entry: dict[str, Any]) -> Column:
    known: dict[str, Any] = dict(entry)
    for key in ("columns", "names"):
        if key in known:
            known[key] = tuple(map(str, known[key]))
    return Column(**known)
