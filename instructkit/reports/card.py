"""The data card: a README.md beside an output, which says what is in it and where it comes from."""

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import OutputFailed, UsageError
from instructkit.records.lineage import with_counts
from instructkit.records.part import PartFile, disk_errors
from instructkit.records.sources import split_suffix
from instructkit.records.stream import Counts, Lineage
from instructkit.records.writing import CARD, CARD_HEAD, CARD_MARK
from instructkit.reports import markdown
from instructkit.reports.card_counts import CardCounts
from instructkit.reports.tables import counts_text, limited

UNKNOWN = "unknown"
SHOWN = 30  # tasks and sources that have a line of their own

# how datasets are sized on the Hugging Face hub
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
         (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))  # fmt: skip
LARGEST = "n>1B"

# what our packs are called among the hub's task categories; all else is text generation alone
CATEGORIES = {
    **dict.fromkeys(("acceptability", "intent-classification", "nli", "paraphrase-detection", "sentiment",
                     "topic-classification", "toxicity-classification"), "text-classification"),
    **dict.fromkeys(("dialogue-summarization", "headline-generation", "summarization"), "summarization"),
    **dict.fromkeys(("closed-book-question-answering", "reading-comprehension"), "question-answering"),
    **dict.fromkeys(("cloze-choice", "multiple-choice-question-answering"), "multiple-choice"),
    "named-entity-recognition": "token-classification",
    "translation": "translation",
}  # fmt: skip


class DataCard:
    """Counts the examples of an export, and writes its card.

    The card goes into the folder of the output file, or into the output directory. A README.md that stands there and
    is no card of ours is never overwritten: `OutputFailed` says so before any work. ``licenses`` go by source; the one
    under "" is that of all others.
    """

    def __init__(self, target: str, licenses: Mapping[str, str], languages: Sequence[str] = ()) -> None:
        if target == "-":
            raise UsageError("--card stands beside an output: name one with -o")
        self.target, self.licenses, self.languages = Path(target), dict(licenses), list(languages)
        container, _ = split_suffix(target)
        self.is_folder = target.endswith("/") or container is None
        self.path = (self.target if self.is_folder else self.target.parent) / CARD
        self.counts = CardCounts()
        if self.path.exists() and not _is_ours(self.path):
            raise OutputFailed(f"{self.path} is there and no card of instructkit; it is not overwritten: move it, or "
                               "export into a folder of its own")  # fmt: skip

    def count(self, batch: pa.RecordBatch) -> None:
        """Count examples that are in the output."""
        self.counts.add(batch)

    def write(self, lineage: Lineage, counts: list[Counts]) -> list[str]:
        """Write the card, whole or not at all; gives what is to be said of it: sources that are not there."""
        text = self.text(with_counts(lineage, counts))
        part = PartFile(self.path)
        with disk_errors(self.path):
            part.part.write_text(text, encoding="utf-8")
        part.commit()
        absent = [source for source in self.licenses if source and source not in self.counts.sources]
        known = ", ".join(list(self.counts.sources)[:10])
        return [f"--license {source}: no row came from there; the sources are {known}" for source in absent]

    def license_of(self, source: str) -> str:
        """The license that was given for a source, or that it is unknown."""
        return self.licenses.get(source, self.licenses.get("", UNKNOWN))

    def text(self, steps: Lineage) -> str:
        """The card in Markdown, with the front matter that the hub reads."""
        counted = self.counts
        parts = [self._front(), f"\n{CARD_MARK}\n\n", f"# {markdown.plain(self._name())}\n\n", self._summary(steps)]
        tasks = {name: group.rows for name, group in counted.tasks.items()}
        parts += ["\n## Tasks\n\n", self._tasks(tasks), "\n", markdown.bars(limited(tasks, SHOWN))]
        parts += ["\n## Sources and licenses\n\n", self._sources()]
        if mixture := _mixture(steps):
            parts += ["\n## Mixture\n\n", mixture]
        parts += ["\n## How it was made\n\n", _life(steps)]
        return "".join(parts)

    def _name(self) -> str:
        return self.target.resolve().name if self.is_folder else self.target.name

    def _front(self) -> str:
        import yaml

        licenses = sorted({self.license_of(source) for source in self.counts.sources}) or [UNKNOWN]
        languages = self.languages or (["zh"] if 0 < self.counts.rows == self.counts.chinese else [])
        categories = sorted({CATEGORIES[task] for task in self.counts.tasks if task in CATEGORIES})
        front: dict[str, Any] = {"license": licenses[0] if len(licenses) == 1 else licenses}
        if languages:
            front["language"] = languages
        front["size_categories"] = [size_category(self.counts.rows)]
        front["task_categories"] = ["text-generation", *categories]
        if not self.is_folder:
            data = [{"split": self._split(), "path": glob.escape(self.target.name)}]  # the hub takes a pattern
            front["configs"] = [{"config_name": "default", "data_files": data}]
        return "---\n" + yaml.safe_dump(front, sort_keys=False, allow_unicode=True) + "---\n"

    def _split(self) -> str:
        stem = self.target.name.partition(".")[0]
        return {"dev": "validation", "val": "validation"}.get(stem, stem if stem in ("validation", "test") else "train")

    def _summary(self, steps: Lineage) -> str:
        counted = self.counts
        arguments = steps[-1].get("arguments", {}) if steps else {}
        shape = {key: value for key, value in arguments.items() if key in ("to", "dialect", "shape", "chat_template")}
        told = ", ".join(f"{markdown.plain(key.replace('_', ' '))} {markdown.plain(value)}"
                         for key, value in shape.items() if key != "to")  # fmt: skip
        rows = [("rows", counted.rows), ("rows with earlier turns", counted.with_history),
                ("rows with a system prompt", counted.with_system),
                ("rows whose script is Chinese", counted.chinese)]  # fmt: skip
        form = markdown.plain(shape.get("to", "")) + (f" ({told})" if told else "")
        return f"Format: {form}.\n\n" + markdown.table(("count", ">rows"), rows)

    def _tasks(self, tasks: dict[str, int]) -> str:
        total = max(1, self.counts.rows)
        rows: list[tuple[object, ...]] = []
        for name, count in limited(tasks, SHOWN):
            group = self.counts.tasks.get(name)
            means = [group.mean(field) for field in ("instruction", "input", "output")] if group else ["", "", ""]
            rows.append((name or "(none)", count, f"{count / total:.1%}", *means))
        head = ("task", ">rows", ">share", ">instruction", ">input", ">output")
        return markdown.table(head, rows) + "\nThe last three columns are mean lengths in characters.\n"

    def _sources(self) -> str:
        total = max(1, self.counts.rows)
        shown = limited(dict(self.counts.sources), SHOWN)
        rows = [(name or "(none)", count, f"{count / total:.1%}",
                 self.license_of(name) if name in self.counts.sources else "") for name, count in shown]  # fmt: skip
        without = [name for name in self.counts.sources if self.license_of(name) == UNKNOWN]
        note = f"\nThe license of {len(without)} of {len(self.counts.sources)} sources is unknown.\n" if without else ""
        return markdown.table(("source", ">rows", ">share", "license"), rows) + note


