"""Check template files before their templates are put to data: packs, bindings, PromptSource's files, FLAN's patterns.

- `findings`: the table of checks; `lint_reading`: YAML and JSON with the lines of what is in them
- `lint_pack`: names, roles, languages; `lint_keys`: the keys of entries and the types of their values
- `lint_phrasing`: the templates; `lint_rendering`: what they make of rows
- `lint_bindings`, `lint_foreign`: the other kinds of files
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from instructkit.errors import UsageError
from instructkit.templating.library.packs import library_folder, tasks
from instructkit.templating.library.promptsource import is_promptsource
from instructkit.templating.linting.bindings import lint_bindings
from instructkit.templating.linting.findings import Finding
from instructkit.templating.linting.foreign import lint_patterns, lint_promptsource
from instructkit.templating.linting.pack import lint_pack
from instructkit.templating.linting.reading import read_file

FILES = ("pack.yaml", "bindings.yaml", "templates.yaml")  # what is looked for in a folder


@dataclass(frozen=True)
class Report:
    """What was found in all files."""

    files: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many findings make a file unfit."""
        return sum(finding.is_error for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are advice."""
        return len(self.findings) - self.errors


def lint(paths: Iterable[str]) -> Report:
    """Check files, folders of them, and tasks of the library by name.

    Raises `UsageError` where a path is not there, or a folder holds no template file.
    """
    files = list(dict.fromkeys(file for path in paths for file in template_files(path)))
    return Report(len(files), tuple(finding for file in files for finding in lint_file(file)))


def template_files(name: str) -> list[Path]:
    """The template files behind a path or a task's name."""
    path = Path(name)
    if not path.exists() and name in tasks():
        path = library_folder() / name
    if path.is_dir():
        found = sorted(one for one in path.rglob("*.yaml") if one.name in FILES)
        if not found:
            raise UsageError(f"{name} holds no {', '.join(FILES[:-1])} or {FILES[-1]}; name other files one by one")
        return found
    if not path.exists():
        raise UsageError(f"{name} is neither a file, nor a folder, nor a task; known tasks: {', '.join(tasks())}")
    return [path]


def lint_file(path: Path) -> list[Finding]:
    """The findings of one file, in the order of its lines."""
    file = read_file(path)
    if file.findings and any(one.check in ("unreadable", "yaml_tag") for one in file.findings):
        return file.findings
    if is_promptsource(file.content):
        lint_promptsource(file)
    elif isinstance(file.content, Mapping) and ({"roles", "phrasings"} & set(file.content) or path.name == "pack.yaml"):
        lint_pack(file)
    elif path.name == "bindings.yaml":
        lint_bindings(file)
    else:
        lint_patterns(file)
    return sorted(file.findings, key=lambda finding: finding.line)
