"""``instructkit dedup``."""

from typing import Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    inputs_argument,
    output_options,
    rejects_option,
    run_options,
)


@click.command("dedup")
@inputs_argument
@click.option(
    "--threshold",
    type=float,
    default=0.8,
    show_default=True,
    metavar="S",
    help="Jaccard similarity from which two rows are the same.",
)
@click.option("--ngram", type=click.IntRange(1), default=5, show_default=True, metavar="N", help="Tokens a shingle.")
@click.option(
    "--permutations",
    type=click.IntRange(1, 4096),
    default=128,
    show_default=True,
    metavar="N",
    help="Values a MinHash signature.",
)
@click.option(
    "--on",
    default="all",
    show_default=True,
    metavar="WHAT",
    help="What is compared: all, prompt, instruction, input, output, or a column.",
)
@click.option("--exact", is_flag=True, help="Drop equal rows only.")
@click.option("--against", multiple=True, metavar="FILE", help="Drop rows that overlap this evaluation file.")
@input_options
@output_options
@rejects_option
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Drop rows that equal or nearly equal an earlier one.

    Short answers are safe: a text shorter than the shingle is one shingle of itself, and two rows are the same only
    if their inputs and their outputs are alike each by itself.

    \b
    instructkit dedup train.arrow -o unique.arrow
    instructkit format qa.jsonl | instructkit dedup --against test.jsonl | instructkit stats
    """
    from instructkit.dedup import DedupSettings, dedup

    run = Run("dedup", options)
    settings = DedupSettings(**run.settings)
    run.spare(settings.against)
    run.finish(dedup(run.open(inputs), settings, rejects=run.rejects, workers=run.workers))
