"""Tokens, sentences and repeats said in plain Python, and the step run on plain texts."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from instructkit.dedup.passages import PassageSettings, cut_passages
from instructkit.records.characters import UNSPACED
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Records
from tests.rows import examples

Span = tuple[str, int, int]  # a token, where it starts and ends among the characters


@dataclass
class Result:
    """What became of some texts."""

    texts: dict[str, str] = field(default_factory=dict)  # by the number of the row
    counts: Counts = field(default_factory=Counts)
    cuts: list[tuple[str, int, str]] = field(default_factory=list)


def run(
    texts: Iterable[str | None], *, batch: int = 1000, workers: int = 1, rejects: str | None = None, **options: object
) -> Result:
    """Cut or drop the repeats of some outputs, whose ids are their numbers."""
    listed = list(texts)
    table = examples([{"id": str(number)} for number in range(len(listed) or 1)]).slice(0, len(listed))
    table = table.set_column(3, "output", pa.array(listed, pa.string()))
    records = Records(table.schema, iter(table.to_batches(max_chunksize=batch)))
    result = Result()
    with Rejects(rejects) as sink:
        sink.bind(records.schema)
        for piece in cut_passages(
            records, PassageSettings(**options), result.counts, sink, workers, result.cuts.extend
        ):  # type: ignore[arg-type]
            result.texts |= dict(zip(piece["id"].to_pylist(), piece["output"].to_pylist(), strict=True))
    return result


def spans(text: str) -> list[Span]:
    """The tokens of a text in NFC, and where each stands."""
    found: list[Span] = []
    word = -1
    for place, character in enumerate([*text, " "]):
        point, category = ord(character), unicodedata.category(character)
        space = character.isspace() or category in ("Zs", "Zl", "Zp", "Cc")
        in_word = point < 0x10000 and (category[0] in "LNM" or character == "_") and not space
        if in_word and not any(first <= point <= last for first, last in UNSPACED):
            word = place if word < 0 else word
            continue
        if word >= 0:
            found.append((text[word:place].lower(), word, place))
            word = -1
        if not space:
            found.append((character, place, place + 1))
    return found


def tokens(text: str) -> list[str]:
    """The tokens of a text in NFC."""
    return [token for token, _, _ in spans(text)]


def without_places(text: str, gone: list[bool]) -> list[str]:
    """The tokens of a text in NFC without some, but those that would leave half a character."""
    found = spans(text)
    glued = [_is_glued(found, place) for place in range(len(found))]
    kept, place = [], 0
    while place < len(found):
        end = place
        while end < len(found) and gone[end]:
            end += 1
        first, last = place, end
        while first < last and glued[first]:
            first += 1
        while first < last < len(found) and glued[last]:
            last -= 1
        kept += [*range(place, first), *range(last, end), *range(end, min(end + 1, len(found)))]
        place = end + 1
    return [found[place][0] for place in kept]


def _is_glued(found: list[Span], place: int) -> bool:
    """Whether a token extends the one before it: marks, joiners, vowels of Hangul, skins, tags, halves of a flag."""
    if place == 0 or found[place][1] != found[place - 1][2]:
        return False
    character = found[place][0][0]
    if found[place - 1][0][0] == "\u200d" or re.match("[\u0e33\u0eb3\u200c\u200d\u1160-\u11ff]", character):
        return True
    if character > "\uffff":
        flags = re.search("[\U0001f1e6-\U0001f1ff]*$", _adjacent(found, place))
        half = flags is not None and len(flags.group()) % 2 == 1
        if "\U0001f1e6" <= character <= "\U0001f1ff":
            return half
        return bool(re.match("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef]", character))
    return unicodedata.category(character)[0] == "M"


def _adjacent(found: list[Span], place: int) -> str:
    """What stands before a token, without a space between."""
    first = place
    while first > 0 and found[first][1] == found[first - 1][2]:
        first -= 1
    return "".join(token for token, _, _ in found[first:place])


def repeated_windows(texts: list[str], size: int) -> Iterator[tuple[int, int, int, int]]:
    """Row and place of each window that stands at an earlier place it does not overlap, and that row and place."""
    first: dict[tuple[str, ...], tuple[int, int]] = {}
    for row, text in enumerate(texts):
        found = tokens(text)
        for place in range(len(found) - size + 1):
            other, at = first.setdefault(tuple(found[place : place + size]), (row, place))
            if other < row or place - at >= size:
                yield row, place, other, at


def without_windows(texts: list[str], size: int) -> list[list[str]]:
    """The tokens of each text that no repeated window covers."""
    covered: set[tuple[int, int]] = set()
    for row, place, _, _ in repeated_windows(texts, size):
        covered.update((row, place + number) for number in range(size))
    return [
        [token for place, token in enumerate(tokens(text)) if (row, place) not in covered]
        for row, text in enumerate(texts)
    ]


_CLOSING = "\"')\\]}*`”’»」』）】》〉］｝〕"
_ENDED = re.compile(rf"[.!?。！？…｡؟۔।][.!?。！？…｡؟۔।{_CLOSING}]*")
_SHORT = re.compile(r"(?i)(?<!\w)(?:[a-z]|mr|mrs|ms|dr|prof|st|vs)$")


def lines(text: str) -> Iterator[str]:
    """The lines of a text; a fenced code block is one."""
    fence, block = "", ""
    for line in re.split("[\n\r]+", text):
        mark = next((mark for mark in ("```", "~~~") if line.strip().startswith(mark)), "")
        if not fence:
            fence = mark
            if fence:
                block = line
            else:
                yield line
        else:
            block += "\n" + line
            if mark == fence:
                yield block
                fence, block = "", ""
    if fence:
        yield block


def sentences(line: str) -> list[str]:
    """The sentences of a line that is no code."""
    found, start = [], 0
    for end in _ENDED.finditer(line):
        after = line[end.end() :]
        if not set(end.group()) & set("。！？…｡؟۔।"):
            if after[:1].strip() and not any(first <= ord(after[0]) <= last for first, last in UNSPACED):
                continue
            if end.group() == "." and after[:1].isspace() and _SHORT.search(line[: end.start()]):
                continue
        found.append(line[start : end.end()])
        start = end.end()
    return [*found, line[start:]]


def units(text: str, least: int) -> Iterator[tuple[str, ...]]:
    """The lines and sentences with words enough, as their tokens."""
    for line in lines(text):
        for part in {line} if line.strip().startswith(("```", "~~~")) else {line, *sentences(line)}:
            if sum(any(map(is_spelled, token)) for token in tokens(part)) >= least:
                yield tuple(tokens(part))


def is_spelled(character: str) -> bool:
    """Whether a character is of a word and no mark."""
    return character == "_" or unicodedata.category(character)[0] in "LNM"
