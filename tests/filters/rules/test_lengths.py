"""Lengths and shares, and the rules that run where they are named."""

import pytest

import instructkit as ik
from tests.rows import examples


def failed(row: dict[str, object], *rules: str) -> set[str]:
    reader = ik.filter(examples([row]), preset="none", rules=rules, workers=1)
    reader.read_all()
    return set(ik.counts(reader).reasons)


def value(row: dict[str, object], rule: str) -> object:
    table = ik.filter(examples([row]), preset="none", rules=[rule], tag=True).read_all()
    return table[rule.partition("=")[0]].to_pylist()[0]


@pytest.mark.parametrize(
    ("text", "characters", "words", "tokens"),
    [
        ("It rained, twice.", 17, 3, 5),
        ("今天下雨了。", 6, 6, 6),
        ("用Python写", 8, 3, 3),
        ("1234567", 7, 1, 3),
        ("", 0, 0, 0),
    ],
)
def test_lengths_are_counted_in_characters_words_and_tokens(
    text: str, characters: int, words: int, tokens: int
) -> None:
    for unit, count in (("characters", characters), ("words", words), ("tokens", tokens)):
        assert value({"output": text}, f"max_output_{unit}") == count
        assert (f"min_output_{unit}" in failed({"output": text}, f"min_output_{unit}={count + 1}")) is True
        assert failed({"output": text}, f"min_output_{unit}={count}", f"max_output_{unit}={count}") == set()


SHARES = {
    "symbol_share": "+ = < > " * 30, "punctuation_share": "... ,,, " * 30, "digit_share": "12345 " * 30,
    "whitespace_share": "a    " * 40, "uppercase_share": "SHOUTING " * 20, "url_share": "https://a.org/" + "x" * 200,
    "mean_word_length": "x" * 200,
}  # fmt: skip


@pytest.mark.parametrize("rule", SHARES)
def test_a_share_is_judged_in_long_outputs_alone(rule: str) -> None:
    assert failed({"output": SHARES[rule]}, rule) == {rule}
    assert failed({"output": SHARES[rule][:40]}, rule) == set()
    assert failed({"output": "It rained in the night, and nobody slept. " * 5}, rule) == set()


def test_the_strict_preset_holds_the_other_and_more() -> None:
    from instructkit.filters.rules.presets import chosen_rules

    assert chosen_rules("instruction", ()).keys() < chosen_rules("strict", ()).keys()
