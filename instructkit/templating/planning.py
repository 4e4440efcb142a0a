"""How a source's rows become examples: which task, which columns fill its roles, which templates may be used."""

import logging
import re
from collections.abc import Sequence, Sized
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import UsageError
from instructkit.records.containers.raw import BadRows, Raw
from instructkit.records.examples import extra_fields
from instructkit.records.reading import open_container
from instructkit.records.rejects import Rejects
from instructkit.records.sources import Source
from instructkit.templating.library.binding import (
    binding_of,
    check_columns,
    find_binding,
    fitting_tasks,
    guess,
    parse_map,
    recognise,
)
from instructkit.templating.library.columns import evaluate
from instructkit.templating.library.labels import MOST_OPTIONS, Labels, resolve_labels
from instructkit.templating.library.libraries import Library, open_library
from instructkit.templating.library.packs import Binding, Column, Pack, Phrasing, load_pack, tasks
from instructkit.templating.pack_templates import Manner, PackTemplates, phrasing_names
from instructkit.templating.phrase import Plan
from instructkit.templating.prompt_templates import PromptTemplates
from instructkit.templating.prompting.shots import DEMONSTRATIONS
from instructkit.templating.rendering.render import template
from instructkit.templating.templates import Templates

log = logging.getLogger("instructkit")

APART = ("metaicl", "super-ni")  # forms of demonstrations for which instruction and input must be apart


@dataclass(frozen=True)
class FormatSettings:
    """What ``format`` may be told; see its command's page."""

    task: str | None = None
    map: tuple[str, ...] = ()
    binding: str | None = None
    labels: tuple[str, ...] = ()
    templates: str | None = None
    template: tuple[str, ...] = ()
    per_row: int | None = 1
    invert: bool = False
    language: str | None = None
    cot: str = "include"
    options: str | None = None
    options_share: float | None = None
    shuffle_options: bool = False
    symbols: bool = False
    shots: tuple[int, int] = (0, 0)
    zero_shot_share: float | None = None
    demos: str = "random"
    demo_order: str = "similar-last"
    demo_form: str = "prompt"
    demo_templates: str = "same"
    demo_pool: int = 100_000
    nearest_by: str = "bm25"
    definition: bool = True
    positive_examples: int = 2
    negative_examples: int = 0
    explanations: bool = False
    limit: int | None = None
    max_chars: int | None = None
    max_tokens: int | None = None
    turns: str = "last"
    common_prefix: int | None = None
    max_per: tuple[str, ...] = ()
    keep_users: tuple[str, ...] = ()
    layout: str | None = None
    seed: int = 0

    @property
    def needs_plan(self) -> bool:
        """Whether rows must be put by templates, whatever they look like."""
        return bool(self.task or self.binding or self.map or self.templates)

    @property
    def manner(self) -> Manner:
        """How choices are put."""
        options = self.options
        if self.options_share is not None and options is None:
            options = "words"
        return Manner(options, self.shuffle_options, self.symbols)


def make_plan(raw: Raw, sample: pa.RecordBatch | None, settings: FormatSettings, source: Source) -> Plan:
    """Decide how a source's rows become examples, and say so.

    Raises `UsageError` where that can't be known.
    """
    library = _library(settings)
    if library is not None and library.prompts is not None:
        templates: Templates = _prompt_templates(library, settings, raw)
        used: set[str] = set()
        if settings.manner != Manner():
            raise UsageError("PromptSource's templates show choices as they do: --options, --symbols and the like are "
                             "for task packs")  # fmt: skip
    else:
        templates, used = _pack_templates(library, raw, sample, settings, source)
    added = [*templates.extras, DEMONSTRATIONS.name] if settings.shots[1] else list(templates.extras)
    options = {None: None, "none": False}.get(settings.manner.options, True)
    return Plan(
        raw.name,
        templates,
        extra_fields(raw.schema, sorted(used - raw.limited), added),
        settings.per_row,
        settings.max_chars,
        settings.max_tokens,
        settings.seed,
        options,
        bool(settings.shots[1]),
        private=raw.private,
    )


def _library(settings: FormatSettings) -> Library | None:
    if settings.templates is None or settings.templates in tasks():
        return None
    return open_library(settings.templates)


