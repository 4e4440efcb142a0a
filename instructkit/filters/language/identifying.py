"""Which language a text is in, by fastText's lid.176 (Joulin et al. 2016), and the rows in others than asked."""

import functools
import re
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.filters.rule import Verdict

UNKNOWN = "unknown"
LEAST_CONFIDENCE = 0.5  # below it we say "unknown" rather than guess
SHORT_CONFIDENCE = 0.8  # asked of a text under LONG_LETTERS: lid.176 takes "Wow, how do you know so much?" for Spanish
LEAST_LETTERS, LONG_LETTERS = 20, 60
LEAST_HAN = 5
SAME = {"wuu": "zh", "yue": "zh"}  # Wu and Cantonese, mostly guessed wrongly from written Mandarin
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_CODE_OR_LINK = re.compile(r"```.*?(```|\Z)|`[^`\n]*`|https?://\S+|[A-Za-z0-9._+-]+@\S+", re.DOTALL)
_FIELDS = ("instruction", "input", "output")
_LONGEST = 2000  # characters of a text that are looked at


@functools.cache
def model() -> Any:
    """The lid.176 model that ships beside this file (Joulin et al. 2016; CC BY-SA 3.0)."""
    from instructkit.filters.models import load_model

    return load_model(Path(__file__).with_name("lid.176.ftz"))


@functools.cache
def known_languages() -> frozenset[str]:
    """The codes that `identify` may give."""
    labels = model().get_labels()
    return frozenset(SAME.get(code, code) for code in (label.removeprefix("__label__") for label in labels))


@functools.lru_cache(maxsize=4096)  # instructions repeat
def identify(text: str) -> tuple[str, float]:
    """The language of a text (ISO 639-1 where there is one) and how sure that is, in [0, 1].

    `UNKNOWN` for a text too short to tell, without letters, or that reads as none for sure.
    """
    plain = " ".join(_CODE_OR_LINK.sub(" ", text[:_LONGEST]).split())
    letters = sum(map(str.isalpha, plain))
    # the scripts of East Asia tell by themselves; lid.176 takes every fourth short Chinese text for another language
    han, kana, hangul = (len(script.findall(plain)) for script in (_HAN, _KANA, _HANGUL))
    eastern = han + kana + hangul
    if eastern * 3 >= letters > 0:  # a Chinese text may hold many English words
        if eastern < LEAST_HAN:
            return UNKNOWN, 0.0
        language = "ko" if hangul * 2 > eastern else "ja" if kana * 10 > han else "zh"
        return language, eastern / letters
    if letters < LEAST_LETTERS or letters < len(plain) / 2:
        return UNKNOWN, 0.0
    labels, confidences = model().predict(plain)
    language = labels[0].removeprefix("__label__")
    confidence = min(1.0, float(confidences[0]))
    sure = confidence >= (LEAST_CONFIDENCE if letters >= LONG_LETTERS else SHORT_CONFIDENCE)
    return (SAME.get(language, language) if sure else UNKNOWN), confidence


def parse_languages(text: str) -> tuple[frozenset[str], float]:
    """Read ``--language en,zh[:T]``: the languages that may stay, and how sure another must be."""
    codes, _, threshold = text.partition(":")
    languages = frozenset(code.strip().lower() for code in codes.split(",") if code.strip())
    if not languages:
        raise UsageError(f"--language {text}: give ISO 639 codes such as en,zh")
    wrong = sorted(languages - known_languages())
    if wrong:
        raise UsageError(f"--language {text}: {wrong[0]!r} is no language lid.176 knows (Chinese is zh, Japanese ja)")
    try:
        value = float(threshold) if threshold else LEAST_CONFIDENCE
    except ValueError as error:
        raise UsageError(f"--language {text}: {threshold!r} is no number between 0 and 1") from error
    if not 0 <= value <= 1:
        raise UsageError(f"--language {text}: {threshold!r} is no number between 0 and 1")
    return languages, value


def other_language(batch: pa.RecordBatch, languages: frozenset[str], threshold: float) -> Verdict:
    """Rows of which a field is surely in a language that is not among those asked for."""
    evidence: dict[int, str] = {}
    for name in _FIELDS:
        for row, text in enumerate(batch.column(name).to_pylist()):
            if row in evidence or len(text) < LEAST_HAN:
                continue
            language, confidence = identify(text[:_LONGEST])
            if language != UNKNOWN and language not in languages and confidence >= threshold:
                evidence[row] = f"{name}: {language} {confidence:.2f}"
    return Verdict.found(batch.num_rows, evidence)
