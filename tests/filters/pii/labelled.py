"""The labelled texts at hand, in our names of types, and how well they are found."""

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa

from instructkit.filters.pii import TYPES, find_in

OURS = {
    "CREDIT_CARD": "CARD", "CN_ID": "ID", "IPV4": "IP", "IPV6": "IP", "IP_ADDRESS": "IP", "US_SSN": "SSN",
    "LANDLINE": "PHONE", "PHONE_NUMBER": "PHONE", "PASSPORT_CN": "PASSPORT", "STREET_ADDRESS": "ADDRESS",
    "EMAIL_ADDRESS": "EMAIL", "IBAN_CODE": "IBAN", "DOMAIN_NAME": "URL",
}  # fmt: skip

Labelled = tuple[str, list[tuple[int, int, str]]]


def own(folder: Path, kind: str, language: str) -> list[Labelled]:
    """The texts of one language made for this project: positive ones or hard negatives."""
    lines = (folder / "pii" / "zh_en_labelled.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if (row["kind"], row["lang"]) == (kind, language)]
    return [
        (row["text"], [(s["start"], s["end"], OURS.get(s["type"], s["type"])) for s in row["spans"]]) for row in rows
    ]


def presidio(folder: Path) -> list[Labelled]:
    """The synthetic texts of presidio-research."""
    rows = json.loads((folder / "pii" / "presidio_synth_dataset_v2.json").read_text("utf-8"))
    return [
        (
            row["full_text"],
            [
                (s["start_position"], s["end_position"], OURS.get(s["entity_type"], s["entity_type"]))
                for s in row["spans"]
            ],
        )
        for row in rows
    ]


def scores(rows: list[Labelled]) -> dict[str, tuple[float, float, float]]:
    """Precision, recall and F1 by type; a span counts where one of its type overlaps it."""
    found: list[list[tuple[int, int, str]]] = [[] for _ in rows]
    hits = find_in(pa.array([text for text, _ in rows]), TYPES)
    for row, start, end, kind in zip(hits.rows, hits.starts, hits.ends, hits.types, strict=True):
        found[row].append((start, end, TYPES[kind]))
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for (_, labels), spans in zip(rows, found, strict=True):
        for label in labels:
            (right if any(_meet(label, span) for span in spans) else missed)[label[2]] += 1
        for span in spans:
            wrong[span[2]] += not any(_meet(label, span) for label in labels)
    return {kind: _score(right[kind], wrong[kind], missed[kind]) for kind in TYPES if right[kind] or missed[kind]}


def _meet(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[2] == other[2] and one[0] < other[1] and other[0] < one[1]


def _score(right: int, wrong: int, missed: int) -> tuple[float, float, float]:
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0
