"""What several rules share: joining sentences, the opening of a document, words in common."""

import re
from collections.abc import Iterator

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language import chinese, english

RUNS = 6  # that are looked at


def join(sentences: list[str], is_chinese: bool) -> str:
    """Sentences as a paragraph."""
    return ("" if is_chinese else " ").join(sentences)


def opening(passage: Passage, least: int, most: int) -> str:
    """The first paragraphs of a passage up to ``most`` characters (half in Chinese), "" where that is too little."""
    if passage.is_chinese:
        least, most = least // 2, most // 2
    found: list[str] = []
    size = 0
    for paragraph in passage.paragraphs:
        kept: list[str] = []
        for sentence in paragraph:
            if size + len(sentence) > most:
                break
            kept.append(sentence)
            size += len(sentence) + 1
        if kept:
            found.append(join(kept, passage.is_chinese))
        if len(kept) < len(paragraph):
            break
    return "\n".join(found) if size >= least else ""


def runs_of(passage: Passage, draws: Draws, least: int, most: int) -> Iterator[list[str]]:
    """Some runs of ``least`` to ``most`` sentences of one paragraph, the first of which stands alone; at random."""
    runs = [
        (paragraph, start, size)
        for paragraph in passage.paragraphs
        for start in range(len(paragraph) - least + 1)
        if passage.stands_alone(paragraph[start])
        for size in range(least, min(most, len(paragraph) - start) + 1)
    ]
    for paragraph, start, size in draws.sample(runs, RUNS):
        yield paragraph[start : start + size]


def tokens(text: str, is_chinese: bool) -> list[str]:
    """The tokens by which overlap is measured: lower-case words, or Chinese characters."""
    if is_chinese:
        return re.findall(r"[\u3400-\u9fff]|[A-Za-z0-9]+", text)
    return [word.lower() for word in re.findall(r"[A-Za-z0-9]+", text)]


def content_words(text: str, is_chinese: bool) -> list[str]:
    """The content words of a text, in order, each once."""
    return chinese.content_words(text) if is_chinese else english.content_words(text)


def content(text: str, is_chinese: bool) -> set[str]:
    """The content words of a text, in lower case."""
    return {word.lower() for word in content_words(text, is_chinese)}


def words_of(text: str, is_chinese: bool) -> list[str]:
    """The content words of a text as often as they come, in lower case."""
    wanted = content(text, is_chinese)
    every = [word for word, _ in chinese.tagged(text)] if is_chinese else english.WORD.findall(text)
    return [word.lower() for word in every if word.lower() in wanted]


def in_common(one: str, other: str, is_chinese: bool) -> float:
    """The share of one text's content words that stand in the other; 0 where it has none."""
    wanted = content(one, is_chinese)
    there = other.lower()
    return sum(stem(word) in there for word in wanted) / len(wanted) if wanted else 0.0


def stem(word: str) -> str:
    """A word without the ends that mark number and tense."""
    return re.sub(r"(?:ies|es|s|ed|ing|y)$", "", word) if word.isascii() and len(word) > 5 else word
