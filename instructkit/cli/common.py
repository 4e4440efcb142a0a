"""What the commands share: their options, and how one is run from input to output."""

import json
import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from instructkit.errors import visible

if TYPE_CHECKING:
    from instructkit.records.several import Several
    from instructkit.records.stream import Counts, Records

Command = TypeVar("Command", bound=Callable[..., Any])

FIRST_ROWS = 10


def stacked(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


inputs_argument = click.argument("inputs", nargs=-1, metavar="[INPUT]...")

input_options = stacked(
    click.option(
        "--from", "layout", metavar="KIND", help="What the input is or holds, e.g. jsonl, alpaca, json:squad."
    ),
    click.option("--max-bad", type=click.IntRange(0), metavar="N", help="Stop at more than N rows that can't be read."),
)
output_options = stacked(
    click.option("-o", "--output", default="-", metavar="PATH",
                 help="A file by its type, or a directory; - is stdout.  [default: -]"),
    click.option("--shard-rows", type=click.IntRange(1), default=1_000_000, show_default=True, metavar="N",
                 help="Rows a shard, for a directory."),
)  # fmt: skip
rejects_option = click.option(
    "--rejects", metavar="FILE", help="Write the dropped rows there, each with all its reasons."
)
seed_option = click.option(
    "--seed", type=int, default=0, show_default=True, metavar="N", help="Decides every random choice."
)
run_options = stacked(
    click.option("--workers", type=click.IntRange(1), metavar="N", help="Cores to use.  [default: all]"),
    click.option("--summary", metavar="FILE", help="Write the counts there, as JSON."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
)


def names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The names of a list with commas."""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if value else ()


def share_option(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """A share as a number or in percent ("0.05" and "5%" are one); the step checks its range."""
    try:
        return None if value is None else share_of(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no share, such as 0.05 or 5%") from error


def share_of(text: str) -> float:
    """A number or a percentage; raises `ValueError` for what is neither."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


class Run:
    """One call of a command: opens the input, writes the output, and tells what happened to the rows.

    Takes the shared options out of what click gives; ``settings`` is what is left for the step.
    """

    def __init__(self, name: str, options: dict[str, Any], check: Callable[[str], object] | None = None) -> None:
        from instructkit.engine.lean import spare_pandas

        spare_pandas()
        from instructkit.records.rejects import Rejects
        from instructkit.records.writing import check_target, write

        self.name = name
        self.settings = dict(options)
        take = self.settings.pop
        self.output: str = take("output", "-")
        self.shard_rows: int = take("shard_rows", 1)
        self.layout: str | None = take("layout", None)
        self.max_bad: int | None = take("max_bad", None)
        self.workers: int | None = take("workers", None)
        self.summary: str | None = take("summary", None)
        self.quiet: bool = take("quiet", False)
        self.extra: Callable[[], dict[str, Any]] = dict  # more for the summary, known at the end
        self.done: Callable[[], object] = bool  # what is to be done once the output is written
        # prints more of the counts, and gives those that the last line is to tell
        self.tables: Callable[[Counts], dict[str, Any]] = lambda counts: counts.to_json()
        self.bar_of_rows = True
        self.write: Callable[..., None] = write
        say_notes(self.quiet)
        (check or check_target)(self.output)
        if self.summary is not None and not Path(self.summary).absolute().parent.is_dir():
            raise click.UsageError(f"--summary {self.summary}: the folder does not exist")
        rejects: str | None = take("rejects", None)
        self.clusters: str | None = take("clusters", None)
        beside = [place for place in (rejects, self.summary, self.clusters) if place is not None]
        places = [Path(place).absolute() for place in (self.output, *beside) if place != "-"]
        if "-" in beside or len(set(places)) < len(places):
            raise click.UsageError(
                "the output, --rejects, --summary and --clusters are files of their own (only the output may be -)"
            )
        self.side_files = [Path(place).resolve() for place in beside]
        self.rejects = Rejects(rejects)
        self._start = time.perf_counter()

    def spare(self, inputs: tuple[str, ...]) -> None:
        """Refuse to write the rejects or the summary over a file that is read."""
        for name in inputs:
            if Path(name).resolve() in self.side_files:
                raise click.UsageError(f"{name} is an input: --rejects, --summary and --clusters must not overwrite it")

    def open(
        self,
        inputs: tuple[str, ...],
        *,
        text: str | None = None,
        asking: bool = False,
        several: "Several | None" = None,
    ) -> "Records":
        """Open the inputs as one stream of examples, or of rows with a column of plain text; none are stdin.

        ``asking``: prompts that nobody has answered are examples too; ``several``: what is asked of several inputs.
        """
        from instructkit.records.columns import read_columns
        from instructkit.records.reading import read_examples

        self.spare(inputs)
        names = inputs or ("-",)
        if "-" in names and self.layout is None and sys.stdin.isatty():
            raise click.UsageError("no input: name a file, or pipe a command's output in (see --help)")
        given: dict[str, Any] = {"layout": self.layout, "rejects": self.rejects, "max_bad": self.max_bad,
                                 "workers": self.workers}  # fmt: skip
        if text is not None:
            return read_columns(names, text, **given)
        return read_examples(names, asking=asking, several=several, **given)

    def finish(self, stream: object) -> None:
        """Write a step's stream to the output and tell its counts; on a terminal show its first rows instead."""
        from instructkit.records.stream import Records

        records = Records.made(stream)
        if self.output == "-" and sys.stdout.isatty():
            rest = show_first_rows(records)
            if self.summary is not None or self.rejects.wanted:
                with self.rejects:
                    deque(rest, maxlen=0)  # what a person asked to have counted is counted to the end
                self._tell(records)
            return
        with self.rejects:
            rows = _with_bar(records, self.name, self.quiet or not self.bar_of_rows)
            self.write(rows, self.output, shard_rows=self.shard_rows)
        self.done()
        self._tell(records)

    def summarize(self, records: "Records", rows: int, found: dict[str, Any]) -> None:
        """Write the summary of a command that only looks at rows: how many were read, and what it found."""
        if self.summary is None:
            return
        lost = records.reading
        counts = {"rows_in": rows + lost.rows_dropped, "rows_out": rows, "rows_dropped": lost.rows_dropped,
                  "reasons": dict(lost.reasons)}  # fmt: skip
        seconds = round(time.perf_counter() - self._start, 3)
        write_json(self.summary, {"command": self.name, **counts, "seconds": seconds, **found})

    def _tell(self, records: "Records") -> None:
        seconds = time.perf_counter() - self._start
        steps = records.counts()
        own = steps[-1]
        if self.summary is not None:
            counts = {key: value for key, value in own.to_json().items() if key != "inputs"}
            write_json(self.summary, {"command": self.name, **counts, "seconds": round(seconds, 3), **self.extra()})
        if self.quiet:
            return
        untold = self.tables(own)
        if own.rows_out == 0:
            click.echo(f"{self.name}: no row is left" + _why(own.reasons), err=True)
        if self.output == "-" or (len(steps) == 1 and not own.inputs):
            where = "" if self.output == "-" else f", written to {self.output}"
            click.echo(f"{self.name}: {one_line(untold)}, {seconds:.1f} s{where}", err=True)
        else:
            from instructkit.records.lineage import with_counts
            from instructkit.reports.tables import print_steps

            print_steps(with_counts(records.lineage, steps), to_stderr=True)
            click.echo(f"wrote {own.rows_out:,} rows to {self.output} in {seconds:.1f} s", err=True)


def _why(reasons: dict[str, int]) -> str:
    from instructkit.reports.tables import reasons_text

    return f" ({reasons_text(reasons)}); --rejects FILE shows them" if reasons else ": the input held none"


def one_line(counts: dict[str, Any]) -> str:
    """A step's counts in one line."""
    from instructkit.reports.tables import counts_text

    why = counts_text(counts)
    rows = f"{counts['rows_in']:,} in, {counts['rows_out']:,} out, {counts['rows_dropped']:,} dropped"
    return f"{rows} ({why})" if why else rows


def write_json(path: str, content: dict[str, Any]) -> None:
    """Write a small JSON file, whole or not at all."""
    from instructkit.records.part import PartFile, disk_errors

    part = PartFile(Path(path))
    with disk_errors(Path(path)):
        part.part.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    part.commit()


def say_notes(quiet: bool) -> None:
    """Show the library's notes (what a file was taken for) on stderr."""
    logger = logging.getLogger("instructkit")
    handler = logging.StreamHandler(sys.stderr)
    handler.format = lambda record: visible(record.getMessage())  # type: ignore[method-assign]
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.ERROR if quiet else logging.INFO)


def _with_bar(records: "Records", name: str, quiet: bool) -> "Records":
    """Count the rows on a bar as they pass, where a person looks."""
    if quiet or not sys.stderr.isatty():
        return records
    from dataclasses import replace

    from tqdm import tqdm

    def batches() -> Any:
        with tqdm(unit=" rows", unit_scale=True, desc=name, leave=False, file=sys.stderr) as bar:
            for batch in records.batches:
                bar.update(batch.num_rows)
                yield batch

    return replace(records, batches=batches())


def show_first_rows(records: "Records") -> Iterator[Any]:
    """Print the first rows of a stream as a table; gives the batches that were not needed."""
    from instructkit.records.values import python_values
    from instructkit.reports.tables import print_table

    ours = ("instruction", "input", "output", "task")
    names = [name for name in ours if name in records.schema.names] or records.schema.names[:4]
    rows: list[tuple[Any, ...]] = []
    for batch in records.batches:
        few = batch.slice(0, FIRST_ROWS - len(rows)).select(names)
        rows += zip(*map(python_values, few.columns), strict=True)
        if len(rows) >= FIRST_ROWS:
            break
    print_table("", names, [list(map(_short, row)) for row in rows])
    click.echo(f"the first {len(rows)} rows; -o FILE writes all, a pipe passes them on", err=True)
    return records.batches


def _short(value: object, length: int = 120) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text if len(text) <= length else text[: length - 1] + "…"
