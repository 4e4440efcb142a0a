"""YAML by a safe loader: plain values only, and never nested so deep that the compiled loader overruns its stack."""

from pathlib import Path
from typing import Any

import yaml

from instructkit.errors import BadInput

DEEPEST = 100  # the compiled loader overruns the stack at some ten thousand; no template file passes ten
TAGS = ("!Template", "!TemplateMetadata")  # of PromptSource's files: they are read as plain mappings


class TooDeep(yaml.YAMLError):
    """Brackets within brackets, without end."""

    def __init__(self, mark: Any) -> None:
        super().__init__(f"it is nested deeper than {DEEPEST} levels")
        self.problem = f"it is nested deeper than {DEEPEST} levels"
        self.problem_mark = mark


def load_yaml(path: Path, *, ours: bool = False) -> Any:
    """Read a file; one of the library (``ours``) is not checked for its depth. Raises `BadInput`."""
    try:
        text = path.read_text(encoding="utf-8")
        if not ours:
            check_depth(text)
        return yaml.load(text, loader())  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (near byte {error.start})") from error
    # a date that is none is a ValueError, a list as a key a TypeError
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise BadInput(f"{path} can't be read as YAML ({_why(error)})") from error


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    # PyYAML calls a text that it is given so
    return " ".join(str(error).split()).replace(' in "<unicode string>",', " at")


def check_depth(text: str) -> None:
    """Raise `TooDeep` for a text that is nested deeper than any template file needs."""
    depth = 0
    for event in yaml.parse(text, loader()):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise TooDeep(event.start_mark)


def loader() -> Any:
    """The safe loader, compiled where PyYAML has it, that knows PromptSource's two tags and no other."""
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    made: Any = type("Loader", (base,), {})
    for tag in TAGS:
        made.add_constructor(tag, lambda self, node: self.construct_mapping(node, deep=True))
    return made
