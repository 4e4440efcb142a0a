"""``instructkit lineage``."""

import json

import click


@click.command("lineage")
@click.argument("file")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the steps as JSON, with their arguments and the files' hashes.",
)
def command(file: str, as_json: bool) -> None:
    """Print the life of a file: each step, and what became of the rows.

    \b
    instructkit lineage train/
    instructkit lineage train.parquet --json
    """
    from instructkit.records.lineage import lineage
    from instructkit.reports.tables import print_steps

    steps = lineage(file)
    if as_json:
        click.echo(json.dumps(steps, ensure_ascii=False, indent=2))
    elif not steps:
        click.echo(f"{file} holds no lineage: instructkit did not write it")
    else:
        print_steps(steps)
