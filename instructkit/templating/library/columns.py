"""The values of a role: a column of the raw rows, or a part of one."""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.records.lists import list_lengths, list_starts, lists_of
from instructkit.records.schema import repeat
from instructkit.templating.library.packs import Column

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？；…][”’」』）]*")
_SPACE = re.compile(r"\s+")
_FEW = 24  # characters

Mask = npt.NDArray[np.bool_]


def has_column(schema: pa.Schema, path: str) -> bool:
    """Whether a column, or a struct's field written with dots, is there."""
    return _type_of(schema, path) is not None


def _type_of(schema: pa.Schema, path: str) -> pa.DataType | None:
    if path in schema.names:
        return schema.field(path).type
    name, *fields = path.split(".")
    kind = schema.field(name).type if name in schema.names else None
    for child in fields:
        if kind is None or not pa.types.is_struct(kind) or kind.get_field_index(child) < 0:
            return None
        kind = kind.field(child).type
    return kind


def evaluate(batch: pa.RecordBatch, column: Column) -> pa.StringArray:
    """A role's values as text, null where a row has none."""
    if column.constant is not None:
        return repeat(column.constant, batch.num_rows)
    if column.tags is not None:
        return _entities(batch, column)
    values = _one_value(_reach(batch, column.column), column)
    if column.after is not None:
        values = _after(values, column.after)
    if column.before is not None:
        values = pc.list_element(pc.split_pattern(values, column.before, max_splits=1), 0)
    if column.remove is not None:
        values = pc.replace_substring_regex(values, column.remove, "")
    if column.before is not None or column.after is not None or column.remove is not None:
        values = pc.utf8_trim_whitespace(values)
    if column.half is not None:
        values = _half(values, second=column.half == "second")
    return values


def evaluate_list(batch: pa.RecordBatch, column: Column) -> pa.ListArray:
    """A role's values as a list of texts a row: of a list column, of several columns, or of a JSON list in a text."""
    if column.columns:
        parts = [pc.fill_null(evaluate(batch, Column(name)), "") for name in column.columns]
        flat = pa.concat_arrays(parts).take(
            pa.array(np.arange(len(parts) * batch.num_rows).reshape(len(parts), -1).T.ravel())
        )
        return _without_blank_ends(flat, len(parts))
    if column.constant is not None:
        return pa.array([_list_in(column.constant)] * batch.num_rows, pa.list_(pa.string()))
    values = _reach(batch, column.column)
    if not pa.types.is_list(values.type):
        values = pa.array([_list_in(text) for text in _text(values).to_pylist()], pa.list_(pa.string()))
    elif values.type != pa.list_(pa.string()):
        values = _texts_of(values, column.column)
    if column.remove is None:
        return values
    return lists_of(list_lengths(values), pc.replace_substring_regex(values.flatten(), column.remove, ""))


def _without_blank_ends(flat: pa.StringArray, width: int) -> pa.ListArray:
    """Lists of so many texts each, but for the empty ones behind the last: a row may have fewer."""
    filled = pc.not_equal(pc.utf8_trim_whitespace(flat), "").to_numpy(zero_copy_only=False).reshape(-1, width)
    counts = np.where(filled.any(axis=1), width - np.argmax(filled[:, ::-1], axis=1), 0)
    kept = np.arange(width)[None, :] < counts[:, None]
    return lists_of(counts, flat.filter(pa.array(kept.ravel())))


def _texts_of(values: pa.ListArray, name: str) -> pa.ListArray:
    """Lists of other values as lists of texts: of objects their field ``text``."""
    kind = values.type.value_type
    if not pa.types.is_nested(kind):
        return values.cast(pa.list_(pa.string()))
    if not pa.types.is_struct(kind) or kind.get_field_index("text") < 0:
        raise UsageError(f"the lists of the column {name!r} hold {kind}, not texts: name a column of texts with --map")
    return lists_of(list_lengths(values), _text(pc.struct_field(values.flatten(), "text")))


def _list_in(text: str | None) -> list[str]:
    """A list spelled in one text: as JSON, or between bars or line ends."""
    import json

    if text is None:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list):
        return ["" if one is None else str(one) for one in found]
    separator = "|||" if "|||" in text else "|" if "|" in text else "\n"
    return [part.strip() for part in text.split(separator) if part.strip()]


def _entities(batch: pa.RecordBatch, column: Column) -> pa.StringArray:
    """The spans that sequence tags mark in tokens: "person: Ann, Bob; place: Rome"."""
    tokens = _reach(batch, column.column).to_pylist()
    tags = _reach(batch, column.tags or "").to_pylist()
    texts = [None if words is None or marks is None else _spans(words, marks, column) for words, marks in
             zip(tokens, tags, strict=True)]  # fmt: skip
    return pa.array(texts, pa.string())