def _prompt_templates(library: Library, settings: FormatSettings, raw: Raw) -> Templates:
    prompts = library.prompts
    assert prompts is not None  # noqa: S101 - the caller has seen it
    if settings.demo_form in APART:
        raise UsageError(f"--demo-form {settings.demo_form} keeps instruction and input apart; PromptSource "
                         "puts both in one text: use prompt or history")  # fmt: skip
    renamed = dict(_renamed(pair, raw) for pair in settings.map)
    _check_names(
        [name.strip() for name in settings.template], [one.name.strip() for one in prompts.templates], library.path
    )
    _check_names(
        list(renamed), sorted(frozenset().union(*(one.names for one in prompts.templates))), library.path, "column"
    )
    have = {**{name: name for name in raw.schema.names}, **renamed}
    chosen: list[int] = []
    lacking: dict[str, list[str]] = {}
    for place, one in enumerate(prompts.templates):
        if settings.template and one.name.strip() not in map(str.strip, settings.template):
            continue
        if settings.language is not None and one.languages and settings.language not in one.languages:
            continue
        missing = sorted(one.names - set(have))
        if missing:
            lacking[one.name] = missing
        else:
            chosen.append(place)
    if lacking:
        name, missing = next(iter(lacking.items()))
        said = f"{_count(lacking)} of columns that {raw.name} lacks, e.g. {name!r} uses {', '.join(missing)}"
        if not chosen or settings.template:
            raise UsageError(f"{said}; it has {', '.join(raw.schema.names)}: name them with --map NAME=COLUMN")
        log.info("%s; they are left out", said)
    if not chosen:
        raise UsageError(f"{library.path} has no such template in {settings.language!r}")
    names = frozenset().union(*(prompts.templates[place].every_name for place in chosen)) & set(have)
    log.info("%s: %s of %s", raw.name, _count(chosen), prompts.dataset)
    filling = {name: have[name] for name in sorted(names)}
    if settings.invert:
        from instructkit.templating.inversion.prompts import invert_prompts

        swapped = [prompts.templates[place] for place in chosen]
        return invert_prompts(prompts.dataset, swapped, filling, raw.schema, settings.labels, settings.language)
    return PromptTemplates(library.path, prompts.dataset, tuple(chosen), filling, settings.labels)


def _count(templates: Sized) -> str:
    return f"{len(templates)} template{'' if len(templates) == 1 else 's'}"


def _renamed(pair: str, raw: Raw) -> tuple[str, str]:
    name, equals, column = pair.partition("=")
    if not equals or not column or column.startswith("="):
        raise UsageError(f"--map {pair!r} is not NAME=COLUMN")
    if column not in raw.schema.names:
        raise UsageError(f"{raw.name} has no column {column!r} for {name}; it has {', '.join(raw.schema.names)}")
    return name, column


def _check_names(wanted: Sequence[str], known: Sequence[str], where: str, what: str = "template") -> None:
    for name in wanted:
        if name not in known:
            raise UsageError(f"{where} has no {what} {name!r}; it has {', '.join(known)}")


def _pack_templates(
    library: Library | None, raw: Raw, sample: pa.RecordBatch | None, settings: FormatSettings, source: Source
) -> tuple[PackTemplates, set[str]]:
    """A pack's templates, and the columns whose content all goes into the examples."""
    own = None if library is None else library.pack
    task = settings.task or (settings.templates if library is None else None)
    binding = find_binding(settings.binding) if settings.binding else None
    if binding is None and own is None and not settings.map:
        binding = _binding_by_name(source, task) or recognise(raw.schema, sample, task)
    if binding is None and own is None and task is None:
        raise UsageError(_which_task(raw))
    pack = own or load_pack(task or (binding.task if binding else ""))
    if binding is not None and binding.task != pack.task:
        raise UsageError(f"the binding {binding.name} is for the task {binding.task}, not {pack.task}")
    said = parse_map(settings.map, pack, raw.schema)
    columns = _role_columns(pack, binding, said, raw)
    check_columns(pack, columns, raw.schema, raw.name)
    labels = _labels(pack, columns, binding, settings, raw, source)
    used = {name for column in columns.values() for name in _whole(column, raw.schema)}
    make = PackTemplates
    if settings.invert:
        pack, make = _turned_round(pack, columns, settings, raw)
    phrasings = _usable(pack, columns, labels, settings)
    if own is not None and own.any_language and len(phrasings) < len(own.phrasings) and not settings.template:
        log.info("%s: %d of the patterns use fields that are not there; they are left out", raw.name,
                 len(own.phrasings) - len(phrasings))  # fmt: skip
    role = pack.label_role
    if role is None or labels is None or (role.row_labels and settings.symbols):
        if settings.symbols:
            raise UsageError(f"{pack.task} has no labels that --symbols could name")
        if settings.manner != Manner():
            log.info("%s: %s has no answer choices, so the options about them do nothing", raw.name, pack.task)
    return make(pack, columns, labels, phrasings, settings.language, settings.manner), used


def _turned_round(
    pack: Pack, columns: dict[str, Column], settings: FormatSettings, raw: Raw
) -> tuple[Pack, type[PackTemplates]]:
    """The pack with what was given and what was asked swapped, and what puts its phrasings."""
    from instructkit.templating.inversion.derive import invert_pack, told
    from instructkit.templating.inversion.inverse_templates import InverseTemplates

    if settings.manner != Manner():
        raise UsageError("--invert asks for texts, not for choices: not with --options, --symbols and the like")
    turned = invert_pack(pack, columns)
    log.info("%s: inverted, it asks for %s", raw.name, told(turned, columns))
    return turned, InverseTemplates


def _binding_by_name(source: Source, task: str | None) -> Binding | None:
    """The binding of a dataset of the hub."""
    if source.container != "hub":
        return None
    found = binding_of(source.path.removeprefix("hub:").partition(":")[0])
    return found if found is None or task in (None, found.task) else None


