"""Sentences of running text."""

import pytest

from instructkit.templating.pretext.language.sentences import is_whole, paragraphs, split

ENGLISH = [
    ("One ends. Another begins.", ["One ends.", "Another begins."]),
    ("Dr. Smith met Mrs. Jones in St. Louis. They talked.", ["Dr. Smith met Mrs. Jones in St. Louis.", "They talked."]),
    ("It cost 3.50 dollars. He paid.", ["It cost 3.50 dollars.", "He paid."]),
    ("The U.S. Senate voted. J. R. Ewing left.", ["The U.S. Senate voted.", "J. R. Ewing left."]),
    ("“Stop!” she said. He went on.", ["“Stop!” she said.", "He went on."]),
    ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
    ("Why? Because. Really!", ["Why?", "Because.", "Really!"]),
    ("A note (see p. 3. There is more) stands here. End.", ["A note (see p. 3. There is more) stands here.", "End."]),
    ("no end mark here", ["no end mark here"]),
    ("", []),
]
CHINESE = [
    ("天亮了。鸟在叫。", ["天亮了。", "鸟在叫。"]),
    ("他问：“你去吗？我不去。”她点头。", ["他问：“你去吗？我不去。”", "她点头。"]),
    ("真的吗？真的！", ["真的吗？", "真的！"]),
    ("先煮水；再下面。", ["先煮水；再下面。"]),
    ("没有句号", ["没有句号"]),
]


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_english_is_split_at_end_marks_but_not_at_abbreviations(text: str, expected: list[str]) -> None:
    assert split(text, False) == expected


@pytest.mark.parametrize(("text", "expected"), CHINESE)
def test_chinese_is_split_at_end_marks_but_not_inside_quotes(text: str, expected: list[str]) -> None:
    assert split(text, True) == expected


def test_a_line_break_that_was_lost_parts_two_paragraphs() -> None:
    assert paragraphs("It ended in socialism.Humans lived on.\nA line.", False) == [
        "It ended in socialism.",
        "Humans lived on.",
        "A line.",
    ]


def test_brackets_from_which_all_was_taken_out_go() -> None:
    assert paragraphs("Alabama () is a state.", False) == ["Alabama is a state."]
    assert paragraphs("北上车站（；）是一个车站。", True) == ["北上车站是一个车站。"]


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("It has a total of  of waterways.", False),
        ("The mean would drop to about .", False),
        ("OverviewASCII was developed early.", False),
        ("Classical era tactics During the war they fought.", False),
        ("a start in lower case.", False),
        ("No end mark", False),
        ('An open "quote.', False),
        ("《》是一部小说。", True),
        ("，接着上文。", True),
        ("没有句号", True),
    ],
)
def test_a_sentence_that_was_torn_is_not_whole(sentence: str, chinese: bool) -> None:
    assert not is_whole(sentence, chinese)


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("JavaScript runs in browsers (and elsewhere).", False),
        ("“We are here,” he said.", False),
        ("1984 was a warm year.", False),
        ("北京（旧称北平）是首都。", True),
        ("他说：“好。”", True),
    ],
)
def test_a_sound_sentence_is_whole(sentence: str, chinese: bool) -> None:
    assert is_whole(sentence, chinese)
