"""Trains the toxicity model that ships with instructkit, measures it on texts it never saw, and writes both down.

    python training/toxicity.py --data FOLDER [--seed 0] [--output FILE] [--measure-only]

FOLDER holds the public sets that `sources` reads. Needs SciPy, and instructkit itself. Equal data and seed give equal
bytes. The model goes to instructkit/filters/toxicity/model.npz, the figures to model_metrics.json beside it.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from fitting import Samples, fit, sample
from frames import clean_frames, toxic_frames
from measuring import LABELLED, is_instruction, measure
from plain_frames import plain_clean, plain_toxic
from scipy.optimize import minimize_scalar
from sources import Text, clean, held_out, labelled

from instructkit.filters.toxicity.model import FILE, SHORTEST, Model, Table, load, save

BITS = 18  # slots of a table: 2 ** BITS
FOLDS = 3
# of clean rows and clean frames, by models that did not see them
CLEAN_FLAGGED = {"en": 0.003, "zh": 0.0018}
FRAMES_FLAGGED = {"en": 0.02, "zh": 0.01}
# logits; a table of all rows is surer of clean ones than those of two thirds; chosen on held-out figures
EASED = {"en": 0.0, "zh": 0.15}
# characters: when it is judged a shorter stretch counts as this long; in English a little less than when the table was
# fitted, so that what is said barely ("kill yourself") reaches the threshold; chosen as the above
JUDGED_AS = {"en": 15.0, "zh": SHORTEST["zh"]}
WEIGHTS = {
    "davidson": 1.0,
    "surge": 8.0,
    "toxic_spans": 1.0,
    "beside_spans": 0.15,
    "cold": 1.0,
    "frames": 1.5,
    "clean frames": 3.0,
    "plain": 4.0,
    "clean plain": 2.5,
}
CLEAN_WEIGHT = {"en": 1.5, "zh": 3.0}
TRAPS = Path(__file__).parents[1] / "tests" / "filters" / "toxicity"
# plain lines that are trained on though their hash would hold them out: the misses that the plain frames were made for
MISSED = ("kill yourself", "k1ll yours3lf", "砍死你", "去死", "蠢货")
NEAR = 0.5  # of the 6-grams of characters of the shorter text: nearly equal to one that is held out


@dataclass
class Language:
    """What one table is trained on."""

    name: str
    texts: list[Text]

    def subset(self, chosen: Iterable[bool]) -> "Language":
        """Some of the texts."""
        return Language(self.name, [text for text, kept in zip(self.texts, chosen, strict=True) if kept])

    def fit(self) -> Table:
        """A table of all texts."""
        parts, toxic, weights = [], [], []
        for wanted in (1, 0):
            chosen = [text for text in self.texts if text.toxic == wanted]
            samples = sample([text.text for text in chosen], self.name, sentences=not wanted)
            default = CLEAN_WEIGHT[self.name]
            each = np.array([WEIGHTS.get(text.name, default) for text in chosen])
            parts.append(samples)
            toxic.append(np.full(len(samples.lengths), wanted))
            weights.append(each[samples.texts])
        offset = len(parts[0].lengths)
        joined = Samples(
            np.concatenate([parts[0].windows, parts[1].windows + offset]),
            np.concatenate([parts[0].hashes, parts[1].hashes]),
            np.concatenate([parts[0].lengths, parts[1].lengths]),
            np.concatenate([parts[0].texts, parts[1].texts]),
        )
        return fit(joined, np.concatenate(toxic), np.concatenate(weights), BITS, SHORTEST[self.name])


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=FILE, help="where the model goes, and its figures beside it")
    parser.add_argument("--measure-only", action="store_true", help="measure the model that is there")
    given = parser.parse_args()
    texts = [*labelled(given.data, given.seed), *clean(given.data, given.seed)]
    traps = {name: trap_lines(name) for name in ("en", "zh")}
    if not given.measure_only:
        tables = {name: train(name, texts, traps[name], given.seed) for name in ("en", "zh")}
        save(Model(tables), given.output)
    model = load(given.output)
    plain = {name: held_lines(name, given.seed) for name in ("en", "zh")}
    figures = measure(model, [text for text in texts if text.held_out], traps, plain)
    figures = {"seed": given.seed, "bytes": given.output.stat().st_size, "sha256": _sha256(given.output), **figures}
    given.output.with_name(given.output.stem + "_metrics.json").write_text(
        json.dumps(figures, indent=1) + "\n", encoding="utf-8"
    )
    json.dump(figures, sys.stdout, indent=1)


def trap_lines(name: str) -> list[str]:
    """The lines that must not be flagged."""
    lines = (TRAPS / f"traps_{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def train(name: str, texts: list[Text], traps: list[str], seed: int) -> Table:
    """The table of one language, with the score 0.5 where as few clean rows are flagged as we want."""
    chinese = name == "zh"
    known = [text for text in texts if text.chinese == chinese and not text.held_out]
    kept = apart(known, [text.text for text in texts if text.held_out and text.chinese == chinese])
    unlike = len(kept)
    kept += made_texts(chinese, seed)
    refuse_traps(kept, traps)
    print(
        f"{name}: {len(known):,} texts, {unlike:,} of them unlike any held out, {len(kept) - unlike:,} made", flush=True
    )
    language = Language(name, kept)
    threshold, slope = calibrate(language, seed)
    table = language.fit()
    return replace(table, bias=table.bias - threshold + EASED[name], slope=slope, shortest=JUDGED_AS[name])


def made_texts(chinese: bool, seed: int) -> list[Text]:
    """What frames make, and the half of the plain lines that is for training; no line of the other half."""
    plain = plain_lines(chinese, seed)
    texts = [Text(text, 0, "clean frames", chinese, False, row=text) for text in clean_frames(chinese, seed)]
    texts += [Text(text, 1, "frames", chinese, False, kind) for text, kind in toxic_frames(chinese, seed)]
    texts += [Text(text, 0, "clean plain", chinese, False, row=text) for text in plain_clean(chinese, seed)]
    texts += [Text(text, 1, "plain", chinese, False, kind) for text, kind in plain_toxic(chinese, seed)]
    texts += [text for text in plain if not text.held_out]
    held = {_letters(text.text) for text in plain if text.held_out}
    return [text for text in texts if _letters(text.text) not in held]


def plain_lines(chinese: bool, seed: int) -> list[Text]:
    """The short lines written at hand, toxic and near to it; half of them are held out."""
    lines = (TRAPS / f"plain_{'zh' if chinese else 'en'}.txt").read_text(encoding="utf-8").splitlines()
    return [
        Text(
            line[2:],
            int(line[0] == "+"),
            "plain" if line[0] == "+" else "clean plain",
            chinese,
            line[2:] not in MISSED and held_out(line[2:], 0.5, seed),
            row=line,
        )
        for line in lines
        if not line.startswith("#")
    ]


def held_lines(name: str, seed: int) -> list[Text]:
    """The plain lines that are never trained on."""
    return [line for line in plain_lines(name == "zh", seed) if line.held_out]


def calibrate(language: Language, seed: int) -> tuple[float, float]:
    """Where clean rows begin to be flagged and how steep the score is, by models that did not see the texts."""
    folds = np.array([xxhash.xxh3_64_intdigest((one.row or one.text).encode(), seed) % FOLDS for one in language.texts])
    logits = np.zeros(len(folds))
    for fold in range(FOLDS):
        table = language.subset(folds != fold).fit()
        unseen = [text.text for text in language.subset(folds == fold).texts]
        scores = Model({language.name: table}).score(pa.array(unseen, pa.string()))[language.name].astype(float)
        logits[folds == fold] = np.log(np.maximum(scores, 1e-12) / np.maximum(1 - scores, 1e-7))
    rows: dict[str, float] = defaultdict(lambda: -np.inf)
    for text, logit in zip(language.texts, logits.tolist(), strict=True):
        if is_instruction(text.name):
            rows[text.row] = max(rows[text.row], logit)
    frames = [logit for text, logit in zip(language.texts, logits, strict=True) if text.name == "clean frames"]
    threshold = max(
        float(np.quantile(list(rows.values()), 1 - CLEAN_FLAGGED[language.name])),
        float(np.quantile(frames, 1 - FRAMES_FLAGGED[language.name])),
    )
    chosen = np.array([text.name in LABELLED for text in language.texts])
    signs = np.array([1 if text.toxic else -1 for text in language.texts])[chosen]
    margins = (logits[chosen] - threshold) * signs
    slope = minimize_scalar(
        lambda slope: np.logaddexp(0, -slope * margins).mean(), bounds=(0.05, 5), method="bounded"
    ).x
    print(f"    threshold {threshold:.2f}, slope {slope:.2f}", flush=True)
    return threshold, float(slope)


def apart(texts: list[Text], held: list[str]) -> list[Text]:
    """The texts that are not nearly equal to a held-out one."""
    index: dict[str, list[int]] = defaultdict(list)
    sizes = []
    for number, text in enumerate(held):
        shingles = _shingles(text)
        sizes.append(len(shingles))
        for shingle in shingles:
            index[shingle].append(number)
    kept = []
    for text in texts:
        shingles = _shingles(text.text)
        shared: Counter[int] = Counter()
        for shingle in shingles:
            owners = index.get(shingle, ())
            if len(owners) <= 50:  # common ones tell nothing
                shared.update(owners)
        # all that share some are asked: of the most common ones, ties would stand in the order of a set
        near = any(count >= NEAR * min(len(shingles), sizes[number]) for number, count in shared.items())
        if not near and text.text.strip():
            kept.append(text)
    return kept


def _shingles(text: str) -> set[str]:
    plain = "".join(character for character in text.lower() if character.isalnum())[:600]
    return {plain[at : at + 6] for at in range(max(1, len(plain) - 5))}


def refuse_traps(texts: list[Text], traps: list[str]) -> None:
    """A trap line must never be trained on, not even nearly."""
    wanted = {_letters(trap) for trap in traps}
    found = [text.text for text in texts if _letters(text.text) in wanted]
    if found:
        sys.exit(f"a trap line is among the texts to train on: {found[0]!r}")


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalpha())


def _sha256(path: Path) -> Any:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
