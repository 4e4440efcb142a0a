"""Personal data: found by pattern, believed by checksum, masked by type and number."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MODES = ("off", "tag", "mask", "drop")
FIELDS = ("system", "instruction", "input", "output")
_MAYBE = r"@|\d[\d \-.()]{5,}|[A-Z]{2}\d{2}"  # a row without any of these holds nothing we know


@dataclass(frozen=True)
class Detector:
    """One kind of personal datum: how it looks, and the check a true one passes."""

    kind: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]


def _always(_: str) -> bool:
    return True


def _resident_id(text: str) -> bool:
    from stdnum.cn import ric

    return bool(ric.is_valid(text.upper()))


def _iban(text: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(text))


def _card(text: str) -> bool:
    from stdnum import luhn

    digits = re.sub(r"\D", "", text)
    return 13 <= len(digits) <= 19 and digits[0] in "3456" and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def _social_security(text: str) -> bool:
    from stdnum.us import ssn

    return bool(ssn.is_valid(text))


def _phone(text: str) -> bool:
    """A number its country's plan has room for; one without a country code is read as North American."""
    import phonenumbers

    if sum(map(str.isdigit, text)) < 9:
        return False
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(text, "US")))
    except phonenumbers.NumberParseException:
        return False


# in the order they are believed: a stretch of text is given to the first that claims it
DETECTORS = (
    Detector(
        "EMAIL",
        re.compile(r"(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![\w-])"),
        _always,
    ),
    Detector("ID", re.compile(r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])"), _resident_id),
    Detector(
        "IBAN",
        re.compile(r"(?<![A-Za-z\d])[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?![A-Za-z\d])"),
        _iban,
    ),
    Detector("CARD", re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]\d|\d)"), _card),
    Detector("SSN", re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), _social_security),
    Detector("PHONE", re.compile(r"(?<![\d.+])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\d.]\d|\d)"), _always),
    Detector(
        "PHONE",
        re.compile(r"(?<![\d.])(?:\+1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])[2-9]\d{2}[-. ]\d{4}(?!\d)"),
        _phone,
    ),
    Detector("PHONE", re.compile(r"(?<![\w.+])\+[1-9]\d{0,2}(?:[ -]?\(?\d{1,4}\)?){2,5}(?!\d)"), _phone),
)


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """The personal data of a text: start, end, kind; in order, never overlapping."""
    taken: list[tuple[int, int, str]] = []
    for detector in DETECTORS:
        for match in detector.pattern.finditer(text):
            start, end = match.span()
            if all(end <= other or start >= stop for other, stop, _ in taken) and detector.check(match[0]):
                taken.append((start, end, detector.kind))
    yield from sorted(taken)


class _Masks:
    """The numbers of a row's masks: one value keeps its number in every field."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}

    def of(self, kind: str, value: str) -> str:
        key = (kind, re.sub(r"[\s().-]", "", value).lower())
        if key not in self._numbers:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._numbers[key] = self._counts[kind]
        return f"[{kind}_{self._numbers[key]}]"


def mask_texts(texts: list[str]) -> tuple[list[str], list[str]]:
    """A row's texts with their personal data masked, and the kinds found (sorted, each once)."""
    masks = _Masks()
    kinds: set[str] = set()
    masked = []
    for text in texts:
        pieces, at = [], 0
        for start, end, kind in find(text):
            pieces += [text[at:start], masks.of(kind, text[start:end])]
            kinds.add(kind)
            at = end
        masked.append("".join([*pieces, text[at:]]))
    return masked, sorted(kinds)


@dataclass
class Found:
    """The personal data of a batch: the kinds in each row, and the batch with them masked."""

    kinds: dict[int, list[str]]
    masked: pa.RecordBatch

    @property
    def column(self) -> pa.Array:
        """The kinds as a column, one list a row."""
        return pa.array([self.kinds.get(row, []) for row in range(self.masked.num_rows)], pa.list_(pa.string()))


def look(batch: pa.RecordBatch) -> Found:
    """Find the personal data of a batch in all its texts, earlier turns included."""
    maybe = np.zeros(batch.num_rows, bool)
    for name in FIELDS:
        maybe |= pc.match_substring_regex(batch.column(name), _MAYBE).to_numpy(zero_copy_only=False)
    history = batch.column("history")
    maybe |= pc.greater(pc.list_value_length(history), 0).to_numpy(zero_copy_only=False)
    kinds: dict[int, list[str]] = {}
    changed: dict[int, list[str]] = {}
    turns = {}
    for row in np.flatnonzero(maybe).tolist():
        said = history[row].as_py()
        texts = [
            *(batch.column(name)[row].as_py() for name in FIELDS),
            *((turn["content"] or "") for turn in said),
        ]
        masked, found = mask_texts(texts)
        if found:
            kinds[row] = found
            changed[row] = masked
            turns[row] = [{**turn, "content": text} for turn, text in zip(said, masked[len(FIELDS) :], strict=True)]
    return Found(kinds, _replaced(batch, changed, turns) if changed else batch)


def _replaced(
    batch: pa.RecordBatch, changed: dict[int, list[str]], turns: dict[int, list[dict[str, str]]]
) -> pa.RecordBatch:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    for place, name in enumerate(FIELDS):
        texts = columns[name].to_pylist()
        for row, masked in changed.items():
            texts[row] = masked[place]
        columns[name] = pa.array(texts, pa.string())
    if any(turns.values()):
        history = columns["history"].to_pylist()
        for row, said in turns.items():
            history[row] = said
        columns["history"] = pa.array(history, columns["history"].type)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
