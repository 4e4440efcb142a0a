"""Turn a batch of raw rows into examples: fill the roles, draw the templates, render, put demonstrations before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine.worth import worth_compiling
from instructkit.records.hashing import Hashes, draw, redraw, row_ids, salt, scramble
from instructkit.records.schema import example_schema, no_history, repeat
from instructkit.templating.library.columns import not_blank
from instructkit.templating.prompting.shots import DEMONSTRATIONS, Shots
from instructkit.templating.templates import Bad, Mask, Places, Templates, Texts


@dataclass(frozen=True)
class Plan:
    """How one source's rows become examples; all that a worker needs."""

    source: str
    templates: Templates
    extras: Mapping[str, pa.Field]  # by their name in the source
    per_row: int | None  # None: every template that applies
    max_chars: int | None
    max_tokens: int | None
    seed: int
    options: bool | None = None  # whether choices are shown; None: as each template has it
    few_shot: bool = False  # whether there is a column of demonstrations
    shots: Shots | None = None
    private: frozenset[str] = frozenset()  # raw columns that no id hangs on

    @property
    def schema(self) -> pa.Schema:
        """The schema of the examples it makes."""
        added = [pa.field(name, kind) for name, kind in self.templates.extras.items()]
        if self.few_shot:
            added.append(DEMONSTRATIONS)
        return example_schema([*added, *self.extras.values()])


MARKS = ("instructkit: options shown", "instructkit: demonstrations given")  # columns of a batch beside its own
PARENT = "instructkit: parent"  # another: the id of the row that each was made from, where it is not the raw row itself


@dataclass
class Phrased:
    """A batch's examples, and the rows that gave none."""

    examples: pa.RecordBatch
    rows: Places  # the raw row of each example
    bad: list[Bad]
    partly: list[Bad]  # rows of which one example was left out and another stayed
    changed: Mapping[str, int]  # examples that were changed to fit, by what was done


def row_hashes(batch: pa.RecordBatch, private: Collection[str] = ()) -> pa.StringArray:
    """What stands in the column ``parent``: a hash of all that a raw row holds, but for its ``private`` columns."""
    return row_ids([batch.column(name) for name in sorted(set(batch.schema.names) - set(private))], batch.num_rows)


def phrase(batch: pa.RecordBatch, plan: Plan) -> Phrased:
    """Make the examples of a batch of raw rows.

    Columns named in ``MARKS`` (bool) say of each row whether its choices are shown, and whether it gets demonstrations;
    one named ``PARENT`` (string) gives what stands in the column ``parent``.
    """
    templates = plan.templates
    shown, few = (_mark(batch, name) for name in MARKS)
    given = batch.column(PARENT) if PARENT in batch.schema.names else None
    batch = batch.drop_columns([name for name in (*MARKS, PARENT) if name in batch.schema.names])
    filled = templates.fill(batch)
    bad: list[Bad] = list(filled.bad)
    good = np.ones(batch.num_rows, bool)
    good[[row for row, *_ in bad]] = False
    hashes = row_hashes(batch, plan.private)
    parents = hashes if given is None else given
    base = draw(hashes, 0, "row")
    options = shown if shown is not None or plan.options is None else np.full(batch.num_rows, plan.options)
    made, failed = render_drawn(filled, good, base, options, plan)
    empty = np.flatnonzero(~(not_blank(made.texts["instruction"]) & not_blank(made.texts["output"])))
    for nothing in empty.tolist():
        failed.setdefault(int(made.rows[nothing]), ("renders_nothing", plan.templates.names[made.numbers[nothing]], ""))
    made = made.without(set(empty.tolist()))
    chosen = np.zeros(batch.num_rows, bool)
    chosen[made.rows] = True
    bad += [(int(row), "no_phrasing", "none applies to the row", "") for row in np.flatnonzero(good & ~chosen)
            if int(row) not in failed]  # fmt: skip
    if plan.shots is not None:
        lost = plan.shots.prepend(made, filled, parents, base, few, options, plan.templates, plan.seed)
        for place, why in lost.items():
            failed.setdefault(int(made.rows[place]), why)
        made = made.without(set(lost))
    examples = _examples(batch, hashes, parents, made, shown, plan)
    examples, too_long = within(examples, plan.max_chars, plan.max_tokens)
    for place, reason in too_long.items():
        failed.setdefault(int(made.rows[place]), reason)
    rows = np.delete(made.rows, list(too_long))
    stayed = set(rows.tolist())
    entries = [(row, *why) for row, why in sorted(failed.items())]
    bad += [entry for entry in entries if entry[0] not in stayed]
    partly = [entry for entry in entries if entry[0] in stayed]
    return Phrased(examples, rows, sorted(bad), partly, made.changed)


