"""The pages of docs/ against the code: options, rules, links, and what the commands print.

``UPDATE_DOCS=1 python -m pytest tests/test_docs.py`` writes the commands' output of today into the pages; a block
that still holds (its "..." stand for any lines) is left as it is.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from instructkit.cli import COMMANDS, cli
from instructkit.dedup import DedupSettings
from instructkit.filters import rules as _rules  # noqa: F401 - importing it enters the rules
from instructkit.filters.rule import RULES
from instructkit.templating.library.packs import bindings, load_pack, tasks
from instructkit.templating.pretext.document import Document
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.tasks import TASKS
from tests.forking import Forks, script

HOME = Path(__file__).parents[1]
DOCS = HOME / "docs"
PAGES = sorted(DOCS.glob("*.md"))
COMMAND_PAGES = [DOCS / f"{name}.md" for name in COMMANDS]
WITH_LINKS = [HOME / "README.md", HOME / "CONTRIBUTING.md", *PAGES]
UPDATE = bool(os.environ.get("UPDATE_DOCS"))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = re.compile(r"\b\d+\.\d s\b|(?<=\"seconds\": )\d+\.\d+")


def page_name(path: Path) -> str:
    return path.name


def blocks(page: Path, kind: str) -> list[str]:
    return [body for found, body in FENCE.findall(page.read_text(encoding="utf-8")) if found == kind]


def table(page: Path, first_header: str) -> list[list[str]]:
    """The cells of the page's one table whose first column has this header."""
    lines = page.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(f"| {first_header} |")]
    assert len(starts) == 1, f"{page.name} has {len(starts)} tables of {first_header}"
    rows = []
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        rows.append([re.sub(r"\\([|<*_{])", r"\1", cell.strip()) for cell in cells])
    return rows


@dataclass
class Call:
    """A command of a ``console`` block, as typed, and the output that stands below it."""

    typed: str
    command: str
    output: str


def calls(body: str) -> list[Call]:
    """The commands of a ``console`` block: lines after "$ ", continued on lines after "> "."""
    found: list[Call] = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append(Call(line, line[2:], ""))
        elif line.startswith("> ") and found and not found[-1].output:
            found[-1].typed += line
            found[-1].command += line[2:]
        else:
            found[-1].output += line
    return found


def written_commands(page: Path) -> list[str]:
    typed = [call.command for body in blocks(page, "console") for call in calls(body)]
    return typed + [line for body in blocks(page, "sh") for line in re.sub(r"\\?\n +", " ", body).splitlines()]


def invocations(command: str) -> list[list[str]]:
    """The arguments of each ``instructkit`` in a shell command."""
    words = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=";|&<>")
    words.whitespace_split = True
    words.commenters = ""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in ("|", "&&", ";"):
            parts.append([])
        else:
            parts[-1].append(word)
    found = []
    for part in parts:
        redirected = next((at for at, word in enumerate(part) if word in ("<", ">", "2>", ">&")), len(part))
        if part and part[0] == "instructkit":
            found.append(part[1:redirected])
    return found


