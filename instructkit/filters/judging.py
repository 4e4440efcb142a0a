"""A batch after all examiners: who stays, what is added, and all the reasons of those that go."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from instructkit.filters.examining import Examiner, Findings
from instructkit.filters.rule import Mask, Verdict
from instructkit.records.rejects import Reason
from instructkit.records.schema import extra_name

Masks = npt.NDArray[np.bool_]  # of each verdict, each row
FAILED = pa.field("failed", pa.list_(pa.string()))  # the rules a tagged row fails


@dataclass
class Judged:
    """What became of a batch."""

    kept: pa.RecordBatch
    reasons: dict[int, list[Reason]]  # of each dropped row
    failed: Counter[str]  # rows that failed each rule
    alone: Counter[str]  # rows that failed this rule and no other
    changed: Counter[str]  # rows that stay, marked or masked
    found: Counter[str] = field(default_factory=Counter)  # things found in the rows, by kind
    samples: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Judge:
    """All examiners of a run; a plain picklable object, called with a batch on a worker."""

    examiners: tuple[Examiner, ...]
    tag: bool  # write the values of the rules as columns, and drop nothing
    schema: pa.Schema  # of the rows that stay

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """Judge the rows of a batch."""
        findings = [examiner(batch) for examiner in self.examiners]
        verdicts = [verdict for found in findings for verdict in found.verdicts]
        by_name: dict[str, Mask] = {}  # two lists of keywords, two classifiers may have one name
        for name, verdict, _ in verdicts:
            by_name[name] = verdict.fails | by_name[name] if name in by_name else verdict.fails
        names = list(by_name)
        fails = np.array(list(by_name.values()), bool).reshape(len(names), batch.num_rows)
        changed = next((found.batch for found in findings if found.batch is not None), batch)
        columns = [
            *changed.columns,
            *_added(findings, [verdict.values for _, verdict in _told(self.examiners, findings)] if self.tag else []),
        ]
        if self.tag:
            columns.append(_failed(names, fails))
        whole = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        marked = {name: mask for found in findings for name, mask in found.marked.items()}
        if self.tag:
            marked |= {f"{name}_tagged": mask for name, mask in by_name.items()}
        dropped: Mask = np.zeros(batch.num_rows, bool) if self.tag else np.any(fails, axis=0)
        rows = np.flatnonzero(dropped)
        reasons: dict[int, list[Reason]] = {row: [] for row in rows.tolist()}
        for name, verdict, threshold in verdicts if len(rows) else ():
            for row in np.flatnonzero(verdict.fails).tolist():
                reasons[row].append((name, verdict.value(row), threshold))
        failed = fails if self.tag else fails & dropped
        single = failed & (fails.sum(axis=0) == 1)
        return Judged(
            whole.filter(pa.array(~dropped)) if len(rows) else whole,
            reasons,
            Counter() if self.tag else _counted(names, failed),
            # 0 for a rule that never failed alone, nothing for one that never failed
            Counter(
                {name: int(only.sum()) for name, only, any_ in zip(names, single, failed, strict=True) if any_.any()}
            ),
            Counter({name: stay for name, mask in marked.items() if (stay := int((mask & ~dropped).sum()))}),
            sum((found.found for found in findings), Counter()),
            {kind: some for found in findings for kind, some in found.samples.items()},
        )


def _added(findings: list[Findings], values: list[pa.Array]) -> list[pa.Array]:
    """The columns of the examiners, then ``values``; what one hides in the texts is hidden in those of the others."""
    groups = [*(found.columns for found in findings), values]
    for place, found in enumerate(findings):
        groups = [group if at == place else found.cover(group) for at, group in enumerate(groups)]
    return [column for group in groups for column in group]


def _told(examiners: Sequence[Examiner], findings: list[Findings]) -> list[tuple[str, Verdict]]:
    """The verdicts that become columns: those whose values no column of their examiner tells already."""
    return [
        (name, verdict)
        for examiner, found in zip(examiners, findings, strict=True)
        for name, verdict, _ in found.verdicts
        if name not in {field.name for field in examiner.fields}
    ]


def _counted(names: list[str], fails: Masks) -> Counter[str]:
    return Counter({name: int(rows.sum()) for name, rows in zip(names, fails, strict=True) if rows.any()})


def _failed(names: list[str], fails: Masks) -> pa.Array:
    listed = np.array(names, object)
    return pa.array([listed[rows].tolist() for rows in fails.T], FAILED.type)


def make_judge(examiners: list[Examiner], schema: pa.Schema, *, tag: bool) -> Judge:
    """Settle which columns the examiners add to rows of a schema."""
    added = [field for examiner in examiners for field in examiner.fields]
    if tag:
        nothing = pa.RecordBatch.from_pylist([], schema=schema)
        found: list[Findings] = [examiner(nothing) for examiner in examiners]
        tags = [pa.field(name, verdict.values.type) for name, verdict in _told(examiners, found)]
        added += [*tags, FAILED]
    taken = set(schema.names)
    named = []
    for one in added:
        name = extra_name(one.name, taken)
        taken.add(name)
        named.append(one.with_name(name))
    return Judge(tuple(examiners), tag, pa.schema([*schema, *named]))
