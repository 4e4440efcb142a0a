"""Megabytes of text a second of `pretext`, and its memory: python benchmarks/pretext.py [MB [KIND]]

Real text from the folder that INSTRUCTKIT_REAL_DATA names (web pages, articles, Chinese paragraphs), repeated with a
number of its own until there is enough.
"""

import itertools
import json
import os
import sys
import tempfile
from pathlib import Path

from measure import medians, run_pipe

from instructkit.templating.pretext.tasks import TASKS

RUNS = 3
ALONE = 4  # MB, for a task alone


def main(megabytes: int, only: str = "") -> None:
    """Print the medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| text | size | documents | command | MB/s a core | MB/s, 2 workers | examples/s a core | peak MB |")
        print("|---|---|---|---|---|---|---|---|")
        for kind, texts in real_texts().items():
            if only not in kind:
                continue
            source = folder / f"{kind.replace(' ', '-')}.jsonl"
            documents = write(source, texts, megabytes)
            for options in ("", "--per-document 1"):
                row(source, documents, kind, options)
        if only:
            return
        print("\n| task alone, `--per-document 1` | MB/s a core | documents that give one |\n|---|---|---|")
        source = folder / "mixed.jsonl"
        pages, articles, chinese = real_texts().values()
        documents = write(
            source, [text for three in zip(pages, itertools.cycle(articles), chinese) for text in three], ALONE
        )
        for task in TASKS.values():
            if not task.of_code:
                (seconds,) = medians(
                    RUNS, lambda task=task: once(source, folder, f"--tasks {task.name} --per-document 1 --workers 1")[0]
                )
                made = once(source, folder, f"--tasks {task.name} --per-document 1 --no-balance")[2]
                print(
                    f"| `{task.name}` | {source.stat().st_size / 1e6 / seconds:.1f} | {made / documents:.0%} |",
                    flush=True,
                )


def row(source: Path, documents: int, kind: str, options: str) -> None:
    """Print one line: a kind of text, with one worker and with two."""
    size = source.stat().st_size / 1e6
    peaks: list[float] = []
    made: list[int] = []

    def run(workers: int) -> float:
        seconds, peak, rows = once(source, source.parent, f"{options} --workers {workers}")
        peaks.append(peak)
        made.append(rows)
        return seconds

    one, two = medians(RUNS, lambda: run(1), lambda: run(2))
    print(f"| {kind} | {size:.0f} MB | {documents:,} | `pretext {options}` | {size / one:.1f} | {size / two:.1f} | "
          f"{made[0] / one:,.0f} | {max(peaks):.0f} |", flush=True)  # fmt: skip


def once(source: Path, folder: Path, options: str) -> tuple[float, float, int]:
    """Seconds, peak memory and examples of a run."""
    usage = run_pipe(f"pretext {source} {options} -o {folder / 'out.arrow'} --summary {folder / 'summary.json'}")
    return usage.seconds, max(usage.peaks), json.loads((folder / "summary.json").read_text())["rows_out"]


def real_texts() -> dict[str, list[str]]:
    """Texts by their kind."""
    data = Path(os.environ.get("INSTRUCTKIT_REAL_DATA", "../shared/data"))
    pages = [
        json.loads(line)["text"] for line in (data / "formats/c4_demo.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    articles = (data / "formats/wiki_demo.txt").read_text(encoding="utf-8").splitlines()
    squad = json.loads((data / "classic/cmrc2018_dev.json").read_text(encoding="utf-8"))
    chinese = [one["context"] for article in squad["data"] for one in article["paragraphs"]]
    return {"web pages": pages, "articles": [text for text in articles if text], "Chinese paragraphs": chinese}


def write(path: Path, texts: list[str], megabytes: int) -> int:
    """Write the texts again and again, each time with another number behind them; gives how many there are."""
    size = documents = 0
    with path.open("wb") as file:
        for number in itertools.count():
            for text in texts:
                size += file.write(json.dumps({"text": f"{text}\n{number}"}, ensure_ascii=False).encode() + b"\n")
                documents += 1
                if size > megabytes * 1e6:
                    return documents
    return documents


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, sys.argv[2] if len(sys.argv) > 2 else "")
