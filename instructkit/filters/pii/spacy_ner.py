"""The persons that a spaCy pipeline finds: ``--pii-ner spacy:MODEL``, in any language spaCy has a model of."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from instructkit.errors import InstructkitError, UsageError

if TYPE_CHECKING:
    from instructkit.filters.pii.ner import Recognizer

PERSONS = ("PERSON", "PER", "persName", "PRS")  # as the models of different languages call them
FINDERS = frozenset({"ner", "entity_ruler", "span_ruler"})
VECTORS = frozenset({"tok2vec", "transformer", "curated_transformer"})  # what a finder may look at
LONGEST = 100_000  # characters that a pipeline is given at once: its memory grows with them


def spacy_recognizer(model: str) -> "Recognizer":
    """A recognizer of `ner` out of a pipeline: the name of an installed one, or its folder.

    Raises `InstructkitError` without spaCy, `UsageError` where it has no such pipeline, or one that finds no entities.
    """
    try:
        import spacy
    except ImportError as error:
        raise InstructkitError(
            f"--pii-ner spacy:{model} needs the package spacy and a model of it: pip install instructkit[ner], "
            "then e.g. python -m spacy download en_core_web_sm"
        ) from error
    try:
        pipeline = spacy.load(model)
    except (OSError, ValueError, ImportError) as error:
        raise UsageError(
            f"--pii-ner spacy:{model}: spaCy has no such model; python -m spacy download fetches one"
        ) from error
    if not FINDERS & set(pipeline.pipe_names):
        raise UsageError(f"--pii-ner spacy:{model}: the model finds no entities; it does {pipeline.pipe_names}")
    idle = [name for name in pipeline.pipe_names if name not in FINDERS | VECTORS]

    def recognize(texts: list[str]) -> list[Iterable[tuple[int, int, str]]]:
        found: list[list[tuple[int, int, str]]] = [[] for _ in texts]
        pieces = ((piece, (row, start)) for row, text in enumerate(texts) for start, piece in _pieces(text))
        for document, (row, start) in pipeline.pipe(pieces, as_tuples=True, disable=idle):
            found[row] += [(start + one.start_char, start + one.end_char, "PERSON") for one in _persons(document)]
        return list(found)

    return recognize


def _persons(document: Any) -> Iterator[Any]:
    return (entity for entity in document.ents if entity.label_ in PERSONS)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """A text in parts of bounded length, cut at white space where there is some, with their places."""
    start = 0
    while start < len(text):
        end = min(start + LONGEST, len(text))
        if end < len(text):
            end = max(text.rfind(" ", start, end), text.rfind("\n", start, end)) + 1 or end
        yield start, text[start:end]
        start = end