def _spans(tokens: list[object], tags: list[object], column: Column) -> str:
    found: dict[str, list[str]] = {}
    words: list[str] = []
    kind = ""
    named = [column.names[tag] if isinstance(tag, int) and 0 <= tag < len(column.names) else str(tag) for tag in tags]
    for word, tag in zip([*tokens, None], [*named, "O"], strict=False):
        prefix, _, name = tag.partition("-")
        if prefix == "I" and name == kind and words:
            words.append(str(word))
            continue
        if words:
            text = _together(words)
            if text not in found.setdefault(kind, []):
                found[kind].append(text)
        words, kind = ([str(word)], name) if prefix in ("B", "I") else ([], "")
    colon, comma, semicolon = (": ", ", ", "; ") if column.none.isascii() else ("：", "、", "；")
    return semicolon.join(kind + colon + comma.join(texts) for kind, texts in found.items()) or column.none


def _together(words: list[str]) -> str:
    """Tokens as a text: characters of a script without spaces stand side by side."""
    return "".join(
        word if not number or not (word[0].isascii() and words[number - 1][-1:].isascii()) else f" {word}"
        for number, word in enumerate(words)
        if word
    )


def _reach(batch: pa.RecordBatch, path: str) -> pa.Array:
    if path in batch.schema.names:
        return batch.column(path)
    name, *fields = path.split(".")
    column = batch.column(name)
    for child in fields:
        column = pc.struct_field(column, child)
    return column


def _one_value(values: pa.Array, column: Column) -> pa.StringArray:
    """Text from a value of any type; of a list the first element, or all joined."""
    kind = values.type
    if pa.types.is_list(kind):
        if column.join is not None:
            return pc.binary_join(values.cast(pa.list_(pa.string())), column.join)
        return _text(_first(values))
    return _text(values)


def _first(values: pa.ListArray) -> pa.Array:
    lengths = list_lengths(values)
    return values.flatten().take(pa.array(list_starts(lengths), mask=lengths == 0))


def _text(values: pa.Array) -> pa.StringArray:
    if pa.types.is_floating(values.type) and bool(
        pc.all(pc.and_(pc.less(pc.abs(values), 2**53), pc.equal(pc.floor(values), values))).as_py()
    ):
        values = pc.cast(values, pa.int64())  # a label column with a gap arrives as 0.0, 1.0
    if pa.types.is_nested(values.type):
        from instructkit.records.schema import as_text

        return as_text(values)
    return values if pa.types.is_string(values.type) else pc.cast(values, pa.string())


def _after(values: pa.StringArray, separator: str) -> pa.StringArray:
    found = pc.match_substring(values, separator)
    parts = pc.split_pattern(values, separator, max_splits=1)
    lengths = list_lengths(parts)
    last = np.cumsum(lengths) - 1
    return pc.if_else(found, parts.flatten().take(pa.array(last, mask=lengths == 0)), pa.scalar(None, pa.string()))


def cut_in_two(text: str) -> tuple[str, str]:
    """A text's halves, cut at the sentence end nearest its middle (a space, where it has no sentence end).

    Both are "" for a text that can't be cut.
    """
    middle = len(text) / 2
    for pattern in (_SENTENCE_END, _SPACE):
        cuts = [found.end() for found in pattern.finditer(text) if text[found.end() :].strip()]
        if cuts:
            cut = min(cuts, key=lambda place: abs(place - middle))
            if text[:cut].strip():
                return text[:cut].rstrip(), text[cut:].strip()
    return "", ""


def _half(values: pa.StringArray, second: bool) -> pa.StringArray:
    return pa.array([None if text is None else cut_in_two(text)[second] for text in values.to_pylist()], pa.string())


def not_blank(values: pa.StringArray) -> Mask:
    """Whether each text says something: bool; a null does not."""
    opening = pc.utf8_slice_codeunits(values, 0, _FEW)  # whole texts are looked at only where this is blank
    mask: Mask = _says_something(opening)
    doubtful = np.flatnonzero(
        ~mask & pc.fill_null(pc.greater(pc.binary_length(values), _FEW), False).to_numpy(zero_copy_only=False)
    )
    if len(doubtful):
        mask[doubtful] = _says_something(values.take(pa.array(doubtful)))
    return mask


def _says_something(values: pa.StringArray) -> Mask:
    filled = pc.not_equal(pc.utf8_trim_whitespace(values), "")
    return np.array(pc.fill_null(filled, False).to_numpy(zero_copy_only=False))
