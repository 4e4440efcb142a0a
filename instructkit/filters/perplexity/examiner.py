"""``filter --perplexity``: rows whose answer is less usual than clean text is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput, InstructkitError, UsageError
from instructkit.filters.examining import Findings
from instructkit.filters.models import kept_open
from instructkit.filters.perplexity.model import load_character_model
from instructkit.filters.rule import Verdict

KENLM_SUFFIXES = (".arpa", ".arpa.gz", ".binary", ".klm", ".bin")
SHORT = 20  # characters; a shorter answer is not judged
EVERY = ""  # the language that stands for all others
DEFAULT = "p99"


@dataclass(frozen=True)
class PerplexityExaminer:
    """Fails rows whose output has a higher perplexity than is allowed in its language."""

    path: str
    thresholds: tuple[tuple[str, float], ...]  # by language, `EVERY` for those without one of their own
    fields: tuple[pa.Field, ...] = (pa.field("perplexity", pa.float64()),)
    holds_gil: bool = True  # KenLM does

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
        from instructkit.filters.language import identify_all

        texts = batch.column("output")
        found = _perplexities(self.path, texts)
        thresholds = dict(self.thresholds)
        most = np.full(len(texts), thresholds.get(EVERY, np.inf))
        if thresholds.keys() - {EVERY}:
            languages, _ = identify_all(texts)
            for code, threshold in thresholds.items():
                if code != EVERY:
                    most[languages == code] = threshold
        long = pc.utf8_length(texts).to_numpy(zero_copy_only=False) >= SHORT
        with np.errstate(invalid="ignore"):
            fails = (found > most) & long
        values = pa.array(np.round(found, 3), from_pandas=True)
        told = ", ".join(f"{code}={value:g}" if code else f"{value:g}" for code, value in self.thresholds)
        return Findings([("perplexity", Verdict(fails, values), told)], [values])


def parse_perplexity(text: str) -> PerplexityExaminer:
    """Read ``--perplexity MODEL[:T]``: a perplexity, a percentile of clean text (p99), or by language (en=p95,zh=40).

    A percentile is that of the text's own language, where the model was trained on enough of it.

    Raises `UsageError` for a threshold that is none, `BadInput` for a file that is no model.
    """
    path, colon, thresholds = text.rpartition(":")
    if not colon or (not Path(path).exists() and Path(text).exists()):
        path, thresholds = text, ""
    kenlm = path.endswith(KENLM_SUFFIXES)
    percentiles = {} if kenlm else _character_model(path).percentiles
    if kenlm:
        _kenlm_model(path)
        if not thresholds:
            raise UsageError(f"--perplexity {text}: say from which perplexity on a row is dropped: {path}:1000")
    from instructkit.filters.language.identifying import known_languages

    told = []
    for one in (thresholds or DEFAULT).split(","):
        code, _, value = one.rpartition("=")
        if code.strip() and code.strip() not in known_languages():
            raise UsageError(f"--perplexity {text}: {code.strip()!r} is no language lid.176 knows (Chinese is zh)")
        every = percentiles if not code and value.strip().startswith("p") else ()
        for each in sorted({code.strip(), *every}):
            told.append((each, _threshold(text, each, value.strip(), percentiles)))
    return PerplexityExaminer(path, tuple(told), holds_gil=kenlm)


def _threshold(text: str, code: str, value: str, percentiles: dict[str, list[float]]) -> float:
    try:
        number = float(value.removeprefix("p"))
    except ValueError:
        number = np.nan
    if not value.startswith("p"):
        if 0 < number < np.inf:
            return number
        raise UsageError(f"--perplexity {text}: {value!r} is no perplexity (a number above 0) and no percentile (p99)")
    if not 0 <= number <= 100:
        raise UsageError(f"--perplexity {text}: {value!r} is no percentile: p0 to p100")
    if code not in percentiles:
        known = ", ".join(sorted(filter(None, percentiles))) or "none"
        raise UsageError(f"--perplexity {text}: the model knows percentiles of {known}; give {code or 'it'} a number")
    return float(np.interp(number, range(101), percentiles[code]))


_character_model = kept_open(load_character_model)


@kept_open
def _kenlm_model(path: Path) -> Any:
    try:
        import kenlm
    except ImportError as error:
        raise InstructkitError("a KenLM model needs the package kenlm: pip install instructkit[kenlm]") from error
    try:
        return kenlm.Model(str(path))
    except (OSError, RuntimeError) as error:
        raise BadInput(f"{path}: KenLM can't read this model") from error


def _perplexities(path: str, texts: pa.StringArray) -> npt.NDArray[np.float64]:
    if not path.endswith(KENLM_SUFFIXES):
        return _character_model(path).perplexities(texts)
    model = _kenlm_model(path)
    found = [model.perplexity(" ".join(str(text).split())) if str(text).strip() else np.nan for text in texts]
    return np.array(found, float)
