"""Training a model of characters on clean text: `train-perplexity`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.errors import BadInput, UsageError
from instructkit.filters.language import identify_all
from instructkit.filters.perplexity.counting import U64, Counted, characters
from instructkit.filters.perplexity.model import ABSENT, CONTEXT, LONGEST, CharacterModel, keys_of
from instructkit.records.hashing import draw
from instructkit.records.part import PartFile, disk_errors

ALPHABET = 60_000  # characters a text may hold: what is left for those never seen is divided among so many
HELD_OUT = 10  # one text in so many is not trained on: its perplexity tells what is usual
_MOST_HELD = 50_000  # texts
_LEAST_HELD = 20  # of a language, for percentiles of its own
_AT_ONCE = 2_000  # texts


@dataclass(frozen=True)
class TrainingSettings:
    """How a model of characters is made."""

    order: int = 5  # characters of the longest n-gram
    most: int = 500_000  # n-grams of each length that are kept: the frequent ones

    def __post_init__(self) -> None:
        if not 1 <= self.order <= LONGEST:
            raise UsageError(f"an n-gram has 1 to {LONGEST} characters, not {self.order}")
        if self.most < 1:
            raise UsageError(f"at least 1 n-gram is kept, not {self.most}")


@dataclass(frozen=True)
class Trained:
    """A model, and what it was made of."""

    model: CharacterModel
    texts: int
    held_out: int
    characters: int


def train_perplexity(columns: Iterable[pa.StringArray], settings: TrainingSettings | None = None) -> Trained:
    """Count the n-grams of all texts but one in `HELD_OUT`, and measure the perplexity of those left out.

    Which text is left out hangs on the text alone, so the model does not depend on how the texts are batched.

    Raises `BadInput` where there are too few texts.
    """
    settings = settings or TrainingSettings()
    counted = [Counted(settings.most) for _ in range(settings.order)]
    held: list[pa.StringArray] = []
    texts = seen = kept_back = 0
    for part in _parts(columns):
        out = draw(part, 0, "held out") % np.uint64(HELD_OUT) == 0
        texts += len(part)
        if kept_back < _MOST_HELD and out.any():
            held.append(part.filter(pa.array(out)))
            kept_back += len(held[-1])
        points, starts = characters(part.filter(pa.array(~out)))
        seen += max(len(points) - 2 * (len(starts) - 1), 0)
        for order, counts in enumerate(counted, start=1):
            counts.add(_found(points, starts, order))
    if not held or seen == 0:
        raise BadInput(f"{texts} texts are too few to train on: one in {HELD_OUT} is kept back to measure with")
    keys, values, unseen = _probabilities(counted)
    bare = CharacterModel(settings.order, keys, values, unseen, {})
    percentiles = _percentiles(bare, pa.concat_arrays(held))
    return Trained(CharacterModel(settings.order, keys, values, unseen, percentiles), texts, kept_back, seen)


def _parts(columns: Iterable[pa.StringArray]) -> Iterator[pa.StringArray]:
    """Texts, a few at once, whatever the sizes of the columns."""
    for column in columns:
        for start in range(0, len(column), _AT_ONCE):
            yield column.slice(start, _AT_ONCE)


def _found(points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], order: int) -> U64:
    """The n-grams that end at each character but the first of a text, with their contexts and the shorter n-grams."""
    longer = keys_of(points, starts, order, order)
    if order == 1:
        context = shorter = np.zeros_like(longer)
    else:
        shorter = keys_of(points, starts, order - 1, order - 1)
        context = np.concatenate([[ABSENT], keys_of(points, starts, order - 1, order - 1 + CONTEXT)[:-1]])
    follows = longer != ABSENT
    follows[starts[:-1]] = False
    return np.stack([longer, context, shorter])[:, follows]


def _probabilities(counted: list[Counted]) -> tuple[U64, npt.NDArray[np.float32], float]:
    """ln p of each n-gram and ln of the weight of each context, by Witten-Bell smoothing (Witten, Bell 1991).

    p(c | h) = (n(hc) + t(h) p(c | h')) / (n(h) + t(h)), where t(h) are the distinct characters seen after h, and h' is
    h without its first.
    """
    keys: list[U64] = []
    values: list[npt.NDArray[np.float64]] = []
    shorter, chances = np.zeros(0, np.uint64), np.zeros(0)
    unseen = 0.0
    for order, counts in enumerate(counted, start=1):
        counts.merge()
        found, contexts, lower = counts.rows
        of, places = np.unique(contexts, return_inverse=True)
        times = np.bincount(places, counts.counts)
        kinds = np.bincount(places).astype(float)
        if order == 1:
            below = np.full(len(found), 1 / ALPHABET)
            unseen = float(np.log(kinds[0] / (times[0] + kinds[0]) / ALPHABET))
        else:
            at = np.minimum(np.searchsorted(shorter, lower), len(shorter) - 1)
            below = np.where(shorter[at] == lower, chances[at], np.exp(unseen))
            keys.append(of)
            values.append(np.log(kinds / (times + kinds)))
        chance = (counts.counts + kinds[places] * below) / (times + kinds)[places]
        keys.append(found)
        values.append(np.log(chance))
        shorter, chances = found, chance
    return np.concatenate(keys), np.concatenate(values).astype(np.float32), unseen


def _percentiles(model: CharacterModel, texts: pa.StringArray) -> dict[str, list[float]]:
    """The perplexities of texts at 0, 1, ... 100 percent: of all, and of each language that has enough."""
    found = model.perplexities(texts)
    languages, _ = identify_all(texts)
    sets = {"": np.ones(len(texts), bool)}
    sets |= {
        str(code): languages == code for code in sorted(set(languages)) if (languages == code).sum() >= _LEAST_HELD
    }
    told = {code: found[chosen & ~np.isnan(found)] for code, chosen in sets.items()}
    return {code: np.round(np.percentile(some, range(101)), 3).tolist() for code, some in told.items() if len(some)}


def write_model(model: CharacterModel, path: Path) -> int:
    """Write a model, whole or not at all; gives its bytes."""
    part = PartFile(path)
    try:
        with disk_errors(path):
            model.save(part.part)
            size = part.part.stat().st_size
        part.commit()
    except BaseException:
        part.discard()
        raise
    return size
