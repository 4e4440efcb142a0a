"""Read YAML and JSON with the lines of what is in them, and refuse what must not be read."""

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from instructkit.errors import BadInput
from instructkit.records.yaml_files import TooDeep, check_depth, load_yaml, loader
from instructkit.templating.linting.findings import File, short

_PREFIX = "tag:yaml.org,2002:"
PLAIN = frozenset(_PREFIX + name for name in ("null", "bool", "int", "float", "binary", "timestamp", "omap", "pairs",
                                              "set", "str", "seq", "map", "merge", "value"))  # fmt: skip
PROMPTSOURCE = frozenset({"!Template", "!TemplateMetadata"})


def read_file(path: Path) -> File:
    """A file's content, and what is wrong with it whatever it holds."""
    is_json = path.suffix.lower() == ".json"
    file = File(str(path), None)
    try:
        text = path.read_text(encoding="utf-8")
        file.root = _compose(text, is_json)
    except UnicodeDecodeError as error:
        file.add("unreadable", error.object[: error.start].count(b"\n") + 1, "the file is not UTF-8")
        return file
    except yaml.YAMLError as error:
        file.add("unreadable", _line(error), f"this can't be read as YAML: {_said(error)}")
        return file
    except OSError as error:
        file.add("unreadable", 1, f"the file can't be read: {error.strerror}")
        return file
    if file.root is not None:
        _check_nodes(file, file.root)
    if not file.findings or all(finding.check == "duplicate_key" for finding in file.findings):
        _load(file, path, text if is_json else None)
    return file


def _load(file: File, path: Path, text: str | None) -> None:
    try:
        file.content = load_yaml(path) if text is None else json.loads(text)
    except json.JSONDecodeError as error:
        file.add("unreadable", error.lineno, f"this can't be read as JSON: {error.msg}")
    except (BadInput, ValueError) as error:  # ValueError: a date that is none
        file.add("unreadable", 1, " ".join(str(error).split()))
    else:
        if file.content is None:
            file.add("unreadable", 1, "the file is empty")


def _compose(text: str, is_json: bool) -> yaml.Node | None:
    try:
        check_depth(text)
        found: yaml.Node | None = yaml.compose(text, loader())
    except yaml.YAMLError as error:
        if not is_json or isinstance(error, TooDeep):
            raise
        return None  # not all JSON is YAML: its lines can't be told then
    return found


def _check_nodes(file: File, root: yaml.Node) -> None:
    """Note tags that would build objects, and keys that stand twice."""
    allowed = PLAIN | (PROMPTSOURCE if {"dataset", "templates"} <= set(_keys(root)) else set())
    for node in _nodes(root):
        if node.tag not in allowed:
            file.add("yaml_tag", int(node.start_mark.line) + 1,
                     f"the tag {node.tag.replace(_PREFIX, '!!')} is refused: files hold plain values only")  # fmt: skip
        seen: set[str] = set()
        for key in _key_nodes(node):
            if key.value in seen and key.value != "<<":
                file.add("duplicate_key", int(key.start_mark.line) + 1, f"the key {short(key.value)} stands twice")
            seen.add(key.value)


def _nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Every node once, in order; an alias leads to a node that was there before."""
    seen: set[int] = set()
    left = [root]
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            left += [part for pair in reversed(node.value) for part in reversed(pair)]
        elif isinstance(node, yaml.SequenceNode):
            left += reversed(node.value)


def _key_nodes(node: yaml.Node) -> list[yaml.ScalarNode]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]


def _keys(node: yaml.Node) -> list[str]:
    return [key.value for key in _key_nodes(node)]


def _line(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return 1 if mark is None else int(mark.line) + 1


def _said(error: yaml.YAMLError) -> str:
    parts = [getattr(error, name, None) for name in ("context", "problem")]
    return " ".join(" ".join(map(str, filter(None, parts))).split()) or " ".join(str(error).split())
