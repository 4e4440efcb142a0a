"""``instructkit self-instruct``."""

from typing import Any

import click

from instructkit.cli.asking import AskingRun, asking_options
from instructkit.cli.common import output_options, rejects_option, run_options, seed_option


@click.command("self-instruct")
@click.option("--seeds", metavar="FILE", help="Seed tasks: as Self-Instruct has them, alpaca rows, or messages.")
@click.option("--count", type=click.IntRange(1), default=100, show_default=True, metavar="N", help="New tasks to make.")
@click.option(
    "--method",
    type=click.Choice(["self-instruct", "alpaca", "unnatural", "magpie"]),
    default="self-instruct",
    show_default=True,
    help="The recipe.",
)
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of prompts and new tasks."
)
@click.option(
    "--novelty", type=float, metavar="T", help="Drop tasks whose ROUGE-L F1 with another is above.  [default: 0.7]"
)
@click.option(
    "--rephrasings",
    type=click.IntRange(0, 2),
    default=0,
    show_default=True,
    metavar="N",
    help="Other wordings of each task of unnatural.",
)
@click.option(
    "--prefix",
    default="chatml",
    show_default=True,
    metavar="NAME|TEXT",
    help="What stands before a user's words, for magpie: chatml, llama3, gemma, phi3, mistral, qwen, or the text.",
)
@asking_options
@output_options
@rejects_option
@seed_option
@run_options
def command(seeds: str | None, **options: Any) -> None:
    """Make new tasks that resemble some seed tasks, by a model.

    Every answer is kept in the journal before it is used: the same command goes on where another ended, however that
    ended, and asks nothing twice.

    \b
    instructkit self-instruct --seeds seeds.jsonl --count 50 --model local -o new.arrow --rejects refused.jsonl
    instructkit self-instruct --seeds seeds.jsonl --count 5000 --method alpaca --model gpt-4o-mini --max-cost 5
        --price-input 0.15 --price-output 0.6 -o new.arrow
    """
    from instructkit.generation.bootstrapping import PROMPTS, SelfInstructSettings, self_instruct

    run = AskingRun("self-instruct", options, PROMPTS[options["method"]])
    if seeds is not None:
        run.spare((seeds,))
    settings = SelfInstructSettings(**run.settings)
    run.finish(self_instruct(seeds, settings, run.told, rejects=run.rejects, spent=run.spent))
