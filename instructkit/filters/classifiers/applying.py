"""A classifier as a part of a filter: rows scored, or dropped by the probability of a label."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput, UsageError
from instructkit.filters.classifiers.models import open_classifier
from instructkit.filters.examining import Findings
from instructkit.filters.parsing import read_share
from instructkit.filters.rule import Verdict

THRESHOLD = 0.5  # where the sidecar has none
ON = {"output": ("output",), "prompt": ("instruction", "input"), "all": ("instruction", "input", "output")}
_ROWS = 1024  # texts that are given to fastText at once


@dataclass(frozen=True)
class ClassifierExaminer:
    """Asks a classifier about a text of each row.

    With a label, a row is dropped where the label's probability is ``threshold`` or more; with ``keep`` where it is
    less. Without one, columns are added: of a single-label model the most probable label and its probability, of a
    multi-label model the probability of each label.
    """

    path: str
    label: str | None = None
    threshold: float = THRESHOLD
    keep: bool = False
    tells_all: bool = False  # a value for rows that pass too
    on: str = "output"  # a key of `ON`; several texts are joined by line breaks

    @property
    def name(self) -> str:
        """What its columns and its reason are named after: the file without its ending."""
        return Path(self.path).name.removesuffix(".ftz").removesuffix(".bin")

    @property
    def fields(self) -> tuple[pa.Field, ...]:
        """The columns it adds."""
        if self.label is not None:
            return ()
        sidecar = open_classifier(self.path).sidecar
        if sidecar.multi_label:
            return tuple(pa.field(f"{self.name}_{label}", pa.float32()) for label in sidecar.labels)
        return pa.field(f"{self.name}_label", pa.string()), pa.field(f"{self.name}_score", pa.float32())

    @property
    def holds_gil(self) -> bool:
        """Yes: fastText's predictions come through Python."""
        return True

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Judge the rows of a batch."""
        classifier = open_classifier(self.path)
        labels = classifier.sidecar.labels
        known = pc.dictionary_encode(self._texts(batch))  # texts repeat
        parts = [
            classifier.probabilities(known.dictionary.slice(start, _ROWS))
            for start in range(0, len(known.dictionary), _ROWS)
        ]
        each = np.concatenate(parts) if parts else np.zeros((0, len(labels)), np.float32)
        probabilities = each[known.indices.to_numpy(zero_copy_only=False)]
        if self.label is not None:
            wanted = probabilities[:, labels.index(self.label)]
            fails = wanted < np.float32(self.threshold) if self.keep else wanted >= np.float32(self.threshold)
            shown = {row: f"{self.label} {wanted[row]:.2f}" for row in np.flatnonzero(fails | self.tells_all).tolist()}
            limit = f"{'at least' if self.keep else 'below'} {self.threshold:g}"
            return Findings([(f"classifier_{self.name}", Verdict(fails, shown), limit)])
        if classifier.sidecar.multi_label:
            return Findings(columns=[pa.array(probabilities[:, number]) for number in range(len(labels))])
        best = probabilities.argmax(axis=1)
        named = pa.array(labels).take(pa.array(best))
        return Findings(columns=[named, pa.array(probabilities[np.arange(len(best)), best])])

    def _texts(self, batch: pa.RecordBatch) -> pa.StringArray:
        columns = [batch.column(name).fill_null("") for name in ON[self.on]]
        return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, "\n")


def parse_classifier(text: str, on: str = "output", *, tells_all: bool = False) -> ClassifierExaminer:
    """Read ``--classifier MODEL[:LABEL[:T]]``; ``-LABEL`` keeps the rows with the label and drops the others.

    Raises `UsageError` for a file that is no classifier, a label it does not know, and a T that is no number in [0, 1].
    """
    if on not in ON:
        raise UsageError(f"a classifier is asked about {', '.join(ON)}, not {on!r}")
    path, rest = _split(text)
    try:
        sidecar = open_classifier(path).sidecar
    except BadInput as error:
        raise UsageError(f"--classifier {text}: {error}") from error
    if rest is None:
        return ClassifierExaminer(path, on=on)
    label, given = rest, None
    if _known(label, sidecar.labels) is None and ":" in rest:
        label, _, given = rest.rpartition(":")
    found = _known(label, sidecar.labels)
    if found is None:
        raise UsageError(f"--classifier {text}: {path} has no label {label!r}; it has {', '.join(sidecar.labels)}")
    known, keep = found
    threshold = sidecar.thresholds.get(known, THRESHOLD)
    if given is not None:
        threshold = read_share(f"--classifier {text}", given)
    return ClassifierExaminer(path, known, threshold, keep, tells_all, on)


def _split(text: str) -> tuple[str, str | None]:
    """The model's path, which may hold colons itself, and what follows it."""
    places = [place for place, character in enumerate(text) if character == ":"]
    for place in (len(text), *reversed(places)):
        if Path(text[:place]).is_file():
            return text[:place], (text[place + 1 :] if place < len(text) else None)
    name = text.partition(":")[0] if not text.endswith((".ftz", ".bin")) else text
    raise UsageError(f"--classifier {text}: there is no model {name!r}")


def _known(label: str, labels: tuple[str, ...]) -> tuple[str, bool] | None:
    """A label as it was given, and whether the rows that have it are kept; a label that begins with - goes first."""
    if label in labels:
        return label, False
    if label.startswith("-") and label[1:] in labels:
        return label[1:], True
    return None
