"""``instructkit judge``."""

from typing import Any

import click

from instructkit.cli.asking import AskingRun, row_options
from instructkit.cli.common import inputs_argument, names


@click.command("judge")
@inputs_argument
@click.option(
    "--criteria",
    default="helpfulness,correctness,clarity",
    show_default=True,
    callback=names,
    metavar="NAMES",
    help="What rows are judged on; also relevance, completeness, harmlessness, complexity.",
)
@click.option("--rubric", metavar="FILE", help="A YAML file with criteria, what each means, and a scale.")
@click.option(
    "--samples", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Judgements a row; their mean."
)
@row_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Score rows by a model: columns score_NAME and score, for filter --score.

    \b
    instructkit judge train.arrow --model gpt-4o-mini | instructkit filter --score score:4 -o good.arrow
    instructkit judge train.arrow --rubric rubric.yaml --model local -o scored.arrow
    """
    from instructkit.generation.rowwise.judge import PROMPTS, JudgeSettings, judge

    run = AskingRun("judge", options, PROMPTS)
    settings = JudgeSettings(**run.settings)
    run.finish(judge(run.open(inputs), settings, run.told, rejects=run.rejects, spent=run.spent))
