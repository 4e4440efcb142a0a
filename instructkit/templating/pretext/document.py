"""A document as the rules see it: its language, its passages, and what is wrong with it."""

import functools
import re
import zlib
from dataclasses import dataclass

from instructkit.records.script import HAN_SHARE
from instructkit.templating.pretext.language import chinese, english, sentences
from instructkit.templating.pretext.language.mention import Mention

PASSAGE = 2_500  # characters: what a rule reads of a longer document
_SLACK = 800  # characters that a passage may be longer, to end where a paragraph or a sentence does
_SENTENCE_END = re.compile(r"[.!?][\"'”’)]?\s|[。！？][”’」）]?")

# what is boilerplate, by shares of the text: chosen on web pages, to let pass what people wrote as prose
MOST_LINKS = 1 / 300  # links a character
MOST_TAGS = 1 / 200  # tags a character
MOST_TABLE_LINES = 0.3  # of the lines hold two or more bars or tabs
MOST_SHORT_LINES = 0.6  # of the characters are in short lines that end no sentence
MOST_DIGITS = 0.3  # of the characters
LEAST_COMPRESSED = 0.38  # of its bytes are left by zlib; running text keeps 0.43 to 0.6
_LONG = 1000  # characters, from which on that means anything
MOST_GARBLED = 0.005  # of the characters are U+FFFD or control characters
_SHORT = 40  # characters (20 in Chinese)

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_TABLE_LINE = re.compile(r"^[^\n]*(?:\|[^\n]*\||\t[^\n]*\t)[^\n]*$", re.MULTILINE)
_ENDS = (".", "!", "?", ":", ";", ",", '"', "”", "。", "！", "？", "：", "；", "，", ")", "）", "…")
_CODE_LINE = re.compile(
    r"^[ \t]*(?:(?:async )?def \w+\(|class \w+[(:{]|import \w+|from [\w.]+ import |#include|function \w*\(|public |"
    r"private |(?:const|let|var) \w+ =|return\b.*;?$|func \w+\(|package \w+|@\w+|if .*[:{]$|for .*[:{]$|"
    r"while .*[:{]$|\}|\)\s*[;{]$)",
    re.MULTILINE,
)
_CODE_MARKS = ("def ", "import ", "return", "{", "function ", "#include", "func ")
MOST_CODE_LINES = 0.2  # of the lines, from which on a text is code


@dataclass(eq=False)
class Document:
    """A text, and what its row says about it."""

    text: str
    title: str = ""
    topic: str = ""
    path: str = ""

    @functools.cached_property
    def is_chinese(self) -> bool:
        """Whether a fifth of its first characters are Han, as in `records.script`."""
        start = self.text[:2000]
        if start.isascii():
            return False
        han = len(_HAN.findall(start))
        return han > 0 and han >= HAN_SHARE * len(start.replace(" ", "")) and len(_KANA.findall(start)) * 10 <= han

    @functools.cached_property
    def is_code(self) -> bool:
        """Whether it is a program."""
        start = self.text[:20_000]
        lines = start.count("\n") + 1
        return (
            lines > 2
            and any(mark in start for mark in _CODE_MARKS)
            and len(_CODE_LINE.findall(start)) >= MOST_CODE_LINES * lines
        )

    @functools.cached_property
    def fault(self) -> tuple[str, str] | None:
        """Why no task is made of it: a reason and what was found; None of a sound one."""
        text = self.text
        size = len(text)
        if not text.strip():
            return "empty_document", ""
        garbled = len(_CONTROL.findall(text))
        if garbled > MOST_GARBLED * size:
            return "garbled", f"{garbled} control or replacement characters"
        if self.is_code:
            return None
        return self._boilerplate() or self._unreadable()

    def _boilerplate(self) -> tuple[str, str] | None:
        text, size = self.text, len(self.text)
        links = text.count("://") + text.count("www.")
        if links > 2 and links > MOST_LINKS * size:
            return "many_links", f"{links} links"
        tags = len(_TAG.findall(text)) if "<" in text else 0
        if tags > 2 and tags > MOST_TAGS * size:
            return "markup", f"{tags} tags"
        lines = [line for line in text.splitlines() if line.strip()]
        rows = len(_TABLE_LINE.findall(text)) if "|" in text or "\t" in text else 0
        if rows > 2 and rows > MOST_TABLE_LINES * len(lines):
            return "tables", f"{rows} of {len(lines)} lines are rows of a table"
        start = text[:4000].encode("utf-8", "replace")
        if size >= _LONG and len(zlib.compress(start, 1)) < LEAST_COMPRESSED * len(start):
            return "repetitive", "it says the same again and again"
        short = _SHORT // 2 if self.is_chinese else _SHORT
        loose = sum(len(line) for line in lines if len(line) < short and not line.rstrip().endswith(_ENDS))
        if len(lines) > 9 and loose > MOST_SHORT_LINES * size:
            return "lists", f"{loose} of {size} characters are in short lines"
        return None

    def _unreadable(self) -> tuple[str, str] | None:
        start = self.text[:20_000]
        digits = sum(map(start.count, "0123456789"))
        if digits > MOST_DIGITS * len(start):
            return "only_numbers", f"{digits} of {len(start)} characters are digits"
        if not self.is_chinese and not english.reads_as_english(start):
            return "other_language", "neither English nor Chinese"
        if not _SENTENCE_END.search(self.text + " "):
            return "no_sentence_end", "no mark that ends a sentence"
        return None

    @property
    def passages(self) -> int:
        """How many passages it has."""
        return max(round(len(self.text) / PASSAGE), 1)

    def passage(self, place: int) -> "Passage":
        """One of its passages: some 2,500 characters, from and to a paragraph or sentence where it has any."""
        found = self._passages.get(place)
        if found is None:
            last = place == self.passages - 1
            start, end = self._border(place), len(self.text) if last else self._border(place + 1)
            found = self._passages[place] = Passage(self, self.text[start : min(end, start + 2 * PASSAGE)], place)
        return found

    @functools.cached_property
    def _passages(self) -> "dict[int, Passage]":
        return {}

    def _border(self, place: int) -> int:
        """Where a passage begins: hangs on its place alone, so that one can be read without those before."""
        at = place * PASSAGE
        if at == 0:
            return 0
        line = self.text.find("\n", at, at + _SLACK)
        if line >= 0:
            return line + 1
        end = _SENTENCE_END.search(self.text, at, at + _SLACK)
        return end.end() if end else min(at + _SLACK, len(self.text))


