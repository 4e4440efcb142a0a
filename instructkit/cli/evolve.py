"""``instructkit evolve``."""

from typing import Any

import click

from instructkit.cli.asking import AskingRun, row_options
from instructkit.cli.common import inputs_argument, names


@click.command("evolve")
@inputs_argument
@click.option(
    "--rounds", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Times a prompt is rewritten."
)
@click.option(
    "--operations",
    default="constraint,deepen,concretize,reasoning,breadth",
    show_default=True,
    callback=names,
    metavar="NAMES",
    help="The ways to rewrite it; one is drawn for each row and round.",
)
@click.option("--only", is_flag=True, help="Give the new rows only.")
@row_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Add to each row harder or other versions of its prompt, with a model's answers.

    \b
    instructkit evolve train.arrow --rounds 2 --model gpt-4o-mini -o evolved.arrow --rejects refused.jsonl
    """
    from instructkit.generation.rowwise.evolve import PROMPTS, EvolveSettings, evolve

    run = AskingRun("evolve", options, PROMPTS)
    settings = EvolveSettings(**run.settings)
    run.finish(evolve(run.open(inputs), settings, run.told, rejects=run.rejects, spent=run.spent))
