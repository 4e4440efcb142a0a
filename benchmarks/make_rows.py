"""Make labelled reviews of any number from the sentences of sample_data/: repetition with changes.

python benchmarks/make_rows.py ROWS FILE.jsonl
"""

import csv
import json
import random
import sys
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"


def sentences() -> list[str]:
    """The sentences of the sample reviews and documents, English and Chinese."""
    with open(SAMPLES / "reviews.csv", encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    texts += (SAMPLES / "documents.txt").read_text(encoding="utf-8").splitlines()
    pieces = [piece.strip() for text in texts for piece in text.replace("。", "。\n").replace(". ", ".\n").split("\n")]
    return sorted({piece for piece in pieces if len(piece) > 10})


def make_rows(rows: int, path: str) -> None:
    """Write rows of 2 to 5 sentences, each with a number of its own; every tenth is the row before and a word more."""
    random.seed(7)
    pool = sentences()
    before = ""
    with open(path, "w", encoding="utf-8") as file:
        for number in range(rows):
            if before and number % 10 == 0:
                text = before + " indeed"
            else:
                chosen = random.choices(pool, k=random.randint(2, 5))
                text = " ".join(f"{piece} ({random.randrange(10**6)})" for piece in chosen)
            before = text
            row = {"text": text, "label": random.randrange(2), "user": f"u{random.randrange(10**5)}"}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    make_rows(int(sys.argv[1]), sys.argv[2])
