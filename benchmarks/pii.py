"""Personal data: how well each type is found, and texts a second, beside presidio-analyzer and datafog.

INSTRUCTKIT_REAL_DATA=... python benchmarks/pii.py --peers OTHER_PYTHON

The texts are presidio-research's synthetic ones and those made for this project. A span is right where a label of its
type overlaps it; `exact` is the share of these that begin and end where the label does. Ours runs over columns, the
peers take text after text; all in one thread. Seconds are those of the processor, and medians of rounds in which all
take turns. OTHER_PYTHON is an interpreter that has the peers.
"""

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyarrow as pa

from instructkit.filters.pii import DEFAULT_TYPES, TYPES, PiiExaminer, find_in

LABELS = {
    "CREDIT_CARD": "CARD", "CN_ID": "ID", "IPV4": "IP", "IPV6": "IP", "IP_ADDRESS": "IP", "US_SSN": "SSN",
    "LANDLINE": "PHONE", "PHONE_NUMBER": "PHONE", "PASSPORT_CN": "PASSPORT", "STREET_ADDRESS": "ADDRESS",
    "EMAIL_ADDRESS": "EMAIL", "IBAN_CODE": "IBAN", "DOMAIN_NAME": "URL",
}  # fmt: skip
ROUNDS, RUNS = 5, 2
REPEATS = 3  # of the texts, for a column of about a batch
PEERS = Path(__file__).with_name("pii_peers.py")

Span = tuple[int, int, str]
Rows = list[tuple[str, list[Span]]]


def labelled() -> dict[str, Rows]:
    folder = Path(os.environ["INSTRUCTKIT_REAL_DATA"]) / "pii"
    sets: dict[str, Rows] = defaultdict(list)
    for line in (folder / "zh_en_labelled.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        name = f"ours, {row['lang']}" if row["kind"] == "positive" else f"hard negatives, {row['lang']}"
        sets[name].append(
            (row["text"], [(s["start"], s["end"], LABELS.get(s["type"], s["type"])) for s in row["spans"]])
        )
    for row in json.loads((folder / "presidio_synth_dataset_v2.json").read_text("utf-8")):
        spans = [(s["start_position"], s["end_position"], s["entity_type"]) for s in row["spans"]]
        sets["presidio, en"].append(
            (row["full_text"], [(start, end, LABELS.get(kind, kind)) for start, end, kind in spans])
        )
    return dict(sorted(sets.items(), reverse=True))


def ours(texts: list[str]) -> list[list[Span]]:
    found: list[list[Span]] = [[] for _ in texts]
    hits = find_in(pa.array(texts), TYPES)
    for row, start, end, kind in zip(hits.rows, hits.starts, hits.ends, hits.types, strict=True):
        found[row].append((int(start), int(end), TYPES[kind]))
    return found


def score(rows: Rows, found: list[list[Span]]) -> dict[str, tuple[int, float, float, float, float]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, labels), spans in zip(rows, found, strict=True):
        for label in labels:
            met = [span for span in spans if meet(label, span)]
            counts[label[2]]["labels"] += 1
            counts[label[2]]["right"] += bool(met)
            counts[label[2]]["exact"] += any(tuple(span[:2]) == label[:2] for span in met)
        for span in spans:
            counts[span[2]]["wrong"] += not any(meet(label, span) for label in labels)
    scores = {}
    for kind, count in counts.items():
        right = count["right"]
        precision = right / (right + count["wrong"]) if right + count["wrong"] else 0.0
        recall = right / count["labels"] if count["labels"] else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        scores[kind] = (count["labels"], precision, recall, f1, count["exact"] / right if right else 0.0)
    return scores


def meet(one: Span, other: Span) -> bool:
    return one[2] == other[2] and one[0] < other[1] and other[0] < one[1]


def run_peer(python: str, name: str, texts: list[str], folder: Path) -> tuple[float, list[list[Span]]]:
    (folder / "texts.json").write_text(json.dumps(texts))
    subprocess.run(
        [python, str(PEERS), name, str(folder / "texts.json"), str(folder / "spans.json")],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    answer = json.loads((folder / "spans.json").read_text())
    return answer["seconds"], [[tuple(span) for span in spans] for spans in answer["spans"]]


def speed(texts: list[str]) -> dict[str, float]:
    """Texts a second over a column: found only, and as the filter does it; the better of two runs."""
    column = pa.array(texts * REPEATS)
    batch = pa.record_batch({"output": column})
    measures = {"find": functools.partial(find_in, column, DEFAULT_TYPES)}
    for mode in ("tag", "mask", "pseudonym"):
        measures[mode] = functools.partial(PiiExaminer(mode), batch)
    return {mode: len(column) / min(timed(measure) for _ in range(RUNS)) for mode, measure in measures.items()}


def timed(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has presidio-analyzer and datafog")
    python = parser.parse_args().peers
    sets = labelled()
    texts = [text for rows in sets.values() for text, _ in rows]
    answers = {"ours": ours(texts)}
    rates: dict[str, list[float]] = defaultdict(list)
    known = {}
    if python:
        known = json.loads(subprocess.run([python, str(PEERS)], check=True, capture_output=True, text=True).stdout)
    for _ in range(ROUNDS):
        for how, rate in speed(texts).items():
            rates[f"ours, {how}"].append(rate)
        with tempfile.TemporaryDirectory() as folder:
            for name, version in known.items():
                seconds, answers[name] = run_peer(python, name, texts, Path(folder))
                rates[f"{name} {version}"].append(len(texts) / seconds)
    print(f"{len(texts):,} texts of {sum(map(len, texts)) / len(texts):.0f} characters on average\n")
    medians = {name: median(some) for name, some in rates.items()}
    slowest = min(medians.values())
    print("| | texts/s | times the slowest |\n|---|---:|---:|")
    for name, rate in medians.items():
        print(f"| {name} | {rate:,.0f} | {rate / slowest:,.0f} |")
    others = [name for name in answers if name != "ours"]
    print(
        "\n| texts | type | spans | precision | recall | F1 | exact | "
        + " | ".join(f"F1 of {n}" for n in others)
        + " |"
    )
    print("|---|---|" + "---:|" * (5 + len(others)))
    start = 0
    for name, rows in sets.items():
        parts = {who: score(rows, found[start : start + len(rows)]) for who, found in answers.items()}
        start += len(rows)
        if name.startswith("hard"):
            wrong = [sum(map(len, found[start - len(rows) : start])) for found in answers.values()]
            cells = " | ".join(f"{count} wrong" for count in wrong[1:])
            print(f"| {name} | all | 0 | {wrong[0]} wrong | | | | {cells} |")
            continue
        for kind, (labels, *figures) in sorted(parts["ours"].items()):
            if kind in TYPES and labels:
                peers = [f"{parts[who][kind][3]:.3f}" if parts[who][kind][1] else "-" for who in others]
                cells = " | ".join([*(f"{figure:.3f}" for figure in figures), *peers])
                print(f"| {name} | {kind} | {labels} | {cells} |")


if __name__ == "__main__":
    sys.exit(main())
