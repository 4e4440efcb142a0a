"""``instructkit format``."""

from typing import Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    output_options,
    rejects_option,
    run_options,
    seed_option,
)


def _per_row(_: click.Context, __: click.Parameter, value: str) -> int | None:
    if value == "all":
        return None
    if not value.isdigit() or int(value) < 1:
        raise click.BadParameter("give a number of 1 or more, or all")
    return int(value)


def _labels(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",")) if value else ()


@click.command("format")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--task", metavar="NAME", help="The task pack whose phrasings are used.")
@click.option(
    "--map",
    "map",
    multiple=True,
    metavar="ROLE=COLUMN",
    help="The column of a role; ROLE==VALUE is one value for all rows.",
)
@click.option("--binding", metavar="NAME", help="The columns and labels of a known dataset, e.g. gsm8k.")
@click.option(
    "--labels", callback=_labels, metavar="A,B,...", help="The labels, in the order of the data's integers from 0."
)
@click.option(
    "--per-row",
    default="1",
    show_default=True,
    callback=_per_row,
    metavar="N|all",
    help="Phrasings for each row.",
)
@click.option("--language", metavar="CODE", help="Language of the phrasings.  [default: that of the row]")
@click.option("--cot", type=click.Choice(["include", "only", "exclude"]), default="include", show_default=True,
              help="Chain-of-thought phrasings, where the rows carry a rationale.")  # fmt: skip
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Read only the first N rows of each source.")
@click.option(
    "--max-chars",
    type=click.IntRange(1),
    metavar="N",
    help="Leave out examples longer than this; none is cut.",
)
@input_options
@output_options
@rejects_option
@seed_option
@run_options
def command(sources: tuple[str, ...], **options: Any) -> None:
    """Make examples of raw rows, by a task's phrasings.

    SOURCE is a file (.arrow .parquet .jsonl .json .csv .tsv .txt, text ones also .gz .zst), a directory saved by
    datasets, or hub:NAME[/CONFIG][:SPLIT]. Rows that already are examples (alpaca, sharegpt, messages, ...) pass as
    they are; plain columns need --task.

    \b
    instructkit format reviews.csv --task sentiment -o reviews.arrow
    instructkit format qa.jsonl --task reading-comprehension --map context=passage --per-row 3
    instructkit format chats.json alpaca.json | instructkit stats
    """
    from instructkit.templating import FormatSettings, format

    run = Run("format", options)
    run.spare(sources)
    settings = FormatSettings(layout=run.layout, **run.settings)
    run.finish(format(sources, settings, rejects=run.rejects, max_bad=run.max_bad, workers=run.workers))
