"""What `templates show` tells: whose templates a name means, which are wanted, and how each puts an example."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from instructkit.errors import BadInput, UsageError
from instructkit.templating.library.binding import binding_of
from instructkit.templating.library.catalogue import PARTS, Said, example_row, put
from instructkit.templating.library.libraries import open_library
from instructkit.templating.library.packs import Binding, Pack, Phrasing, bindings, load_pack, tasks
from instructkit.templating.library.promptsource import PromptLibrary, PromptTemplate
from instructkit.templating.linting.lint import lint_file, template_files

UNFIT = ("unreadable", "yaml_tag", "missing_key", "wrong_type", "bad_template")  # findings that leave nothing to show


def look_up(name: str) -> Pack | Binding | PromptLibrary:
    """A task of the library, a template file, or a binding.

    Raises `UsageError` where it is none of them, `BadInput` where the file is damaged.
    """
    if name in tasks():
        return load_pack(name)
    if Path(name).exists():
        return _read(name)
    binding = binding_of(name)
    if binding is None:
        known = [*tasks(), *(other for task in tasks() for one in bindings(task) for other in (one.name, *one.also))]
        near = difflib.get_close_matches(name, known, 5, 0.5)
        hint = f"near it are {', '.join(near)}" if near else "see: instructkit templates list"
        raise UsageError(f"{name!r} is neither a task, nor a binding, nor a template file; {hint}")
    return binding


def _read(name: str) -> Pack | PromptLibrary:
    """The templates of a file; raises `BadInput` where their shape is not that of templates."""
    path = Path(name)
    files = [one for one in template_files(name) if one.name != "bindings.yaml"] if path.is_dir() else [path]
    for finding in lint_file(files[0]) if len(files) == 1 else ():
        if finding.check in UNFIT:
            raise BadInput(f"{finding}; see all: instructkit templates lint {name}")
    library = open_library(name)
    found = library.pack or library.prompts
    assert found is not None  # noqa: S101 - a library is one of the two
    return found


def chosen_phrasings(pack: Pack, names: Sequence[str], language: str | None) -> list[Phrasing]:
    """The phrasings of these names (all by default) in a language; raises `UsageError` for what is not there."""
    short = [name.removeprefix(f"{pack.task}/") for name in names]
    _check(short, [one.name for one in pack.phrasings], pack.task, "phrasing")
    _check([language] if language else [], pack.languages, pack.task, "language")
    return [one for one in pack.phrasings if (not names or one.name in short) and language in (None, one.language)]


def chosen_prompts(library: PromptLibrary, names: Sequence[str], language: str | None) -> list[PromptTemplate]:
    """The same of a PromptSource library."""
    _check(names, [one.name for one in library.templates], library.dataset, "template")
    spoken = {code for one in library.templates for code in one.languages}
    _check([language] if language else [], sorted(spoken), library.dataset, "language")
    return [one for one in library.templates if (not names or one.name in names)
            and (language is None or language in one.languages)]  # fmt: skip


def _check(wanted: Iterable[str], known: Collection[str], where: str, what: str) -> None:
    for name in wanted:
        if name not in known:
            raise UsageError(f"{where} has no {what} {name!r}; it has {', '.join(known)}")


def put_example(pack: Pack, phrasing: Phrasing) -> Said | None:
    """The phrasing put to an example of its language; None where the pack has none that fills its roles."""
    row = example_row(pack, phrasing)
    try:
        return None if row is None else put(pack, phrasing, row)
    except BadInput:
        return None  # `templates lint` says why


def source(phrasing: Phrasing) -> Said:
    """The templates as they are written."""
    return Said(phrasing.instruction, phrasing.input, phrasing.output)


def columned(parts: Iterable[tuple[str, str]]) -> str:
    """Texts below each other, each with its name before its first line; empty ones are left out."""
    width = max(map(len, PARTS))
    lines = []
    for name, text in parts:
        for number, line in enumerate(text.split("\n") if text else ()):
            lines.append(f"  {name if number == 0 else '':{width}} | {line}".rstrip())
    return "\n".join(lines)
