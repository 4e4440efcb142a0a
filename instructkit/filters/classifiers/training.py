"""``train-classifier``: split labelled rows, train fastText, quantize, measure, write."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from instructkit.errors import BadInput, UsageError
from instructkit.filters.classifiers.evaluating import Measured, measure
from instructkit.filters.classifiers.fitting import fit
from instructkit.filters.classifiers.labels import Labelled, read_labelled, token
from instructkit.filters.classifiers.models import NOTHING, predict
from instructkit.filters.classifiers.sidecar import Sidecar, place
from instructkit.filters.classifiers.texts import LABEL_PREFIX, Normalization
from instructkit.filters.models import load_model, model_path
from instructkit.records.part import PartFile, disk_errors

_NOT_LETTERS = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class TrainingSettings:
    """How a classifier is trained; the names are fastText's, spelled out."""

    test_share: float = 0.1
    seed: int = 0
    epochs: int = 10
    dimension: int = 24
    learning_rate: float = 0.2
    word_ngrams: int = 2
    minn: int = 3  # the shortest and longest character n-grams; 0: none
    maxn: int = 5
    buckets: int = 200_000
    cutoff: int = 30_000  # words and n-grams a quantized model keeps; 0: all
    lower: bool = True
    threads: int = 1  # with more the bytes differ from run to run

    def __post_init__(self) -> None:
        if not 0 < self.test_share < 1:
            raise UsageError(f"--test-share {self.test_share:g}: it is a share between 0 and 1")
        if 0 < self.cutoff < 256:
            raise UsageError(
                f"--cutoff {self.cutoff}: a quantized model keeps 256 words and n-grams or more; 0 keeps all"
            )
        if self.maxn < self.minn or (self.minn == 0) != (self.maxn == 0):
            raise UsageError(f"--minn {self.minn} and --maxn {self.maxn}: both are 0, or --maxn is the larger")


@dataclass(frozen=True)
class Trained:
    """What was trained and what it is worth."""

    path: Path
    size: int  # bytes
    train_rows: int
    test_rows: int
    multi_label: bool
    left_out: Counter[str]
    measured: list[Measured]
    accuracy: float | None  # of the most probable label; None with several labels a row


def train_classifier(
    sources: Sequence[str],
    output: str,
    *,
    text: str,
    labels: Sequence[str],
    settings: TrainingSettings | None = None,
    layout: str | None = None,
) -> Trained:
    """Train a classifier from the columns of files, and write it with a sidecar; both appear whole or not at all.

    Raises `UsageError` for an output that is no .ftz or .bin, `BadInput` for rows nothing can be learned from.
    """
    settings = settings or TrainingSettings()
    path = model_path(output, "a classifier is a file", ".ftz", ".bin")
    rows = read_labelled(sources, text, labels, layout)
    normalization = Normalization(lower=settings.lower)
    lines = normalization(rows.texts)
    test = held_out(rows.texts, settings.test_share, settings.seed)
    _check_split(rows, test)
    part, sidecar_part = PartFile(path), PartFile(place(path))
    try:
        _fit(lines, rows, ~test, settings, part, quantize=path.suffix == ".ftz")
        probabilities = predict(
            load_model(part.part), rows.labels, [lines[row] for row in np.flatnonzero(test).tolist()]
        )
        measured = [
            measure(label, rows.marked[test, number], probabilities[:, number])
            for number, label in enumerate(rows.labels)
        ]
        right = rows.marked[test][np.arange(len(probabilities)), probabilities.argmax(axis=1)]
        accuracy = None if rows.multi_label else round(float(right.mean()), 4)
        train_rows, test_rows = int((~test).sum()), int(test.sum())
        counts = {"train_rows": train_rows, "test_rows": test_rows, "accuracy": accuracy}
        sidecar = Sidecar(
            rows.labels, rows.multi_label, normalization,
            {one.label: one.threshold for one in measured if one.threshold is not None},
            {**counts, "labels": [one.to_json() for one in measured]},
            {name: value for name, value in asdict(settings).items() if name != "threads"},
        )  # fmt: skip
        with disk_errors(path):
            size = part.part.stat().st_size
            sidecar_part.part.write_text(sidecar.to_json(), encoding="utf-8")
        sidecar_part.commit()
        part.commit()
    except BaseException:
        part.discard()
        sidecar_part.discard()
        raise
    return Trained(path, size, train_rows, test_rows, rows.multi_label, rows.left_out, measured, accuracy)


