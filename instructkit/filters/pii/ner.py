"""A named-entity recognizer of the user's own, for names and places that no pattern makes certain.

It is a function from a list of texts to a list, as long, of the places found in each: ``(start, end, type)`` in
characters, the type one of `TYPES`, mostly PERSON or ADDRESS.
"""

import functools
import importlib
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.filters.pii.finding import TYPES, Hits
from instructkit.filters.pii.spacy_ner import spacy_recognizer

Recognizer = Callable[[list[str]], list[Iterable[tuple[int, int, str]]]]


@functools.lru_cache(maxsize=4)
def load(name: str) -> Recognizer:
    """The function that ``MODULE:FUNCTION`` or ``spacy:MODEL`` names. Raises `UsageError` where there is none."""
    module, _, function = name.partition(":")
    if module == "spacy" and function:
        return spacy_recognizer(function)
    try:
        found = getattr(importlib.import_module(module), function, None) if module and function else None
    except ImportError as error:
        raise UsageError(f"the recognizer {name!r} can't be imported: {error}") from error
    if not callable(found):
        raise UsageError(f"{name!r} names no function; a recognizer is given as MODULE:FUNCTION or spacy:MODEL")
    recognizer: Recognizer = found
    return recognizer


def spans_of(name: str, texts: pa.StringArray, types: tuple[str, ...]) -> Hits:
    """What a recognizer finds in a column, of the types that are looked for.

    Raises `UsageError` where the recognizer fails, or gives what are no places of known types; never with a text.
    """
    listed = [text or "" for text in texts.to_pylist()]
    try:
        answers = [list(spans) for spans in load(name)(listed)]
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is; its message may hold personal data, so only its kind is told
        raise UsageError(
            f"--pii-ner {name}: the function failed ({type(error).__name__}); try it alone on your texts"
        ) from None
    if len(answers) != len(listed):
        raise UsageError(f"--pii-ner {name}: the function gave {len(answers)} answers for {len(listed)} texts")
    hits = [
        (row, start, end, TYPES.index(kind))
        for row, spans in enumerate(answers)
        for start, end, kind in (_checked(name, span, len(listed[row])) for span in spans)
        if kind in types
    ]
    return Hits(*np.array(hits, np.int64).reshape(-1, 4).T)


def _checked(name: str, span: object, length: int) -> tuple[int, int, str]:
    match span:
        case (int(start), int(end), str(kind)):
            if kind not in TYPES:
                known = ", ".join(TYPES)
                raise UsageError(f"--pii-ner {name}: {kind!r} is no type of personal data; known types: {known}")
            if 0 <= start < end <= length:
                return start, end, kind
            raise UsageError(f"--pii-ner {name}: the place {start} to {end} is not in a text of {length} characters")
    raise UsageError(f"--pii-ner {name}: the function gives (start, end, type) for each place found in a text")
