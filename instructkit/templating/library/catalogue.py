"""The template library to look at: which tasks and bindings there are, and what a phrasing makes of a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput, UsageError
from instructkit.templating.library.labels import resolve_labels
from instructkit.templating.library.packs import Binding, Column, Pack, Phrasing, Role, bindings, load_pack, tasks
from instructkit.templating.pack_templates import PackTemplates, phrasing_names
from instructkit.templating.prompting.choices import plainly
from instructkit.templating.rendering.render import template

PARTS = ("instruction", "input", "output")
OPTIONS = frozenset({"options", "option_lines"})

Row = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What a phrasing makes of a row."""

    instruction: str
    input: str
    output: str


def find_packs(query: str = "", task: str | None = None) -> list[Pack]:
    """The packs that speak of something: in their names, what they are about, their roles, columns or bindings.

    Raises `UsageError` where none does.
    """
    packs = [load_pack(name) for name in ([task] if task else tasks())]
    found = [pack for pack in packs if any(query.lower() in text.lower() for text in _texts_of(pack))]
    if not found:
        raise UsageError(f"no task speaks of {query!r}; see all: instructkit templates list")
    return found


def find_bindings(query: str = "", task: str | None = None) -> list[Binding]:
    """The bindings that have something in their names or in what is said of them; raises `UsageError` for none."""
    if task is not None:
        load_pack(task)  # says that there is none
    every = [binding for name in ([task] if task else tasks()) for binding in bindings(name)]
    found = [one for one in every if any(query.lower() in text.lower() for text in
                                         (one.name, *one.also, one.task, one.about, one.language))]  # fmt: skip
    if not found:
        raise UsageError(f"no binding speaks of {query!r}; see all: instructkit templates list --bindings")
    return found


def _texts_of(pack: Pack) -> list[str]:
    roles = [text for role in pack.roles.values() for text in (role.name, role.about, *role.columns)]
    datasets = [name for binding in bindings(pack.task) for name in (binding.name, *binding.also)]
    return [pack.task, pack.about, *roles, *datasets]


def role_names(pack: Pack) -> str:
    """The roles in one line, optional ones in brackets."""
    return ", ".join(f"[{role.name}]" if role.optional else role.name for role in pack.roles.values())


def phrasing_counts(pack: Pack) -> str:
    """The phrasings in one line: "14 en (2 cot), 14 zh"."""
    counts = []
    for language in pack.languages:
        own = [one.cot for one in pack.phrasings if one.language == language]
        counts.append(f"{len(own)} {language}" + (f" ({sum(own)} cot)" if any(own) else ""))
    return ", ".join(counts)


def label_words(role: Role) -> dict[str, str]:
    """By language, the words of a closed set of labels in one line."""
    languages = dict.fromkeys(code for label in role.labels for code in label.words)
    return {code: ", ".join(label.words.get(code, "-") for label in role.labels) for code in languages}


def column_text(column: Column) -> str:
    """Where a role's values come from, in words."""
    if column.constant is not None:
        return f"{column.constant!r} for every row"
    text = " + ".join(column.columns) or column.column
    if column.half is not None:
        text = f"the {column.half} half of {text}"
    for word, part in (("after", column.after), ("before", column.before), ("without what matches", column.remove)):
        if part is not None:
            text += f", {word} {part!r}"
    if column.join is not None:
        text += f", joined by {column.join!r}"
    if column.keys is not None:
        text += f", named by {column.keys}"
    if column.tags is not None:
        text += f", the spans that {column.tags} marks"
    return text


def example_row(pack: Pack, phrasing: Phrasing) -> Row | None:
    """The row of an example in the phrasing's language that fills the roles it uses: the phrasing's own, if it can."""
    used = phrasing_names(phrasing) & set(pack.roles)
    own = [one for one in pack.examples if one["language"] == phrasing.language and used <= set(one["row"])]
    own.sort(key=lambda one: one["phrasing"] != phrasing.name)
    return dict(own[0]["row"]) if own else None


def example_labels(pack: Pack) -> tuple[str, ...]:
    """The labels of a pack in which any word is one: those of its examples."""
    role = pack.label_role
    if role is None or not role.open_labels:
        return ()
    return tuple(dict.fromkeys(str(one["row"][role.name]) for one in pack.examples if role.name in one["row"]))


def put(pack: Pack, phrasing: Phrasing, row: Row, labels: Sequence[str] | None = None) -> Said:
    """Put one row by one phrasing, as `format` does; optional roles that it does not use are left out.

    ``labels`` are the labels of an open set, by default those of the examples. Raises `BadInput` where the row can't
    be put so.
    """
    role = pack.label_role
    used = phrasing_names(phrasing)
    needed = {name for name, one in pack.roles.items() if name in used or not one.optional}
    if role is not None and role.name in needed and role.row_labels:
        needed.add(role.row_labels)
    given = {name: row[name] for name in pack.roles if name in needed and name in row}
    known = None
    if role is not None and role.name in given:
        known = resolve_labels(role, example_labels(pack) if labels is None else labels)
    lists_choices = known is not None and role is not None and bool(known.choices or role.row_labels)
    lacking = (needed | used) - set(given) - (OPTIONS if lists_choices else set())
    if lacking:
        raise BadInput(f"the row has no {', '.join(sorted(lacking))}")
    if all(pack.roles[name].is_list for name in given):
        raise BadInput("the row has no text")
    templates = PackTemplates(pack, {name: Column(name) for name in given}, known, (phrasing,), phrasing.language)
    try:
        batch = pa.RecordBatch.from_pylist([given])
    except (pa.ArrowException, OverflowError) as error:
        raise BadInput(f"the row holds a value that is neither text nor a list of texts ({error})") from error
    filled = templates.fill(batch)
    for _, rule, value, threshold in filled.bad:
        raise BadInput(f"the row has {rule} {value!r}, not {threshold}")
    values = filled.roles | filled.spoken.get(phrasing.language, {})
    if role is not None and phrasing.language in filled.choices:
        values |= plainly(filled.choices[phrasing.language], phrasing.language).values(role.name)
    return Said(*(template(getattr(phrasing, part)).render(values, 1)[0].as_py() for part in PARTS))
