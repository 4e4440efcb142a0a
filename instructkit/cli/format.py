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
    value = "1" if value == "one" else value
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter("give a number of 1 or more, or all")
    return int(value)


def _shots(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int]:
    if value is None:
        return 0, 0
    least, dash, most = value.partition("-")
    if not least.isdecimal() or (dash and not most.isdecimal()) or int(most or least) < int(least):
        raise click.BadParameter("give a number, or a range such as 0-5")
    return int(least), int(most or least)


def _share(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 1:
        raise click.BadParameter("give a share from 0 to 1")
    return value


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
@click.option(
    "--templates",
    metavar="PATH|NAME",
    help="Templates of another library: PromptSource's, FLAN's patterns, a pack of your own.",
)
@click.option("--template", multiple=True, metavar="NAME", help="Use only this template; may be given several times.")
@click.option("--binding", metavar="NAME", help="The columns and labels of a known dataset, e.g. gsm8k.")
@click.option(
    "--labels", callback=_labels, metavar="A,B,...", help="The labels, in the order of the data's integers from 0."
)
@click.option(
    "--per-row",
    default="1",
    show_default=True,
    callback=_per_row,
    metavar="N|all|one",
    help="Phrasings for each row.",
)
@click.option("--invert", is_flag=True, help="Swap what is given and what is asked.")
@click.option("--language", metavar="CODE", help="Language of the phrasings.  [default: that of the row]")
@click.option("--cot", type=click.Choice(["include", "only", "exclude"]), default="include", show_default=True,
              help="Chain-of-thought phrasings, where the rows carry a rationale.")  # fmt: skip
@click.option(
    "--options",
    type=click.Choice(["letters", "words", "none"]),
    help="How answer choices are shown.  [default: as each phrasing does]",
)
@click.option(
    "--options-share",
    type=float,
    callback=_share,
    metavar="S",
    help="Exact share of the rows that show choices; the others show none.",
)
@click.option("--shuffle-options", is_flag=True, help="Show the choices in an order drawn for each row.")
@click.option("--symbols", is_flag=True, help="Name the labels by arbitrary symbols; needs --shots.")
@click.option("--shots", callback=_shots, metavar="K|A-B", help="Demonstrations before each row.  [default: none]")
@click.option(
    "--zero-shot-share",
    type=float,
    callback=_share,
    metavar="S",
    help="Exact share of the rows without demonstrations.",
)
@click.option(
    "--demos",
    type=click.Choice(["random", "balanced", "nearest", "diverse", "mmr"]),
    default="random",
    show_default=True,
    help="Which rows demonstrate.",
)
@click.option(
    "--nearest-by",
    type=click.Choice(["bm25", "embedding"]),
    default="bm25",
    show_default=True,
    help="What nearest and mmr go by; embedding needs the extra embed.",
)
@click.option(
    "--demo-order",
    type=click.Choice(["similar-last", "simple-first", "random"]),
    default="similar-last",
    show_default=True,
    help="In which order.",
)
@click.option(
    "--demo-form",
    type=click.Choice(["prompt", "history", "metaicl", "super-ni"]),
    default="prompt",
    show_default=True,
    help="As one prompt, as earlier turns, without instruction, or in Super-NI's wording.",
)
@click.option(
    "--demo-templates",
    type=click.Choice(["same", "mixed"]),
    default="same",
    show_default=True,
    help="Whether they are put in the row's own phrasing.",
)
@click.option(
    "--demo-pool",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    metavar="N",
    help="Rows of each source that may demonstrate, drawn at random.",
)
@click.option(
    "--definition/--no-definition",
    default=True,
    show_default=True,
    help="The definition of a Super-NaturalInstructions task.",
)
@click.option(
    "--positive-examples",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    metavar="K",
    help="Its positive examples.",
)
@click.option(
    "--negative-examples",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="K",
    help="Its negative examples.",
)
@click.option("--explanations", is_flag=True, help="The explanations of its examples.")
@click.option(
    "--turns",
    type=click.Choice(["last", "all"]),
    default="last",
    show_default=True,
    help="Which answers of a conversation make an example.",
)
@click.option(
    "--common-prefix",
    type=click.IntRange(1),
    metavar="N",
    help="Leave out a prompt whose first N characters are those of an earlier one.",
)
@click.option(
    "--max-per",
    multiple=True,
    metavar="COLUMN=N",
    help="At most N rows for each value of a column; its users become user_1, user_2, ...",
)
@click.option("--keep-users", multiple=True, metavar="COLUMN", help="Leave the values of this column as they are.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Read only the first N rows of each source.")
@click.option(
    "--max-chars",
    type=click.IntRange(1),
    metavar="N",
    help="Leave out demonstrations, then examples, that are longer than this; none is cut.",
)
@click.option(
    "--max-tokens", type=click.IntRange(1), metavar="N", help="The same in tokens (words, or Chinese characters)."
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
    instructkit format hub:glue/sst2 --shots 0-5 --demos nearest --options letters
    instructkit format rows.jsonl --templates promptsource/templates/glue/sst2/templates.yaml
    instructkit format chats.json alpaca.json | instructkit stats
    """
    from instructkit.templating import FormatSettings, format

    run = Run("format", options)
    run.spare(sources)
    settings = FormatSettings(layout=run.layout, **run.settings)
    run.finish(format(sources, settings, rejects=run.rejects, max_bad=run.max_bad, workers=run.workers))