def size_category(rows: int) -> str:
    """The hub's word for a number of rows."""
    return next((name for limit, name in SIZES if rows < limit), LARGEST)


def _is_ours(path: Path) -> bool:
    with disk_errors(path), path.open("rb") as file:
        return CARD_MARK.encode() in file.read(CARD_HEAD)


def _every_step(steps: Lineage, depth: int = 0) -> list[tuple[int, dict[str, Any]]]:
    """The steps in order, those behind each input of a step above it."""
    found: list[tuple[int, dict[str, Any]]] = []
    for step in steps:
        for one in step.get("inputs", []):
            found += _every_step(one.get("lineage", []), depth + 1)
        found.append((depth, step))
    return found


def _life(steps: Lineage) -> str:
    rows: list[tuple[object, ...]] = []
    for depth, step in _every_step(steps):
        counts = step.get("counts", {})
        files = [str(one.get("name", "")) for one in step.get("inputs", []) if not one.get("lineage")]
        named = files[:3] + ([f"and {len(files) - 3} more"] if len(files) > 3 else [])
        seed = step.get("seed")
        rows.append(("· " * depth + " ".join([str(step["command"]), *named]), _arguments(step),
                     "" if seed is None else seed, counts.get("rows_in", ""), counts.get("rows_out", ""),
                     counts.get("rows_dropped", ""), counts_text(counts)))  # fmt: skip
    versions = sorted({str(step.get("version", "")) for _, step in _every_step(steps)} - {""})
    made = f"\nMade with instructkit {', '.join(map(markdown.plain, versions))}.\n" if versions else ""
    head = ("step", "arguments", ">seed", ">rows in", ">rows out", ">dropped", "why")
    return markdown.table(head, rows) + made


def _arguments(step: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in step.get("arguments", {}).items())


def _mixture(steps: Lineage) -> str:
    """What each mixing step took: its table where its counts have one, else how it was asked for."""
    parts = []
    for _, step in _every_step(steps):
        if step["command"] != "mix":
            continue
        counts = step.get("counts", {})
        shares = counts.get("mixture", step.get("mixture"))
        came, left = (_shown("", counts.get(name, "?")) for name in ("rows_in", "rows_out"))
        parts.append(f"{markdown.plain(_arguments(step), 400)}: {left} rows of {came}\n\n")
        if isinstance(shares, list) and shares and all(isinstance(one, dict) for one in shares):
            parts.append(_groups(shares))
    return "".join(parts)


def _groups(shares: list[dict[str, Any]]) -> str:
    """The groups of a mixture as a table and a chart: in their order, but of many those alone that give most."""
    taken = {str(one.get("group", "")): one["taken"] for one in shares if isinstance(one.get("taken"), int)}
    most = dict(limited(taken, SHOWN))
    lines = [one for one in shares if str(one.get("group", "")) in most] if len(shares) > SHOWN else shares
    head = list(shares[0])
    named = [f"{'>' if isinstance(shares[0][name], int | float) else ''}{markdown.plain(name)}" for name in head]
    rest = f"\nThe {SHOWN} groups that give most, of {len(shares):,}.\n" if len(lines) < len(shares) else ""
    rows = [
        [_shown(name, one.get(name, "")) or ("(none)" if name == "group" else "") for name in head] for one in lines
    ]
    return markdown.table(named, rows) + rest + ("\n" + markdown.bars(list(most.items())) if most else "")


def _shown(name: str, value: object) -> object:
    """A number as a person reads it: shares in percent."""
    if isinstance(value, float):
        return f"{value:.2%}" if name in ("natural", "rate") else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else value
