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


@dataclass(frozen=True)
class LanguageExaminer:
    """Fails rows of which a field is surely in a language that is not asked for."""

    languages: frozenset[str]
    threshold: float = LEAST_CONFIDENCE  # how sure another language must be
    judged: tuple[str, ...] = FIELDS
    tells_all: bool = False  # a value for rows that pass too: the language of the last field judged
    fields: tuple[pa.Field, ...] = ()
    holds_gil: bool = True  # fastText does

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
        told: dict[int, str] = {}
        fails = np.zeros(batch.num_rows, bool)
        for name in self.judged:
            languages, confidences = identify_all(batch.column(name), self.threshold)
            lengths = pc.utf8_length(pc.utf8_trim_whitespace(batch.column(name))).to_numpy(zero_copy_only=False)
            other = ~np.isin(languages.astype(str), [UNKNOWN, *self.languages])
            if "ja" in self.languages:
                other &= (languages != "zh") | (lengths > MAY_BE_JAPANESE)
            for row in np.flatnonzero((other | self.tells_all) & ~fails).tolist():
                told[row] = f"{name}: {languages[row]} {confidences[row]:.2f}"
            fails |= other
        name = "language" if len(self.judged) > 1 else f"language_{self.judged[0]}"
        return Findings([(name, Verdict(fails, told), ",".join(sorted(self.languages)))])


def parse_languages(text: str, *, tells_all: bool = False, plain: bool = False) -> LanguageExaminer:
    """Read ``--language [FIELD=]CODES[:T]``: the languages that may stay, in which field, how sure another must be.

    Raises `UsageError` for codes that are none, other fields and thresholds outside [0, 1].
    """
    named, equals, rest = text.rpartition("=")
    codes, _, threshold = rest.partition(":")
    languages = frozenset(code.strip().lower() for code in codes.split(",") if code.strip())
    if equals and named not in FIELDS:
        raise UsageError(f"--language {text}: {named!r} is none of {', '.join(FIELDS)}")
    if plain and equals and named != "output":
        raise UsageError(f"--language {text}: plain text (--text) has no {named}")
    if not languages:
        raise UsageError(f"--language {text}: give ISO 639 codes such as en,zh")
    wrong = sorted(languages - known_languages())
    if wrong:
        raise UsageError(f"--language {text}: {wrong[0]!r} is no language lid.176 knows (Chinese is zh, Japanese ja)")
    least = read_share(f"--language {text}", threshold) if threshold else LEAST_CONFIDENCE
    return LanguageExaminer(languages, least, (named,) if equals else FIELDS, tells_all)
