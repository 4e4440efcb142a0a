"""``instructkit respond``."""

from typing import Any

import click

from instructkit.cli.asking import AskingRun, row_options
from instructkit.cli.common import inputs_argument


@click.command("respond")
@inputs_argument
@click.option("--cot", is_flag=True, help="Ask for the reasoning first, and then for the answer.")
@click.option(
    "--self-consistency",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Ask N times, and take the answer of the majority.",
)
@row_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Fill empty outputs with a model's answers; rows with an output stay as they are.

    \b
    instructkit respond prompts.jsonl --model gpt-4o-mini -o answered.arrow
    instructkit respond problems.arrow --cot --self-consistency 5 --model local -o answered.arrow
    """
    from instructkit.generation.rowwise.respond import PROMPTS, RespondSettings, respond

    run = AskingRun("respond", options, PROMPTS)
    settings = RespondSettings(**run.settings)
    run.finish(respond(run.open(inputs, asking=True), settings, run.told, rejects=run.rejects, spent=run.spent))
