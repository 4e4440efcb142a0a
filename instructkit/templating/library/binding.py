"""Which column fills which role: said by the user, by a known dataset's binding, or guessed from names."""

import difflib
import functools
import re
from collections.abc import Sequence

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.templating.library.columns import evaluate, has_column
from instructkit.templating.library.packs import Binding, Column, Pack, bindings, load_pack, tasks

SAMPLE_ROWS = 20


def find_binding(name: str) -> Binding:
    """A binding by its dataset's name; raises `UsageError`, listing the known ones."""
    known = _by_name()
    if name not in known:
        near = difflib.get_close_matches(name, known, 5, 0.5)
        hint = f"near it are {', '.join(near)}" if near else "see: instructkit templates list"
        raise UsageError(f"there is no binding {name!r}; {hint}")
    return known[name]


def binding_of(name: str) -> Binding | None:
    """The binding of a dataset by its name on the hub, if it is known."""
    return _by_name().get(name)


@functools.cache
def _by_name() -> dict[str, Binding]:
    every = [binding for task in tasks() for binding in bindings(task)]
    others = {other: binding for binding in every for other in binding.also}
    return others | {binding.name: binding for binding in every}


def recognise(schema: pa.Schema, sample: pa.RecordBatch | None, task: str | None) -> Binding | None:
    """The binding whose dataset these columns give away; the one that names the most columns wins."""
    found = [
        binding
        for name in ([task] if task else tasks())
        for binding in bindings(name)
        if binding.columns and _matches(binding, schema, sample)
    ]
    return max(found, key=lambda binding: len(binding.columns), default=None)


def _matches(binding: Binding, schema: pa.Schema, sample: pa.RecordBatch | None) -> bool:
    if not all(name in schema.names for name in binding.columns):
        return False
    if not all(has_column(schema, name) for column in binding.roles.values() for name in column.sources):
        return False
    if binding.besides is not None and set(schema.names) - set(binding.columns) - set(binding.besides):
        return False
    if not binding.pattern:
        return True
    if sample is None or not sample.num_rows:
        return False
    few = sample.slice(0, SAMPLE_ROWS)
    return all(
        any(re.search(pattern, value or "") for value in evaluate(few, Column(name)).to_pylist())
        for name, pattern in binding.pattern.items()
    )


def parse_map(pairs: Sequence[str], pack: Pack, schema: pa.Schema) -> dict[str, Column]:
    """Read ``--map``: ROLE=COLUMN, ROLE==VALUE for one value in every row, ROLE=A,B,C for a list of columns."""
    columns: dict[str, Column] = {}
    for pair in pairs:
        role, equals, column = pair.partition("=")
        if not equals or not column:
            raise UsageError(f"--map {pair!r} is not ROLE=COLUMN (or ROLE==VALUE for one value in every row)")
        if role not in pack.roles:
            raise UsageError(f"the task {pack.task} has no role {role!r}; its roles are {', '.join(pack.roles)}")
        if role in columns:
            raise UsageError(f"--map names the role {role} twice")
        if column.startswith("="):
            columns[role] = Column(constant=column[1:])
        elif pack.roles[role].is_list and "," in column and column not in schema.names:
            columns[role] = Column(columns=tuple(name.strip() for name in column.split(",")))
        else:
            columns[role] = Column(column)
    return columns


def guess(pack: Pack, schema: pa.Schema, taken: Sequence[str] = ()) -> dict[str, Column]:
    """Fill the roles from columns of the usual names, in any case."""
    by_name = {name.lower(): name for name in schema.names}
    columns: dict[str, Column] = {}
    used = set(taken)
    for role in pack.roles.values():
        for usual in role.columns:
            first, dot, rest = usual.lower().partition(".")
            name = by_name.get(first)
            path = name if name and not dot else f"{name}.{rest}"
            if name is None or path in used or not has_column(schema, path or ""):
                continue
            kind = schema.field(name).type
            if not dot and pa.types.is_struct(kind):
                continue  # the part of it that holds the text is named with a dot
            columns[role.name] = Column(path or "")
            used.add(path or "")
            break
    return columns


def missing_roles(pack: Pack, columns: dict[str, Column]) -> list[str]:
    """The roles that must be filled and are not."""
    return [role.name for role in pack.roles.values() if not role.optional and role.name not in columns]


def check_columns(pack: Pack, columns: dict[str, Column], schema: pa.Schema, name: str) -> None:
    """Raise `UsageError` where a role has no column, or one that is not there."""
    for role, column in columns.items():
        for source in column.sources:
            if not has_column(schema, source):
                raise UsageError(f"{name} has no column {source!r} for {role}; it has {', '.join(schema.names)}")
    missing = missing_roles(pack, columns)
    if missing:
        wanted = pack.roles[missing[0]]
        raise UsageError(
            f"{name}: no column for the role {wanted.name} ({wanted.about}) of {pack.task}; the columns are "
            f"{', '.join(schema.names)}: say which, --map {wanted.name}=COLUMN"
        )


def fitting_tasks(schema: pa.Schema) -> list[str]:
    """The tasks whose roles could be filled by a guess."""
    return [task for task in tasks() if not missing_roles(load_pack(task), guess(load_pack(task), schema))]
