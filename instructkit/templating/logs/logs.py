"""What the options about chat logs do to the sources of one run, from opening them to the last example."""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.records.containers.raw import BadRows, Numbers, Raw
from instructkit.records.examples import row_text
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts
from instructkit.templating.logs.anonymous import Users, anonymous
from instructkit.templating.logs.hidden import without_users
from instructkit.templating.logs.json_text import PrivateRows
from instructkit.templating.logs.limits import Limit, limited, parse_limits
from instructkit.templating.logs.prefixes import Prefixes
from instructkit.templating.logs.users import Path, find, user_paths
from instructkit.templating.phrase import Plan
from instructkit.templating.planning import FormatSettings

log = logging.getLogger("instructkit")

HIDES = "users_hidden"  # rows that held a user id in JSON or a map
FOUND = "an earlier prompt begins alike"

Numbered = Iterator[tuple[pa.RecordBatch, Numbers]]


class Logs:
    """Users, prompts and limits of all sources of a run."""

    def __init__(self, settings: FormatSettings) -> None:
        self.limits = parse_limits(settings.max_per)
        self.kept = frozenset(settings.keep_users)
        self.seed = settings.seed
        self.prefixes = None if settings.common_prefix is None else Prefixes(settings.common_prefix)
        self._users = Users()
        self._changed: Counter[str] = Counter()
        self._columns: dict[str, None] = {}  # of all sources
        self._hidden: dict[str, None] = {}
        self._unseen = set(self.kept)
        self._places: dict[Limit, list[Path]] = {limit: [] for limit in self.limits}

    def open(self, raw: Raw, chat: bool, reading: PrivateRows) -> Raw:
        """A source whose users are numbers; known names are heeded in conversations, and wherever rows are limited."""
        by_name = chat or bool(self.limits)
        named = [limit.column for limit in self.limits]
        paths = user_paths(raw.schema, by_name, named, self.kept)
        reading.hide(paths, [*named], by_name, self.kept)
        self._columns |= dict.fromkeys(raw.schema.names)
        self._hidden |= dict.fromkeys(".".join(path) for path in paths)
        with_kept = user_paths(raw.schema, True, [*named, *self.kept], ())
        self._unseen -= {name for path in with_kept for name in (".".join(path), path[-1])}
        raw = anonymous(raw, paths, self._users)
        raw.private = frozenset(path[0] for path in paths)
        raw.limited = frozenset(path[0] for limit in self.limits if (path := find(raw.schema, limit.column)))
        return raw

    def place(self, raw: Raw, fields: Mapping[str, pa.Field], texts: Collection[str], chat: bool) -> None:
        """Note where a source's limited columns stand in its examples; ``fields`` are those that ride along.

        User ids in JSON and maps are hidden from now on, but not in ``texts``, the columns the examples are made of.
        """
        if chat or self.limits:
            raw.batches = self._hide(raw.batches, texts)
        for limit, places in self._places.items():
            path = find(raw.schema, limit.column)
            if path is None:
                continue
            if path[0] not in fields:
                raise UsageError(f"--max-per {limit.column}: the examples of {raw.name} are made of this column; "
                                 "limit rows by one that stands beside, such as user_id")  # fmt: skip
            there = (fields[path[0]].name, *path[1:])
            if there not in places:
                places.append(there)

    def _hide(self, batches: Numbered, texts: Collection[str]) -> Numbered:
        for batch, numbers in batches:
            clean, changed = without_users(batch, texts, self.kept)
            self._changed[HIDES] += len(changed)
            yield clean, numbers

    def check(self) -> None:
        """Say once which columns are hidden; raises `UsageError` for a column that no source has."""
        have = ", ".join(self._columns)
        for limit, places in self._places.items():
            if not places:
                raise UsageError(f"--max-per {limit.column}: no source has this column; they have {have}")
        if self._unseen:
            raise UsageError(f"--keep-users {sorted(self._unseen)[0]}: no source has this column; they have {have}")
        if self._hidden:
            log.info("%s: the users come out as user_1, user_2, ... (--keep-users COLUMN leaves a column as it is)",
                     ", ".join(self._hidden))  # fmt: skip

    def fresh_rows(self, batches: Numbered, plan: Plan, bad: BadRows) -> Numbered:
        """Raw rows without those whose text begins like that of an earlier one; it is the text, not its phrasing."""
        if self.prefixes is None:
            yield from batches
            return
        for batch, numbers in batches:
            filled = plan.templates.fill(batch)
            good = np.ones(batch.num_rows, bool)
            good[[row for row, *_ in filled.bad]] = False  # these are told of later
            stays = ~good
            stays[good] = self.prefixes.fresh(plan.templates.topic(filled).filter(pa.array(good)))
            lost = np.flatnonzero(~stays).tolist()
            bad.counts.rows_in += len(lost)
            bad.counts.drop("common_prefix", len(lost))
            reason = ("common_prefix", FOUND, str(self.prefixes.length))
            for row in lost if bad.rejects.wanted else ():
                bad.rejects.add_raw(plan.source, int(numbers[row]), row_text(batch, row), [reason])
            yield (batch.filter(pa.array(stays)), numbers[stays]) if lost else (batch, numbers)

    def fresh_examples(self, examples: pa.RecordBatch, bad: BadRows) -> pa.RecordBatch:
        """Examples without those whose prompt begins like an earlier one."""
        if self.prefixes is None:
            return examples
        stays = self.prefixes.fresh_examples(examples)
        lost = examples.filter(pa.array(~stays))
        bad.counts.drop("common_prefix", lost.num_rows)
        bad.rejects.add_rows(lost, [[("common_prefix", FOUND, str(self.prefixes.length))]] * lost.num_rows)
        return examples.filter(pa.array(stays)) if lost.num_rows else examples

    def within_limits(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, counts: Counts, rejects: Rejects
    ) -> Iterator[pa.RecordBatch]:
        """At most so many rows for each value of a limited column, over all sources; what was hidden is counted."""
        if self.limits:
            batches = limited(batches, schema, self._places, self.seed, counts, rejects)
        yield from batches
        counts.changed += self._changed
