"""The keys of pack and binding files, and the types of their values."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from instructkit.templating.library.packs import Column
from instructkit.templating.linting.findings import File, Path, short


@dataclass(frozen=True)
class Keys:
    """What an entry of a file may hold: each key with the type of its value."""

    what: str
    required: Mapping[str, Any]
    optional: Mapping[str, Any]


PACK = Keys(
    "a pack",
    {"task": str, "about": str, "roles": Mapping, "phrasings": list},
    {"examples": list, "no_inversion": str},
)
ROLE = Keys(
    "a role",
    {"about": str},
    {"columns": list, "optional": bool, "always": bool, "labels": (list, str), "list": bool, "words": list,
     "called": Mapping},
)  # fmt: skip
PHRASING = Keys(
    "a phrasing", {"name": str, "language": str, "instruction": str, "output": str}, {"input": str, "cot": bool}
)
EXAMPLE = Keys(
    "an example",
    {"language": str, "row": Mapping, "phrasing": str, "instruction": str, "output": str},
    {"input": str},
)
BINDING = Keys(
    "a binding",
    {"name": str, "roles": Mapping},
    {"about": str, "labels": list, "match": Mapping, "also": list, "splits": list, "language": str},
)
MATCH = Keys("match", {}, {"columns": list, "besides": list, "pattern": Mapping})
COLUMN = Keys("a binding's role", {}, {one.name: (str, list) for one in fields(Column)})
PROMPTSOURCE = Keys("a library of PromptSource", {"dataset": str, "templates": Mapping}, {"subset": (str, type(None))})
PROMPT = Keys(
    "a template",
    {"name": str, "jinja": str},
    {
        "answer_choices": (str, type(None)),
        "id": str,
        "metadata": (Mapping, type(None)),
        "reference": (str, type(None)),
        "task_template": object,  # of its first versions
    },
)
METADATA = Keys(
    "metadata",
    {},
    dict.fromkeys(("choices_in_prompt", "languages", "metrics", "original_task"), object),
)

_NAMES = {str: "text", list: "a list", bool: "true or false", Mapping: "a mapping of keys to values"}


def fits(file: File, entry: Any, path: Path, keys: Keys) -> bool:
    """Note unknown and missing keys and wrong types; False where the entry can't be read so."""
    if not isinstance(entry, Mapping):
        file.add("wrong_type", path, f"{keys.what} is a mapping of keys to values, not {short(entry)}")
        return False
    known = {**keys.required, **keys.optional}
    good = True
    for key, value in entry.items():
        if key not in known:
            file.add("unknown_key", [*path, key], f"{keys.what} has no key {short(key)}; it has {', '.join(known)}")
        elif not isinstance(value, known[key]):
            wanted = _wanted(known[key])
            file.add("wrong_type", [*path, key], f"{key} must be {wanted}, not {short(value)}{_hint(value, wanted)}")
            good = False
    for key in keys.required:
        if key not in entry:
            file.add("missing_key", path, f"{keys.what} must have the key {key!r}")
            good = False
    return good


def fit_each(file: File, entries: Any, path: Path, keys: Keys) -> bool:
    """The same for every entry of a list or mapping."""
    places = list(entries.items() if isinstance(entries, Mapping) else enumerate(entries))
    return all([fits(file, entry, [*path, place], keys) for place, entry in places])


def words_fit(file: File, entry: Mapping[str, Any], path: Path) -> bool:
    """Whether the words of a role's labels are mappings of languages to words."""
    good = True
    for key in ("labels", "words"):
        given = entry.get(key, ())
        for place, label in enumerate(() if isinstance(given, str) else given):
            here = [*path, key, place]
            if not isinstance(label, Mapping) or not set(label) - {"also"}:
                file.add("wrong_type", here, f"a label is a mapping of languages to words, not {short(label)}")
                good = False
            elif not isinstance(label.get("also", []), list):
                file.add("wrong_type", [*here, "also"], "also must be a list")
                good = False
    return good


def _wanted(types: Any) -> str:
    every = types if isinstance(types, tuple) else (types,)
    return " or ".join(_NAMES[one] for one in every if one in _NAMES)


def _hint(value: Any, wanted: str) -> str:
    """YAML reads more into bare words than their writers mean."""
    return "; put it in quotes" if wanted == "text" and isinstance(value, (bool, int, float)) else ""
