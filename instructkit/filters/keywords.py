"""``filter --keywords``: rows with a word of a list, dropped or alone kept."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput, UsageError
from instructkit.filters.examining import Findings
from instructkit.filters.rule import Mask, Verdict

FIELDS = ("instruction", "input", "output")
_AT_ONCE = 500  # words of one pattern: RE2 bounds the memory of a pattern
_SHOWN = 5


@dataclass(frozen=True)
class Keywords:
    """A list of words or phrases, and whether rows that have one are kept or dropped."""

    name: str  # of the file
    words: tuple[str, ...]
    keep: bool


def parse_keywords(text: str) -> Keywords:
    """Read ``--keywords FILE[:drop|:keep]``: a word or phrase a line; lines that begin with # and empty ones are none.

    Raises `BadInput` for a file that can't be read, `UsageError` for one without words.
    """
    path, _, mode = text.rpartition(":")
    if mode not in ("drop", "keep"):
        path, mode = text, "drop"
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise BadInput(f"--keywords {path}: the file can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"--keywords {path}: the file is not UTF-8 (byte {error.start + 1})") from error
    words = tuple(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))
    if not words:
        raise UsageError(f"--keywords {path}: the file holds no words; write one a line")
    return Keywords(Path(path).name, words, mode == "keep")


@dataclass(frozen=True)
class KeywordExaminer:
    """Looks for the words in instruction, input and output, in any case; Latin ones as whole words."""

    keywords: Keywords
    fields: tuple[pa.Field, ...] = ()
    holds_gil: bool = False

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
        quick, slow = _patterns(self.keywords.words)
        has: Mask = np.zeros(batch.num_rows, bool)
        for name in FIELDS:
            for pattern in quick:
                has |= pc.match_substring_regex(batch.column(name), pattern).to_numpy(zero_copy_only=False)
        if self.keywords.keep:
            verdict = Verdict(~has, pc.if_else(pa.array(has), pa.scalar(None, pa.string()), "none of the words"))
            return Findings([("keywords", verdict, self.keywords.name)])
        evidence = {}
        for row in np.flatnonzero(has).tolist():
            text = "\n".join(str(batch.column(name)[row]) for name in FIELDS)
            found = dict.fromkeys(match[0].lower() for pattern in slow for match in pattern.finditer(text))
            evidence[row] = ", ".join(list(found)[:_SHOWN])
        return Findings([("keywords", Verdict.found(batch.num_rows, evidence), self.keywords.name)])


@functools.lru_cache(maxsize=8)
def _patterns(words: tuple[str, ...]) -> tuple[list[str], list[re.Pattern[str]]]:
    """The words as patterns of RE2, which find rows, and of Python, which say what stands there."""
    ordered = sorted(words, key=len, reverse=True)  # of two that begin alike the longer is told
    groups = [ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)]
    quick = ["(?i)" + "|".join(_bordered(word, r"\b") for word in group) for group in groups]
    slow = [re.compile("(?i)" + "|".join(_bordered(word, r"(?a:\b)") for word in group)) for group in groups]
    return quick, slow


def _bordered(word: str, border: str) -> str:
    """A word as a pattern; a border stands where it begins or ends in a Latin letter or a digit."""
    begins = border if word[0].isascii() and word[0].isalnum() else ""
    ends = border if word[-1].isascii() and word[-1].isalnum() else ""
    return begins + re.escape(word).replace("\\ ", r"\s+") + ends
