"""Personal data: found by pattern, believed by checksum and context, then tagged, masked, renamed or dropped.

- `finding`: from a column of texts to the places of personal data; the types there are
- `mail`, `secrets`, `identity`, `payment`, `network`, `phones`, `addresses`, `persons`: what each type looks like
- `detector`, `context`, `checks`, `calling_codes`: what they are made of
- `examiner`: the part of a filter; `leaves` takes a row's texts out and puts them back, `spreading` carries what is
  certain in one of them to the others
- `covering`: what other examiners took from the texts before they were masked
- `naming`, `pseudonyms`, `fictions`: what stands in a datum's place
- `ner`: a recognizer of the user's own
"""

from instructkit.filters.pii.examiner import MODES, PiiExaminer, PiiFindings
from instructkit.filters.pii.finding import DEFAULT_TYPES, TYPES, find, find_in, parse_types
from instructkit.filters.pii.pseudonyms import read_key

__all__ = [
    "DEFAULT_TYPES",
    "MODES",
    "TYPES",
    "PiiExaminer",
    "PiiFindings",
    "find",
    "find_in",
    "parse_types",
    "read_key",
]
