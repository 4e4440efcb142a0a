"""Personal data: found by pattern, believed by checksum, masked by type and number."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.examining import Findings
from instructkit.filters.rule import Verdict

MODES = ("off", "tag", "mask", "drop")
NAMES = ("id", "parent", "task", "source", "template")  # what a row is called by, never changed
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
        re.compile(r"(?<![A-Za-z0-9_.+%-])[A-Za-z0-9_.+%-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![A-Za-z0-9-])"),
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
    """The masks of a row: one value keeps its number wherever it stands."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self.kinds: dict[str, int] = {}

    def of(self, kind: str, value: str) -> str:
        """The mask of a datum."""
        key = (kind, re.sub(r"[\s().-]", "", value).lower())
        if key not in self._numbers:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            self._numbers[key] = self.kinds[kind]
        return f"[{kind}_{self._numbers[key]}]"

    def over(self, value: Any) -> Any:
        """A value of any depth with the personal data of its texts masked."""
        if isinstance(value, str):
            pieces, at = [], 0
            for start, end, kind in find(value):
                pieces += [value[at:start], self.of(kind, value[start:end])]
                at = end
            return "".join([*pieces, value[at:]]) if pieces else value
        if isinstance(value, list):
            return [self.over(one) for one in value]
        if isinstance(value, dict):
            return {name: self.over(one) for name, one in value.items()}
        return value


def mask_texts(texts: list[str]) -> tuple[list[str], list[str]]:
    """A row's texts with their personal data masked, and the kinds found (sorted, each once)."""
    masks = _Masks()
    masked = [masks.over(text) for text in texts]
    return masked, sorted(masks.kinds)


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
    """Find the personal data of a batch in all its texts: earlier turns and the user's own columns too."""
    names = [field.name for field in batch.schema if field.name not in NAMES and _holds_text(field.type)]
    maybe = np.zeros(batch.num_rows, bool)
    for name in names:
        maybe |= _maybe(batch.column(name))
    rows = np.flatnonzero(maybe)
    values = {name: batch.column(name).take(pa.array(rows)).to_pylist() for name in names}
    kinds: dict[int, list[str]] = {}
    for place, row in enumerate(rows.tolist()):
        masks = _Masks()
        masked = {name: masks.over(values[name][place]) for name in names}
        if masks.kinds:
            kinds[row] = sorted(masks.kinds)
            for name in names:
                values[name][place] = masked[name]
    if not kinds:
        return Found(kinds, batch)
    columns = [
        pc.replace_with_mask(batch.column(name), pa.array(maybe), pa.array(values[name], field.type))
        if name in names and not pa.types.is_nested(field.type)
        else _nested(batch.column(name), rows, values[name])
        if name in names
        else batch.column(name)
        for name, field in zip(batch.schema.names, batch.schema, strict=True)
    ]
    return Found(kinds, pa.RecordBatch.from_arrays(columns, schema=batch.schema))


def _holds_text(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _holds_text(kind.value_type)
    if pa.types.is_struct(kind):
        return any(_holds_text(child.type) for child in kind)
    return bool(pa.types.is_string(kind))


def _maybe(column: pa.Array) -> npt.NDArray[np.bool_]:
    if pa.types.is_nested(column.type):
        found = column.is_valid() if pa.types.is_struct(column.type) else pc.greater(pc.list_value_length(column), 0)
    else:
        found = pc.match_substring_regex(column, _MAYBE)
    maybe: npt.NDArray[np.bool_] = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return maybe


def _nested(column: pa.Array, rows: npt.NDArray[np.int64], values: list[Any]) -> pa.Array:
    every = column.to_pylist()
    for row, value in zip(rows.tolist(), values, strict=True):
        every[row] = value
    return pa.array(every, column.type)


@dataclass(frozen=True)
class PiiExaminer:
    """Marks, masks or fails rows with personal data."""

    mode: str
    holds_gil: bool = True

    @property
    def fields(self) -> tuple[pa.Field, ...]:
        """The column of kinds, for tag and mask."""
        return (pa.field("pii", pa.list_(pa.string())),) if self.mode != "drop" else ()

    def __call__(self, batch: pa.RecordBatch) -> Findings:
        """Examine the rows of a batch."""
        found = look(batch)
        has = np.isin(np.arange(batch.num_rows), list(found.kinds))
        if self.mode == "drop":
            kinds = {row: ", ".join(kinds) for row, kinds in found.kinds.items()}
            return Findings([("pii", Verdict.found(batch.num_rows, kinds), "")])
        masked = found.masked if self.mode == "mask" else None
        return Findings(
            columns=[found.column], batch=masked, marked={f"pii_{self.mode}ed".replace("tage", "tagge"): has}
        )
