"""``instructkit induce``."""

from typing import Any

import click

from instructkit.cli.asking import AskingRun, row_options
from instructkit.cli.common import inputs_argument


@click.command("induce")
@inputs_argument
@click.option(
    "--by",
    default="task",
    show_default=True,
    metavar="COLUMN",
    help="Rows with one value of it follow one instruction.",
)
@click.option(
    "--demonstrations",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    metavar="N",
    help="Rows of a group that are shown.",
)
@click.option(
    "--candidates",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    metavar="N",
    help="Instructions written for a group; the best is taken.",
)
@click.option(
    "--held-out",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    metavar="N",
    help="Further rows that a candidate is tried on.",
)
@row_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Find the instruction that the rows of a task follow, and give it to them.

    \b
    instructkit induce pairs.arrow --by task --model gpt-4o-mini -o instructed.arrow
    """
    from instructkit.generation.rowwise.induce import PROMPTS, InduceSettings, induce

    run = AskingRun("induce", options, PROMPTS)
    settings = InduceSettings(**run.settings)
    run.finish(induce(run.open(inputs), settings, run.told, rejects=run.rejects, spent=run.spent))
