"""For pii.py: personal data found by other libraries, from a file of texts to the spans they name.

python benchmarks/pii_peers.py NAME TEXTS.json SPANS.json
python benchmarks/pii_peers.py                            which of them are installed, as JSON

presidio-analyzer runs its predefined pattern recognizers over a blank spaCy pipeline (the models are not part of the
package) and gives spans of score 0.4 and more, as its phones have; datafog runs the annotator of its regex engine,
which is faster than its `scan`. Each is warmed up first.
"""

import json
import logging
import sys
import time
from collections.abc import Callable
from importlib import metadata

Span = tuple[int, int, str]
OURS = {
    "EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE", "IBAN_CODE": "IBAN", "IP_ADDRESS": "IP",
    "MAC_ADDRESS": "MAC", "US_SSN": "SSN", "UK_NINO": "NINO", "US_PASSPORT": "PASSPORT", "CREDIT_CARD": "CARD",
}  # fmt: skip


def presidio() -> Callable[[str], list[Span]]:
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
            self.nlp = {"en": spacy.blank("en")}

        def load(self) -> None:
            """There is nothing to load."""

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])

    def find(text: str) -> list[Span]:
        found = engine.analyze(text, language="en", score_threshold=0.4)
        return [(one.start, one.end, OURS.get(one.entity_type, one.entity_type)) for one in found]

    return find


def datafog() -> Callable[[str], list[Span]]:
    from datafog.processing.text_processing.regex_annotator.regex_annotator import RegexAnnotator

    annotator = RegexAnnotator()

    def find(text: str) -> list[Span]:
        _, found = annotator.annotate_with_spans(text)
        return [(one.start, one.end, OURS.get(one.label, one.label)) for one in found.spans]

    return find


PEERS = {"presidio-analyzer": presidio, "datafog": datafog}


def versions() -> dict[str, str]:
    found = {}
    for name, make in PEERS.items():
        try:
            find = make()
            find("ann@example.com")
            found[name] = metadata.version(name)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it can't take part
            print(f"{name} does not run: {error}", file=sys.stderr)
    return found


def main() -> None:
    logging.disable(logging.CRITICAL)
    if len(sys.argv) == 1:
        print(json.dumps(versions()))
        return
    name, texts_path, spans_path = sys.argv[1:]
    with open(texts_path) as file:
        texts = json.load(file)
    find = PEERS[name]()
    for text in texts[:50]:
        find(text)
    start = time.process_time()
    spans = [find(text) for text in texts]
    seconds = time.process_time() - start
    with open(spans_path, "w") as file:
        json.dump({"seconds": seconds, "spans": spans}, file)


if __name__ == "__main__":
    main()
