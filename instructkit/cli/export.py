"""``instructkit export``."""

import functools
import logging
from pathlib import Path
from typing import Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    inputs_argument,
    names,
    output_options,
    rejects_option,
    run_options,
)

log = logging.getLogger("instructkit")

FORMATS = ("alpaca", "sharegpt", "openai", "prompt-completion", "trl", "p3", "text")


def _joiner(_: click.Context, __: click.Parameter, value: str) -> str:
    return value.replace("\\n", "\n").replace("\\t", "\t")


def _licenses(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    licenses: dict[str, str] = {}
    for value in values:
        source, _equals, name = value.rpartition("=")
        if not name.strip() or source in licenses:
            raise click.BadParameter(f"{value!r} is not NAME or SOURCE=NAME, each source once")
        licenses[source] = name.strip()
    return licenses


@click.command("export")
@inputs_argument
@click.option("--to", type=click.Choice(FORMATS), help="The format; must be given.")
@click.option(
    "--dialect",
    type=click.Choice(["human-gpt", "user-assistant"]),
    default="human-gpt",
    show_default=True,
    help="Of sharegpt: from/value with human and gpt, or role/content with user and assistant.",
)
@click.option(
    "--system",
    type=click.Choice(["turn", "key"]),
    default="turn",
    show_default=True,
    help="Of sharegpt: the system prompt as the first turn, or as a key beside the turns.",
)
@click.option(
    "--shape",
    type=click.Choice(["prompt-completion", "messages"]),
    default="prompt-completion",
    show_default=True,
    help="Of trl: the answer apart from what comes before it, or all turns in one list.",
)
@click.option(
    "--chat-template",
    metavar="FILE|NAME",
    help="Of text: a .jinja file, a tokenizer_config.json, or the name of one that comes along.",
)
@click.option("--bos", metavar="TEXT", help="What a template is told as bos_token.  [default: the file's]")
@click.option("--eos", metavar="TEXT", help="What a template is told as eos_token.  [default: the file's]")
@click.option(
    "--date", metavar="DATE", help="The day that strftime_now tells a template, as 2026-01-31.  [default: today]"
)
@click.option(
    "--joiner",
    default="\\n\\n",
    show_default=True,
    callback=_joiner,
    metavar="TEXT",
    help="What stands between instruction and input where they become one text.",
)
@click.option(
    "--context",
    type=click.Choice(["reject", "prompt", "columns"]),
    default="reject",
    show_default=True,
    help="Of prompt-completion and p3: where system prompts and earlier turns go.",
)
@click.option(
    "--columns",
    callback=names,
    metavar="NAMES",
    help="Columns that ride along: all, extras, none, or names, with commas.  [default: all]",
)
@click.option("--card", is_flag=True, help="Write a data card, README.md, beside the output.")
@click.option(
    "--license",
    "licenses",
    multiple=True,
    callback=_licenses,
    metavar="[SOURCE=]NAME",
    help="Of the card: the license of a source, or of all.",
)
@click.option(
    "--language", "languages", callback=names, metavar="CODES", help="Of the card: the languages, with commas."
)
@input_options
@output_options
@rejects_option
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Write examples in a format that trainers read.

    \b
    instructkit export train/ --to alpaca -o train.json --card --license apache-2.0
    instructkit export train/ --to sharegpt --dialect user-assistant -o train.jsonl
    instructkit mix a.arrow b.arrow | instructkit export --to text --chat-template chatml -o train.parquet
    """
    from instructkit.records.exporting import Exported, ExportSettings, export
    from instructkit.records.exporting.openai import file_problems
    from instructkit.records.stream import Records

    card, licenses, languages = options.pop("card"), options.pop("licenses"), options.pop("languages")
    if (licenses or languages) and not card:
        raise click.UsageError("--license and --language tell something to --card, which is not given")
    options["to"] = options["to"] or ""
    run = Run("export", options)
    run.write = functools.partial(run.write, text=True)  # stdout gets JSON lines: the next reader is no step of ours
    _check_output(run.output, inputs)
    told = Exported()
    given = ExportSettings(**run.settings)
    written = None
    if card:
        from instructkit.reports.card import DataCard

        written = DataCard(run.output, licenses, languages)
        if written.path.resolve() in run.side_files:
            raise click.UsageError(f"{written.path} is the card's place: --rejects and --summary go somewhere else")
    seen = written.count if written is not None else None
    made = export(run.open(inputs), given, rejects=run.rejects, workers=run.workers, told=told, seen=seen)
    records = Records.plain(made)
    problems: list[str] = []

    def finish() -> None:
        if written is not None:
            problems.extend(written.write(records.lineage, records.counts()))
        if given.to == "openai":
            problems.extend(file_problems(records.counts()[-1].rows_out, run.output))

    if told.left_out:
        log.info("note: not in the output: %s (see --columns)", ", ".join(told.left_out))
    if told.date and given.date is None:
        log.info("note: the chat template tells the date, %s; --date keeps it the same", told.date)
    run.done = finish
    run.extra = lambda: {"problems": problems} if problems else {}
    run.finish(records)
    if written is not None:
        log.info("the data card is %s", written.path)
    for problem in problems:
        log.info("note: %s", problem)


def _check_output(output: str, inputs: tuple[str, ...]) -> None:
    """Refuse to write over an input: another format may hold less."""
    if output != "-" and Path(output).resolve() in [Path(name).resolve() for name in inputs if name != "-"]:
        raise click.UsageError(f"{output} is an input; the export may hold less than it: choose another name")
