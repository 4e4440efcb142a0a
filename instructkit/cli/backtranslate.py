"""``instructkit backtranslate``."""

from typing import Any

import click

from instructkit.cli.asking import AskingRun, row_options
from instructkit.cli.common import inputs_argument


@click.command("backtranslate")
@inputs_argument
@click.option(
    "--text", metavar="COLUMN", help="The rows are plain text (pages, documents), not examples: this column of theirs."
)
@click.option(
    "--min-score",
    type=click.FloatRange(1, 5),
    default=4.5,
    show_default=True,
    metavar="S",
    help="Keep pairs that the model rates so high, from 1 to 5.",
)
@click.option(
    "--samples", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Ratings a pair; their mean."
)
@row_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Write the instruction that a text answers, and keep the pairs that are good.

    \b
    instructkit backtranslate pages.jsonl --text text --model gpt-4o-mini -o pairs.arrow --rejects refused.jsonl
    """
    from instructkit.generation.rowwise.backtranslate import PROMPTS, BacktranslateSettings, backtranslate

    run = AskingRun("backtranslate", options, PROMPTS)
    settings = BacktranslateSettings(**run.settings)
    run.finish(
        backtranslate(run.open(inputs, text=settings.text), settings, run.told, rejects=run.rejects, spent=run.spent)
    )
