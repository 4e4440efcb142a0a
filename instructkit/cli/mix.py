"""``instructkit mix``."""

from typing import TYPE_CHECKING, Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    inputs_argument,
    output_options,
    rejects_option,
    run_options,
    seed_option,
    write_json,
)

if TYPE_CHECKING:
    from instructkit.mixing import MixPlan


def _weights(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    weights = {}
    for value in values:
        group, equals, weight = value.rpartition("=")
        try:
            weights[group] = float(weight)
        except ValueError:
            equals = ""
        if not equals or not group:
            raise click.BadParameter(f"{value!r} is not GROUP=NUMBER")
    return weights


def _print_plan(plan: "MixPlan", to_stderr: bool) -> None:
    from instructkit.reports.tables import print_table

    total = sum(share.rows for share in plan.shares)
    rows: list[tuple[object, ...]] = [
        (share.group or "(none)", share.rows, f"{share.rate:.2%}", share.taken, f"{share.epochs:.2f}")
        for share in plan.shares
    ]
    rows.append(("total", total, "", plan.taken, ""))
    print_table("the mixture", ("group", ">rows", ">rate", ">taken", ">epochs"), rows, to_stderr=to_stderr)
    for note in plan.notes:
        click.echo(f"note: {note}", err=True)


@click.command("mix")
@inputs_argument
@click.option(
    "--cap",
    type=click.IntRange(1),
    metavar="N",
    help="At most N rows a group; with --temperature or --size, the limit K of the rates.",
)
@click.option(
    "--temperature",
    type=float,
    default=1.0,
    show_default=True,
    metavar="T",
    help="1 mixes by size, larger values more evenly.",
)
@click.option(
    "--weight",
    "weights",
    multiple=True,
    callback=_weights,
    metavar="GROUP=W",
    help="Multiply a group's rate.",
)
@click.option("--size", type=click.IntRange(0), metavar="N", help="Rows in all, met exactly.")
@click.option(
    "--max-epochs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="E",
    help="How often a row may be taken.",
)
@click.option("--by", default="task", show_default=True, metavar="COLUMN", help="What makes a group.")
@click.option(
    "--order",
    type=click.Choice(["shuffle", "given"]),
    default="shuffle",
    show_default=True,
    help="The order of the rows.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Print the table of the mixture and write nothing.")
@input_options
@output_options
@rejects_option
@seed_option
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Mix groups by rates, with exact counts, and shuffle.

    \b
    instructkit mix a.arrow b.arrow --cap 5000 -o train/
    instructkit mix train.arrow --temperature 2 --weight nli=0.5 --size 100000 --max-epochs 3 --plan
    """
    from instructkit.mixing import MixSettings, mix, plan

    only_plan = options.pop("only_plan")
    run = Run("mix", options)
    settings = MixSettings(**run.settings)
    if only_plan:
        found = plan(run.open(inputs), settings)
        _print_plan(found, to_stderr=False)
        if run.summary is not None:
            write_json(run.summary, {"command": "mix", "plan": [share.to_json() for share in found.shares]})
        return
    plans: list[MixPlan] = []
    mixed = mix(run.open(inputs), settings, rejects=run.rejects, plans=plans)
    run.extra = lambda: {"mixture": [share.to_json() for plan in plans for share in plan.shares]}
    run.finish(mixed)
    if plans and not run.quiet:
        _print_plan(plans[0], to_stderr=True)
        if run.output != "-":
            click.echo(f"next: instructkit stats {run.output}", err=True)
