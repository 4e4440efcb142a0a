"""What the commands that ask a model share: their options, a dry run, the bar, and what is told at the end."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    output_options,
    rejects_option,
    run_options,
    seed_option,
    stacked,
)
from instructkit.generation import JOURNAL

if TYPE_CHECKING:
    from instructkit.generation.client import Spent


def _parameters(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    import json

    found = []
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"NAME=VALUE, e.g. temperature=0.2, not {value!r}")
        try:
            found.append((name, json.loads(text)))
        except ValueError:
            found.append((name, text))
    return tuple(found)


model_options = stacked(
    click.option("--model", metavar="NAME", help="The model: a name the endpoint knows, local, or local:PATH.gguf."),
    click.option("--base-url", metavar="URL", help="The endpoint.  [default: $OPENAI_BASE_URL, or OpenAI's]"),
    click.option("--api", type=click.Choice(["chat", "completions"]), default="chat", show_default=True,
                 help="How it is asked: by a dialogue, or by a text to go on with."),
    click.option("--journal", default=JOURNAL, show_default=True, metavar="FILE", help="Where every answer is kept."),
    click.option("--concurrency", type=click.IntRange(1), default=16, show_default=True, metavar="N",
                 help="Requests at once."),
    click.option("--parameter", "parameters", multiple=True, callback=_parameters, metavar="NAME=VALUE",
                 help="Set a parameter of every request, e.g. temperature=0.2; =null takes it out."),
    click.option("--prompts", metavar="DIR", help="A folder of prompt files that stand in for ours."),
    click.option("--show-prompt", is_flag=True, help="Print the prompts, and stop."),
    click.option("--timeout", "timeout_seconds", type=click.FloatRange(0, min_open=True), default=600.0,
                 show_default=True, metavar="SECONDS", help="How long an answer may take."),
    click.option("--patience", "patience_seconds", type=click.FloatRange(0), default=600.0, show_default=True,
                 metavar="SECONDS", help="How long the endpoint may be away or refuse all."),
)  # fmt: skip
limit_options = stacked(
    click.option("--max-requests", type=click.IntRange(0), metavar="N", help="Send no more requests than this."),
    click.option("--max-tokens", type=click.IntRange(0), metavar="N", help="Use no more tokens, prompts and answers."),
    click.option("--max-cost", type=click.FloatRange(0), metavar="USD", help="Spend no more than this."),
    click.option("--price-input", type=click.FloatRange(0), default=0.0, metavar="USD",
                 help="Price of a million tokens of prompts."),
    click.option("--price-output", type=click.FloatRange(0), default=0.0, metavar="USD",
                 help="Price of a million tokens of answers."),
    click.option("--dry-run", is_flag=True, help="Ask nothing: print how many requests and tokens, and the first."),
)  # fmt: skip
asking_options = stacked(model_options, limit_options)

# of the commands that ask about rows, behind their own
row_options = stacked(
    click.option("--language", type=click.Choice(["auto", "en", "zh"]), default="auto", show_default=True,
                 help="Of the prompts; auto: of each row."),
    asking_options,
    input_options,
    output_options,
    rejects_option,
    seed_option,
    run_options,
)  # fmt: skip


class AskingRun(Run):
    """One call of a command that asks a model: ``told`` are the model's settings, ``spent`` what it asked."""

    def __init__(self, name: str, options: dict[str, Any], prompts: Sequence[str]) -> None:
        language, folder = options.get("language"), options.get("prompts")
        if options.pop("show_prompt"):
            show_prompts(prompts, language, folder)
            raise click.exceptions.Exit(0)
        from dataclasses import fields

        from instructkit.generation.client import ModelSettings, Spent
        from instructkit.records.rejects import Rejects

        super().__init__(name, options)
        given = [one.name for one in fields(ModelSettings) if one.name in self.settings]
        self.told: ModelSettings = ModelSettings(**{one: self.settings.pop(one) for one in given})
        self.spent: Spent = Spent()
        self.extra = self.spent.to_json
        if Path(self.told.journal).resolve() in {Path(self.output).resolve(), *self.side_files}:
            raise click.UsageError("the journal is a file of its own: no output may stand in its place")
        self.bar_of_rows = False  # they pass too seldom: the bar counts answers
        if self.told.dry_run:
            self.rejects = Rejects()

    def finish(self, stream: object) -> None:
        """Write the step's stream; in a dry run, only find out what would be asked."""
        if self.told.dry_run:
            self._dry(stream)
            return
        bar = self._bar()
        try:
            super().finish(stream)
        finally:
            bar()
        if not self.quiet:
            self._tell_spent()

    def _bar(self) -> Callable[[], None]:
        if self.quiet or not sys.stderr.isatty():
            return lambda: None
        from tqdm import tqdm

        bar = tqdm(unit=" answers", desc=self.name, leave=False, file=sys.stderr)

        def show(spent: "Spent") -> None:
            cost = f", ${spent.cost:.4f}" if spent.cost else ""
            failed = f", {spent.failed} failed" if spent.failed else ""
            tokens = spent.prompt_tokens + spent.completion_tokens
            rows = f"{spent.accepted:,} rows accepted, {spent.rejected:,} rejected"
            bar.set_postfix_str(f"{tokens:,} tokens{cost}, {rows}{failed}", refresh=False)
            bar.n = spent.asked + spent.from_journal
            bar.update(0)

        self.spent.listener = show
        close: Callable[[], None] = bar.close
        return close

    def _tell_spent(self) -> None:
        spent = self.spent
        cost = f", {spent.cost:.4f} USD" if self.told.price_input or self.told.price_output else ""
        click.echo(
            f"{self.name}: {spent.asked:,} requests ({spent.failed:,} failed) and {spent.from_journal:,} answers from "
            f"the journal; {spent.prompt_tokens:,} tokens of prompts and {spent.completion_tokens:,} of answers{cost}; "
            f"every answer is kept in {self.told.journal}",
            err=True,
        )
        if spent.stopped:
            click.echo(
                f"{self.name}: stopped by {spent.stopped}; the same command goes on from there, and asks nothing twice",
                err=True,
            )

    def _dry(self, stream: object) -> None:
        from collections import deque

        from instructkit.records.stream import Records

        deque(Records.made(stream).batches, maxlen=0)
        plan, told = self.spent.plan, self.told
        priced = told.price_input or told.price_output
        cost = f", at most {plan.cost:.4f} USD" if priced else "; --price-input and --price-output tell the cost"
        click.echo(
            f"{self.name}: about {plan.requests:,.0f} request{'' if round(plan.requests) == 1 else 's'} with "
            f"{plan.prompt_tokens:,.0f} tokens of prompts and at most {plan.answer_tokens:,.0f} of answers{cost}; "
            f"{plan.kept:,} more are in the journal"
        )
        if plan.first is None:
            return
        click.echo(f"\nthe first request ({plan.first.purpose}), to {told.model}:")
        for name, value in plan.first.parameters.items():
            click.echo(f"  {name}: {value}")
        for role, text in plan.first.messages or (("raw text", plan.first.text),):
            click.echo(f"\n[{role}]\n{text}")


def show_prompts(names: Sequence[str], language: str | None, folder: str | None) -> None:
    """Print prompt files as they are, each after its place."""
    from instructkit.generation.prompting import LANGUAGES, check_folder, load_prompt

    check_folder(folder)
    languages = [language] if language in LANGUAGES else list(LANGUAGES)
    for name in names:
        for one in languages:
            path = load_prompt(name, str(one), folder).path
            click.echo(f"# {path}\n{path.read_text(encoding='utf-8')}")
    if not names:
        click.echo("it asks by the model's own prefix, without a prompt of ours")
