"""From a block of documents to examples: try the tasks in an order drawn for each document, phrase what they make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from instructkit.records.hashing import row_ids
from instructkit.records.schema import as_text, example_schema
from instructkit.templating.library.labels import resolve_labels
from instructkit.templating.library.packs import Column, load_pack
from instructkit.templating.pack_templates import PackTemplates, phrasing_names
from instructkit.templating.phrase import PARENT, Plan, phrase
from instructkit.templating.pretext.document import Document
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks import TASKS

NUMBER = "instructkit: row number"  # a column of a block beside the documents' own
ADDED = (pa.field("confidence", pa.float64()), pa.field("why", pa.string()))
MOST_PASSAGES = 4  # of a long document, that are looked at for each example asked for


@dataclass(frozen=True)
class Columns:
    """Where a source's documents, and what is known of them, stand; "" where nowhere."""

    text: str
    title: str = ""
    topic: str = ""
    path: str = ""


@dataclass(frozen=True)
class Block:
    """Documents that lend each other distractors: ``rows`` are worked on, those ``before`` only lend."""

    before: pa.RecordBatch
    rows: pa.RecordBatch


@dataclass
class Worked:
    """A block's examples, in order, and the documents that gave none."""

    examples: pa.RecordBatch
    balanced: list[tuple[str, str] | None]  # of each example: its task and the value that is given equally often
    bad: list[tuple[int, str, str]]  # row of the block, reason, what was found
    refused: list[tuple[int, str, str]]  # the same of examples whose document gave others
    numbers: list[int]  # the rows' numbers in the file


