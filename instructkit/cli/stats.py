"""``instructkit stats``."""

from typing import Any

import click

from instructkit.cli.common import Run, input_options, inputs_argument, run_options


@click.command("stats")
@inputs_argument
@input_options
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Count rows by task, source and language, with the quantiles of their lengths.

    \b
    instructkit stats train/
    instructkit format alpaca.json | instructkit stats --summary stats.json
    """
    from instructkit.reports import stats
    from instructkit.reports.tables import limited, print_table

    run = Run("stats", options)
    records = run.open(inputs)
    found = stats(records)
    run.summarize(records, found.rows, found.to_json())
    click.echo(f"{found.rows:,} rows, {found.turns:,} of them with earlier turns")
    table: list[tuple[object, ...]]
    for title, counts_of in (
        ("tasks", found.tasks),
        ("sources", found.sources),
        ("languages", found.languages),
    ):
        table = [(name or "(none)", count, f"{count / found.rows:.1%}") for name, count in limited(counts_of)]
        print_table(title, (title[:-1], ">rows", ">share"), table)
    if found.lengths:
        quantiles = list(next(iter(found.lengths.values())))
        table = [(name, *(lengths[share] for share in quantiles)) for name, lengths in found.lengths.items()]
        print_table("length in characters", ("field", *(f">{share}" for share in quantiles)), table)
