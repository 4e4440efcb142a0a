"""PromptSource's templates turned round: the column of the target is given, one column of the prompt is asked for."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from jinja2 import TemplateSyntaxError, nodes

from instructkit.engine.sandbox import environment
from instructkit.errors import UsageError
from instructkit.templating.inversion.derive import choose, given_by, nouns, told
from instructkit.templating.inversion.inverse_templates import InverseTemplates
from instructkit.templating.inversion.kinds import InversePhrasing, word_phrasings
from instructkit.templating.library.labels import resolve_labels
from instructkit.templating.library.packs import Column, Label, Pack, Role
from instructkit.templating.library.promptsource import SEPARATOR, PromptTemplate

log = logging.getLogger("instructkit")

CHOICES = "answer_choices"
_SAYING_NOTHING = frozenset({"yes", "no", "maybe", "true", "false"})  # without the question before them


class NotPlain(Exception):
    """A template that can't be turned round, and why."""


@dataclass(frozen=True)
class Swap:
    """What a template's prompt shows, and what its target says."""

    prompt: tuple[str, ...]
    target: str
    choices: tuple[str, ...] = ()  # of which the target is one, by its number


def invert_prompts(
    dataset: str, templates: Sequence[PromptTemplate], filling: Mapping[str, str], schema: pa.Schema,
    labels: Sequence[str], language: str | None,
) -> InverseTemplates:  # fmt: skip
    """Turn the templates of a dataset round.

    Of several lists of answer choices one is taken. Raises `UsageError` where no template
    can be turned round, saying why.
    """
    swaps: dict[str, Swap] = {}
    refused: dict[str, str] = {}
    for one in templates:
        try:
            swaps[one.name] = read_swap(one)
        except NotPlain as why:
            refused[one.name] = str(why)
    usual = _usual_choices(list(swaps.values()))
    for name, swap in list(swaps.items()):
        if swap.choices not in ((), usual):
            refused[name] = f"its choices are others than {', '.join(usual)}"
            del swaps[name]
    roles = _roles(list(swaps.values()), labels)
    phrasings: dict[str, InversePhrasing] = {}
    bare = Pack(dataset, f"templates of {dataset}", roles, (), ())
    texts = [name for name in roles if pa.types.is_string(schema.field(filling[name]).type)]
    for name, swap in swaps.items():
        found = choose(bare, swap.target, [text for text in texts if text in swap.prompt], set(swap.prompt))
        if found is None:
            refused[name] = "its prompt holds no column of texts"
            continue
        rest = tuple(given_by(bare, one) for one in found.given)
        suffix = "".join(f"+{one}" for one in found.given)
        for phrasing in word_phrasings(found, nouns(roles[found.asked]), given_by(bare, found.main), rest, suffix):
            phrasings.setdefault(f"{phrasing.name} of {found.asked} from {found.main}", phrasing)
    if not phrasings:
        name, reason = next(iter(refused.items()))
        raise UsageError(f"no template of {dataset} can be inverted, e.g. {name!r}: {reason}")
    pack = Pack(dataset, bare.about, roles, tuple(_told_apart(list(phrasings.values()))), ())
    log.info("%s: %d of %d templates inverted, asking for %s", dataset, len(templates) - len(refused), len(templates),
             told(pack, list(roles)))  # fmt: skip
    for name, reason in refused.items():
        log.info("%s: %r is left out: %s", dataset, name, reason)
    role = pack.label_role
    known = None if role is None else resolve_labels(role, ())
    columns = {name: Column(filling[name]) for name in roles}
    chosen = tuple(one for one in pack.phrasings if language in (None, one.language))
    return InverseTemplates(pack, columns, known, chosen, language)


def _usual_choices(swaps: list[Swap]) -> tuple[str, ...]:
    """The choices that most templates have, of those that say something by themselves, if there are any."""
    counts = Counter(swap.choices for swap in swaps if swap.choices)
    telling = {
        choices: count for choices, count in counts.items() if not _SAYING_NOTHING & set(map(str.lower, choices))
    }
    return max(telling or counts, key=lambda choices: (telling or counts)[choices], default=())


def _told_apart(phrasings: list[InversePhrasing]) -> list[InversePhrasing]:
    """The same phrasings; where two swaps share a kind, what they ask for is in the name."""
    names = Counter(phrasing.name for phrasing in phrasings)
    apart = []
    for one in phrasings:
        asked = one.inversion.asked if one.inversion is not None else ""
        apart.append(one if names[one.name] == 1 else replace(one, name=f"{one.name}={asked}"))
    return apart


def _roles(swaps: list[Swap], labels: Sequence[str]) -> dict[str, Role]:
    choices = {swap.target: swap.choices for swap in swaps if swap.choices}
    roles = {}
    for name in dict.fromkeys(name for swap in swaps for name in (*swap.prompt, swap.target)):
        also = dict(enumerate(labels))
        words = tuple(
            Label({"en": choice, "zh": choice}, (also[number],) if number in also else ())
            for number, choice in enumerate(choices.get(name, ()))
        )
        roles[name] = Role(name, f"the column {name}", (name,), optional=True, labels=words)
    return roles


def read_swap(one: PromptTemplate) -> Swap:
    """What a template shows and says; raises `NotPlain` for one that is more than literals, columns and choices."""
    prompt, separator, target = one.source.partition(SEPARATOR)
    if not separator or SEPARATOR in target:
        raise NotPlain(f"it has no single {SEPARATOR} between a prompt and a target")
    shown = [name for name, numbered in _names(prompt, one) if not numbered]
    said = dict.fromkeys(_names(target, one))
    if len(said) != 1:
        raise NotPlain("its target is not one column or one choice")
    (name, numbered), *_ = said
    choices = _choices(one) if numbered else ()
    if numbered and not choices:
        raise NotPlain("its choices differ from row to row")
    kept = tuple(dict.fromkeys(text for text in shown if text != name))
    if not kept:
        raise NotPlain("its prompt holds no column")
    return Swap(kept, name, choices)


def _names(source: str, one: PromptTemplate) -> list[tuple[str, bool]]:
    """The columns that a part inserts, each with whether it is the number of a choice."""
    try:
        tree = environment(False).parse(source)
    except TemplateSyntaxError as error:  # cut in two it is no Jinja any more
        raise NotPlain("its prompt and target share a block of Jinja") from error
    found: list[tuple[str, bool]] = []
    for node in tree.body:
        if not isinstance(node, nodes.Output):
            raise NotPlain("it is more than literals and columns: it has blocks of Jinja")
        for part in node.nodes:
            names = {name.name for name in part.find_all(nodes.Name)} - {CHOICES}
            if isinstance(part, nodes.Name) and part.name != CHOICES:
                found.append((part.name, False))
            elif isinstance(part, nodes.Getitem) and isinstance(part.arg, nodes.Name) and _is_choices(part.node):
                found.append((part.arg.name, True))
            elif not isinstance(part, nodes.TemplateData) and names:
                raise NotPlain(f"it is more than literals and columns: it computes with {', '.join(sorted(names))}")
    return found


def _is_choices(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Name) and node.name == CHOICES


def _choices(one: PromptTemplate) -> tuple[str, ...]:
    """The answer choices, where they are the same for all rows."""
    if one.choices is None or one.choices.names or not one.choices.is_plain:
        return ()
    return tuple(text.strip() for text in "".join(one.choices.literals).split(SEPARATOR))