@dataclass(eq=False)
class Passage:
    """Some paragraphs of a document."""

    document: Document
    text: str
    place: int

    @property
    def is_chinese(self) -> bool:
        """Whether its document is Chinese."""
        return self.document.is_chinese

    @property
    def is_first(self) -> bool:
        """Whether its document begins with it."""
        return self.place == 0

    @functools.cached_property
    def lines(self) -> list[str]:
        """Its paragraphs, headings among them."""
        return sentences.paragraphs(self.text, self.is_chinese)

    @functools.cached_property
    def paragraphs(self) -> list[list[str]]:
        """The whole sentences of each paragraph that runs without a break; broken ones part it."""
        found: list[list[str]] = []
        for line in self.lines:
            run: list[str] = []
            for one in sentences.split(line, self.is_chinese):
                if sentences.is_whole(one, self.is_chinese):
                    run.append(one)
                elif run:
                    found.append(run)
                    run = []
            if run:
                found.append(run)
        return found

    @functools.cached_property
    def sentences(self) -> list[str]:
        """All its whole sentences."""
        return [one for paragraph in self.paragraphs for one in paragraph]

    def mentions(self, sentence: str) -> list[Mention]:
        """The names, dates and numbers of one of its sentences."""
        found = self._mentions.get(sentence)
        if found is None:
            look = chinese.mentions if self.is_chinese else english.mentions
            found = self._mentions[sentence] = look(sentence)
        return found

    @functools.cached_property
    def _mentions(self) -> dict[str, list[Mention]]:
        return {}

    def stands_alone(self, sentence: str) -> bool:
        """Whether a sentence can be understood without those before it."""
        found = self._alone.get(sentence)
        if found is None:
            leans = self.leans_back(sentence)
            found = self._alone[sentence] = not leans and (self.is_chinese or not english.points_away(sentence))
        return found

    @functools.cached_property
    def _alone(self) -> dict[str, bool]:
        return {}

    def is_statement(self, sentence: str) -> bool:
        """Whether a sentence states something by itself: it is no question, order or heading."""
        if sentence.endswith(("?", "？")) or not self.stands_alone(sentence):
            return False
        return chinese.states(sentence) if self.is_chinese else english.states(sentence)

    def leans_back(self, sentence: str) -> bool:
        """Whether a sentence opens with a pronoun or a link to those before it."""
        return chinese.leans_back(sentence) if self.is_chinese else english.leans_back(sentence)


_HAN = re.compile(r"[\u3400-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")


def length(text: str) -> int:
    """The length of a text in words, or half its characters where it is Chinese (a word has two, mostly)."""
    han = len(_HAN.findall(text))
    return han // 2 if han * 2 > len(text) else len(text.split())
