"""``instructkit check``."""

from typing import Any

import click

from instructkit.cli.common import Run, input_options, inputs_argument, run_options


@click.command("check")
@inputs_argument
@click.option(
    "--against",
    multiple=True,
    metavar="FILE",
    help="An evaluation file: tell the sources of which rows overlap it.",
)
@input_options
@run_options
def command(inputs: tuple[str, ...], against: tuple[str, ...], **options: Any) -> None:
    """Tell what is wrong with the rows as a whole; nothing is dropped.

    \b
    instructkit check train/
    instructkit check train.arrow --against benchmark.jsonl --summary check.json
    """
    from instructkit.filters.checks import check
    from instructkit.reports.tables import print_table

    run = Run("check", options)
    records = run.open(inputs)
    report = check(records, against=against)
    run.summarize(records, report.rows, {"findings": report.to_json()["findings"]})
    if not report.findings:
        click.echo(f"{report.rows:,} rows: nothing found")
        return
    rows = [(one.check, one.group, one.rows, one.detail, next(iter(one.examples), "")) for one in report.findings]
    print_table(f"{report.rows:,} rows", ("check", "task or source", ">rows", "what", "e.g."), rows)