def _role_columns(pack: Pack, binding: Binding | None, said: dict[str, Column], raw: Raw) -> dict[str, Column]:
    if binding is not None:
        log.info("%s: %s, by the binding %s (%s)", raw.name, pack.task, binding.name, binding.about)
        found = dict(binding.roles)
    else:
        found = guess(pack, raw.schema, [name for column in said.values() for name in column.sources])
        guessed = ", ".join(f"{role}={','.join(found[role].sources)}" for role in found if role not in said)
        if guessed:
            log.info(
                "%s: %s, with %s guessed from the columns' names (--map says otherwise)",
                raw.name,
                pack.task,
                guessed,
            )
    # in the pack's order: the first role's language is the row's
    return {role: said.get(role) or found[role] for role in pack.roles if role in said or role in found}


def _whole(column: Column, schema: pa.Schema) -> list[str]:
    """The columns of which a role takes all that they hold, so that nothing is lost when they go."""
    if column.columns:
        return list(column.columns)
    if column.constant is not None or column.column not in schema.names:
        return []
    if column.half is not None:
        return [column.column]  # the other half is in the other role
    whole = column == Column(column.column) and not pa.types.is_nested(schema.field(column.column).type)
    return [column.column] if whole else []


def _which_task(raw: Raw) -> str:
    fitting = fitting_tasks(raw.schema)
    hint = f"; tasks that fit: {', '.join(fitting)}" if fitting else f"; known tasks: {', '.join(tasks())}"
    return f"{raw.name} holds plain columns ({', '.join(raw.schema.names)}): say what they are with --task{hint}"


def _usable(
    pack: Pack, columns: dict[str, Column], labels: Labels | None, settings: FormatSettings
) -> tuple[Phrasing, ...]:
    if settings.language is not None and settings.language not in pack.languages:
        raise UsageError(f"{pack.task} has no phrasings in {settings.language!r}; it has {', '.join(pack.languages)}")
    wanted = {name.removeprefix(f"{pack.task}/") for name in settings.template}
    _check_names(sorted(wanted), [phrasing.name for phrasing in pack.phrasings], pack.task)
    names = set(columns)
    role = pack.label_role
    if labels is not None and (labels.choices or (role is not None and role.row_labels)):
        names |= {"options", "option_lines"}
    usable = tuple(
        phrasing
        for phrasing in pack.phrasings
        if phrasing_names(phrasing) <= names
        and (not wanted or phrasing.name in wanted)
        and settings.language in (None, phrasing.language)
        and not (settings.cot == "only" and not phrasing.cot)
        and not (settings.cot == "exclude" and phrasing.cot)
        and (settings.demo_form not in APART or gives_input(phrasing))
    )
    if not usable:
        raise UsageError(f"{pack.task} has no phrasing {_why_none(settings)}; map its roles: {', '.join(pack.roles)}")
    return usable


def _why_none(settings: FormatSettings) -> str:
    if settings.template and settings.language is not None:
        return f"of those names in {settings.language!r}"
    if settings.demo_form in APART:
        return f"that keeps instruction and input apart, as --demo-form {settings.demo_form} needs"
    return "with a rationale" if settings.cot == "only" else "for these columns"


def gives_input(phrasing: Phrasing) -> bool:
    """Whether the instruction is the same for all rows, and what it is done on stands in the input."""
    constant = template(phrasing.instruction).names <= {"options", "option_lines"}
    return constant and bool(template(phrasing.input).names)


def _labels(
    pack: Pack,
    columns: dict[str, Column],
    binding: Binding | None,
    settings: FormatSettings,
    raw: Raw,
    source: Source,
) -> Labels | None:
    role = pack.label_role
    if role is None or role.name not in columns:
        return None
    column = columns[role.name]
    known = () if role.row_labels else raw.labels.get(column.column, ())
    given: Sequence[str] = settings.labels or (binding.labels if binding else ()) or known
    if role.open_labels and not given:
        given = _labels_in(source, column, settings, column.column.partition(".")[0] in raw.private)
    return resolve_labels(role, given)


def _labels_in(source: Source, column: Column, settings: FormatSettings, private: bool) -> list[str]:
    """The label words of a whole file, for the lists of choices; none for stdin, integers, or too many."""
    if source.path == "-" or column.constant is not None or private:
        return []
    raw = open_container(source, BadRows(Rejects()), None)
    found: set[str] = set()
    left = settings.limit
    for batch, _ in raw.batches:
        rows = batch if left is None else batch.slice(0, left)
        found |= {value.strip() for value in pc.unique(evaluate(rows, column)).to_pylist() if value and value.strip()}
        left = None if left is None else left - rows.num_rows
        if len(found) > MOST_OPTIONS:
            return []
        if left is not None and left <= 0:
            break
    if any(re.fullmatch(r"-?\d+", label) for label in found):
        raise UsageError(
            f"{source.name}: the labels of {column.column} are numbers; name them in order: --labels World,Sports,..."
        )
    log.info("%s: the labels are %s (--labels says otherwise)", source.name, ", ".join(sorted(found)))
    return sorted(found)
