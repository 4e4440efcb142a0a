"""``filter --language``: rows of which a field is surely in another language than those asked for."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.filters.examining import Findings
from instructkit.filters.language.identifying import LEAST_CONFIDENCE, UNKNOWN, identify_all, known_languages
from instructkit.filters.parsing import read_share
from instructkit.filters.rule import Verdict

FIELDS = ("instruction", "input", "output")
MAY_BE_JAPANESE = 12  # characters up to which a text of Han alone may be Japanese: names, terms


def parse_languages(text: str) -> tuple[frozenset[str], float]:
    """Read ``--language en,zh[:T]``: the languages that may stay, and how sure another must be."""
    codes, _, threshold = text.partition(":")
    languages = frozenset(code.strip().lower() for code in codes.split(",") if code.strip())
    if not languages:
        raise UsageError(f"--language {text}: give ISO 639 codes such as en,zh")
    wrong = sorted(languages - known_languages())
    if wrong:
        raise UsageError(f"--language {text}: {wrong[0]!r} is no language lid.176 knows (Chinese is zh, Japanese ja)")
    return languages, read_share(f"--language {text}", threshold) if threshold else LEAST_CONFIDENCE


@dataclass(frozen=True)
class LanguageExaminer:
    """Fails rows of which instruction, input or output is surely in a language that is not asked for."""

    languages: frozenset[str]
    threshold: float
    fields: tuple[pa.Field, ...] = ()
    holds_gil: bool = True  # fastText does

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
        evidence: dict[int, str] = {}
        for name in FIELDS:
            languages, confidences = identify_all(batch.column(name), self.threshold)
            lengths = pc.utf8_length(pc.utf8_trim_whitespace(batch.column(name))).to_numpy(zero_copy_only=False)
            other = ~np.isin(languages.astype(str), [UNKNOWN, *self.languages])
            if "ja" in self.languages:
                other &= (languages != "zh") | (lengths > MAY_BE_JAPANESE)
            for row in np.flatnonzero(other).tolist():
                language = languages[row]
                if row not in evidence:
                    evidence[row] = f"{name}: {language} {confidences[row]:.2f}"
        verdict = Verdict.found(batch.num_rows, evidence)
        return Findings([("language", verdict, ",".join(sorted(self.languages)))])
