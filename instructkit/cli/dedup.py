"""``instructkit dedup``."""

from typing import TYPE_CHECKING, Any

import click

from instructkit.cli.common import (
    Run,
    input_options,
    inputs_argument,
    output_options,
    rejects_option,
    run_options,
    stacked,
)

if TYPE_CHECKING:
    from instructkit.dedup import Findings

EXPLAINED = 5  # pairs on either side of the threshold


def _numbers(context: click.Context, option: click.Parameter, value: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in value.split(",")) if value else ()
    except ValueError as error:
        raise click.BadParameter("similarities with commas between them, e.g. 0.6,0.7,0.8") from error


same_options = stacked(
    click.option(
        "--threshold",
        type=float,
        default=0.8,
        show_default=True,
        metavar="S",
        help="Jaccard similarity from which two rows are the same.",
    ),
    click.option(
        "--ngram", type=click.IntRange(1), default=5, show_default=True, metavar="N", help="Tokens a shingle."
    ),
    click.option(
        "--on",
        default="all",
        show_default=True,
        metavar="WHAT",
        help="What is compared: all, prompt, instruction, input, output, or a column.",
    ),
    click.option(
        "--keep",
        default="first",
        show_default=True,
        metavar="WHICH",
        help="Which of them stays: first, longest, or COLUMN[:min|max].",
    ),
    click.option("--exact", is_flag=True, help="Drop equal rows only."),
    click.option(
        "--rouge", type=float, metavar="T", help="Drop equal rows, and those whose ROUGE-L F1 with one is above this."
    ),
)
search_options = stacked(
    click.option(
        "--exhaustive/--lsh",
        "exhaustive",
        default=None,
        help="Find all pairs, or those MinHash finds.  [default: all, unless that is dear]",
    ),
    click.option(
        "--permutations",
        type=click.IntRange(1, 4096),
        default=128,
        show_default=True,
        metavar="N",
        help="Values a MinHash signature.",
    ),
    click.option(
        "--bands", type=click.IntRange(1), metavar="N", help="Bands a signature.  [default: by the threshold]"
    ),
    click.option("--rows-per-band", type=click.IntRange(1), metavar="N", help="Values a band."),
)
passage_options = stacked(
    click.option("--sentences", is_flag=True, help="Take out sentences that stand in an earlier row."),
    click.option(
        "--substring", type=click.IntRange(5), metavar="N", help="Take out runs of N tokens or more that stand before."
    ),
    click.option(
        "--repeats",
        type=click.Choice(["cut", "drop"]),
        default="cut",
        show_default=True,
        metavar="WHAT",
        help="What becomes of them: cut out of the later text, or dropped with its row.",
    ),
)
told_options = stacked(
    click.option("--clusters", metavar="FILE", help="Write each duplicate there, with the row it left for."),
    click.option("--explain", is_flag=True, help="Show the pairs nearest to the threshold, merged and kept."),
    click.option("--thresholds", callback=_numbers, metavar="LIST", help="Count what other thresholds would drop."),
)


@click.command("dedup")
@inputs_argument
@same_options
@search_options
@passage_options
@click.option("--against", multiple=True, metavar="FILE", help="Drop rows that overlap this evaluation file.")
@click.option(
    "--overlap", type=click.IntRange(8, 13), default=13, show_default=True, metavar="N", help="Tokens of an overlap."
)
@click.option("--index", metavar="DIR", help="Compare with the rows of earlier runs too, and remember these.")
@click.option(
    "--hash",
    type=click.Choice(["own", "datasketch", "datasketch-legacy"]),
    default="own",
    show_default=True,
    metavar="HOW",
    help="How the index's signatures are made.",
)
@told_options
@input_options
@output_options
@rejects_option
@run_options
def command(inputs: tuple[str, ...], **options: Any) -> None:
    """Drop rows that equal or nearly equal an earlier one.

    Short answers are safe: a text shorter than the shingle is one shingle of itself, and two rows are the same only
    if their inputs and their outputs are alike each by itself.

    \b
    instructkit dedup train.arrow -o unique.arrow
    instructkit dedup train.arrow --thresholds 0.6,0.7,0.8,0.9 --explain -o unique.arrow
    instructkit format qa.jsonl | instructkit dedup --against test.jsonl | instructkit stats
    instructkit dedup week-47.jsonl --index seen/ -o new.arrow
    instructkit dedup generated.jsonl --rouge 0.7 --on instruction -o novel.jsonl
    """
    from instructkit.dedup import DedupSettings, Findings, dedup

    exhaustive = options.pop("exhaustive")
    options["search"] = "auto" if exhaustive is None else "exhaustive" if exhaustive else "lsh"
    options["explain"] = EXPLAINED if options["explain"] else 0
    run = Run("dedup", options)
    settings = DedupSettings(**run.settings)
    run.spare(settings.against)
    findings = Findings()
    run.extra = findings.to_json
    run.done = findings.commit
    run.finish(
        dedup(run.open(inputs), settings, rejects=run.rejects, clusters=run.clusters, findings=findings,
              workers=run.workers)
    )  # fmt: skip
    if not run.quiet:
        _tell(findings, settings.threshold)


def _tell(findings: "Findings", threshold: float) -> None:
    """Print what was found beside the rows."""
    from instructkit.reports.tables import print_table

    if findings.thresholds:
        rows = [[f"{similarity:g}", f"{count:,}"] for similarity, count in findings.thresholds.items()]
        print_table("other thresholds", ["threshold", ">rows dropped"], rows, to_stderr=True)
    for title, pairs in (
        (f"the least similar rows that were merged (threshold {threshold:g})", findings.merged),
        ("the most similar rows that both stayed", findings.near),
    ):
        lines = [[f"{pair.similarity:.4f}", *_apart(pair.one_text, pair.other_text)] for pair in pairs]
        if lines:
            print_table(title, ["similarity", "row", "row that stayed"], lines, to_stderr=True)
    if findings.against:
        files = [list(map(str, entry.values())) for entry in findings.against]
        print_table("evaluation files", ["file", ">its rows", ">found", ">rows dropped"], files, to_stderr=True)
    if len(findings.sources) > 1 and findings.repeats.any():
        places = [(row, column) for row, column in zip(*findings.repeats.nonzero(), strict=True)]
        lines = [
            [findings.sources[row], findings.sources[column], f"{findings.repeats[row, column]:,}"]
            for row, column in sorted(places, key=lambda place: -findings.repeats[place])
        ]
        print_table("repeats by source", ["source", "repeats", ">rows"], lines[:SOURCES], to_stderr=True)


SOURCES = 20  # pairs of sources that are told
BEFORE, AFTER = 40, 80  # characters shown around the first place where two texts differ


def _apart(one: str, other: str) -> tuple[str, str]:
    """Two texts where they begin to differ."""
    one, other = " ".join(one.split()), " ".join(other.split())
    pairs = enumerate(zip(one, other, strict=False))
    same = next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))
    return _around(one, same), _around(other, same)


def _around(text: str, place: int) -> str:
    start, end = max(0, place - BEFORE), place + AFTER
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
