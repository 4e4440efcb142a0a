"""``instructkit templates``, run as a user runs it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from instructkit.cli import cli as program
from instructkit.errors import UsageError
from instructkit.templating.library.packs import library_folder, tasks
from tests.conftest import Cli
from tests.templating.linting.test_lint import BINDINGS, PACK, PATTERNS, PROMPTS, changed


def run(*arguments: object) -> Result:
    """A command in this process; what it can't do is raised."""
    return CliRunner().invoke(program, ["templates", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def colors(tmp_path: Path) -> Path:
    """A folder with a small pack of one's own and its bindings."""
    folder = tmp_path / "colors"
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK, encoding="utf-8")
    (folder / "bindings.yaml").write_text(BINDINGS, encoding="utf-8")
    return folder


def test_the_list_tells_every_task_with_its_roles() -> None:
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines[1 : 1 + 3 * len(tasks()) : 3]] == list(tasks())
    at = next(number for number, line in enumerate(lines) if line.startswith("nli "))
    assert "Say whether a hypothesis follows from a premise" in lines[at + 1]
    assert lines[at + 2] == "    roles: premise, hypothesis, label, [rationale]"
    assert "instructkit templates show TASK" in lines[-1]


def test_a_query_narrows_the_list() -> None:
    lines = run("list", "openai/gsm8k").output.splitlines()
    assert [line.split()[0] for line in lines if line[:1].isalpha()][:2] == ["task", "arithmetic"]
    assert run("list", "--task", "nli").output.count("roles:") == 1
    with pytest.raises(UsageError, match="no task speaks of 'xyzzy'"):
        run("list", "xyzzy")


def test_bindings_are_listed_with_their_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = run("list", "--bindings", "--task", "nli", "snli").output.splitlines()
    assert lines[1].split()[:4] == ["snli", "stanfordnlp/snli", "nli", "en"]
    assert "glue/mnli" not in "".join(lines)


def test_a_phrasing_is_shown_as_it_puts_an_example() -> None:
    shown = run("show", "nli", "--template", "en-relation-question").output
    assert shown.endswith(
        "\nen-relation-question\n"
        "  instruction | How does the hypothesis relate to the premise (entailment, neutral or contradiction)?\n"
        "  input       | Premise: A man is playing a guitar on stage.\n"
        "              | Hypothesis: A man is making music.\n"
        "  output      | entailment\n"
    )
    assert "labels in zh, from 0: 蕴含, 中立, 矛盾\n" in shown
    assert "bindings: snli, glue/mnli" in shown


def test_a_language_narrows_what_is_shown() -> None:
    shown = run("show", "sentiment", "--language", "zh").output
    assert "\nzh-" in shown
    assert "\nen-" not in shown


def test_a_binding_is_shown_with_what_fills_its_roles() -> None:
    shown = run("show", "gsm8k").output
    assert "task: arithmetic" in shown
    assert "answer, after '####'" in shown
    assert run("show", "openai/gsm8k").output == shown


def test_a_pack_of_ones_own_is_shown(colors: Path) -> None:
    shown = run("show", colors).output
    assert shown.startswith("colors: Name the color of a thing.\n")
    assert "en-why (cot)\n  instruction | Name the color of this.\n              | Say why.\n" in shown
    assert "  output      | It is ripe. So: red\n" in shown
    assert "bindings:" not in shown
    (colors / "pack.yaml").write_text(changed(PACK, ", rationale: It is ripe.", ""), encoding="utf-8")
    shown = run("show", colors / "pack.yaml", "--template", "colors/en-why").output
    assert "en-why (cot) (as it is written: no example fills its roles)\n" in shown
    assert "  output      | {{ rationale }} So: {{ color }}\n" in shown


def test_templates_of_others_are_shown_as_they_are_written(tmp_path: Path) -> None:
    prompts, patterns = tmp_path / "templates.yaml", tmp_path / "flan.json"
    prompts.write_text(PROMPTS, encoding="utf-8")
    patterns.write_text(PATTERNS, encoding="utf-8")
    assert run("show", prompts, "--template", "which").output == (
        "colors: 2 templates of PromptSource, as they are written\n\n"
        "which (en)\n"
        "  columns     | color, thing\n"
        "  choices     | red ||| blue\n"
        "  template    | Which color has {{thing}}? ||| {{answer_choices[color]}}\n"
    )
    assert "describe" not in run("show", prompts, "--language", "en").output
    shown = run("show", patterns).output
    assert (
        "\ncb-1\n  instruction | {{ premise }} Is this so: {{ hypothesis }}?\n  output      | {{ answer }}\n" in shown
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "sentimant"), "neither a task, nor a binding, nor a template file; near it are sentiment"),
        (("show", "nli", "--template", "en-none"), "nli has no phrasing 'en-none'; it has en-"),
        (("show", "nli", "--language", "xx"), "nli has no language 'xx'; it has en, zh"),
    ],
)  # fmt: skip
def test_names_that_are_not_there_are_refused(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError) as error:
        run(*arguments)
    assert words in str(error.value)


def test_a_binding_has_no_phrasings_to_choose_from(cli: Cli) -> None:
    said = cli.fails("templates", "show", "gsm8k", "--language", "en", code=2)
    assert "gsm8k is a binding: --template and --language are for the task arithmetic" in said


def test_errors_are_told_by_line_and_by_the_exit_code(cli: Cli, colors: Path) -> None:
    pack = colors / "pack.yaml"
    warned = cli("templates", "lint", pack)
    assert warned.returncode == 0
    assert warned.stdout.decode().splitlines()[-1] == "1 file, 0 errors, 2 warnings"
    pack.write_text(changed(PACK, "    cot: true\n", ""), encoding="utf-8")
    done = cli("templates", "lint", colors)
    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.decode().splitlines()
    assert f"{pack}:20: error: en-why: cot is false, but its output shows the rationale [wrong_cot]" in lines
    assert lines[-1] == "2 files, 1 error, 2 warnings"


def test_a_path_that_is_not_there_is_a_usage_error(cli: Cli) -> None:
    assert "nowhere is neither a file, nor a folder, nor a task" in cli.fails("templates", "lint", "nowhere", code=2)


def test_what_a_file_holds_does_not_steer_the_terminal(colors: Path) -> None:
    text = changed(PACK, "Name the color of a thing.", '"Name \\e[31mthe color."')
    (colors / "pack.yaml").write_text(text, encoding="utf-8")
    assert run("show", colors).output.startswith("colors: Name \\x1b[31mthe color.\n")
    (colors / "pack.yaml").write_text(changed(PACK, "roles:", '"\\e[31m": 1\nroles:'), encoding="utf-8")
    result = run("lint", colors)
    assert "\\x1b[31m" in result.output
    assert "\x1b" not in result.output


def test_a_pack_of_the_library_lints_without_errors() -> None:  # all of them: tests/templating/linting/test_lint.py
    assert run("lint", library_folder() / "sentiment").exit_code == 0
