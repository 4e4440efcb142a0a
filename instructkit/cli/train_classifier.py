"""``instructkit train-classifier``."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from instructkit.cli.common import Command

if TYPE_CHECKING:
    from instructkit.filters.classifiers.training import Trained


def _number(name: str, default: int, about: str, least: int = 0) -> Callable[[Command], Command]:
    return click.option(name, type=click.IntRange(least), default=default, show_default=True, metavar="N", help=about)


@click.command("train-classifier")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--text", required=True, metavar="COLUMN", help="The column of the texts.")
@click.option("--label", "labels", required=True, multiple=True, metavar="COLUMN",
              help="The column of the label, or several of 0 and 1, each a label.")  # fmt: skip
@click.option(
    "-o", "--output", required=True, metavar="MODEL", help="A file ending in .ftz (quantized, small) or .bin."
)
@click.option("--from", "layout", metavar="KIND", help="What the input is, e.g. jsonl.")
@click.option("--test-share", type=float, default=0.1, show_default=True, metavar="S",
              help="Share of the rows that is held out and measured on.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Decides the split and the start.")
@_number("--epochs", 10, "Times each row is seen.", 1)
@_number("--dimension", 24, "Length of a word's vector.", 1)
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), default=0.2, show_default=True, metavar="R",
              help="Size of the first steps.")  # fmt: skip
@_number("--word-ngrams", 2, "Longest run of words that counts.", 1)
@_number("--minn", 3, "Shortest character n-gram of a word; 0: none.")
@_number("--maxn", 5, "Longest character n-gram of a word; 0: none.")
@_number("--buckets", 200_000, "Places for n-grams, at most.", 1)
@_number("--cutoff", 30_000, "Words and n-grams a .ftz keeps; 0: all.")
@click.option("--keep-case", is_flag=True, help="Tell upper from lower case.")
@_number("--threads", 1, "With more than 1 the bytes differ from run to run.", 1)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(inputs: tuple[str, ...], text: str, labels: tuple[str, ...], output: str, **options: Any) -> None:
    """Train a fastText classifier from labelled rows, and measure it on a share of them.

    \b
    instructkit train-classifier rated.csv --text answer --label quality -o quality.ftz
    instructkit train-classifier comments.csv --text text --label insult --label threat -o abuse.ftz
    """
    from instructkit.cli.common import say_notes
    from instructkit.filters.classifiers import TrainingSettings, train_classifier

    quiet, layout = options.pop("quiet"), options.pop("layout")
    say_notes(quiet)
    start = time.perf_counter()
    settings = TrainingSettings(lower=not options.pop("keep_case"), **options)
    trained = train_classifier(inputs, output, text=text, labels=labels, settings=settings, layout=layout)
    if not quiet:
        _tell(trained, time.perf_counter() - start)


def _tell(trained: "Trained", seconds: float) -> None:
    from instructkit.reports.tables import print_table, reasons_text

    rows = [
        (one.label, one.rows, one.marked, *map(_figure, (one.precision, one.recall, one.f1, one.auc, one.threshold)),
         _figure(one.precise_threshold), _figure(one.precise_recall))
        for one in trained.measured
    ]  # fmt: skip
    print_table(
        "on the rows held out",
        ("label", ">rows", ">marked", ">precision", ">recall", ">F1", ">AUC", ">threshold", ">P 0.9 from",
         ">recall there"),
        rows,
        to_stderr=True,
    )  # fmt: skip
    if trained.accuracy is not None:
        click.echo(f"accuracy of the most probable label: {trained.accuracy:.3f}", err=True)
    left = f", {reasons_text(dict(+trained.left_out))} left out" if +trained.left_out else ""
    click.echo(
        f"train-classifier: {trained.train_rows:,} rows to train on, {trained.test_rows:,} held out{left}; "
        f"wrote {trained.path} ({trained.size / 1e6:.1f} MB) in {seconds:.1f} s",
        err=True,
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
