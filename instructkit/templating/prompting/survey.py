"""The first look at all rows, where what one row gets hangs on the others: demonstrations, exact shares."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.engine import Spool
from instructkit.engine.worth import say_if_new
from instructkit.errors import BadInput
from instructkit.records.batching import row_bytes
from instructkit.records.containers.raw import Numbers
from instructkit.records.hashing import Hashes, draw, redraw
from instructkit.templating.phrase import MARKS, Plan, row_hashes
from instructkit.templating.planning import FormatSettings
from instructkit.templating.prompting.shots import Shots, ShotSettings
from instructkit.templating.templates import Mask

POOL_BYTES = 256 << 20  # of the rows that may demonstrate
_NUMBERS = "instructkit: row number"

Numbered = Iterator[tuple[pa.RecordBatch, Numbers]]


@contextlib.contextmanager
def surveyed(
    batches: Numbered, schema: pa.Schema, plan: Plan, settings: FormatSettings
) -> Iterator[tuple[Numbered, Plan]]:
    """Look at all rows once where the settings need it, and give them again, marked, with the plan that knows them."""
    if not settings.shots[1] and settings.options_share is None:
        yield batches, plan
        return
    wide = schema.append(pa.field(_NUMBERS, pa.int64()))
    with Spool(wide) as spool:
        survey = _Survey(plan, settings)
        for batch, numbers in batches:
            survey.see(batch)
            spool.append(pa.RecordBatch.from_arrays([*batch.columns, pa.array(numbers)], schema=wide))
        marks = survey.marks()
        yield _again(spool, marks), replace(plan, shots=survey.shots())


class _Survey:
    def __init__(self, plan: Plan, settings: FormatSettings) -> None:
        self.plan = plan
        self.settings = settings
        self.draws: list[Hashes] = []  # of all rows, for exact shares
        self.good: list[npt.NDArray[np.bool_]] = []
        self.pool: list[tuple[Hashes, pa.RecordBatch, pa.StringArray]] = []
        self.held = 0

    def see(self, batch: pa.RecordBatch) -> None:
        """Note what is needed of some rows."""
        good = np.ones(batch.num_rows, bool)
        good[[row for row, *_ in self.plan.templates.fill(batch).bad]] = False
        parents = row_hashes(batch, self.plan.private)
        base = draw(parents, 0, "row")
        if self.settings.options_share is not None or self.settings.zero_shot_share is not None:
            self.draws.append(base)
            self.good.append(good)
        if self.settings.shots[1]:
            kept = pa.array(good)
            if not self.plan.templates.columns:
                raise BadInput("the templates use no column, so no row can demonstrate them: not with --shots")
            columns = dict.fromkeys(_top(name, batch.schema) for name in self.plan.templates.columns)
            rows = batch.select(list(columns)).filter(kept)
            self.pool.append((redraw(base, self.plan.seed, "pool")[good], rows, parents.filter(kept)))
            self.held += rows.num_rows
            if self.held > 2 * self.settings.demo_pool or self._bytes() > 2 * POOL_BYTES:
                self._shrink()

    def _bytes(self) -> int:
        return sum(rows.nbytes for _, rows, _ in self.pool)

    def _shrink(self) -> None:
        """Keep the rows of the lowest draws: those that any order of the rows would keep."""
        draws = np.concatenate([one[0] for one in self.pool])
        rows = pa.Table.from_batches([one[1] for one in self.pool]).combine_chunks()
        parents = pa.concat_arrays([one[2] for one in self.pool])
        # the draws hang on the rows' content: equal draws are equal rows
        order = np.argsort(draws, kind="stable")[: self.settings.demo_pool]
        taken = pa.array(order)
        kept = rows.take(taken).combine_chunks()
        batches = kept.to_batches()
        if batches:  # by the rows' own sizes, so that where batches end decides nothing
            fit = int(np.searchsorted(np.cumsum(row_bytes(batches[0])), POOL_BYTES, "right"))
            order, batches = order[: max(fit, 1)], [batches[0].slice(0, max(fit, 1))]
            taken = pa.array(order)
        one = batches[0] if batches else rows.schema.empty_table().to_batches()[0]
        self.pool = [(draws[order], one, parents.take(taken))]
        self.held = len(order)

    def marks(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Which rows show their choices, and which get demonstrations, where a share says so."""
        found: dict[str, npt.NDArray[np.bool_]] = {}
        if not self.draws:
            return found
        draws, good = np.concatenate(self.draws), np.concatenate(self.good)
        self.draws, self.good = [], []
        if self.settings.options_share is not None:
            found[MARKS[0]] = exact_share(
                redraw(draws, self.plan.seed, "options shown"), good, self.settings.options_share
            )
        if self.settings.zero_shot_share is not None:
            zero = exact_share(redraw(draws, self.plan.seed, "zero-shot"), good, self.settings.zero_shot_share)
            found[MARKS[1]] = ~zero
        return found

    def shots(self) -> Shots | None:
        """The rows that may demonstrate, indexed."""
        if not self.settings.shots[1]:
            return None
        say_if_new()
        from instructkit.templating.prompting.demonstrations import Pool

        given = self.settings
        if not self.held:
            return None
        self._shrink()
        _, rows, ids = self.pool[0]
        self.pool = []
        templates = self.plan.templates
        if len(ids) <= given.shots[0]:
            cure = "fewer shots"
            few = f"{self.plan.source} has {len(ids)} rows to demonstrate with"
            if len(ids) == given.demo_pool:
                few, cure = f"--demo-pool {given.demo_pool} leaves {len(ids)} rows to demonstrate with", "a larger pool"
            raise BadInput(f"{few}; --shots {given.shots[0]} needs more: give {cure}")
        filled = templates.fill(rows)
        pool = Pool.of(
            templates.topic(filled),
            ids,
            templates.group(filled),
            templates.label(filled),
            templates.serves(filled).T.copy(),
            given.nearest_by == "embedding",
        )
        settings = ShotSettings(*given.shots, given.demos, given.demo_order, given.demo_form,
                                given.demo_templates == "mixed", given.max_chars, given.max_tokens)  # fmt: skip
        return Shots(settings, pool, filled, ids, self._usable(filled, len(ids)))

    def _usable(self, filled: Any, rows: int) -> tuple[Mask, Mask]:
        """Which template may be put to which row, templates x rows, without and with its choices."""
        by_template = self.settings.options_share is None and self.plan.options is None
        kinds, table = zip(
            *(self.plan.templates.applies(filled, None if by_template else np.full(rows, shown))
              for shown in (False, True)), strict=True)  # fmt: skip
        return table[0][kinds[0]].T, table[1][kinds[1]].T


def _top(path: str, schema: pa.Schema) -> str:
    """The column that a path leads into."""
    return path if path in schema.names else path.partition(".")[0]


def exact_share(draws: Hashes, good: npt.NDArray[np.bool_], share: float) -> npt.NDArray[np.bool_]:
    """Mark ``round(share * rows)`` of the good rows: those of the lowest draws, the first of equal ones."""
    places = np.flatnonzero(good)
    number = round(share * len(places))
    marked = np.zeros(len(draws), bool)
    marked[places[np.argsort(draws[places], kind="stable")[:number]]] = True
    return marked


def _again(spool: Spool, marks: dict[str, npt.NDArray[np.bool_]]) -> Numbered:
    start = 0
    for batch in spool.batches():
        numbers = batch.column(_NUMBERS).to_numpy(zero_copy_only=False)
        rows = batch.drop_columns([_NUMBERS])
        for name, mark in marks.items():
            rows = rows.append_column(name, pa.array(mark[start : start + batch.num_rows]))
        start += batch.num_rows
        yield rows, numbers
