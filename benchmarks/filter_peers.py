"""What the peers of filter.py say of texts, run by the Python of their own environment."""

import json
import sys
import time
from pathlib import Path


def datatrove(texts: list[str]) -> dict[str, object]:
    """Whether each of datatrove's filters drops a text, each given it as it came; the seconds of all four."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    filters = {
        "Gopher quality": GopherQualityFilter(),
        "Gopher repetition": GopherRepetitionFilter(),
        "C4": C4QualityFilter(),
        "FineWeb": FineWebQualityFilter(),
    }
    for one in filters.values():  # what they load on first use
        one.filter(Document(text=texts[0], id="0"))
    drops: dict[str, list[bool]] = {name: [] for name in filters}
    start = time.process_time()
    for number, text in enumerate(texts):
        for name, one in filters.items():
            drops[name].append(one.filter(Document(text=text, id=str(number))) is not True)
    return {"seconds": time.process_time() - start, "drops": drops}


def language(texts: list[str]) -> dict[str, object]:
    """The languages that pycld2 and lingua tell."""
    import pycld2
    from lingua import LanguageDetectorBuilder

    same = {"zh-Hant": "zh", "iw": "he", "jw": "jv", "no": "no", "un": "unknown"}

    def cld2(text: str) -> str:
        try:
            code = pycld2.detect(text, bestEffort=True)[2][0][1]
        except pycld2.error:
            return "unknown"
        return same.get(code, code)

    detector = LanguageDetectorBuilder.from_all_languages().build()
    found = [detector.detect_language_of(text) for text in texts]
    return {
        "answers": {
            "pycld2": [cld2(text) for text in texts],
            "lingua": [one.iso_code_639_1.name.lower() if one is not None else "unknown" for one in found],
        }
    }


if __name__ == "__main__":
    what, given, answer = sys.argv[1:]
    said = {"datatrove": datatrove, "language": language}[what](json.loads(Path(given).read_text("utf-8")))
    Path(answer).write_text(json.dumps(said), encoding="utf-8")
