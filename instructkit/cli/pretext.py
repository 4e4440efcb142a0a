"""``instructkit pretext``."""

from typing import Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    names,
    output_options,
    rejects_option,
    run_options,
    seed_option,
)


def _list_tasks(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from instructkit.reports.tables import print_table
    from instructkit.templating.pretext.tasks import TASKS

    rows = [(task.name, "yes" if task.by_default else "no", task.pack, task.about) for task in TASKS.values()]
    print_table("pretext tasks", ("task", "default", "phrasings of", "asks for"), rows)
    context.exit()


def _number(_: click.Context, __: click.Parameter, value: str) -> int | None:
    if value == "all":
        return None
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter("give a number of 1 or more, or all")
    return int(value)


@click.command("pretext")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--text", metavar="COLUMN", help="The column of the documents.  [default: by its name]")
@click.option("--title", metavar="COLUMN", help="The column of their titles.  [default: by its name]")
@click.option("--topic", metavar="COLUMN", help="The column of their topics.  [default: by its name]")
@click.option(
    "--tasks",
    callback=names,
    metavar="LIST",
    help="The tasks, parted by commas, or all.  [default: those that --list marks]",
)
@click.option(
    "--per-document",
    default="3",
    show_default=True,
    callback=_number,
    metavar="N|all",
    help="Examples of each document.",
)
@click.option(
    "--balance/--no-balance", default=True, show_default=True, help="Give each label of a task equally often."
)
@click.option("--language", metavar="CODE", help="Language of the phrasings.  [default: that of the document]")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Read only the first N documents of each source.")
@click.option(
    "--max-chars",
    type=click.IntRange(1),
    metavar="N",
    help="Leave out examples that are longer than this; none is cut.",
)
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_tasks, help="Print the tasks, and stop."
)
@input_options
@output_options
@rejects_option
@seed_option
@run_options
def command(sources: tuple[str, ...], **options: Any) -> None:
    """Make examples of plain text, by rules and without a model.

    SOURCE is a file, a directory or a hub dataset as for format; each row is a document. Summaries, titles, questions,
    the order of sentences, missing words: each task is a rule that says how sure it is (confidence) and what it did
    (why).

    \b
    instructkit pretext documents.txt -o pretext.arrow
    instructkit pretext crawl.jsonl --text body --tasks title,extractive-qa --per-document 2 | instructkit filter
    """
    from instructkit.templating.pretext import PretextSettings, pretext

    run = Run("pretext", options)
    run.spare(sources)
    settings = PretextSettings(layout=run.layout, **run.settings)
    run.finish(pretext(sources, settings, rejects=run.rejects, max_bad=run.max_bad, workers=run.workers))
