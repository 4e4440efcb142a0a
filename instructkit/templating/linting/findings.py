"""What `lint` says of template files: the table of its checks, and the findings of one file with their lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = Sequence[Any]  # keys and places, from the outermost

ERROR, WARNING = "error", "warning"

# check: how grave it is, what it says
CHECKS: dict[str, tuple[str, str]] = {
    "unreadable": (ERROR, "The file is no UTF-8, no YAML or no JSON, or holds no templates."),
    "yaml_tag": (ERROR, "A YAML tag wants an object built; nothing is built, and the file is not read further."),
    "duplicate_key": (ERROR, "A key stands twice in one mapping; the last would win in silence."),
    "unknown_key": (ERROR, "A key that nothing reads: mostly a slip of the pen."),
    "missing_key": (ERROR, "A key that must be there is not."),
    "wrong_type": (ERROR, "A value is not of the type its key wants."),
    "duplicate_name": (ERROR, "Two phrasings or bindings have one name."),
    "bad_template": (ERROR, "A template is no Jinja, uses a filter that is not there, or fails on a row."),
    "unknown_role": (ERROR, "A template or a binding uses a name that is no role."),
    "answer_given_away": (ERROR, "A role of the output stands in the instruction or the input too."),
    "renders_nothing": (ERROR, "The instruction or the output is empty."),
    "constant_output": (ERROR, "The output uses no role: it is the same for every row."),
    "wrong_cot": (ERROR, "`cot` is not what the output says: true where it shows the rationale, and only there."),
    "wrong_example": (ERROR, "An example names no phrasing of its language, or does not render as it is written."),
    "missing_role": (ERROR, "A binding leaves a role empty that is not optional."),
    "unknown_label": (ERROR, "A binding names a label that the pack does not have."),
    "no_target": (ERROR, "A PromptSource template has no `|||`: it gives a prompt without a target."),
    "unused_role": (WARNING, "No phrasing uses the role."),
    "unused_choices": (WARNING, "There are answer choices, and no phrasing of a language shows them."),
    "equal_phrasings": (WARNING, "Two phrasings make the same prompt of a row."),
    "missing_example": (WARNING, "A language has no example, or none that fills the roles of one of its phrasings."),
    "few_phrasings": (WARNING, "A language has fewer than 10 phrasings."),
    "unbalanced_languages": (WARNING, "One language has over a third fewer phrasings than another, or none."),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where."""

    path: str
    line: int  # from 1
    check: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether it makes the file unfit, and is no mere advice."""
        return CHECKS[self.check][0] == ERROR

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {CHECKS[self.check][0]}: {' '.join(self.text.split())} [{self.check}]"


@dataclass
class File:
    """A file under inspection: its content, the lines of what is in it, and what was found."""

    path: str
    root: yaml.Node | None
    content: Any = None
    findings: list[Finding] = field(default_factory=list)

    def add(self, check: str, place: Path | int, text: str) -> None:
        """Note a finding at a path into the content, or at a line."""
        line = place if isinstance(place, int) else self.line(*place)
        self.findings.append(Finding(self.path, line, check, text))

    def line(self, *path: Any) -> int:
        """The line of what stands at a path, or of the last step of it that is there."""
        return self._reach(path)[0]

    def line_in(self, path: Path, number: int) -> int:
        """The line of the file on which a line of a text stands, numbered from 1."""
        line, node = self._reach(path)
        if isinstance(node, yaml.ScalarNode) and node.style == "|":
            return int(node.start_mark.line) + 1 + number
        return line

    def _reach(self, path: Path) -> tuple[int, yaml.Node | None]:
        node, line = self.root, 1
        for step in path:
            found: tuple[int, yaml.Node] | None = None
            if isinstance(node, yaml.MappingNode):
                pairs = [(key, value) for key, value in node.value if key.value == str(step)]
                found = (pairs[-1][0].start_mark.line + 1, pairs[-1][1]) if pairs else None
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = node.value[step].start_mark.line + 1, node.value[step]
            if found is None:
                return line, None
            line, node = found
        return line, node


def short(value: object, length: int = 60) -> str:
    """A value for a message, in one line."""
    import reprlib

    if not isinstance(value, str):
        return reprlib.repr(value)
    return repr(value if len(value) <= length else value[: length - 1] + "…")
