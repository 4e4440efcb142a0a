"""``instructkit invert``."""

from typing import Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    inputs_argument,
    output_options,
    rejects_option,
    run_options,
    seed_option,
)


@click.command("invert")
@inputs_argument
@click.option(
    "--rate",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    metavar="R",
    help="Exact share of the parents that are inverted, of those that can be.",
)
@click.option("--only", is_flag=True, help="Give only the inverted examples.")
@input_options
@output_options
@rejects_option
@seed_option
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Add examples that swap what is given and what is asked: write a review that is negative, ask the question that
    a passage answers, find the request behind an output.

    \b
    instructkit invert train.arrow -o both.arrow
    instructkit format qa.jsonl --task reading-comprehension | instructkit invert --rate 0.3 -o train.arrow
    instructkit invert alpaca.json --only --rejects rest.jsonl -o inverted.jsonl
    """
    from instructkit.templating.inversion import InvertSettings, invert

    run = Run("invert", options)
    stream = run.open(inputs)
    run.finish(invert(stream, InvertSettings(**run.settings), rejects=run.rejects, workers=run.workers))