def render_drawn(
    filled: object, good: Mask, base: Hashes, options: Mask | None, plan: Plan
) -> "tuple[Made, dict[int, tuple[str, str, str]]]":
    """Draw the templates of the good rows and put them; gives what was made, and why of the other rows nothing was."""
    return _render_ranked(filled, _ranked(filled, good, options, plan), base, options, plan)


def _mark(batch: pa.RecordBatch, name: str) -> Mask | None:
    if name not in batch.schema.names:
        return None
    found: Mask = batch.column(name).to_numpy(zero_copy_only=False)
    return found


def _ranked(filled: object, good: Mask, options: Mask | None, plan: Plan) -> Places:
    """The templates that apply to each row, by their draws, lowest first; -1 behind the last: int64, rows x ranks.

    A template's draw hangs on its own name, so adding one to a pack moves only the rows that now get it.
    """
    templates = plan.templates
    base = draw(templates.opening(filled), plan.seed, "phrasing")
    kinds, table = templates.applies(filled, options)
    number = len(templates.names)
    wide = number if templates.may_fail or plan.per_row is None else min(plan.per_row, number)
    salts = np.array([salt(plan.seed, name) for name in templates.names], np.uint64)
    if worth_compiling():
        from instructkit.templating.rendering.joining import rank

        ranked = np.zeros((len(base), wide), np.int64)
        rank(base, salts, np.where(good, kinds, -1), table, ranked, np.zeros(wide, np.uint64))
        return ranked
    applies = table[kinds] & good[:, None]
    draws = scramble(base[:, None] ^ salts[None, :])
    order = np.lexsort((draws, ~applies), axis=1)[:, :wide]
    return np.where(np.take_along_axis(applies, order, axis=1), order, -1)


@dataclass
class Made:
    """Rendered examples, in order: the row and template of each, its random number, and its texts."""

    rows: Places
    numbers: Places
    keys: Hashes
    texts: dict[str, pa.Array]
    changed: dict[str, int]

    def without(self, places: set[int]) -> "Made":
        """The examples but for those at some places."""
        if not places:
            return self
        kept = np.array([place for place in range(len(self.rows)) if place not in places], np.int64)
        texts = {name: column.take(pa.array(kept)) for name, column in self.texts.items()}
        return Made(self.rows[kept], self.numbers[kept], self.keys[kept], texts, self.changed)


def _render_ranked(
    filled: object, ranked: Places, base: Hashes, options: Mask | None, plan: Plan
) -> tuple[Made, dict[int, tuple[str, str, str]]]:
    """Render each row's first templates; one that fails or does not apply makes way for the next."""
    wanted = min(plan.per_row or ranked.shape[1], ranked.shape[1])
    missing = np.full(len(ranked), wanted)
    failed: dict[int, tuple[str, str, str]] = {}
    rows: list[Places] = []
    ranks: list[Places] = []
    pieces: list[Texts] = []
    at = 0
    while at < ranked.shape[1] and (missing > 0).any():
        turn = wanted if at == 0 else 1  # the first turn takes all that are wanted, the others one in place of each
        row, place = np.nonzero((ranked[:, at : at + turn] >= 0) & (missing > 0)[:, None])
        numbers = ranked[row, at + place]
        shown = None if options is None else options[row]
        texts = plan.templates.render(filled, row, numbers, _keys(base[row], numbers, plan), shown)
        if texts.failed:
            there = np.ones(len(row), bool)
            there[list(texts.failed)] = False
            for where, why in texts.failed.items():
                failed.setdefault(int(row[where]), why)
            row, place, texts = row[there], place[there], texts.take(np.flatnonzero(there))
        missing -= np.bincount(row, minlength=len(missing))
        rows.append(row)
        ranks.append(at + place)
        pieces.append(texts)
        at += turn
    return _in_order(rows, ranks, pieces, ranked, base, plan), _told(failed, missing, plan)


def _told(failed: dict[int, tuple[str, str, str]], missing: Places, plan: Plan) -> dict[int, tuple[str, str, str]]:
    """The failures worth telling: where another template took the place, the row has all it should."""
    return failed if plan.per_row is None else {row: why for row, why in failed.items() if missing[row] > 0}


