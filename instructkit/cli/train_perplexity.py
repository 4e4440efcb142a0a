"""``instructkit train-perplexity``."""

import time
from collections import Counter
from typing import Any

import click


@click.command("train-perplexity")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--text", metavar="COLUMN", help="The column of the texts.  [default: text, output or content]")
@click.option("-o", "--output", required=True, metavar="MODEL", help="The model's file, ending in .ppl.")
@click.option("--from", "layout", metavar="KIND", help="What the input is, e.g. jsonl.")
@click.option("--order", type=click.IntRange(1, 16), default=5, show_default=True, metavar="N",
              help="Characters of the longest n-gram.")  # fmt: skip
@click.option("--most", type=click.IntRange(1), default=500_000, show_default=True, metavar="N",
              help="N-grams of each length that are kept, the frequent ones.")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(
    inputs: tuple[str, ...], text: str | None, output: str, layout: str | None, quiet: bool, **options: Any
) -> None:
    """Train a model of characters on clean text, for filter --perplexity.

    \b
    instructkit train-perplexity clean.jsonl --text text -o clean.ppl
    instructkit filter train.arrow --perplexity clean.ppl:p99 -o usual.arrow
    """
    from instructkit.cli.common import say_notes
    from instructkit.filters.models import model_path
    from instructkit.filters.perplexity import TrainingSettings, train_perplexity
    from instructkit.filters.perplexity.reading import read_texts
    from instructkit.filters.perplexity.training import write_model
    from instructkit.reports.tables import print_table, reasons_text

    say_notes(quiet)
    start = time.perf_counter()
    path = model_path(output, "a model of characters is a file", ".ppl")
    lost: Counter[str] = Counter()
    trained = train_perplexity(read_texts(inputs, text, layout, lost), TrainingSettings(**options))
    size = write_model(trained.model, path)
    if quiet:
        return
    rows = [
        (language or "all", *(f"{values[at]:,.1f}" for at in (50, 90, 95, 99)))
        for language, values in trained.model.percentiles.items()
    ]
    print_table("perplexity of the texts held out", ("language", ">p50", ">p90", ">p95", ">p99"), rows, to_stderr=True)
    texts = trained.texts - trained.held_out
    left = f", {reasons_text(dict(+lost))} left out" if +lost else ""
    click.echo(
        f"train-perplexity: {texts:,} texts of {trained.characters:,} characters to train on, {trained.held_out:,} "
        f"held out{left}; wrote {path} ({size / 1e6:.1f} MB) in {time.perf_counter() - start:.1f} s",
        err=True,
    )