def held_out(texts: pa.StringArray, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """The rows kept for measuring, about a share of them: those whose texts' letters have the lowest hashes.

    So texts that differ only in case, numbers or signs stand on one side.
    """
    keys = (_NOT_LETTERS.sub("", text.lower()) or text for text in texts.to_pylist())
    hashes = _hashes(keys, seed, len(texts))
    lowest, which, rows = np.unique(hashes, return_inverse=True, return_counts=True)
    taken = max(1, int(np.searchsorted(np.cumsum(rows), share * len(texts), side="right")))
    test: npt.NDArray[np.bool_] = which < min(taken, len(lowest))
    return test


def _hashes(texts: Iterable[str], seed: int, count: int) -> npt.NDArray[np.uint64]:
    values = (xxhash.xxh3_64_intdigest(text.encode(), seed & (2**64 - 1)) for text in texts)
    return np.fromiter(values, np.uint64, count)


def _check_split(rows: Labelled, test: npt.NDArray[np.bool_]) -> None:
    if test.all():
        raise BadInput(f"the {len(test)} texts differ only in numbers and signs; there is nothing to learn from them")
    missing = np.flatnonzero(~rows.marked[~test].any(axis=0))
    if len(missing):
        label, count = rows.labels[missing[0]], int(rows.marked[:, missing[0]].sum())
        raise BadInput(f"all {count} rows of the label {label!r} are held out; give more of them, or another --seed")


def _fit(lines: list[str], rows: Labelled, chosen: npt.NDArray[np.bool_], settings: TrainingSettings, part: PartFile, *,
         quantize: bool) -> None:  # fmt: skip
    """Train on the chosen rows and save; fastText reads them from a file, which is removed."""
    tokens = [LABEL_PREFIX + token(label) for label in rows.labels]
    # in an order that is random, and the same each time: fastText goes through the file as it stands
    order = np.flatnonzero(chosen)
    places = _most_ngrams([lines[row] for row in order.tolist()], settings)
    order = order[np.lexsort((order, _hashes((lines[row] for row in order.tolist()), settings.seed, len(order))))]
    with tempfile.TemporaryDirectory(prefix="instructkit-") as folder:
        file = Path(folder) / "train.txt"
        with disk_errors(file), file.open("w", encoding="utf-8", newline="\n") as out:
            for row in order.tolist():
                marks = [tokens[number] for number in np.flatnonzero(rows.marked[row]).tolist()]
                out.write(f"{' '.join(marks) or LABEL_PREFIX + NOTHING} {lines[row]}\n")
        train = {
            "input": str(file), "lr": settings.learning_rate, "dim": settings.dimension, "epoch": settings.epochs,
            "wordNgrams": settings.word_ngrams, "minn": settings.minn, "maxn": settings.maxn,
            "bucket": min(settings.buckets, places), "loss": "ova" if rows.multi_label else "softmax",
            "thread": settings.threads, "seed": settings.seed & 0x7FFFFFFF, "verbose": 0,
        }  # fmt: skip
        prune = {"input": str(file), "cutoff": settings.cutoff, "retrain": True} if settings.cutoff else {}
        smaller = {**prune, "qnorm": True, "thread": settings.threads, "verbose": 0} if quantize else None
        with disk_errors(part.path):
            part.part.touch()  # what forbids it is told by name
        fit(train, smaller, part.part)


def _most_ngrams(lines: list[str], settings: TrainingSettings) -> int:
    """Twice the n-grams the lines can hold: quantizing empty places of a large table takes most of the time."""
    words = sum(line.count(" ") + 1 for line in lines)
    sizes = settings.maxn - settings.minn + 1 if settings.maxn else 0
    return max(1000, 2 * words * (settings.word_ngrams - 1) + 2 * sizes * sum(map(len, lines)))
