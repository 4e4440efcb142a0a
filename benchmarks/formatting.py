"""Rows to prompts, from JSON lines to an Arrow file, ours and peers in turns: python benchmarks/formatting.py [ROWS]

With INSTRUCTKIT_REAL_DATA set the rows are real (sentence_polarity, xquad) and PromptSource's library is measured too.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import datasets
import jinja2
import pyarrow as pa
from make_rows import make_rows
from measure import medians, timed

import instructkit as ik

RUNS = 7
SENTIMENT = "Would you call the tone of the passage {{ options }}?\n\n{{ text }}\n\nThe tone is {{ names[label] }}."
READING = "{{ context }}\n\nQuestion: {{ question }}\nAnswer: {{ answers.text[0] }}"
EXTRA = {"options": "negative or positive", "names": ["negative", "positive"]}
DRAWS = """
dataset: made
templates:
  a:
    name: a
    answer_choices: negative ||| positive
    jinja: "{{ ['Review', 'Text'] | choice }}: {{ text }} ||| {{ answer_choices[label] }}"
"""
DATA = os.environ.get("INSTRUCTKIT_REAL_DATA")


def write(schema: pa.Schema, batches: object, folder: Path) -> None:
    """Write batches to an Arrow stream."""
    with pa.OSFile(str(folder / "out.arrow"), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def ours(path: Path, folder: Path, **settings: object) -> None:
    """All ten columns of the examples."""
    reader = ik.format(str(path), **settings)
    write(reader.schema, reader, folder)


def prompts(texts: list[str], folder: Path) -> None:
    """One column of prompts."""
    table = pa.table({"prompt": texts})
    write(table.schema, table.to_batches(), folder)


def lines(path: Path) -> Iterator[dict[str, object]]:
    """The rows of a file."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def by_datasets(path: Path, folder: Path, template: str) -> None:
    """``datasets.map(batched=True)``, the template compiled once."""
    cache = folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    rows = datasets.Dataset.from_json(str(path), cache_dir=str(cache))
    compiled = jinja2.Environment().from_string(template)

    def put(batch: dict[str, list[object]]) -> dict[str, list[str]]:
        names = list(batch)
        values = zip(*batch.values(), strict=True)
        return {"prompt": [compiled.render(**dict(zip(names, row, strict=True)), **EXTRA) for row in values]}

    rows.map(put, batched=True, remove_columns=rows.column_names)


def by_jinja(path: Path, folder: Path, template: str) -> None:
    """Jinja alone, compiled once."""
    compiled = jinja2.Environment().from_string(template)
    prompts([compiled.render(**row, **EXTRA) for row in lines(path)], folder)


def by_minijinja(path: Path, folder: Path, template: str) -> None:
    """The Rust implementation."""
    import minijinja

    environment = minijinja.Environment(templates={"t": template})
    environment.auto_escape_callback = lambda _: False
    prompts([environment.render_template("t", **row, **EXTRA) for row in lines(path)], folder)


def real_rows(rows: int, folder: Path) -> tuple[Path, Path]:
    """Sentences with a label, and questions with their passage, repeated with a number until there are enough."""
    base = Path(DATA) / "classic"
    sentences = [
        {"text": line.strip(), "label": label}
        for label, kind in enumerate(("neg", "pos"))
        for file in sorted((base / "sentence_polarity").glob(f"*{kind}*"))
        for line in file.read_text("latin-1").splitlines()
        if line.strip()
    ]
    articles = json.loads((base / "xquad.en.json").read_text("utf-8"))["data"]
    questions = [
        {
            "id": one["id"],
            "context": paragraph["context"],
            "question": one["question"],
            "answers": {key: [answer[key] for answer in one["answers"]] for key in ("text", "answer_start")},
        }
        for article in articles
        for paragraph in article["paragraphs"]
        for one in paragraph["qas"]
    ]
    for name, given, field in (("sentiment", sentences, "text"), ("reading", questions, "question")):
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for number in range(rows):
                row = dict(given[number * 7919 % len(given)])
                row[field] = f"{row[field]} ({number})"
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return folder / "sentiment.jsonl", folder / "reading.jsonl"


def made_rows(rows: int, folder: Path) -> tuple[Path, Path]:
    """The same of made sentences."""
    sentiment, reading = folder / "sentiment.jsonl", folder / "reading.jsonl"
    make_rows(rows, str(sentiment))
    with open(reading, "w", encoding="utf-8") as file:
        for number, row in enumerate(lines(sentiment)):
            answers = {"text": [row["text"][:20]], "answer_start": [0]}
            line = {"id": str(number), "context": row["text"] * 4, "question": "How does it begin?", "answers": answers}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return sentiment, reading


def compare(name: str, path: Path, folder: Path, rows: int, template: str, task: str) -> None:
    """Print one table."""
    ours(path, folder, task=task)  # loads the compiled loops
    size = path.stat().st_size / 1e6
    print(f"\n{name}: {rows:,} rows, {size:.0f} MB, median of {RUNS} runs that take turns\n")
    print("| from JSON lines to Arrow | rows/s | ours is faster by |\n|---|---|---|")
    mine, *peers = medians(
        RUNS,
        lambda: timed(lambda: ours(path, folder, task=task)),
        lambda: timed(lambda: by_datasets(path, folder, template)),
        lambda: timed(lambda: by_jinja(path, folder, template)),
        lambda: timed(lambda: by_minijinja(path, folder, template)),
    )
    print(f"| ours: all phrasings of the pack, ten columns, ids and lineage | {rows / mine:,.0f} | |")
    for peer, seconds in zip(("`datasets.map(batched=True)`, Jinja compiled once", "Jinja compiled once", "minijinja"),
                             peers, strict=True):  # fmt: skip
        print(f"| {peer}: one template, one column | {rows / seconds:,.0f} | {seconds / mine:.1f} |")


def promptsource(path: Path, folder: Path, rows: int) -> None:
    """How much of PromptSource's library runs in columns, and how fast both ways are."""
    from instructkit.templating.library.promptsource import loaded

    library = Path(DATA) / "promptsource" / "templates"
    templates = [one for file in sorted(library.rglob("*.yaml")) for one in loaded(str(file)).templates]
    plain = sum(one.in_columns for one in templates)
    share = f"{plain:,} of PromptSource's {len(templates):,} templates ({plain / len(templates):.0%})"
    print(f"\n{share} run in columns, the rest row by row in Jinja's sandbox.\n")
    rotten = library / "rotten_tomatoes" / "templates.yaml"
    name = loaded(str(rotten)).templates[0].name
    by_rows = folder / "by_rows.yaml"
    by_rows.write_text(DRAWS, "utf-8")
    print("| PromptSource's templates, our renderer, same rows | rows/s |\n|---|---|")
    columns, python = medians(
        RUNS,
        lambda: timed(lambda: ours(path, folder, templates=str(rotten), template=(name,))),
        lambda: timed(lambda: ours(path, folder, templates=str(by_rows))),
    )
    print(f"| in columns ({name!r} of rotten_tomatoes) | {rows / columns:,.0f} |")
    print(f"| row by row (a template that draws at random) | {rows / python:,.0f} |")


def main(rows: int) -> None:
    """Print the tables."""
    import logging

    logging.getLogger("instructkit").setLevel(logging.ERROR)
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sentiment, reading = real_rows(rows, folder) if DATA else made_rows(rows, folder)
        compare("Sentiment", sentiment, folder, rows, SENTIMENT, "sentiment")
        compare("Reading comprehension", reading, folder, rows, READING, "reading-comprehension")
        if DATA:
            promptsource(sentiment, folder, rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
