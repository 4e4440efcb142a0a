"""Check a file of bindings against the pack beside it."""

import re
from pathlib import Path as FilePath
from typing import Any

from instructkit.errors import BadInput, UsageError
from instructkit.records.yaml_files import load_yaml
from instructkit.templating.library.labels import resolve_labels
from instructkit.templating.library.packs import Pack, read_pack
from instructkit.templating.linting.findings import File, Path, short
from instructkit.templating.linting.keys import BINDING, COLUMN, MATCH, fit_each, fits
from instructkit.templating.linting.pack import check_names


def lint_bindings(file: File) -> None:
    """Note all that is wrong with a file of bindings."""
    if not isinstance(file.content, list):
        file.add("wrong_type", 1, f"a file of bindings is a list of them, not {short(file.content)}")
        return
    pack = _pack_beside(file)
    good = [entry for place, entry in enumerate(file.content) if _check_binding(file, entry, place, pack)]
    if len(good) == len(file.content):
        check_names(file, [entry["name"] for entry in good], [], "binding")


def _pack_beside(file: File) -> Pack | None:
    path = FilePath(file.path).with_name("pack.yaml")
    try:
        return read_pack(load_yaml(path), str(path)) if path.exists() else None
    except (BadInput, ValueError):
        return None  # its own findings say why


def _check_binding(file: File, entry: Any, place: int, pack: Pack | None) -> bool:
    if not fits(file, entry, [place], BINDING):
        return False
    match = entry.get("match", {})
    good = fit_each(file, entry["roles"], [place, "roles"], COLUMN) and fits(file, match, [place, "match"], MATCH)
    if not good:
        return False
    patterns = [([place, "match", "pattern", column], text) for column, text in match.get("pattern", {}).items()]
    patterns += [([place, "roles", role], column["remove"]) for role, column in entry["roles"].items()
                 if "remove" in column]  # fmt: skip
    for where, text in patterns:
        _check_pattern(file, str(text), where)
    if pack is not None:
        _check_roles(file, entry, place, pack)
    return True


def _check_pattern(file: File, text: str, place: Path) -> None:
    try:
        re.compile(text)
    except re.error as error:
        file.add("bad_template", place, f"{short(text)} is no regular expression: {error}")


def _check_roles(file: File, entry: Any, place: int, pack: Pack) -> None:
    name = entry["name"]
    for role in entry["roles"]:
        if role not in pack.roles:
            file.add("unknown_role", [place, "roles", role],
                     f"{name} fills {short(role)}; the roles of {pack.task} are {', '.join(pack.roles)}")  # fmt: skip
    missing = [role.name for role in pack.roles.values() if not role.optional and role.name not in entry["roles"]]
    if missing:
        file.add("missing_role", [place, "roles"], f"{name} has no column for {', '.join(missing)}")
    role = pack.label_role
    if entry.get("labels") and role is None:
        file.add("unknown_label", [place, "labels"], f"{name} names labels, but {pack.task} has none")
    elif entry.get("labels") and role is not None:
        try:
            resolve_labels(role, list(map(str, entry["labels"])))
        except UsageError as error:
            file.add("unknown_label", [place, "labels"], f"{name}: {error}")
