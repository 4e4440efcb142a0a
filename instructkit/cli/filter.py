"""``instructkit filter``."""

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
)


def _list_rules(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from instructkit.filters.rule import RULES
    from instructkit.filters.rules.presets import PRESETS
    from instructkit.reports.tables import print_table

    rows = [
        (rule.name, rule.default, ", ".join(rule.presets), rule.about, rule.source) for _, rule in sorted(RULES.items())
    ]
    print_table("rules", ("rule", ">default", "presets", "fails when", "source"), rows)
    print_table("presets", ("preset", "what"), PRESETS.items())
    context.exit()


@click.command("filter")
@inputs_argument
@click.option(
    "--preset",
    default="instruction",
    show_default=True,
    metavar="NAME",
    help="The set of rules to start from: instruction, web, strict or none.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Set a rule's threshold, switch it on, or off with =off.",
)
@click.option(
    "--text",
    metavar="COLUMN",
    help="The rows are plain text (pages, documents), not examples: judge this column of theirs.",
)
@click.option(
    "--tag", is_flag=True, help="Drop nothing: write what the rules measure as columns, and the rules failed."
)
@click.option(
    "--keywords",
    multiple=True,
    metavar="FILE[:keep]",
    help="Drop rows with a word of the file, a word or phrase a line; with :keep drop all others.",
)
@click.option(
    "--language",
    multiple=True,
    metavar="[FIELD=]CODES[:T]",
    help="Drop rows surely in other languages, e.g. en,zh or en,zh:0.8; or a field of theirs, e.g. output=fr.",
)
@click.option(
    "--score",
    multiple=True,
    metavar="COLUMN:LEAST[:MOST]",
    help="Drop rows whose number in this column is less, e.g. score:4 of judge, or more than MOST.",
)
@click.option(
    "--perplexity",
    metavar="MODEL[:T]",
    help="Drop rows whose output is less usual than clean text, by a model of train-perplexity or KenLM.",
)
@click.option(
    "--classifier",
    multiple=True,
    metavar="MODEL[:LABEL[:T]]",
    help="Drop rows to which a fastText model gives the label; without one, columns of labels and scores.",
)
@click.option(
    "--classify",
    type=click.Choice(["output", "prompt", "all"]),
    default="output",
    show_default=True,
    help="The texts of a row that classifiers are asked about.",
)
@click.option(
    "--toxicity",
    default="off",
    show_default=True,
    metavar="off|tag[:T]|drop[:T]",
    help="Abuse in English and Chinese: columns of score, categories and words, or the row dropped.",
)
@click.option(
    "--pii",
    type=click.Choice(["off", "tag", "mask", "pseudonym", "drop"]),
    default="off",
    show_default=True,
    help="Personal data: a column of their types, masked as [EMAIL_1], other data in their place, or the row dropped.",
)
@click.option("--pii-types", metavar="TYPES", help="Only these types, e.g. EMAIL,PHONE; all but -PERSON; or +URL too.")
@click.option("--pii-key", metavar="KEY", help="What pseudonyms hang on: a key, env:NAME or file:PATH.")
@click.option(
    "--pii-ner",
    metavar="MODULE:FUNCTION",
    help="A function of yours that finds more, e.g. names; or spacy:MODEL, the persons of a spaCy model.",
)
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_rules,
    help="Print all rules with their defaults, and stop.",
)
@input_options
@output_options
@rejects_option
@seed_option
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Drop rows that fail a rule; --rejects shows each with all the rules it failed.

    \b
    instructkit filter train.arrow --language en,zh -o clean.arrow --rejects dropped.jsonl
    instructkit dedup train.jsonl | instructkit filter --pii mask --rule long_output=8000 -o clean.parquet
    """
    run = Run("filter", options)
    from instructkit.filters import FilterSettings, filter
    from instructkit.reports.tables import print_filter

    settings = FilterSettings(**run.settings)
    run.tables = print_filter
    run.finish(filter(run.open(inputs, text=settings.text), settings, rejects=run.rejects, workers=run.workers))
