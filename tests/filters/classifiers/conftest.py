"""Small rated texts, and a classifier of them that is trained once."""

import csv
import random
from pathlib import Path

import pytest

from instructkit.filters.classifiers import TrainingSettings, train_classifier

QUICK = TrainingSettings(epochs=10, learning_rate=0.5, dimension=8, minn=0, maxn=0, buckets=1000, cutoff=300)
PRAISE = ("good", "fine", "lovely", "warm", "bright", "kind", "happy", "sweet")
BLAME = ("bad", "awful", "broken", "cold", "dark", "cruel", "sad", "bitter")
THINGS = ("the", "a", "house", "street", "river", "cat", "dog", "table", "chair", "book", "lamp", "garden", "road")


def rated(rows: int = 240) -> list[dict[str, object]]:
    """Texts that are praise or blame, some of a cat."""
    draws = random.Random(7)
    made = []
    for number in range(rows):
        praise = number % 2
        words = draws.choices(PRAISE if praise else BLAME, k=3) + draws.choices(THINGS, k=6)
        text = " ".join(words) + (" 很好" if praise else " 很差")
        made.append(
            {"text": text, "verdict": "praise" if praise else "blame", "warm": praise, "cat": int("cat" in words)}
        )
    return made


def write_csv(path: Path, rows: list[dict[str, object]]) -> str:
    """Write rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


@pytest.fixture(scope="session")
def rated_csv(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of rated texts."""
    return write_csv(tmp_path_factory.mktemp("rated") / "rated.csv", rated())


@pytest.fixture(scope="session")
def single(rated_csv: str) -> str:
    """A classifier of one label a row."""
    path = str(Path(rated_csv).with_name("verdict.ftz"))
    train_classifier([rated_csv], path, text="text", labels=["verdict"], settings=QUICK)
    return path


@pytest.fixture(scope="session")
def several(rated_csv: str) -> str:
    """A classifier of two labels a row."""
    path = str(Path(rated_csv).with_name("several.ftz"))
    train_classifier([rated_csv], path, text="text", labels=["warm", "cat"], settings=QUICK)
    return path
