"""Toxicity as a part of a filter: rows tagged or dropped, with the score and the words that carry it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.filters.examining import Findings
from instructkit.filters.parsing import read_share
from instructkit.filters.rule import Mask, Verdict
from instructkit.filters.toxicity.categories import CATEGORIES
from instructkit.filters.toxicity.evidence import Evidence, explain
from instructkit.filters.toxicity.model import model

MODES = ("off", "tag", "drop")
THRESHOLD = 0.5
LONGEST = 1_000_000  # characters that are scored at once
FIELDS = ("instruction", "input", "output")
COLUMNS = ("toxicity", "toxicity_labels", "toxicity_words")


def parse_toxicity(text: str) -> tuple[str, float | None]:
    """Read ``--toxicity off|tag[:T]|drop[:T]``; T is None where it is not given.

    Raises `UsageError` for another mode, and a threshold that is no number in [0, 1].
    """
    mode, colon, given = text.partition(":")
    if mode not in MODES or (mode == "off" and colon):
        raise UsageError(f"--toxicity {text}: it is off, tag, tag:T, drop or drop:T")
    return mode, read_share(f"--toxicity {text}", given) if colon else None


@dataclass(frozen=True)
class ToxicityExaminer:
    """Scores every text of a row, earlier turns too; a row is flagged where one reaches the threshold.

    ``tag`` adds three columns: the row's highest score (float32), and of a flagged row the categories and the words.
    ``drop`` gives a verdict instead, with ``tells_all`` the columns too.
    """

    mode: str = "tag"
    threshold: float = THRESHOLD
    columns: tuple[str, str, str] = COLUMNS
    tells_all: bool = False

    @property
    def fields(self) -> tuple[pa.Field, ...]:
        """The columns that are added."""
        if self.mode != "tag" and not self.tells_all:
            return ()
        words = pa.list_(pa.string())
        return tuple(map(pa.field, self.columns, (pa.float32(), words, words)))

    @property
    def holds_gil(self) -> bool:
        """No: its work is NumPy's."""
        return False

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Score the rows of a batch."""
        scores, evidence = judge(batch, self.threshold)
        flagged = np.zeros(batch.num_rows, bool)
        flagged[list(evidence)] = True
        findings = Findings(found=Counter(label for one in evidence.values() for label in one.labels))
        if self.mode == "drop":
            shown = {row: told(scores[row], one) for row, one in evidence.items()}
            findings.verdicts.append(("toxicity", Verdict.found(batch.num_rows, shown), f"{self.threshold:g}"))
        else:
            findings.marked["toxicity_tagged"] = flagged
        if self.fields:
            nothing = Evidence(0.0, [], [])
            rows = [evidence.get(row, nothing) for row in range(batch.num_rows)]
            listed = pa.list_(pa.string())
            findings.columns = [
                pa.array(scores),
                pa.array([one.labels for one in rows], listed),
                pa.array([one.words for one in rows], listed),
            ]
        return findings


def told(score: float, evidence: Evidence) -> str:
    """A row's score and evidence in one line: ``0.97 insult: idiot, moron``."""
    labels = [label for label in evidence.labels if label != "toxic"] or ["toxic"]
    return f"{score:.2f} {', '.join(labels)}: {', '.join(' '.join(word.split()) for word in evidence.words)}"


def judge(batch: pa.RecordBatch, threshold: float) -> tuple[npt.NDArray[np.float32], dict[int, Evidence]]:
    """The highest score of each row, and the evidence in each row that reaches the threshold."""
    owners, texts = _texts(batch)
    known = pc.dictionary_encode(texts)  # instructions repeat
    pieces, whole = _pieces(known.dictionary)
    each = np.zeros(len(known.dictionary), np.float32)
    told_of: dict[int, Evidence] = {}
    for start, rows in _blocks(pieces):
        block, owner = pieces.slice(start, rows), whole[start : start + rows]
        scores = _scores(block)
        np.maximum.at(each, owner, scores)
        flagged = np.flatnonzero(scores >= np.float32(threshold))
        for number, evidence in zip(
            owner[flagged].tolist(), explain(model(), block.take(pa.array(flagged)), threshold), strict=True
        ):
            told_of[number] = _joined(told_of.get(number), evidence)
    places = known.indices.to_numpy(zero_copy_only=False)
    highest = np.zeros(batch.num_rows, np.float32)
    np.maximum.at(highest, owners, each[places])
    toxic: Mask = each >= np.float32(threshold)
    found: dict[int, Evidence] = {}
    for place in np.flatnonzero(toxic[places]).tolist():
        found[int(owners[place])] = _joined(found.get(int(owners[place])), told_of[int(places[place])])
    return highest, dict(sorted(found.items()))


def _scores(texts: pa.StringArray) -> npt.NDArray[np.float32]:
    highest = np.zeros(len(texts), np.float32)
    for scores in model().score(texts).values():
        np.maximum(highest, scores, out=highest)
    return highest


def _pieces(texts: pa.StringArray) -> tuple[pa.StringArray, npt.NDArray[np.int64]]:
    """The texts, long ones in pieces that end with a line or sentence; and which text each is of.

    Memory grows with the characters that are scored at once, and each sentence is judged by itself and its neighbors.
    """
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    if not len(texts) or lengths.max() <= LONGEST:
        return texts, np.arange(len(texts))
    pieces: list[str] = []
    owners: list[int] = []
    for row, text in enumerate(texts.to_pylist()):
        start = 0
        while start == 0 or start < len(text):
            end = start + LONGEST
            if end < len(text):
                near = max(text.rfind(mark, end - LONGEST // 10, end) for mark in ("\n", ". ", "。", "! ", "? ", " "))
                end = near + 1 or end
            pieces.append(text[start:end])
            owners.append(row)
            start = end
    return pa.array(pieces, pa.string()), np.array(owners)


def _blocks(texts: pa.StringArray) -> list[tuple[int, int]]:
    """Starts and rows of parts of a column that hold about `LONGEST` characters each, one text at least."""
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    block = np.cumsum(lengths) // LONGEST if len(texts) else np.zeros(0)
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    return list(zip(starts.tolist(), np.diff(starts, append=len(texts)).tolist(), strict=True)) or [(0, len(texts))]


def _joined(one: Evidence | None, other: Evidence) -> Evidence:
    """The evidence of two texts of a row, the worse first."""
    if one is None:
        return other
    first, second = (one, other) if one.score >= other.score else (other, one)
    labels = [label for label in CATEGORIES if label in first.labels or label in second.labels]
    return Evidence(first.score, labels, list(dict.fromkeys(first.words + second.words)))


def _texts(batch: pa.RecordBatch) -> tuple[npt.NDArray[np.int64], pa.StringArray]:
    """All texts of a batch in one array, each with the number of its row."""
    columns = [batch.column(name).fill_null("") for name in FIELDS]
    owners = [np.arange(batch.num_rows)] * len(columns)
    place = batch.schema.get_field_index("history")
    if place >= 0:
        turns = batch.column(place)
        columns.append(turns.flatten().field("content").fill_null("").cast(pa.string()))
        owners.append(pc.list_parent_indices(turns).to_numpy(zero_copy_only=False))
    return np.concatenate(owners).astype(np.int64), pa.concat_arrays(columns)
