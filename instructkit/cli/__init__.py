"""The command ``instructkit``: a file per command, loaded when it is called."""

import gc
import importlib
import os
import signal
import sys
from typing import Any

import click

import instructkit

COMMANDS = (
    "format",
    "invert",
    "pretext",
    "self-instruct",
    "evolve",
    "respond",
    "judge",
    "backtranslate",
    "induce",
    "dedup",
    "filter",
    "mix",
    "split",
    "export",
    "check",
    "stats",
    "lineage",
    "templates",
    "journal",
    "fetch-model",
    "train-classifier",
    "train-perplexity",
)


class _Commands(click.Group):
    """Loads a command's file by its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"instructkit.cli.{name.replace('-', '_')}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGone from error  # click would make exit code 1 of it


class _ReaderGone(Exception):
    """The command after this one in the pipe has stopped."""


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(instructkit.__version__, prog_name="instructkit")
def cli() -> None:
    """Curate instruction-tuning data: steps that chain in a pipe over Arrow.

    \b
    instructkit format reviews.csv --task sentiment | instructkit dedup | instructkit filter |
        instructkit mix --cap 5000 -o train/
    """


RUNNING = False  # whether this process is a command


def main() -> None:
    """Run the command line: every failure is one sentence and an exit code."""
    from instructkit.errors import InstructkitError

    global RUNNING  # noqa: PLW0603 - said once, at the start of the process
    RUNNING = True
    gc.set_threshold(50_000, 20, 20)  # modules hold many objects and no garbage: looking for it is a tenth of the start
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores the one
            signal.signal(number, _end)
    try:
        _check_words(sys.argv[1:])
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        _interrupted()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InstructkitError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _interrupted()
    except (_ReaderGone, BrokenPipeError):
        _reader_has_gone()
    except MemoryError:
        _fail("the memory is used up; free some, or give fewer --workers", 1)
    except OSError as error:
        _fail(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""), 1)
    except Exception as error:
        if os.environ.get("INSTRUCTKIT_TRACEBACK"):
            raise
        _fail(
            f"an unforeseen error ({type(error).__name__}: {error}); please report it with the output of the same "
            "command run with INSTRUCTKIT_TRACEBACK=1",
            1,
        )


def _check_words(words: list[str]) -> None:
    """Refuse names and values that are no UTF-8: neither lineage nor a column can hold them."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(word).decode("utf-8", "replace")
            raise click.UsageError(f"{shown} is not UTF-8: rename the file, or spell the value so") from None


def _fail(sentence: str, code: int) -> Any:
    from instructkit.errors import visible

    click.echo(f"instructkit: {visible(' '.join(sentence.split()))}", err=True)
    _quiet_stdout()
    sys.exit(code)


_signal = signal.SIGINT  # that which interrupts


def _end(number: int, _: object) -> None:
    """End as by Ctrl+C, so that what was begun is removed."""
    global _signal  # noqa: PLW0603 - a signal handler can hand nothing over otherwise
    _signal = signal.Signals(number)
    raise KeyboardInterrupt


def _interrupted() -> Any:
    _quiet_stdout()
    _remove_what_was_begun()
    os._exit(128 + _signal)  # at once: workers in the middle of a batch are not waited for


def _reader_has_gone() -> Any:
    """Stop as a Unix command does when the command after it has stopped."""
    _quiet_stdout()
    _remove_what_was_begun()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)


def _remove_what_was_begun() -> None:
    for name in ("instructkit.engine.spool", "instructkit.records.part"):
        module = sys.modules.get(name)  # not loaded: nothing was made
        if module is not None:
            module.sweep()


def _quiet_stdout() -> None:
    """Keep Python from flushing, or complaining about, a pipe that is gone."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return
