"""Texts that were decoded wrongly, control characters, links to nothing."""

import pytest

import instructkit as ik
from instructkit.filters.rules.characters import why_mojibake
from tests.rows import examples


def failed(output: str, *rules: str) -> set[str]:
    reader = ik.filter(examples([{"output": output}]), preset="none", rules=rules, workers=1)
    reader.read_all()
    return set(ik.counts(reader).reasons)


@pytest.mark.parametrize(
    "text", ["it’s", "café", "naïve", "“quoted”", "price: 5 €", "中文", "Ünlü", "日本語", "😀", "é—è"]
)
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_utf8_read_as_windows_1252_or_latin_1_is_told(text: str, wrong: str) -> None:
    data = text.encode("utf-8")
    try:
        misread = data.decode(wrong)
    except UnicodeDecodeError:
        pytest.skip("Windows-1252 has no such bytes")
    assert why_mojibake(f"before {misread} after")
    assert failed(f"before {misread} after", "mojibake") == {"mojibake"}
    assert not failed(f"before {text} after", "mojibake")


@pytest.mark.parametrize("text", ["锟斤拷锟斤拷", "烫烫烫烫烫", "caf\ufffd"])
def test_what_chinese_and_replacements_become_is_told(text: str) -> None:
    assert failed(text, "mojibake") == {"mojibake"}


@pytest.mark.parametrize(
    "text", ["NÃO É", "São João", "château", "Ångström", "Â", "Ã", "très à côté", "烫", "ä¸", "ÃÉ"]
)
def test_letters_of_other_languages_are_no_mojibake(text: str) -> None:
    assert not why_mojibake(text)


def test_control_characters_are_told_and_tabs_and_lines_are_not() -> None:
    assert failed("a\x00b", "control_characters") == {"control_characters"}
    assert failed("\x1b[31mred\x1b[0m", "control_characters") == {"control_characters"}
    assert not failed("a\tb\r\nc\fd", "control_characters")


@pytest.mark.parametrize(
    "text", ["Go to https:// now.", "Read [this]() first.", "See [insert link here].", "https://your-website.com"]
)
def test_links_to_nothing_are_told(text: str) -> None:
    assert failed(text, "dead_links") == {"dead_links"}


@pytest.mark.parametrize(
    "text", ["https://www.gutenberg.org/ebooks/84", "[this](https://a.org)", "```\nurl = 'https://' + host\n```"]
)
def test_links_to_something_are_not(text: str) -> None:
    assert not failed(text, "dead_links")
