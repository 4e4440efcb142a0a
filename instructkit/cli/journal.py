"""``instructkit journal``."""

import itertools

import click

from instructkit.generation import JOURNAL

journal_argument = click.argument("file", default=JOURNAL, metavar="[FILE]")


@click.group("journal")
def command() -> None:
    """Look into a journal of model answers: what it holds, its rows, and what may go.

    \b
    instructkit journal stats
    instructkit journal export instructkit-journal.db -o answers.jsonl
    instructkit journal prune --failed
    """


@command.command("stats")
@journal_argument
def stats(file: str) -> None:
    """Print what a journal holds, by model and prompt."""
    from instructkit.generation.client.journal_keeping import journal_stats
    from instructkit.reports.tables import print_table

    columns = ("prompt", ">answers", ">failed", ">tokens of prompts", ">of answers", "last")
    by_model = itertools.groupby(journal_stats(file), key=lambda found: found[:2])
    for (endpoint, model), rows in by_model:
        print_table(f"{model} ({endpoint})", columns, [found[2:] for found in rows])


@command.command("export")
@journal_argument
@click.option("-o", "--output", default="-", metavar="PATH", help="A file by its type; - is stdout.  [default: -]")
def export(file: str, output: str) -> None:
    """Write every request and answer as a row."""
    from instructkit.generation.client.journal_keeping import export_journal

    rows = export_journal(file, output)
    if output != "-":
        click.echo(f"journal: {rows:,} answers, written to {output}", err=True)


@command.command("prune")
@journal_argument
@click.option("--failed", is_flag=True, help="Forget requests that failed, so that they are asked again.")
@click.option("--model", metavar="NAME", help="Forget the answers of this model.")
@click.option("--prompt", metavar="NAME", help="Forget the answers to this prompt, by its name in stats.")
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="Forget answers older than this.")
def prune(file: str, failed: bool, model: str | None, prompt: str | None, older_than: float | None) -> None:
    """Forget answers that fit all that is named."""
    from instructkit.generation.client.journal_keeping import prune_journal

    gone, left = prune_journal(file, failed=failed, model=model, prompt=prompt, older_than_days=older_than)
    click.echo(f"journal: forgot {gone:,} answers, {left:,} are left in {file}", err=True)