def _keys(base: Hashes, numbers: Places, plan: Plan) -> Hashes:
    """The random number of each row under its template."""
    salts = np.array([salt(0, name) for name in plan.templates.names], np.uint64)
    return redraw(base ^ salts[numbers], plan.seed, "style")


def _in_order(
    rows: Sequence[Places], ranks: Sequence[Places], pieces: Sequence[Texts], ranked: Places, base: Hashes, plan: Plan
) -> Made:
    """All that was rendered, by row and then by rank."""
    empty = np.zeros(0, np.int64)
    row, place = np.concatenate([empty, *rows]), np.concatenate([empty, *ranks])
    if len(pieces) == 1:  # it came in order
        texts = pieces[0]
    else:
        order = np.lexsort((place, row))
        row, place = row[order], place[order]
        texts = Texts.together(pieces, plan.templates.extras).take(order)
    numbers = ranked[row, place]
    return Made(row, numbers, _keys(base[row], numbers, plan), texts.columns(), {})


def _examples(
    batch: pa.RecordBatch, hashes: pa.StringArray, parents: pa.StringArray, made: Made, options: Mask | None, plan: Plan
) -> pa.RecordBatch:
    rows = pa.array(made.rows)
    count = len(made.rows)
    columns = dict(made.texts)
    columns["template"] = pa.array(list(plan.templates.names), pa.string()).take(pa.array(made.numbers))
    columns["parent"] = parents.take(rows)
    columns |= {
        "system": repeat("", count),
        "task": repeat(plan.templates.task, count),
        "source": repeat(plan.source, count),
    }
    columns.setdefault("history", no_history(count))
    if plan.few_shot and plan.shots is None:  # there were no rows to demonstrate with
        columns[DEMONSTRATIONS.name] = pa.nulls(count, DEMONSTRATIONS.type)
    seed = f"{plan.seed}/{plan.templates.variant}" if plan.templates.variant else str(plan.seed)
    seeds = repeat(seed, count)
    if options is not None:  # a share of the rows: equal rows may be put with choices and without
        seeds = pc.if_else(pa.array(options[made.rows]), pa.scalar(f"{seed}/options"), seeds)
    unique = [hashes.take(rows), columns["template"], seeds]
    if plan.shots is not None:
        demonstrated = pc.binary_join(columns[DEMONSTRATIONS.name], " ")
        put = pc.binary_join_element_wise(demonstrated, pa.scalar(plan.shots.settings.variant), " ")
        unique.append(pc.if_else(pc.equal(demonstrated, ""), pa.scalar(None, pa.string()), put))
    columns["id"] = _ids(unique, count)
    extras = {field.name: batch.column(name).take(rows) for name, field in plan.extras.items()}
    every = columns | extras
    return pa.RecordBatch.from_arrays([every[field.name] for field in plan.schema], schema=plan.schema)


def _ids(unique: list[pa.Array], rows: int) -> pa.StringArray:
    """Ids; an example without demonstrations has the one it would have had alone."""
    ids = row_ids(unique[:3], rows)
    if len(unique) == 3:
        return ids
    return pc.if_else(unique[3].is_null(), ids, row_ids(unique, rows))


def within(
    examples: pa.RecordBatch, max_chars: int | None, max_tokens: int | None = None
) -> tuple[pa.RecordBatch, dict[int, tuple[str, str, str]]]:
    """Leave out the examples that are too long, for a text is never cut; gives the reason for each, by its row.

    Tokens are those of `records.tokens`: words, characters of scripts without spaces, marks of punctuation.
    """
    too_long: dict[int, tuple[str, str, str]] = {}
    for limit, what in ((max_chars, ""), (max_tokens, " tokens")):
        if limit is None or not examples.num_rows:
            continue
        lengths = np.sum([_length(examples.column(name), what) for name in ("instruction", "input", "output")], axis=0)
        for place in np.flatnonzero(lengths > limit):
            too_long.setdefault(int(place), ("too_long", f"{int(lengths[place])}{what}", f"{limit}{what}"))
    if not too_long:
        return examples, {}
    kept = np.ones(examples.num_rows, bool)
    kept[list(too_long)] = False
    return examples.filter(pa.array(kept)), too_long


def _length(texts: pa.StringArray, what: str) -> Places:
    if what:
        from instructkit.records.tokens import count_tokens

        return count_tokens(texts)
    lengths: Places = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths
