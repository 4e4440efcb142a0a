"""Floors on what the shipped model was measured at, on the texts held out of its training."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from instructkit.filters.toxicity.model import FILE, model

PLAIN = {"en": 0.6, "zh": 0.6}  # recall on the short lines that were never trained on
TRAINING = Path(__file__).parents[3] / "training"


@pytest.fixture(scope="module")
def figures(real_data: Path) -> Any:
    """The figures, measured anew."""
    pytest.importorskip("scipy")
    sys.path.insert(0, str(TRAINING))
    try:
        from measuring import measure
        from sources import clean, labelled
        from toxicity import held_lines

        seed = json.loads(FILE.with_name("model_metrics.json").read_text())["seed"]
        texts = [text for text in (*labelled(real_data, seed), *clean(real_data, seed)) if text.held_out]
        plain = {name: held_lines(name, seed) for name in ("en", "zh")}
        return measure(model(), texts, {}, plain)
    finally:
        sys.path.remove(str(TRAINING))


def test_next_to_no_clean_instruction_row_is_flagged(figures: Any) -> None:
    for name in ("en: all instruction rows", "zh: all instruction rows"):
        assert figures["clean"][name]["share"] <= 0.003


def test_toxic_texts_are_found(figures: Any) -> None:
    for name, floor in (("surge", 0.6), ("davidson", 0.7), ("cold", 0.6), ("toxic_spans", 0.6)):
        assert figures["labelled"][name]["recall"] >= floor


def test_few_texts_that_only_name_or_quote_or_counter_are_flagged(figures: Any) -> None:
    for name in ("cold", "cold: race", "cold: region", "cold: gender", "davidson"):
        assert figures["labelled"][name]["others_flagged"] <= 0.1


def test_plain_abuse_is_found_and_its_neighbours_are_left_alone(figures: Any) -> None:
    for name in ("en", "zh"):
        assert figures["plain"][name]["recall"] >= PLAIN[name]
        assert figures["plain"][name]["others_flagged"] <= 0.08


def test_the_card_tells_the_same_figures(figures: Any) -> None:
    told = json.loads(FILE.with_name("model_metrics.json").read_text())
    assert told["labelled"] == figures["labelled"]
    assert told["clean"] == figures["clean"]
    assert told["plain"] == figures["plain"]
