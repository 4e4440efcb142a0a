"""``instructkit stats``."""

import time

import click

from instructkit.cli.common import input_options, inputs_argument, open_inputs, run_options, say_notes, write_json


@click.command("stats")
@inputs_argument
@input_options
@run_options
def command(inputs: tuple[str, ...], layout: str | None, max_bad: int | None, workers: int | None, summary: str | None, quiet: bool) -> None:
    """Count rows by task, source and language, with the quantiles of their lengths.

    \b
    instructkit stats train/
    instructkit format alpaca.json | instructkit stats --summary stats.json
    """
    from instructkit.reports import stats
    from instructkit.reports.tables import limited, print_table

    start = time.perf_counter()
    say_notes(quiet)
    records = open_inputs(inputs, layout, max_bad, workers)
    found = stats(records)
    if summary is not None:
        lost = records.reading
        counts = {"rows_in": found.rows + lost.rows_dropped, "rows_out": found.rows, "rows_dropped": lost.rows_dropped,
                  "reasons": dict(lost.reasons)}  # fmt: skip
        seconds = round(time.perf_counter() - start, 3)
        write_json(summary, {"command": "stats", **counts, "seconds": seconds, **found.to_json()})
    click.echo(f"{found.rows:,} rows, {found.turns:,} of them with earlier turns")
    for title, counts_of in (("tasks", found.tasks), ("sources", found.sources), ("languages", found.languages)):
        rows = [(name or "(none)", count, f"{count / found.rows:.1%}") for name, count in limited(counts_of)]
        print_table(title, (title[:-1], ">rows", ">share"), rows)
    if found.lengths:
        quantiles = list(next(iter(found.lengths.values())))
        rows = [(name, *(lengths[share] for share in quantiles)) for name, lengths in found.lengths.items()]
        print_table("length in characters", ("field", *(f">{share}" for share in quantiles)), rows)
