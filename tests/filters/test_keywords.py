"""Rows with a word of a list."""

from pathlib import Path

import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.filters.keywords import parse_keywords
from tests.rows import examples

ROWS = [
    {"output": "A Stir-Fry of the moon."},
    {"input": "moonlight"},
    {"instruction": "写一个敏感词。"},
    {"output": "no"},
]


def words(folder: Path, text: str) -> str:
    path = folder / "words.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def kept(keywords: str) -> list[int]:
    table = ik.filter(examples(ROWS, n=[0, 1, 2, 3]), preset="none", keywords=[keywords]).read_all()
    return table["n"].to_pylist()


def test_rows_with_a_word_are_dropped_or_alone_kept(tmp_path: Path) -> None:
    path = words(tmp_path, "# a list\nmoon\n敏感词\n\nstir-fry\n")
    assert kept(path) == kept(f"{path}:drop") == [1, 3]
    assert kept(f"{path}:keep") == [0, 2]


def test_the_words_found_are_told(tmp_path: Path) -> None:
    rejects = str(tmp_path / "r.jsonl")
    ik.filter(examples(ROWS), preset="none", keywords=[words(tmp_path, "moon\nstir-fry\n")], rejects=rejects).read_all()
    ((reason,),) = ik.read(rejects).read_all()["reasons"].to_pylist()
    assert reason == {"rule": "keywords", "value": "stir-fry, moon", "threshold": "words.txt"}


def test_words_are_text_and_no_pattern_and_may_be_many(tmp_path: Path) -> None:
    assert kept(words(tmp_path, "no.*\n(a\n[\n\\d+\nmoon.\n" + "\n".join(f"word{n}" for n in range(3000)))) == [1, 2, 3]


def test_a_list_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can't be read"):
        parse_keywords(str(tmp_path / "absent.txt"))
    with pytest.raises(UsageError, match="holds no words"):
        parse_keywords(words(tmp_path, "# nothing\n\n"))
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(BadInput, match="not UTF-8"):
        parse_keywords(str(tmp_path / "latin.txt"))
