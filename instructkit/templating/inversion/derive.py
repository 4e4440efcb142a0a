"""Decide from a task's roles what may be asked for when it is turned round, and from what."""

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from instructkit.errors import UsageError
from instructkit.templating.inversion.kinds import (
    ANY,
    Given,
    InversePhrasing,
    Inversion,
    Kind,
    kinds,
    word_phrasings,
)
from instructkit.templating.library.packs import Pack, Role, load_pack, tasks
from instructkit.templating.rendering.render import template

MOST_OPTIONAL = 3  # optional roles that phrasings are made with and without

PRETEXT = "pretext-"  # begins the names of the tasks that are made of text
_TOO_NARROW = (("sentiment", "text"),)  # called a review, which a passage need not be
_ANY_TEXT = {"en": "text", "zh": "文本"}

RATIONALE = "rationale"  # the kind that asks for the steps before an answer


@dataclass(frozen=True)
class Derived:
    """A pack turned round: the same roles, other phrasings; or why there is none."""

    pack: Pack
    inversions: tuple[Inversion, ...] = ()
    why_none: str = ""

    @property
    def said(self) -> str:
        """What was decided, for a person."""
        return _said(self.inversions) or f"none: {self.why_none}"


def derive(pack: Pack) -> Derived:
    """Turn a pack round: the role of its output becomes given, and one role of its prompts the answer.

    Where the answers are a label, the text is asked for that it labels; where a rationale may stand before the answer,
    the rationale too, and the question only with the help of it or of a text: a number alone determines no question.
    """
    bare = replace(pack, phrasings=(), examples=(), any_language=False)
    if pack.no_inversion:
        return Derived(bare, why_none=pack.no_inversion)
    outputs = [template(one.output).names & set(pack.roles) for one in pack.phrasings]
    always = frozenset.intersection(*outputs) if outputs else frozenset()
    answer = next((name for name in pack.roles if name in always), None)
    if answer is None:
        return Derived(bare, why_none="no role stands in all of its outputs")
    steps = frozenset().union(*outputs) - {answer}
    prompts = {name for one in pack.phrasings for part in (one.instruction, one.input) for name in template(part).names}
    texts = [role.name for role in pack.roles.values() if role.name in prompts and role.name not in (answer, *steps)
             and not role.is_list and not role.words and (not role.optional or pack.any_language)]  # fmt: skip
    if not texts:
        return Derived(bare, why_none="its prompts hold no text that could be asked for")
    phrasings: list[InversePhrasing] = []
    for inversion, used in _inversions(pack, answer, steps, texts):
        rest = tuple(given_by(pack, name) for name in inversion.given)
        suffix = "".join(f"+{name}" for name in used)
        phrasings += word_phrasings(inversion, nouns(pack.roles[inversion.asked]), given_by(pack, answer), rest, suffix)
    found = tuple(dict.fromkeys(one.inversion for one in phrasings if one.inversion is not None))
    return Derived(replace(bare, phrasings=tuple(phrasings)), found)


def invert_pack(pack: Pack, columns: Collection[str]) -> Pack:
    """A pack turned round, for a source that fills these roles.

    Raises `UsageError` where it can't be turned round, or not from these roles.
    """
    found = derive(pack)
    if not found.inversions:
        raise UsageError(f"{pack.task} can't be inverted: {found.why_none}")
    if not any({one.asked, one.main, *one.given} <= set(columns) for one in found.inversions):
        raise UsageError(f"{pack.task} can't be inverted from {', '.join(columns)} alone; it can give {found.said}")
    return found.pack


def told(pack: Pack, columns: Collection[str]) -> str:
    """What an inverted pack asks for where these roles are filled, for a person."""
    phrasings = [one for one in pack.phrasings if isinstance(one, InversePhrasing) and one.inversion is not None]
    every = dict.fromkeys(one.inversion for one in phrasings if one.inversion is not None)
    return _said([one for one in every if {one.asked, one.main, *one.given} <= set(columns)])


def _said(inversions: Iterable[Inversion]) -> str:
    """Each way to ask once, from the least that it takes."""
    found: dict[tuple[str, str], str] = {}
    for one in inversions:
        found.setdefault((one.kind, one.asked), one.said)
    return "; ".join(found.values())


@functools.cache
def derived(task: str) -> Derived:
    """The pack of a task turned round; the task is one that `pack_of` knows."""
    pack = pack_of(task)
    assert pack is not None  # noqa: S101 - the caller has seen it
    return derive(pack)


def pack_of(task: str) -> Pack | None:
    """The pack whose phrasings made a task's rows, under the task's name; None for a task that nobody knows."""
    if task in tasks():
        return load_pack(task)
    if not task.startswith(PRETEXT):
        return None
    from instructkit.templating.pretext.tasks import TASKS

    made = TASKS.get(task.removeprefix(PRETEXT))
    if made is None:
        return None
    pack = load_pack(made.pack)
    roles = {name: replace(role, called=_ANY_TEXT) if (made.pack, name) in _TOO_NARROW else role
             for name, role in pack.roles.items()}  # fmt: skip
    return replace(pack, task=task, roles=roles)


def _inversions(
    pack: Pack, answer: str, steps: frozenset[str], texts: Sequence[str]
) -> Iterator[tuple[Inversion, Sequence[str]]]:
    """What may be asked for with each choice of optional roles, and which of these are used."""
    roles = pack.roles
    needed = [name for name, role in roles.items() if name in texts or role.is_list]
    helpful = [role for role in roles.values() if role.optional and role.name not in (answer, *steps, *texts)]
    helpful = sorted(helpful, key=lambda role: not role.always)[:MOST_OPTIONAL]
    for used in _subsets([role.name for role in helpful]):
        for step in sorted(steps):
            given = _in_order(pack, {*needed, *used})
            yield Inversion(RATIONALE, step, answer, given), used
        found = choose(pack, answer, texts, {*needed, *used}, steps)
        if found is not None:
            yield found, used


def choose(
    pack: Pack, answer: str, texts: Sequence[str], there: Collection[str], steps: Collection[str] = ()
) -> Inversion | None:
    """What to ask for among some texts, by the first kind that fits; ``there`` is all that a prompt holds."""
    role = pack.roles[answer]
    is_label = role.is_label and not role.row_labels
    for kind in kinds():
        asked = _asked(kind, texts)
        if asked is None:
            continue
        given = {*there} - {asked}
        if steps and not given:  # the answer to a reasoning task is a number, a letter or a word
            given = set(steps)
        if kind.fits(answer, is_label, bool(given)):
            alone = not given and not is_label
            return Inversion(kind.name, asked, answer, _in_order(pack, given), alone)
    return None


def _asked(kind: Kind, texts: Sequence[str]) -> str | None:
    return next((texts[0] if name == ANY else name for name in kind.asks if name == ANY or name in texts), None)


def _subsets(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for size in range(len(names) + 1):
        yield from combinations(names, size)


def _in_order(pack: Pack, names: set[str]) -> tuple[str, ...]:
    return tuple(name for name in pack.roles if name in names)


def given_by(pack: Pack, name: str) -> Given:
    """A role as a prompt gives it."""
    role = pack.roles[name]
    if role.is_list:
        return Given(nouns(role), "{{ option_lines }}", lines=True)
    return Given(nouns(role), f"{{{{ {name} }}}}")


def nouns(role: Role) -> Mapping[str, str]:
    """The nouns for a role's values; one that has none is called by its own name."""
    return role.called or {"en": role.name.replace("_", " ").replace("-", " ")}
