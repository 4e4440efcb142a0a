"""Abuse by word."""

from typing import Any

import pytest

import instructkit as ik
from tests.rows import examples


def words(text: str) -> list[str]:
    found: Any = ik.filter(examples([{"input": text}]), toxicity="tag", workers=1).read_all()["toxicity"].to_pylist()[0]
    return list(found)


@pytest.mark.parametrize("text", ["You stupid piece of shit!", "fuck off", "你这个傻逼，滚", "他妈的什么玩意"])
def test_abuse_is_found_with_the_words_that_show_it(text: str) -> None:
    found = words(text)
    assert found
    assert all(word in text for word in found)


@pytest.mark.parametrize(
    "text",
    [
        "The assassin passed the class in Scunthorpe.",
        "She shot a film about gay and Muslim life in Essex.",
        "Kill the process with kill -9 and hang up the phone.",
        "How do I shoot a photo at night?",
        "他是一位中国诗人，滚动条在右边，畜牧业很发达。",
        "Dick Whittington had a cock and a bull.",
    ],
)
def test_harmless_words_and_names_are_left_alone(text: str) -> None:
    assert words(text) == []


def test_dropping_shows_the_evidence(tmp_path: Any) -> None:
    table = examples([{"input": "you asshole"}, {"input": "dear friend"}])
    reader = ik.filter(table, toxicity="drop", workers=1, rejects=str(tmp_path / "r.parquet"))
    assert reader.read_all()["input"].to_pylist() == ["dear friend"]
    ((reason,),) = ik.read(str(tmp_path / "r.parquet")).read_all()["reasons"].to_pylist()
    assert (reason["rule"], reason["value"]) == ("toxicity", "asshole")