@dataclass(frozen=True)
class Maker:
    """How a source's blocks become examples; all that a worker needs, picklable."""

    source: str
    columns: Columns
    tasks: tuple[str, ...]
    per_document: int | None  # None: all that can be made
    extras: Mapping[str, pa.Field]  # by their name in the source
    language: str | None
    max_chars: int | None
    seed: int
    plans: dict[str, Plan] = field(default_factory=dict, compare=False)

    @property
    def schema(self) -> pa.Schema:
        """The schema of the examples."""
        return example_schema([*ADDED, *self.extras.values()])

    def __call__(self, block: Block) -> Worked:
        """Make the examples of a block."""
        documents = self._documents(block.rows)
        pool = Pool([*documents, *self._documents(block.before)])
        bad: list[tuple[int, str, str]] = []
        found: dict[str, list[tuple[int, Made]]] = {name: [] for name in self.tasks}
        seen: dict[str, int] = {}
        for row, document in enumerate(documents):
            fault = document.fault
            if fault is None and seen.setdefault(document.text, row) != row:
                fault = "duplicate_document", "the same text as a document before"
            made = 0
            for task, one in self._made(document, pool) if fault is None else ():
                found[task.name].append((row, one))
                made += 1
            if fault is None and not made:
                fault = "no_task", "no rule found what it needs"
            if fault is not None:
                bad.append((row, *fault))
        return self._phrased(block.rows, found, bad)

    def _documents(self, rows: pa.RecordBatch) -> list[Document]:
        columns = [
            as_text(rows.column(name)).to_pylist() if name else [""] * rows.num_rows
            for name in (self.columns.text, self.columns.title, self.columns.topic, self.columns.path)
        ]
        return [Document(*values) for values in zip(*columns, strict=True)]

    def _made(self, document: Document, pool: Pool) -> Iterator[tuple[Task, Made]]:
        """What the rules make of a document: task after task in an order drawn for it, passage after passage."""
        draws = Draws(self.seed, "order", document.text)
        tasks = draws.shuffled([TASKS[name] for name in self.tasks if TASKS[name].of_code == document.is_code])
        left = self.per_document
        passages = document.passages
        if left is not None:
            passages = min(passages, MOST_PASSAGES * left)
        places = _places(draws, document.passages, passages)
        for turn in range(passages):
            passage = document.passage(places[turn])
            for task in tasks if turn % 2 == 0 else reversed(tasks):
                one = task.rule(passage, Draws(self.seed, task.name, document.text, str(passage.place)), pool)
                if one is not None:
                    yield task, one
                    left = None if left is None else left - 1
                    if left == 0:
                        return

    def _phrased(
        self, rows: pa.RecordBatch, found: dict[str, list[tuple[int, Made]]], bad: list[tuple[int, str, str]]
    ) -> Worked:
        parents = row_ids([as_text(rows.column(self.columns.text))], rows.num_rows)
        pieces: list[pa.RecordBatch] = []
        order: list[tuple[int, int, int]] = []
        refused: list[tuple[int, str, str]] = []
        balanced: list[tuple[str, str] | None] = []
        for rank, (name, made) in enumerate(found.items()):
            if not made:
                continue
            task = TASKS[name]
            places = pa.array([row for row, _ in made], pa.int64())
            phrased = phrase(self._batch(rows, parents, places, task, [one for _, one in made]), self._plan(task))
            pieces.append(phrased.examples)
            order += [(made[row][0], rank, row) for row in phrased.rows.tolist()]
            balanced += [
                (task.name, str(made[row][1].roles[task.balanced])) if task.balanced else None
                for row in phrased.rows.tolist()
            ]
            refused += [(made[row][0], reason, detail) for row, reason, detail, _ in phrased.bad]
        ranked = np.array(sorted(range(len(order)), key=order.__getitem__), np.int64)
        examples = pa.concat_batches([pa.RecordBatch.from_pylist([], self.schema), *pieces]).take(pa.array(ranked))
        numbers = rows.column(NUMBER).to_pylist()
        gave = {row for row, _, _ in order}
        none = {row: (row, reason, detail) for row, reason, detail in reversed(refused) if row not in gave}
        kept = sorted(one for one in refused if one[0] in gave)
        return Worked(examples, [balanced[place] for place in ranked], sorted([*bad, *none.values()]), kept, numbers)

    def _batch(
        self, rows: pa.RecordBatch, parents: pa.StringArray, places: pa.Array, task: Task, made: Sequence[Made]
    ) -> pa.RecordBatch:
        pack = load_pack(task.pack)
        columns: dict[str, pa.Array] = {}
        for name in self._roles(task):
            kind = pa.list_(pa.string()) if pack.roles[name].is_list else pa.string()
            columns[name] = pa.array([one.roles.get(name) for one in made], kind)
        columns["confidence"] = pa.array([round(one.confidence, 3) for one in made], pa.float64())
        columns["why"] = pa.array([one.why for one in made], pa.string())
        for name in self.extras:
            columns[f"raw {name}"] = rows.column(name).take(places)
        columns[PARENT] = parents.take(places)
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _roles(self, task: Task) -> list[str]:
        return [name for name in load_pack(task.pack).roles if name in task.roles]

    def _plan(self, task: Task) -> Plan:
        if task.name not in self.plans:
            templates = _templates(task, self._roles(task), self.language)
            extras = {one.name: one for one in ADDED} | {f"raw {name}": one for name, one in self.extras.items()}
            self.plans[task.name] = Plan(self.source, templates, extras, 1, self.max_chars, None, self.seed)
        return self.plans[task.name]


def _templates(task: Task, roles: Sequence[str], language: str | None) -> PackTemplates:
    pack = load_pack(task.pack)
    names = set(roles)
    role = pack.label_role
    labels = None if role is None else resolve_labels(role, ())
    if labels is not None and (labels.choices or (role is not None and role.row_labels)):
        names |= {"options", "option_lines"}
    phrasings = tuple(
        one
        for one in pack.phrasings
        if phrasing_names(one) <= names and one.name not in task.unfit and language in (None, one.language)
    )
    return PackTemplates(
        replace(pack, task=f"pretext-{task.name}"),
        {name: Column(name) for name in roles},
        labels,
        phrasings,
        language,
    )


def _places(draws: Draws, passages: int, number: int) -> list[int]:
    """Some of a document's passages, in random order."""
    if passages <= 4 * number:
        return draws.sample(range(passages), number)
    found: dict[int, None] = {}
    while len(found) < number:
        found[draws.below(passages)] = None
    return list(found)
