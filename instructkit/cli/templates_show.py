"""What ``instructkit templates show`` prints; loaded by the command when it runs."""

import click

from instructkit.errors import visible
from instructkit.reports.tables import print_table
from instructkit.templating.inversion.derive import derive
from instructkit.templating.library.catalogue import PARTS, column_text, label_words, phrasing_counts
from instructkit.templating.library.packs import Binding, Pack, Phrasing, bindings, tasks
from instructkit.templating.library.promptsource import PromptLibrary, PromptTemplate
from instructkit.templating.library.showing import columned, put_example, source


def _say(text: str = "") -> None:
    """Print a text that may stem from a stranger's file."""
    click.echo(visible(text))


def show_binding(binding: Binding) -> None:
    """Tell how a dataset's columns fill the roles of its task."""
    _say(f"{binding.name}: {binding.about or 'a known dataset'}")
    _say(f"task: {binding.task} (see its phrasings: instructkit templates show {binding.task})")
    for title, words in (("other names", binding.also), ("splits", binding.splits), ("labels from 0", binding.labels)):
        if words:
            _say(f"{title}: {', '.join(words)}")
    if binding.language:
        _say(f"language: {binding.language}")
    known_by = f"its columns {', '.join(binding.columns)}" if binding.columns else "its name alone"
    known_by += "".join(f", and values of {name} that match {text!r}" for name, text in binding.pattern.items())
    _say(f"known by: {known_by}\n")
    print_table("", ("role", "filled by"), [(role, column_text(column)) for role, column in binding.roles.items()])


def show_pack(pack: Pack) -> None:
    """Tell a task's roles, labels and bindings."""
    _say(f"{pack.task}: {pack.about}\n")
    print_table("", ("role", "what it is", "usual columns"), [
        (f"[{role.name}]" if role.optional else role.name, role.about, ", ".join(role.columns))
        for role in pack.roles.values()
    ])  # fmt: skip
    _say()
    role = pack.label_role
    if role is not None and role.labels:
        for code, words in label_words(role).items():
            _say(f"labels in {code}, from 0: {words}")
    elif role is not None:
        _say("labels: any words" if role.open_labels else f"labels: those that each row has in {role.row_labels}")
    known = [binding.name for binding in bindings(pack.task)] if pack.task in tasks() else []
    if known:
        _say(f"bindings: {', '.join(known)}")
    _say(f"phrasings: {phrasing_counts(pack)}")
    _say(f"inverted: {derive(pack).said}")


def show_phrasings(pack: Pack, phrasings: list[Phrasing]) -> None:
    """Tell what phrasings make of an example."""
    for phrasing in phrasings:
        said = put_example(pack, phrasing)
        note = "" if said else " (as it is written: no example fills its roles)" if pack.examples else ""
        _say(f"\n{phrasing.name}{' (cot)' if phrasing.cot else ''}{note}")
        _say(columned((part, getattr(said or source(phrasing), part)) for part in PARTS))


def show_prompts(library: PromptLibrary, prompts: list[PromptTemplate]) -> None:
    """Tell PromptSource's templates as they are written."""
    _say(f"{library.dataset}: {len(library.templates)} templates of PromptSource, as they are written")
    for one in prompts:
        _say(f"\n{one.name}" + (f" ({', '.join(one.languages)})" if one.languages else ""))
        _say(columned([("columns", ", ".join(sorted(one.names))), ("choices", one.choices_source or ""),
                       ("template", one.source)]))  # fmt: skip
