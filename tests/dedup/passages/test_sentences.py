"""Repeated sentences: where they end, and what becomes of the rows."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.dedup.passages import PassageSettings
from instructkit.dedup.passages.sentences import Sentences
from instructkit.dedup.passages.tokens import Tokens
from instructkit.errors import UsageError
from tests.dedup.passages.oracles import lines, run, sentences, tokens, units

BOILERPLATE = "Please note that I am only a language model made by somebody."
PARTS = st.sampled_from(
    ["a b. ", "c d e! ", "f g? ", "Mr. ", "J. K", "3.5 ", "是。", "好吗？", "我们。”", "“", "\n", "\n\n", "```\n", "x",
     ")", " ", "你.", "...", "…", "a b c d. ", "是不是好。"]
)  # fmt: skip
TEXTS = st.lists(st.lists(PARTS).map("".join), max_size=6)


def split(text: str) -> list[str]:
    """The lines and sentences that are found, each of one word or more."""
    found = Tokens.of(pa.array([text]))
    _, starts, ends = Sentences(1)._units(found)
    data = bytes(found.data)
    return [data[found.starts[start] : found.ends[end - 1]].decode() for start, end in zip(starts, ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
        ("It costs 3.5 or 4. Well.", ["It costs 3.5 or 4.", "Well."]),
        ("Call obj.method() now. Done", ["Call obj.method() now.", "Done"]),
        ("Mr. Smith met J. R. Hart. They spoke.", ["Mr. Smith met J. R. Hart.", "They spoke."]),
        ("We use tools, e.g. hammers. Fine", ["We use tools, e.g. hammers.", "Fine"]),
        ("今天天气很好。我们去公园吧！“好。”他说。", ["今天天气很好。", "我们去公园吧！", "“好。”", "他说。"]),
        ("他说.我听?好", ["他说.", "我听?", "好"]),
        ("等等……他来了", ["等等……", "他来了"]),
        ("**Note.** More here.", ["**Note.**", "More here."]),
    ],
)
def test_a_line_is_followed_by_its_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == [text, *expected]


def test_a_line_break_ends_a_sentence_and_a_code_block_is_one_line() -> None:
    code = "```python\nprint(1)\n\nprint('a. B')\n```"
    assert split(f"One\ntwo\r\nthree.\n{code}\nfour") == ["One", "two", "three.", code, "four"]


@settings(max_examples=120, deadline=None)
@given(TEXTS)
def test_units_are_those_of_plain_python(texts: list[str]) -> None:
    for text in texts:
        assert sorted(map(tokens, set(split(text)))) == sorted(map(list, set(units(text, 1))))


@settings(max_examples=120, deadline=None)
@given(TEXTS)
def test_what_stands_in_an_earlier_row_is_cut_and_nothing_else(texts: list[str]) -> None:
    result = run(texts, sentences=True, min_tokens=2)
    seen: set[tuple[str, ...]] = set()
    for row, text in enumerate(texts):
        left: list[str] = []
        for line in lines(text):
            if tuple(tokens(line)) in seen:
                continue
            parts = [line] if line.strip().startswith("```") else sentences(line)
            left += [token for part in parts if tuple(tokens(part)) not in seen for token in tokens(part)]
        seen.update(units(text, 2))
        if left == tokens(text):
            assert result.texts[str(row)] == text
        elif left:
            assert tokens(result.texts[str(row)]) == left
        else:
            assert str(row) not in result.texts


def test_the_first_row_keeps_what_later_rows_lose() -> None:
    texts = [f"{BOILERPLATE} Paris is large.", f"Rome is old.  {BOILERPLATE}  It has hills.", f"Oslo.\n\n{BOILERPLATE}"]
    result = run(texts, sentences=True)
    assert result.texts == {"0": texts[0], "1": "Rome is old.  It has hills.", "2": "Oslo."}
    assert result.cuts == [("1", 13, "0"), ("2", 13, "0")]
    assert result.counts.changed == {"sentences_cut": 2}
    assert result.counts.rows_dropped == 0


def test_a_paragraph_of_short_sentences_is_a_repeat_as_a_whole() -> None:
    footer = "Share this. Click to share. Like this. Loading now."
    assert run([f"A.\n\n{footer}", f"B.\n\n{footer}\n\nC."], sentences=True).texts["1"] == "B.\n\nC."


def test_a_row_may_say_a_thing_twice() -> None:
    text = f"{BOILERPLATE} {BOILERPLATE}"
    result = run([text, f"{text} Yes."], sentences=True)
    assert result.texts == {"0": text, "1": "Yes."}


def test_short_labels_and_short_sentences_are_never_touched() -> None:
    texts = [
        "Yes.",
        "Yes.",
        "positive",
        "是的。",
        "是的。",
        "No, it is not.",
        "No, it is not.",
        "| --- | --- | --- |",
        "-" * 40,
    ]
    assert list(run([*texts, *texts], sentences=True).texts.values()) == [*texts, *texts]


def test_lines_of_code_are_cut_with_their_block_only() -> None:
    shared = 'print("The sum of the two numbers that you gave is", total)'
    first, second = (f"```python\n{name} = 1\n{shared}\n```" for name in ("a", "b"))
    texts = [f"See:\n{first}", f"See:\n{second}", f"Look:\n{second}\nDone."]
    assert run(texts, sentences=True, min_tokens=5).texts == {"0": texts[0], "1": texts[1], "2": "Look:\nDone."}


def test_a_row_of_repeats_alone_is_dropped_with_its_reason(tmp_path: Path) -> None:
    path = str(tmp_path / "rejects.jsonl")
    result = run([f"{BOILERPLATE} More.", BOILERPLATE.upper()], sentences=True, rejects=path)
    assert list(result.texts) == ["0"]
    assert result.counts.reasons == {"nothing_left": 1}
    assert not result.counts.changed
    assert not result.cuts
    rejects = ik.read(path).read_all()
    assert rejects["output"].to_pylist() == [BOILERPLATE.upper()]
    reason = {"rule": "nothing_left", "value": "13 tokens, all of them in 0", "threshold": "8"}
    assert rejects["reasons"].to_pylist() == [[reason]]


def test_rows_of_repeats_for_more_than_half_are_dropped_whole_and_others_stay_as_they_are(tmp_path: Path) -> None:
    path = str(tmp_path / "rejects.jsonl")
    own = "This one has a good many words that are its very own, and they count."
    texts = [f"{BOILERPLATE} Paris.", f"{own} {BOILERPLATE}", f"Rome. {BOILERPLATE}"]
    result = run(texts, sentences=True, repeats="drop", rejects=path)
    assert result.texts == {"0": texts[0], "1": texts[1]}
    assert result.counts.reasons == {"repeated_sentences": 1}
    reasons = ik.read(path).read_all()["reasons"].to_pylist()
    assert reasons == [[{"rule": "repeated_sentences", "value": "0.8667, most of it in 0", "threshold": "0.5"}]]


def test_what_only_a_dropped_row_held_is_kept_where_it_stands_next() -> None:
    one, other = BOILERPLATE, "Here are some ten words that are to be kept."
    texts = [one, f"{one} {other}", f"My own. {other}", f"Yours. {other}"]
    assert list(run(texts, sentences=True, repeats="drop").texts) == ["0", "2"]


def test_a_sentence_has_at_least_one_token() -> None:
    with pytest.raises(UsageError, match="at least 1 token, not 0"):
        PassageSettings(sentences=True, min_tokens=0)
