"""Which language a text is in: by its script where that tells, else by fastText's lid.176 (Joulin et al. 2016)."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.language.scripts import language_by_script, letters_by_script
from instructkit.filters.models import load_model

UNKNOWN = "unknown"
LEAST_CONFIDENCE = 0.5  # below it we say "unknown" rather than guess
SHORT_CONFIDENCE = 0.8  # asked of a text under LONG_LETTERS: lid.176 takes "Wow, how do you know so much?" for Spanish
LEAST_LETTERS, LONG_LETTERS = 20, 60
LEAST_SCRIPT = 5  # letters, of which some are of a telling script; a shorter text must have no others
SAME = {"wuu": "zh", "yue": "zh"}  # Wu and Cantonese, mostly guessed wrongly from written Mandarin
READ = 2000  # characters of a text that are looked at
JUDGED = 400  # of them, without code and links, that lid.176 is given: more adds time, not certainty
_CODE_OR_LINK = r"(?s)```.*?(```|\z)|`[^`\n]*`|https?://\S+|[A-Za-z0-9._+-]+@\S+"


@functools.cache
def model() -> Any:
    """The lid.176 model that ships beside this file (CC BY-SA 3.0)."""
    return load_model(Path(__file__).with_name("lid.176.ftz"))


@functools.cache
def known_languages() -> frozenset[str]:
    """The codes that `identify` may give."""
    return frozenset(_code(label) for label in model().get_labels())


def _code(label: str) -> str:
    code = label.removeprefix("__label__")
    return SAME.get(code, code)


def identify(text: str, threshold: float | None = LEAST_CONFIDENCE) -> tuple[str, float]:
    """The language of one text (ISO 639-1 where there is one) and how sure that is, in [0, 1].

    `UNKNOWN` for a text too short to tell, without letters, or that reads as none for sure. Without a threshold the
    likeliest language is told of any text that has a letter.
    """
    languages, confidences = identify_all(pa.array([text], pa.string()), threshold)
    return str(languages[0]), float(confidences[0])


def identify_all(
    texts: pa.StringArray, threshold: float | None = LEAST_CONFIDENCE
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """`identify` of a column: the languages and how sure each is."""
    known = pc.dictionary_encode(pc.utf8_slice_codeunits(texts, 0, READ))  # instructions repeat
    plain = pc.replace_substring_regex(known.dictionary, _CODE_OR_LINK, " ")
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, r"[\s\v\x00]+", " "))
    counts = letters_by_script(plain)
    letters = counts.sum(axis=1)
    languages, confidences = language_by_script(counts)
    by_script = languages != ""
    asked = np.flatnonzero(~by_script & (letters > 0))
    if len(asked):
        lines = pc.utf8_slice_codeunits(plain.take(pa.array(asked)), 0, JUDGED).to_pylist()
        labels, chances = model().predict(lines)
        languages[asked] = [_code(found[0]) if found else UNKNOWN for found in labels]
        confidences[asked] = [min(1.0, float(found[0])) if len(found) else 0.0 for found in chances]
    languages[letters == 0] = UNKNOWN
    if threshold is not None:
        lengths = pc.utf8_length(plain).to_numpy(zero_copy_only=False)
        least = np.where(letters >= LONG_LETTERS, threshold, max(threshold, SHORT_CONFIDENCE))
        told = np.where(
            by_script,
            (letters >= LEAST_SCRIPT) | (confidences == 1),
            (letters >= LEAST_LETTERS) & (letters * 2 >= lengths),
        )
        unsure = ~told | (confidences < np.where(by_script, 0.0, least))
        languages[unsure] = UNKNOWN
    rows = known.indices.to_numpy()
    return languages[rows], confidences[rows]
