"""Logistic regression over the model's own n-grams, cut down to the table that ships."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from scipy.optimize import minimize

from instructkit.filters.toxicity import characters, grams
from instructkit.filters.toxicity.grams import WINDOW
from instructkit.filters.toxicity.model import LANGUAGES, Table

SEEN = 3  # windows an n-gram must stand in
L2 = 0.3
STEPS = 60


@dataclass
class Samples:
    """Windows of texts, with their n-grams."""

    windows: Any  # of each n-gram: its window
    hashes: Any
    lengths: Any
    texts: Any  # of each window: its text


def sample(texts: list[str], language: str, sentences: bool) -> Samples:
    """The windows of texts; for clean ones the single sentences as well."""
    parts: list[Samples] = []
    step = 4000
    for start in range(0, len(texts), step):
        stream = characters.read(pa.array(texts[start : start + step], pa.string()))
        found = list(LANGUAGES[language](stream))
        wide = grams.spans(stream, WINDOW)
        levels = [wide]
        if sentences:
            narrow = grams.spans(stream)
            new = ~np.isin(narrow.begins * 1000 + narrow.lengths, wide.begins * 1000 + wide.lengths)
            levels.append(narrow)
        for level, spans in enumerate(levels):
            place = np.repeat(np.arange(len(spans.begins)), spans.lengths)
            lead = spans.begins[0] if len(spans.begins) else 0
            windows, hashes = [], []
            for one in found:
                inside = one.places >= lead
                windows.append(place[one.places[inside] - lead])
                hashes.append(one.hashes[inside])
            owner = np.concatenate(windows) if windows else np.zeros(0, np.int64)
            values = np.concatenate(hashes) if hashes else np.zeros(0, np.uint32)
            lengths, rows = spans.lengths, spans.rows
            if level:
                number = np.cumsum(new) - 1
                chosen = new[owner]
                owner, values, lengths, rows = number[owner[chosen]], values[chosen], lengths[new], rows[new]
            parts.append(Samples(owner, values, lengths, rows + start))
    offsets = np.cumsum([0] + [len(part.lengths) for part in parts])
    return Samples(
        np.concatenate([part.windows + offset for part, offset in zip(parts, offsets[:-1], strict=True)]),
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.texts for part in parts]),
    )


def fit(samples: Samples, toxic: Any, weights: Any, bits: int, shortest: float) -> Table:
    """Fit on all n-grams, keep in each slot the one that matters most, and fit those again."""
    known, inverse, count = np.unique(samples.hashes, return_inverse=True, return_counts=True)
    often = count >= SEEN
    used = often[inverse]
    ids = (np.cumsum(often) - 1)[inverse[used]]
    known, count = known[often], count[often]
    scale = 1 / np.sqrt(np.maximum(samples.lengths, shortest))
    owner = samples.windows[used]
    matrix = sp.csr_matrix((scale[owner].astype(np.float32), (owner, ids)), shape=(len(samples.lengths), len(known)))
    found = _regression(matrix, toxic, weights)
    worth = np.abs(found[:-1]) * np.sqrt(count)
    slots = known & np.uint32((1 << bits) - 1)
    order = np.lexsort((known, -worth, slots))
    best = order[np.concatenate([[True], np.diff(slots[order]) != 0])]
    best.sort()
    found = _regression(matrix.tocsc()[:, best].tocsr(), toxic, weights, start=np.append(found[best], found[-1]))
    coefficients, bias = found[:-1], found[-1]
    unit = np.quantile(np.abs(coefficients), 0.9995) / 127
    marks, table = np.zeros(1 << bits, np.uint16), np.zeros(1 << bits, np.int8)
    marks[slots[best]] = known[best] >> np.uint32(16)
    table[slots[best]] = np.clip(np.rint(coefficients / unit), -127, 127)
    print(f"    {len(toxic):,} windows, {len(known):,} n-grams, {np.count_nonzero(table):,} in the table", flush=True)
    return Table(marks, table, float(unit), float(bias), shortest, 1.0)


def _regression(matrix: Any, toxic: Any, weights: Any, start: Any = None) -> Any:
    transposed = matrix.T.tocsr()
    signs = 2.0 * toxic - 1

    def loss(found: Any) -> tuple[float, Any]:
        margin = signs * (matrix @ found[:-1] + found[-1])
        pull = -signs * weights / (1 + np.exp(np.clip(margin, -500, 500)))
        value = (weights * np.logaddexp(0, -margin)).sum() + L2 / 2 * (found[:-1] @ found[:-1])
        return value, np.append(transposed @ pull + L2 * found[:-1], pull.sum())

    start = np.zeros(matrix.shape[1] + 1) if start is None else start
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 6}).x
