"""Turn a batch of raw rows into examples: fill the roles, draw the phrasings, render them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.hashing import draw, redraw, row_ids
from instructkit.records.schema import EXAMPLE, example_schema, no_history, repeat
from instructkit.records.script import is_chinese
from instructkit.templating.columns import evaluate
from instructkit.templating.labels import Labels, choose_words, in_language, options, words
from instructkit.templating.packs import Column, Pack, Phrasing
from instructkit.templating.render import names_in, render

Bad = tuple[int, str, str, str]  # row, rule, value, threshold
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """How one source's rows become examples; all that a worker needs."""

    source: str
    pack: Pack
    columns: Mapping[str, Column]
    labels: Labels | None
    phrasings: tuple[Phrasing, ...]
    extras: Mapping[str, pa.Field]  # by their name in the source
    language: str | None
    per_row: int | None  # None: every phrasing that applies
    max_chars: int | None
    seed: int

    @property
    def schema(self) -> pa.Schema:
        """The schema of the examples it makes."""
        return example_schema(list(self.extras.values()))


@dataclass
class Phrased:
    """A batch's examples, and the rows that gave none."""

    examples: pa.RecordBatch
    bad: list[Bad]
    partly: list[Bad]  # rows of which one example was left out and another stayed


def phrase(batch: pa.RecordBatch, plan: Plan) -> Phrased:
    """Make the examples of a batch of raw rows."""
    filled = _fill(batch, plan)
    bad = filled.bad
    good = np.ones(batch.num_rows, bool)
    good[[row for row, *_ in bad]] = False
    parents = row_ids([batch.column(name) for name in sorted(batch.schema.names)], batch.num_rows)
    pairs = _choose(filled, good, plan)
    chosen = np.zeros(batch.num_rows, bool)
    chosen[pairs[:, 0]] = True
    bad += [(int(row), "no_phrasing", "none applies to the row", "") for row in np.flatnonzero(good & ~chosen)]
    examples, too_long = _render(batch, parents, pairs, filled, plan)
    long = {int(pairs[place, 0]): length for place, length in too_long.items()}
    stayed = set(np.delete(pairs[:, 0], list(too_long)).tolist())
    entries = {row: (row, "too_long", str(length), str(plan.max_chars)) for row, length in long.items()}
    bad += [entry for row, entry in entries.items() if row not in stayed]
    return Phrased(examples, sorted(bad), [entry for row, entry in sorted(entries.items()) if row in stayed])


@dataclass
class _Filled:
    """The roles' values, by language where a label is spoken."""

    roles: dict[str, pa.StringArray]
    spoken: dict[str, dict[str, pa.StringArray]]
    has: dict[str, Mask]
    language: npt.NDArray[np.str_]
    bad: list[Bad]


def _fill(batch: pa.RecordBatch, plan: Plan) -> _Filled:
    roles = {name: evaluate(batch, column) for name, column in plan.columns.items()}
    has = {name: _not_blank(values) for name, values in roles.items()}
    bad: dict[int, Bad] = {}
    for role in plan.pack.roles.values():
        if not role.optional:
            for row in np.flatnonzero(~has[role.name]):
                bad.setdefault(int(row), (int(row), "empty_role", role.name, "a value"))
    language = _languages(next(iter(roles.values())), plan)
    spoken: dict[str, dict[str, pa.StringArray]] = {}
    label = plan.pack.label_role
    if label is not None and plan.labels is not None and label.name in roles:
        chosen, text = choose_words(roles[label.name], plan.labels)
        for row in np.flatnonzero(_no_label(chosen, text, plan.labels)):
            value = text[int(row)].as_py()
            bad.setdefault(int(row), (int(row), "label_out_of_range", str(value), plan.labels.known))
        for code in plan.pack.languages:
            spoken[code] = {label.name: words(plan.labels, chosen, text, code)}
            if plan.labels.choices:
                spoken[code] |= _options(plan.labels, chosen, code)
    return _Filled(roles, spoken, has, language, list(bad.values()))


def _options(labels: Labels, chosen: pa.Int32Array, language: str) -> dict[str, pa.StringArray]:
    """The lists of choices for each row: those in the phrasing's language, where the row's own is among them."""
    every = {name: repeat(text, len(chosen)) for name, text in options(labels, language).items()}
    same = in_language(labels, language)
    if len(same) in (0, len(labels.choices)):
        return every
    own = options(Labels(tuple(labels.choices[number] for number in same), (), False), language)
    among = pc.fill_null(pc.is_in(chosen, value_set=pa.array(same, pa.int32())), False)
    return {name: pc.if_else(among, pa.scalar(own[name]), text) for name, text in every.items()}


def _not_blank(values: pa.StringArray) -> Mask:
    filled = pc.not_equal(pc.utf8_trim_whitespace(values), "")
    mask: Mask = pc.fill_null(filled, False).to_numpy(zero_copy_only=False)
    return mask


def _no_label(chosen: pa.Int32Array, text: pa.StringArray, labels: Labels) -> Mask:
    unknown = chosen.is_null()
    if labels.is_open:  # any word is a label, a number that names none is not
        unknown = pc.and_(unknown, pc.fill_null(pc.match_substring_regex(text, r"^-?\d+$"), True))
    mask: Mask = unknown.to_numpy(zero_copy_only=False)
    return mask


