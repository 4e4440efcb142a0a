"""The preset of published rules for web pages."""

import json
from pathlib import Path

import pytest

import instructkit as ik
from instructkit.filters.rule import RULES
from instructkit.filters.rules.presets import chosen_rules
from tests.rows import examples

# the constants of the papers, as REFERENCE lists them: Gopher's section A1.1 and table A1, C4, FineWeb
PUBLISHED = {
    "gopher_few_words": 50, "gopher_many_words": 100_000, "gopher_short_words": 3, "gopher_long_words": 10,
    "gopher_hashes": 0.1, "gopher_ellipses": 0.1, "gopher_bullet_lines": 0.9, "gopher_ellipsis_lines": 0.3,
    "gopher_words_with_letters": 0.8, "gopher_stop_words": 2, "gopher_repeated_lines": 0.30,
    "gopher_repeated_paragraphs": 0.30, "gopher_repeated_line_characters": 0.20,
    "gopher_repeated_paragraph_characters": 0.20, "gopher_top_2_grams": 0.20, "gopher_top_3_grams": 0.18,
    "gopher_top_4_grams": 0.16, "gopher_repeated_5_grams": 0.15, "gopher_repeated_6_grams": 0.14,
    "gopher_repeated_7_grams": 0.13, "gopher_repeated_8_grams": 0.12, "gopher_repeated_9_grams": 0.11,
    "gopher_repeated_10_grams": 0.10, "c4_sentences": 5, "c4_brace": None, "c4_lorem_ipsum": None,
    "fineweb_ended_lines": 0.12, "fineweb_short_lines": 0.67, "fineweb_repeated_lines": 0.01, "fineweb_newlines": 0.3,
}  # fmt: skip
SENTENCES = [
    "The river rose in the night and nobody slept.",
    "By morning it had reached the steps of the old mill.",
    "We carried the books upstairs with the help of two neighbors.",
    "They have a boat that is older than my father.",
    "It was to be sold in spring, but that never happened.",
    "When the water fell, the garden had become a lake of mud.",
]
PAGE = " ".join(SENTENCES)


def failed(output: str) -> set[str]:
    reader = ik.filter(examples([{"output": output}]), preset="web", workers=1)
    reader.read_all()
    return set(ik.counts(reader).reasons)


def test_the_preset_is_the_published_rules_with_their_constants() -> None:
    assert chosen_rules("web", ()) == PUBLISHED


def test_a_page_of_prose_passes_and_a_label_does_not() -> None:
    assert failed(PAGE) == set()
    assert {"gopher_few_words", "c4_sentences"} <= failed("yes")


FAULTS = {
    "gopher_hashes": PAGE.replace(" ", " # "), "gopher_ellipses": PAGE.replace(" ", " ... "),
    "gopher_short_words": PAGE + " a b" * 200, "gopher_long_words": PAGE + " incomprehensibilities" * 90,
    "gopher_bullet_lines": "\n".join(f"- {one}" for one in SENTENCES * 2),
    "gopher_ellipsis_lines": "\n".join(one + "..." for one in SENTENCES),
    "gopher_words_with_letters": PAGE + " 12 34 56" * 20, "gopher_stop_words": "gato come pan y agua. " * 20,
    "gopher_repeated_lines": "\n".join([PAGE, "Yes.", "Yes.", "Yes."]),
    "gopher_repeated_line_characters": "\n".join([*SENTENCES, *SENTENCES[:3]]),
    "gopher_repeated_paragraphs": "\n\n".join([PAGE, "Yes.", "Yes.", "Yes."]),
    "gopher_repeated_paragraph_characters": "\n\n".join([*SENTENCES, *SENTENCES[:3]]),
    "gopher_top_2_grams": PAGE + " so what" * 40, "gopher_top_3_grams": PAGE + " so what now" * 30,
    "gopher_top_4_grams": PAGE + " so what now then" * 30, "gopher_repeated_5_grams": PAGE + PAGE,
    "gopher_repeated_10_grams": PAGE + PAGE, "c4_brace": PAGE + "\nThere is a { in it.",
    "c4_lorem_ipsum": PAGE + "\nSay lorem ipsum again.", "c4_sentences": PAGE.replace(".", ","),
    "fineweb_ended_lines": "\n".join(one[:-1] for one in SENTENCES), "fineweb_short_lines": PAGE.replace(" ", "\n"),
    "fineweb_repeated_lines": "\n".join([*SENTENCES, SENTENCES[0]]), "fineweb_newlines": PAGE.replace(" ", "\n"),
}  # fmt: skip


@pytest.mark.parametrize("rule", FAULTS)
def test_each_rule_finds_its_fault(rule: str) -> None:
    assert rule in failed(FAULTS[rule])


def test_the_page_is_the_output_or_what_there_is_instead() -> None:
    rows = [{"output": "", "input": PAGE}, {"output": "", "instruction": PAGE}, {"output": PAGE, "input": "yes"}]
    assert ik.filter(examples(rows), preset="web").read_all().num_rows == 3


def test_chinese_pages_pass_as_english_ones_do(real_data: Path) -> None:
    kept = {}
    judged = ",".join(name for name in RULES if name.startswith("gopher_"))
    for language in ("en", "zh"):
        articles = json.loads((real_data / "classic" / f"xquad.{language}.json").read_text("utf-8"))["data"]
        pages = ["\n".join(part["context"] for part in article["paragraphs"]) for article in articles]
        table = examples([{"output": page} for page in pages])
        kept[language] = ik.filter(table, preset="none", rules=judged.split(",")).read_all().num_rows / len(pages)
    assert min(kept.values()) > 0.9, kept
