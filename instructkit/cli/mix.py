"""``instructkit mix``."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from instructkit.cli.common import (
    Run,
    input_options,
    inputs_argument,
    output_options,
    rejects_option,
    run_options,
    seed_option,
    share_of,
    share_option,
    stacked,
    write_json,
)
from instructkit.errors import visible

if TYPE_CHECKING:
    from instructkit.mixing import MixPlan


def _tell(plan: "MixPlan", to_stderr: bool) -> None:
    from instructkit.reports.mixture import print_mixture

    print_mixture(plan, to_stderr=to_stderr)
    for note in plan.notes:
        click.echo(visible(note if note.startswith("warning:") else f"note: {note}"), err=True)


def _numbers(separator: str, shape: str, number_of: Callable[[str], float] = float) -> Callable[..., dict[str, float]]:
    """Read options of a name and a number."""

    def read(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
        numbers: dict[str, float] = {}
        for value in values:
            name, found, number = value.rpartition(separator)
            if name in numbers:
                raise click.BadParameter(f"{name} is given twice")
            try:
                numbers[name] = number_of(number)
            except ValueError:
                found = ""
            if not found or not name:
                raise click.BadParameter(f"{value!r} is not {shape}")
        return numbers

    return read


def _shares(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str, float], ...]:
    shape = "COLUMN=VALUE:SHARE"
    found = []
    for named, share in _numbers(":", shape, share_of)(context, option, values).items():
        column, equals, value = named.partition("=")
        if not equals or not column:
            raise click.BadParameter(f"{named}:{share:g} is not {shape}")
        found.append((column, value, share))
    return tuple(found)


_rate_options = stacked(
    click.option("--by", multiple=True, default=("task",), show_default=False, metavar="COLUMN",
                 help="What makes a group; given again, groups nest.  [default: task]"),
    click.option("--cap", type=click.IntRange(1), metavar="N",
                 help="At most N rows a group; with rates or --size, the limit K of the rates."),
    click.option("--temperature", type=float, default=1.0, show_default=True, metavar="T",
                 help="1 mixes by size, larger values more evenly, inf evenly."),
    click.option("--weight", "weights", multiple=True, callback=_numbers("=", "GROUP=NUMBER"), metavar="GROUP=W",
                 help="Multiply a group's rate."),
    click.option("--quality", metavar="COLUMN", help="Multiply each group's rate by its mean of a score column."),
    click.option("--share", "shares", multiple=True, callback=_shares, metavar="COLUMN=VALUE:SHARE",
                 help="Rows with this value make up this share."),
    click.option("--recipe", metavar="FILE", help="A YAML file of settings, fixed shares and counts."),
    click.option("--size", type=click.IntRange(0), metavar="N", help="Rows in all, met exactly."),
    click.option("--max-epochs", type=click.IntRange(1), default=1, show_default=True, metavar="E",
                 help="How often a row may be taken."),
    click.option("--on-shortage", type=click.Choice(["redistribute", "refuse", "smaller"]), default="redistribute",
                 show_default=True, help="What becomes of rows that a group lacks."),
)  # fmt: skip
_row_options = stacked(
    click.option("--select", default="random", show_default=True, metavar="HOW",
                 help="Which rows: random, score:COLUMN, diverse[:VECTORS]."),
    click.option("--order", type=click.Choice(["shuffle", "given", "curriculum"]), default="shuffle",
                 show_default=True, help="The order of the rows."),
    click.option("--curriculum", metavar="BY", help="What is easy first: length, rarity, COLUMN or -COLUMN."),
    click.option("--stages", type=click.IntRange(1), default=10, show_default=True, metavar="N",
                 help="Stages of a curriculum."),
)  # fmt: skip
_text_options = stacked(
    click.option("--pretraining", metavar="FILE", help="Blend in text from there."),
    click.option("--pretraining-share", callback=share_option, metavar="S",
                 help="The share of that text in the mixture."),
    click.option("--pretraining-text", default="text", show_default=True, metavar="COLUMN",
                 help="The column of that text."),
    click.option("--pretraining-as", type=click.Choice(["continuation", "text"]), default="continuation",
                 show_default=True, help="Cut in two to be continued, or whole."),
    click.option("--count-by", type=click.Choice(["rows", "chars", "tokens"]), default="rows", show_default=True,
                 help="What that share is a share of."),
)  # fmt: skip
_several_options = stacked(
    click.option("--on-conflict", type=click.Choice(["refuse", "text", "rename", "drop"]), default="refuse",
                 show_default=True, help="What becomes of a column whose types clash."),
    click.option("--allow-empty", is_flag=True, help="Go on without an input that holds no rows."),
)  # fmt: skip


@click.command("mix")
@inputs_argument
@_rate_options
@_row_options
@_text_options
@_several_options
@click.option("--plan", "only_plan", is_flag=True, help="Print the table of the mixture and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="With --plan: print JSON.")
@input_options
@output_options
@rejects_option
@seed_option
@run_options
@click.pass_context
def command(context: click.Context, /, inputs: tuple[str, ...], **options: Any) -> None:
    """Mix groups by rates, with exact counts, and shuffle.

    \b
    instructkit mix a.arrow b.arrow --cap 5000 -o train/
    instructkit mix train.arrow --temperature 2 --weight nli=0.5 --size 100000 --max-epochs 3 --plan
    """
    from instructkit.mixing import Constraint, MixSettings, mix, plan
    from instructkit.mixing.recipe import read_recipe
    from instructkit.records.columns import read_columns
    from instructkit.records.several import Several, check_given_once

    taken = {name: options.pop(name) for name in ("only_plan", "as_json", "recipe", "pretraining", "pretraining_text")}
    several = Several(options.pop("on_conflict"), options.pop("allow_empty"))
    if taken["as_json"] and not taken["only_plan"]:
        raise click.UsageError("--json goes with --plan")
    if taken["only_plan"] and (options["output"] != "-" or options["rejects"] is not None):
        raise click.UsageError("--plan writes nothing: leave out -o and --rejects")
    run = Run("mix", options)
    run.settings["shares"] = tuple(Constraint(*one) for one in run.settings["shares"])
    if taken["recipe"] is not None:  # what the command line says goes before what the recipe says
        said = {name for name in run.settings if context.get_parameter_source(name) == ParameterSource.COMMANDLINE}
        run.settings.update({name: value for name, value in read_recipe(taken["recipe"]).items() if name not in said})
    settings = MixSettings(**run.settings)
    texts = taken["pretraining"]
    check_given_once((*(inputs or ("-",)), *((texts,) if texts is not None else ())))
    if texts is None:
        for name in ("pretraining_text", "pretraining_as", "count_by"):
            if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{name.replace('_', '-')} goes with --pretraining")
    if settings.order != "curriculum" and context.get_parameter_source("stages") == ParameterSource.COMMANDLINE:
        raise click.UsageError("--stages goes with --order curriculum")
    given: dict[str, Any] = {"text": taken["pretraining_text"]}
    rows = run.open(inputs, several=several)
    if texts is not None:
        run.spare((texts,))
        given["pretraining"] = read_columns(
            [texts], taken["pretraining_text"], rejects=run.rejects, max_bad=run.max_bad, workers=run.workers
        )
    if taken["only_plan"]:
        found = plan(rows, settings, **given)
        if taken["as_json"]:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
        else:
            _tell(found, to_stderr=False)
        if run.summary is not None:
            write_json(run.summary, {"command": "mix", **found.to_json()})
        return
    plans: list[MixPlan] = []
    mixed = mix(rows, settings, rejects=run.rejects, plans=plans, **given)
    run.extra = lambda: {"mixture": [share.to_json() for plan in plans for share in plan.shares]}
    run.finish(mixed)
    if plans and not run.quiet:
        _tell(plans[0], to_stderr=True)
        if run.output != "-":
            click.echo(f"next: instructkit stats {run.output}", err=True)