def help_records(name: str) -> list[tuple[str, str]]:
    """Each option as ``--help`` spells it, with its help; one of a command's own commands stands after its name."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    found = []
    for before, one in own_commands(command):
        context = click.Context(one, info_name=name, help_option_names=["-h", "--help"])
        options = [option for option in one.get_params(context) if isinstance(option, click.Option)]
        records = [record for option in options if (record := option.get_help_record(context)) is not None]
        found += [(before + spelling, text) for spelling, text in records if not before or spelling != "-h, --help"]
    return found


def own_commands(command: click.Command) -> list[tuple[str, click.Command]]:
    """The commands of a group by what stands before their options, and the command itself at the end."""
    inner = command.commands if isinstance(command, click.Group) else {}
    return [*((f"{name} ", one) for name, one in inner.items()), ("", command)]


def test_every_command_has_a_page() -> None:
    assert [page for page in COMMAND_PAGES if not page.exists()] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_a_page_holds_the_options_of_help_and_no_other(name: str) -> None:
    told = [cells[0].strip("`") for cells in table(DOCS / f"{name}.md", "Option")]
    assert told == [spelling for spelling, _ in help_records(name)]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_defaults_of_a_page_are_those_of_help(name: str) -> None:
    told = {cells[0].strip("`"): cells[2].strip("`") for cells in table(DOCS / f"{name}.md", "Option")}
    for spelling, text in help_records(name):
        default = re.search(r"\[default: ([^;\]]+)", text)
        if default:
            assert told[spelling] == default[1], spelling


def test_the_table_of_rules_is_the_registry() -> None:
    told = [[cell.strip("`") for cell in cells] for cells in table(DOCS / "rules.md", "Rule")]
    known = []
    for name, rule in sorted(RULES.items()):
        default = f"{rule.default:,}" if isinstance(rule.default, int) else str(rule.default or "")
        known.append([name, default, ", ".join(rule.presets), rule.about, rule.source])
    assert told == known


def test_the_table_of_tasks_is_the_library() -> None:
    known = []
    for task in tasks():
        pack = load_pack(task)
        roles = ", ".join(f"[{role.name}]" if role.optional else role.name for role in pack.roles.values())
        counts = [sum(one.language == language for one in pack.phrasings) for language in ("en", "zh")]
        known.append([task, roles, f"{counts[0]} + {counts[1]}", str(len(bindings(task)))])
    told = [[task.strip("`"), *rest] for task, *rest in table(DOCS / "format.md", "Task")]
    assert told == known


def test_the_table_of_pretext_tasks_is_that_of_the_command() -> None:
    told = {name.strip("`"): phrasings for names, _, phrasings in table(DOCS / "pretext.md", "Task")
            for name in names.split(", ")}  # fmt: skip
    assert list(told) == list(TASKS)
    assert all(f"`{TASKS[name].pack}`" in phrasings for name, phrasings in told.items())


def test_a_pretext_task_that_is_not_right_often_enough_is_no_default() -> None:
    for name, read, right, dubious, wrong, share, default in table(DOCS / "pretext.md", "Measured"):
        assert int(read) == int(right) + int(dubious) + int(wrong)
        assert share == f"{int(right) / int(read):.0%}"
        by_default = TASKS[name.strip("`")].by_default
        assert (default == "yes") == by_default == (int(right) >= 0.8 * int(read))


def test_the_bands_of_the_page_are_those_of_the_settings() -> None:
    told = re.findall(r"\| (0\.\d+) \| (\d+) \| (\d+) \|", (DOCS / "dedup.md").read_text(encoding="utf-8"))
    assert len(told) >= 5
    for threshold, bands, rows in told:
        settings = DedupSettings(threshold=float(threshold))
        assert settings.banding() == (int(bands), int(rows))


@pytest.mark.parametrize("page", WITH_LINKS, ids=page_name)
def test_links_lead_to_files(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)", text)]
    inside = [link for link in links if link and not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, HOME / "CONTRIBUTING.md"], ids=page_name)
def test_commands_are_ones_the_command_line_understands(page: Path) -> None:
    for arguments in [one for command in written_commands(page) for one in invocations(command)]:
        name, rest = arguments[0], arguments[1:]
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, name
        if isinstance(command, click.Group) and rest[:1] != ["--help"]:
            name, rest, command = rest[0], rest[1:], command.commands[rest[0]]
        with contextlib.suppress(click.exceptions.Exit):  # --help and --list end there
            command.make_context(name, rest, parent=click.Context(cli))


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sample data, in which a page's commands are run."""
    shutil.copytree(HOME / "sample_data", tmp_path / "sample_data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Path:
    """A folder with the command."""
    folder = tmp_path_factory.mktemp("commands")
    script(folder, forks.socket)
    return folder


def run(command: str, folder: Path, commands: Path) -> str:
    environment = {
        "PATH": os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": os.environ.get("HOME", str(folder)),
        "COLUMNS": "110",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, check=False, encoding="utf-8",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def holds(told: str, printed: str, piped: bool) -> bool:
    """Whether a page tells what a command printed; "..." are any lines, times and the order in a pipe don't count."""
    told, printed = SECONDS.sub("0.0 s", told), SECONDS.sub("0.0 s", printed)
    if piped:  # the commands of a pipe print at the same time
        return sorted(told.splitlines()) == sorted(printed.splitlines())
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in told.splitlines())
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_commands_print_what_the_page_says(page: Path, workplace: Path, commands: Path) -> None:
    wrong = []
    for body in blocks(page, "console"):
        for call in calls(body):
            printed = run(call.command, workplace, commands)
            assert "Traceback" not in printed
            if not holds(call.output, printed, "|" in call.command):
                wrong.append((call, printed))
    if UPDATE:
        text = page.read_text(encoding="utf-8")
        for call, printed in wrong:
            text = text.replace(call.typed + call.output, call.typed + printed, 1)
        page.write_text(text, encoding="utf-8")
        return
    assert [(call.command, call.output, printed) for call, printed in wrong] == []


def test_the_rule_in_the_guide_works(workplace: Path) -> None:
    """In a process of its own: a rule enters the table for good."""
    (code,) = [block for block in blocks(HOME / "CONTRIBUTING.md", "python") if "@rule" in block]
    check = """
from instructkit.filters.rule import RULES
found = RULES["many_links"](pa.RecordBatch.from_pydict({"output": ["http://a " * 21, "http://a " * 20]}), 20)
print(found.fails.tolist(), found.value(0))
"""
    done = subprocess.run([sys.executable, "-c", code + check], check=True, capture_output=True, encoding="utf-8")
    assert done.stdout == "[True, False] 21\n"


def test_the_pretext_task_in_the_guide_works() -> None:
    (code,) = [block for block in blocks(HOME / "CONTRIBUTING.md", "python") if "Task(" in block]
    session: dict[str, Any] = {}
    exec(compile(code, "CONTRIBUTING.md", "exec"), session)
    passage = Document("The mill is closed. It is for sale.").passage(0)
    made = session["FIRST_WORD"].rule(passage, Draws(0), Pool([]))
    assert (made.roles["ending"], made.roles["text"]) in {("The", "mill is closed."), ("It", "is for sale.")}
    assert set(made.roles) <= set(load_pack(session["FIRST_WORD"].pack).roles)


def test_the_python_of_the_library_page_runs(workplace: Path) -> None:
    """All blocks in one session; a ``text`` block is the output of the block before it."""
    session: dict[str, object] = {}
    page = DOCS / "library.md"
    text = page.read_text(encoding="utf-8")
    printed = None
    for kind, body in FENCE.findall(text):
        if kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(body, "docs/library.md", "exec"), session)
            printed = out.getvalue()
        elif kind == "text":
            if UPDATE:
                text = text.replace(f"```text\n{body}```", f"```text\n{printed}```", 1)
            else:
                assert body == printed
    if UPDATE:
        page.write_text(text, encoding="utf-8")