def _languages(texts: pa.StringArray, plan: Plan) -> npt.NDArray[np.str_]:
    if plan.language is not None:
        return np.full(len(texts), plan.language)
    if "zh" not in plan.pack.languages:
        return np.full(len(texts), plan.pack.languages[0])
    return np.where(is_chinese(pc.fill_null(texts, "")), "zh", "en")


OPENING = 24  # characters


def _openings(filled: _Filled, plan: Plan) -> pa.StringArray:
    """The first characters of each row's texts, which its phrasing hangs on.

    Rows that are nearly equal are so from the start, mostly: they draw the same phrasing, and `dedup` still sees
    that they are alike. Drawn from the whole row they would be told apart by their phrasings.
    """
    texts = [
        pc.utf8_slice_codeunits(pc.fill_null(values, ""), 0, OPENING)
        for name, values in filled.roles.items()
        if not plan.pack.roles[name].is_label
    ]
    return pc.binary_join_element_wise(*texts, "\n") if len(texts) > 1 else texts[0]


def _choose(filled: _Filled, good: Mask, plan: Plan) -> npt.NDArray[np.int64]:
    """Pairs (row, phrasing), by row: the phrasings with the lowest draws among those that apply.

    A phrasing's draw hangs on its own name, so adding one to a pack moves only the rows that now get it.
    """
    base = draw(_openings(filled, plan), plan.seed, "phrasing")
    worst = np.uint64(2**64 - 1)
    draws = np.full((len(good), len(plan.phrasings)), worst)
    for number, phrasing in enumerate(plan.phrasings):
        applies = good & (filled.language == phrasing.language)
        used = phrasing_names(phrasing)
        for name, present in filled.has.items():
            role = plan.pack.roles[name]
            if role.optional and name in used:
                applies = applies & present
            elif role.always and name not in used:
                applies = applies & ~present
        values = redraw(base, plan.seed, f"{plan.pack.task}/{phrasing.name}")
        draws[applies, number] = np.minimum(values[applies], worst - np.uint64(1))
    wanted = min(plan.per_row or len(plan.phrasings), len(plan.phrasings))
    ranked = np.argsort(draws, axis=1, kind="stable")[:, :wanted]
    applying = np.take_along_axis(draws, ranked, axis=1) != worst
    rows, ranks = np.nonzero(applying)
    return np.stack([rows, ranked[rows, ranks]], axis=1)


def phrasing_names(phrasing: Phrasing) -> frozenset[str]:
    """The roles (and lists of options) a phrasing uses."""
    return names_in(phrasing.instruction) | names_in(phrasing.input) | names_in(phrasing.output)


def _render(
    batch: pa.RecordBatch,
    parents: pa.StringArray,
    pairs: npt.NDArray[np.int64],
    filled: _Filled,
    plan: Plan,
) -> tuple[pa.RecordBatch, dict[int, int]]:
    fields: dict[str, list[pa.Array]] = {"instruction": [], "input": [], "output": [], "template": []}
    order: list[npt.NDArray[np.int64]] = []
    for number in np.unique(pairs[:, 1]):
        phrasing = plan.phrasings[number]
        places = np.flatnonzero(pairs[:, 1] == number)
        order.append(places)
        rows = pa.array(pairs[places, 0])
        values = filled.roles | filled.spoken.get(phrasing.language, {})
        taken = {name: values[name].take(rows) for name in phrasing_names(phrasing)}
        for part in ("instruction", "input", "output"):
            fields[part].append(render(getattr(phrasing, part), taken, len(rows)))
        fields["template"].append(repeat(f"{plan.pack.task}/{phrasing.name}", len(rows)))
    back = pa.array(np.argsort(np.concatenate(order or [np.zeros(0, np.int64)]), kind="stable"))
    columns = {name: _join(pieces).take(back) for name, pieces in fields.items()}
    rows = pa.array(pairs[:, 0])
    count = len(pairs)
    columns |= {
        "parent": parents.take(rows),
        "system": repeat("", count),
        "history": no_history(count),
        "task": repeat(plan.pack.task, count),
        "source": repeat(plan.source, count),
    }
    columns["id"] = row_ids([columns["parent"], columns["template"], repeat(str(plan.seed), count)], count)
    extras = [batch.column(name).take(rows) for name in plan.extras]
    examples = pa.RecordBatch.from_arrays([*(columns[name] for name in EXAMPLE.names), *extras], schema=plan.schema)
    return within(examples, plan.max_chars)


def _join(pieces: Sequence[pa.Array]) -> pa.StringArray:
    return pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())


def within(examples: pa.RecordBatch, max_chars: int | None) -> tuple[pa.RecordBatch, dict[int, int]]:
    """Leave out the examples that are too long, for a text is never cut; gives the length of each, by its row."""
    if max_chars is None or not examples.num_rows:
        return examples, {}
    lengths = sum(
        pc.utf8_length(examples.column(name)).to_numpy(zero_copy_only=False)
        for name in ("instruction", "input", "output")
    )
    long = {int(place): int(lengths[place]) for place in np.flatnonzero(lengths > max_chars)}
    return examples.filter(pa.array(lengths <= max_chars)), long
