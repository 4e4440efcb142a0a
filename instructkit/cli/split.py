"""``instructkit split``."""

from pathlib import Path
from typing import Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    inputs_argument,
    output_options,
    rejects_option,
    run_options,
    seed_option,
    share_option,
    stacked,
)
from instructkit.errors import visible


def _amount(_: click.Context, __: click.Parameter, value: str | None) -> int | float | None:
    from instructkit.mixing.splitting.settings import parse_amount

    try:
        return None if value is None else parse_amount(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is neither a share (0.1, 10%) nor a number of rows") from error


def _threshold(_: click.Context, __: click.Parameter, value: str) -> float | None:
    try:
        return None if value == "off" else float(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is neither off nor a similarity") from error


size_options = stacked(
    click.option("--test", callback=_amount, metavar="SHARE|N",
                 help="Rows of the test side: 0.1 or 10% is a share, 500 are rows.  [default: 0.1]"),
    click.option("--validation", default="0", show_default=True, callback=_amount, metavar="SHARE|N",
                 help="Rows of the validation side."),
)  # fmt: skip
unit_options = stacked(
    click.option("--by", multiple=True, default=("parent",), metavar="COLUMN",
                 help="Rows with one value there are never on two sides.  [default: parent]"),
    click.option("--by-clusters", metavar="FILE", help="Nor are rows of one cluster in this file of dedup --clusters."),
    click.option("--near-duplicates", default="0.8", show_default=True, callback=_threshold, metavar="S|off",
                 help="Nor are rows from this similarity on."),
)  # fmt: skip
hold_out_options = stacked(
    click.option("--hold-out-task", multiple=True, metavar="NAME",
                 help="The test side is this task, or those of a glob."),
    click.option("--hold-out-share", callback=share_option, metavar="S",
                 help="The same with tasks drawn until they hold this share of the rows."),
    click.option("--hold-out-by", default="task", show_default=True, metavar="COLUMN",
                 help="Hold out values of this column instead of tasks."),
)  # fmt: skip


@click.command("split")
@inputs_argument
@size_options
@unit_options
@hold_out_options
@click.option("--on-leak", type=click.Choice(["warn", "fail"]), default="warn", show_default=True,
              help="What to do where something stands on two sides after all.")  # fmt: skip
@input_options
@output_options
@rejects_option
@seed_option
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Split into train, validation and test, with no parent and no near-duplicate on two sides.

    \b
    instructkit split train.arrow --test 0.1 --validation 500 -o data/
    instructkit split train.arrow -o 'data/{split}.jsonl'
    instructkit split chats.arrow --by user_id --seed 1 -o data/
    instructkit split all.arrow --hold-out-task 'nli*' -o unseen/
    """
    from instructkit.mixing.splitting import SplitReport, SplitSettings
    from instructkit.mixing.splitting.sides import LABEL, check_inputs, check_sides, has_sides, side_paths, write_sides
    from instructkit.mixing.splitting.splitting import SPLIT, split_records

    run = Run("split", options, check_sides)
    settings = SplitSettings(**run.settings)
    apart = has_sides(run.output)
    if any(Path(path).resolve() in run.side_files for path in side_paths(run.output)):
        raise click.UsageError("a side, --rejects and --summary are files of their own")
    if apart:
        check_inputs(run.output, inputs)
    if settings.by_clusters is not None:
        run.spare((settings.by_clusters,))
    report = SplitReport()
    run.extra = report.to_json
    run.write = write_sides if apart else run.write
    run.finish(split_records(run.open(inputs), settings, run.rejects, report, run.workers, LABEL if apart else SPLIT))
    if not run.quiet and report.sides:
        _tell(report, run.output if apart else None)


def _tell(report: Any, output: str | None) -> None:
    """Print the sides, what was shown of them, and what else is to be known."""
    from instructkit.reports.sides import print_sides

    print_sides(report)
    for border in report.borders:
        click.echo(visible(border.sentence()), err=True)
    for note in report.notes:
        click.echo(visible(f"note: {note}"), err=True)
    if output is not None:
        first = output.replace("{split}", "train") if "{split}" in output else str(Path(output) / "train")
        click.echo(f"next: instructkit stats {first}", err=True)
